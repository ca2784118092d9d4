"""Small labs that `labs run` takes for whole ones."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labutils.notebooks import normalize

HEAD = "from pathlib import Path\nimport json, os\n"
RESULTS = (
    "folder = Path(os.environ['LABS_RUNS']) / '{lab}'\n"
    "(folder / 'results.json').write_text(json.dumps(dict(lab='{lab}', profile='pocket', numbers=dict(size=size, bad='<script>'), "
    "models=dict(base='b', tuned='<i>t'), dialogues='pocket', seed=0, figures=[])))\nprint('lab {lab} complete')"
)


def notebook(lab: str, *middle: str):
    """Return a lab of that number with these cells of code in the middle."""
    cells = [
        new_markdown_cell("# A lab"),
        new_code_cell("size: int = 3", metadata={"tags": ["parameters"]}),
        new_markdown_cell("Text."),
        new_code_cell(HEAD + "print(size * 2)", metadata={"tags": ["nbval-check-output"]}),
        *(new_code_cell(source) for source in middle),
        new_markdown_cell("The end."),
        new_code_cell(RESULTS.format(lab=lab)),
    ]
    return new_notebook(cells=cells, metadata=normalize.KERNEL)
