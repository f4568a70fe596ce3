"""Exit code 0 when this Python has each package that is named, in that version: `ipykernel~=7.0 nbformat`.

packaging comes with ipykernel.
"""
import sys
from importlib.metadata import version

from packaging.requirements import Requirement

for text in sys.argv[1:]:
    wanted = Requirement(text)
    if not wanted.specifier.contains(version(wanted.name)):
        sys.exit(f"{text} is wanted, {version(wanted.name)} is there")
