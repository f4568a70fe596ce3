#!/bin/sh
# Makes a Python environment at $1 with ipykernel in it; its kernelspec lies below its share/jupyter.
set -eu
python3 -m venv "$1"
"$1/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check ipykernel
