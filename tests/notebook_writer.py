"""Small notebooks for tests."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PARAMETERS = """\
import os
SCALE: str = os.environ.get("COURSE_SCALE", "laptop")  # smoke, laptop, gpu or paper
SEED: int = 7  # which problem is shown"""


def write_notebook(path, *sources, parameters=""):
    """Parameters (with further lines), then a cell a source; one that begins with "# " is prose."""
    notebook = new_notebook(metadata={"kernelspec": KERNEL})
    notebook.cells.append(new_code_cell(PARAMETERS + parameters, metadata={"tags": ["parameters"]}))
    for source in sources:
        kind = new_markdown_cell if source.startswith("# ") else new_code_cell
        notebook.cells.append(kind(source))
    nbformat.write(notebook, path)
