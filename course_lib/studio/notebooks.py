"""Committed notebooks: `python -m course_lib.studio.notebooks` runs them all and stores them clean.

An unchanged lesson gives unchanged bytes, so a difference in git is a difference in the lesson.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from course_lib.errors import CourseError
from course_lib.paths import NOTEBOOKS
from course_lib.studio.lesson_runner import QUIET_KERNEL, environment, without_widgets
from course_lib.studio.scales import SCALES

SCALE = SCALES["laptop"]
KEPT = ("tags", "jupyter")  # of a cell's metadata
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def find(names: Iterable[str] = (), folder: Path = NOTEBOOKS) -> list[Path]:
    """Lessons and solutions, all or those whose file name begins with one of `names`."""
    paths = sorted([*folder.glob("*.ipynb"), *folder.glob("solutions/*.ipynb")])
    chosen = [path for path in paths if not names or path.name.startswith(tuple(names))]
    if not chosen:
        raise CourseError(f"There is no such notebook in {folder.name}/.")
    return chosen


def build(path: Path) -> str:
    """The text of a notebook, freshly executed and clean."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in tags(cell)]
    client = NotebookClient(
        notebook,
        timeout=SCALE.cell_timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=QUIET_KERNEL,
        coalesce_streams=True,  # how a text is cut into messages is chance
        record_timing=False,
        store_widget_state=False,
    )
    with TemporaryDirectory() as runs, environment(SCALE.name, COURSE_RUNS=runs):
        client.execute()  # nothing is left of earlier trainings
    return nbformat.writes(clean(notebook)) + "\n"


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drops all that changes by itself from run to run."""
    without_widgets(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    code = (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())
    for count, cell in enumerate(code, 1):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for part in (cell, *cell.outputs):
            if "execution_count" in part:
                part.execution_count = count
    for cell, name in zip(notebook.cells, _ids(notebook.cells), strict=True):
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        cell.id = name
    return notebook


def _ids(cells: list) -> Iterator[str]:
    """Names from what the cells say: a changed cell renames no other."""
    seen: dict[str, int] = {}
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        yield digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def main(arguments: list[str] | None = None, folder: Path = NOTEBOOKS) -> int:
    """Builds notebooks in place; with --check only tells (exit 1) which would change."""
    parser = argparse.ArgumentParser("python -m course_lib.studio.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of file names, such as 03; else all")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a change")
    options = parser.parse_args(arguments)
    failed = False
    for path in find(options.names, folder):
        print(f"{path.relative_to(folder)} ... ", end="", flush=True)
        try:
            text = build(path)
        except (CellExecutionError, CellTimeoutError) as error:
            print(f"failed, and is left as it was:\n{error}", flush=True)
            failed = True
            continue
        changed = text != path.read_text(encoding="utf-8")
        print("changed" if changed else "unchanged", flush=True)
        if changed and not options.check:
            path.write_text(text, encoding="utf-8", newline="\n")
        failed |= changed and options.check
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
