"""Opens and makes documents by jupyter_ydoc, the library of Jupyter's own server.

Standard input and output are JSON: a list of cases in, a list of answers out, Yjs updates in base64. One process does all.
"""
import base64
import json
import sys
import warnings

from jupyter_ydoc import YNotebook
from pycrdt import Doc


def opened(update):
    notebook = YNotebook(Doc())
    if update is not None:
        notebook.ydoc.apply_update(base64.b64decode(update))
    return notebook


def answer(case):
    notebook = opened(case.get("update"))
    if "set" in case:
        notebook.set(case["set"])
    if "edit" in case:
        EDITS[case["edit"]](notebook)
    states = [cell.get("execution_state") for cell in notebook.ycells]
    return {
        "notebook": notebook.get(),
        "states": states,
        "update": base64.b64encode(notebook.ydoc.get_update()).decode(),
    }


def type_and_insert(notebook):
    notebook.set_cell(0, source="# Python was here\n" + notebook.get_cell(0)["source"])
    notebook.append_cell(
        {
            "id": "from-python",
            "cell_type": "code",
            "source": ["x = 1\n", "x"],
            "metadata": {"tags": ["p"], "number": 3},
            "execution_count": 4,
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]},
                {
                    "output_type": "execute_result",
                    "execution_count": 4,
                    "data": {"text/plain": "1", "application/json": {"n": 1}},
                    "metadata": {},
                },
            ],
        }
    )


EDITS = {"type_and_insert": type_and_insert}

warnings.simplefilter("ignore")
json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
