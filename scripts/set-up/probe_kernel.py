"""Starts the kernel of one kernelspec folder and waits until it answers kernel_info; exit code 0 when it does.

Usage: python probe_kernel.py FOLDER, where FOLDER holds kernel.json. Run by the Python that the kernelspec names;
jupyter_client comes with ipykernel.
"""
import os
import sys

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

folder = os.path.abspath(sys.argv[1])
specs = KernelSpecManager(kernel_dirs=[os.path.dirname(folder)])
manager = KernelManager(kernel_name=os.path.basename(folder), kernel_spec_manager=specs)
manager.start_kernel(stdout=sys.stderr, stderr=sys.stderr)
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=60)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
