"""What Python's nbformat makes of notebook files and of what Cokernel wrote for them.

Standard input: JSON, a list of {name, file, written}: the file's bytes in base64, and the text that we wrote or null.
Standard output: JSON, in the same order, {refusal, saved, invalid}: why nbformat does not read or write the file or null,
the text that it writes or null, and why it finds ours invalid or null.
"""
import base64
import json
import logging
import pathlib
import sys
import tempfile
import warnings

import nbformat

warnings.simplefilter("ignore")
# Faults of a file that is read all the same are logged as errors.
logging.disable(logging.CRITICAL)


def in_one_line(error):
    return ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])


def save(folder, file):
    """Opens and saves the file as a program would that stands on nbformat: 4 as it is, 3 as the newest 4."""
    path = folder / "file.ipynb"
    path.write_bytes(file)
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    if notebook["nbformat"] != 4:
        notebook = nbformat.read(path, as_version=4)
    nbformat.write(notebook, folder / "saved.ipynb")
    return (folder / "saved.ipynb").read_bytes().decode("utf8")


def why_invalid(text):
    try:
        nbformat.validate(json.loads(text))
    except Exception as error:
        return in_one_line(error)
    return None


def examine(folder, case):
    try:
        refusal, saved = None, save(folder, base64.b64decode(case["file"]))
    except Exception as error:
        refusal, saved = in_one_line(error), None
    invalid = None if case["written"] is None else why_invalid(case["written"])
    return {"refusal": refusal, "saved": saved, "invalid": invalid}


with tempfile.TemporaryDirectory() as name:
    cases = json.load(sys.stdin.buffer)
    found = [examine(pathlib.Path(name), case) for case in cases]
json.dump(found, sys.stdout)
