"""What a notebook of the course must and must not hold (the linter behind test_notebooks.py)."""

import ast
import re
import statistics

import nbformat
import papermill

from course_lib.studio.lesson import KINDS
from course_lib.studio.notebooks import KEPT, tags

CHECKED = "nbval-check-output"  # the tag of cells whose output nbval compares
SKELETON = {
    "minutes": r"\bminutes?\b",
    "you will be able to": r"you will be able to",
    "exercise": r"^#+ .*exercise",
    "hints": r"<details>",
    "summary": r"^#+ .*summary",
    "what could fool us": r"^#+ .*fool us",
    "next": r"\bnext\b",
}
FORBIDDEN = {
    "absolute path": r"(?<![\w.])/(home|root|tmp|work|Users|mnt)/|\b[A-Z]:\\\\",
    "pip": r"\bpip3? install|^[!%] *pip",
    "Output widget": r"\b(interact|interactive|interactive_output|interact_manual|Output)\(",
    "address in memory": r" at 0x[0-9a-f]{6,}",
}


def faults(path) -> list[str]:
    """What is wrong with a notebook, lesson or solution."""
    notebook, text = nbformat.read(path, as_version=4), path.read_text(encoding="utf-8")
    code, stored = code_cells(notebook), outputs(notebook)
    told = "\n".join([*(cell.source for cell in notebook.cells), *map(shown, stored)])
    marked = [i for i, cell in enumerate(code) if "parameters" in tags(cell)]
    kinds = {row["inferred_type_name"] for row in papermill.inspect_notebook(path).values()}
    mimes = {mime for output in stored for mime in output.get("data", ())}
    return named(
        {
            "parameters": marked != [0] or "studio.begin(globals())" not in code[1].source,
            "annotations": not kinds or not kinds <= KINDS.keys(),
            "kernel": notebook.metadata.kernelspec.name != "python3",
            "long cell": any(len(cell.source.splitlines()) > 25 for cell in code),
            "counts": [cell.execution_count for cell in code] != [*range(1, len(code) + 1)],
            "nothing stored": not stored,
            "error": any(output.output_type == "error" for output in stored),
            "stderr": any(output.get("name") == "stderr" for output in stored),
            "widget state": "widgets" in notebook.metadata or any("widget" in m for m in mimes),
            "stray metadata": any(set(cell.metadata) - set(KEPT) for cell in notebook.cells),
            "size": len(text) > 1_000_000,
            "link": not all((path.parent / link).exists() for link in links(prose(notebook))),
            "folded code": not all(map(parses, folded_code(prose(notebook)))),
            **{name: re.search(pattern, told, re.M) for name, pattern in FORBIDDEN.items()},
        }
    )


def lesson_faults(path) -> list[str]:
    """What is wrong with a lesson besides: its skeleton, its measures, its exercises."""
    notebook = nbformat.read(path, as_version=4)
    code, text = code_cells(notebook), prose(notebook)
    question = "# " if path.name.startswith("00") else r"# .*\?"
    compared = [cell.outputs for cell in code if CHECKED in tags(cell)]
    stubs = [i for i, cell in enumerate(code) if "NotImplementedError" in cell.source]
    return named(
        {
            "title": not re.match(question, text),
            "length": not 35 <= len(notebook.cells) <= 60,
            "words": not 1200 <= words(text) <= 2500,
            "long cells": statistics.median(len(c.source.splitlines()) for c in code) > 7,
            "nothing compared": not compared or not all(any(map(shown, o)) for o in compared),
            "picture": not any("image/png" in o.get("data", ()) for o in outputs(notebook)),
            "exercises": len(stubs) not in (2, 3),
            "check": not all("studio.check(" in code[i + 1].source for i in stubs),
            "self-test": re.findall(r"<summary>(\d+)\. ", text) != [*map(str, range(1, 11))],
            "solution": not (path.parent / "solutions" / path.name).exists(),
            **{part: not re.search(p, text, re.M | re.I) for part, p in SKELETON.items()},
        }
    )


def named(found: dict) -> list[str]:
    """The names of the faults found."""
    return [name for name, wrong in found.items() if wrong]


def code_cells(notebook) -> list:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook) -> list:
    """All that is stored below the cells."""
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def shown(output) -> str:
    """What an output says in words."""
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


def prose(notebook) -> str:
    """All that is written between the code."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def words(text: str) -> int:
    """How many words are read from top to bottom; hints and answers are folded away."""
    return len(re.sub(r"<details>.*?</details>|<[^>]*>", " ", text, flags=re.S).split())


def links(text: str) -> list[str]:
    """The targets of a markdown text's links within the repository."""
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    return [target for target in targets if not re.match("[a-z]+:", target)]


def folded_code(text: str) -> list[str]:
    """Python in the folded parts of a markdown text."""
    folded = "".join(re.findall(r"<details>.*?</details>", text, re.S))
    return re.findall(r"```python\n(.*?)```", folded, re.S)


def parses(source: str) -> bool:
    """Whether Python can read it."""
    try:
        return bool(ast.parse(source))
    except SyntaxError:
        return False
