"""Writes generated/*.ipynb with Python's nbformat: `python generate.py`. The same files again with the same nbformat."""
import json
import pathlib
from itertools import count

import nbformat
from nbformat import v4

FOLDER = pathlib.Path(__file__).parent / "generated"
ids = (f"cell-{n}" for n in count())


def code(source="", outputs=(), execution_count=None, **metadata):
    return v4.new_code_cell(
        source, id=next(ids), outputs=list(outputs), execution_count=execution_count, metadata=metadata
    )


def markdown(source="", **parts):
    return v4.new_markdown_cell(source, id=next(ids), **parts)


def raw(source="", **metadata):
    return v4.new_raw_cell(source, id=next(ids), metadata=metadata)


def display(data, **metadata):
    return v4.new_output("display_data", data=data, metadata=metadata)


def write(name, cells, minor=5, **metadata):
    notebook = v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = minor
    if minor < 5:
        for cell in cells:
            del cell["id"]
    nbformat.validate(notebook)
    nbformat.write(notebook, FOLDER / f"{name}.ipynb")


def every_kind():
    stream = v4.new_output("stream", name="stdout", text="one\ntwo\n")
    error = v4.new_output("error", ename="E", evalue="value\nof two lines", traceback=["\x1b[31mred\x1b[0m", "a\nb"])
    result = v4.new_output("execute_result", data={"text/plain": "1\n2"}, execution_count=3)
    return [
        markdown("# Title\n\ntext"),
        code("1 + 1", [stream, result, display({"text/html": "<b>\n</b>"}), error], execution_count=3, tags=["a", "b"]),
        code(),
        raw("\\begin{x}", format="text/latex"),
    ]


FOLDER.mkdir(exist_ok=True)
for minor in range(6):
    write(f"minor-4.{minor}", every_kind(), minor)

write("no-cells", [])
write("empty-strings", [code(""), markdown(""), raw(""), code("\n"), code(" ", [v4.new_output("stream", text="")])])
write("line-ends", [code(f"a{end}b{end}") for end in "\n \r \r\n \v \f \x1c \x1d \x1e \x85 \u2028 \u2029".split(" ")])
write("control-characters", [code("".join(map(chr, range(32))) + "\x7f\x80\x9f\xad\u200b\ufeff\ufffe")])
write("beyond-the-plane", [markdown("😀 𝒳 👩‍👩‍👧 \U0010ffff"), code("'🇩🇪'", [v4.new_output("stream", text="😀\n" * 3)])])
write("keys-in-order", [], **{key: 1 for key in ["b", "B", "ä", "a1", "a10", "a2", "😀", "\ue000", "\uffff", "", "1", "01"]})
write("right-to-left", [markdown("שלום עולם\nمرحبا"), code('"‮abc"')])
write("base64-lines", [code("", [display({"image/png": "iVBORw0KGgo=\n" * 40, "image/jpeg": "/9j/4A=="})])])
write("svg-and-javascript", [
    code("", [display({"image/svg+xml": "<svg>\n</svg>\n", "application/javascript": "a\nb", "text/latex": "$x$\n\n"})])
])
write("json-outputs", [
    code("", [display({"application/json": {"list": ["a\n", "b"]}, "application/geo+json": ["a\n", "b"],
                       "application/vnd.vega.v5+json": {"$schema": "x", "data": [{"values": [1, 2.5, None, True]}]}})])
])
write("output-metadata", [code("", [display({"image/png": "aGk="}, **{"image/png": {"width": 640, "height": 480.5}})])])
write("attachments", [
    markdown("![a](attachment:a.png)", attachments={"a.png": {"image/png": "aGVsbG8="}, "b.jpg": {"image/jpeg": "aGk=\n"}})
])
write("metadata-of-cells", [
    code("", collapsed=True, scrolled="auto", name="first", tags=["hide-input"], jupyter={"source_hidden": True},
         execution={"iopub.status.busy": "2026-01-01T00:00:00.000Z"}),
    markdown("", metadata={"slideshow": {"slide_type": "slide"}, "jp-MarkdownHeadingCollapsed": True}),
])
write("metadata-of-notebook", [], kernelspec={"name": "python3", "display_name": "Python 3", "language": "python"},
      language_info={"name": "python", "codemirror_mode": {"name": "ipython", "version": 3}}, title="T",
      authors=[{"name": "Ann"}])
write("widget-state", [code("", [display({"text/plain": "IntSlider(value=7)",
      "application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": "abc"}})])],
      widgets={"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": {
          "abc": {"model_name": "IntSliderModel", "model_module": "@jupyter-widgets/controls",
                  "model_module_version": "2.0.0", "state": {"value": 7, "step": 1, "_view_count": None}}}}})
write("numbers", [], numbers=[0, -1, 0.5, 1e-05, 0.0001, 1.5e-300, 123456789.125, 2**31, 2**53 - 1, -(2**53) + 1, 0.1 + 0.2])
write("whole-floats", [
    code("", [display({"application/vnd.plotly.v1+json": {"data": [{"x": [1.0, 2, 2.5], "y": [1e16, 1e22, -0.0]}]}})])
], same=[1, 1.0, 1], zoom=1.0)
write("large-integers", [], big=[2**53 + 1, 2**64, 10**30, -(2**63)])
write("not-a-number", [code("", [display({"application/json": {"a": [float("nan"), float("inf"), float("-inf")]}})])])
write("deep-metadata", [code("", deep=json.loads('{"a":[' * 60 + "1" + "]}" * 60))])
write("many-cells", [code(f"x{n} = {n}") for n in range(400)])
write("many-outputs", [code("", [display({"text/plain": f"{n}"}) for n in range(300)])])
write("one-long-line", [code("", [v4.new_output("stream", text="x" * 100_000)])])
write("many-lines", [code("", [v4.new_output("stream", text="".join(f"{n}\n" for n in range(5_000)))])])
write("carriage-returns", [code("", [v4.new_output("stream", text="".join(f"\r{n}%" for n in range(101)))])])
write("streams-by-turns", [
    code("", [v4.new_output("stream", name=["stdout", "stderr"][n % 2], text=f"{n}\n") for n in range(20)])
])
write("error-alone", [code("1/0", [v4.new_output("error", ename="", evalue="", traceback=[])])])
write("backslashes", [code('"\\\\" \\u0041 \\"quoted\\" </script> \t'), markdown("C:\\new\\table")])
