"""The papers' numbers, as copied from their figures and tables into `data/paper`."""

import csv

from course_lib.errors import CourseError
from course_lib.paths import DATA


def read_paper(table: str) -> list[dict[str, str]]:
    """The rows of a CSV table in `data/paper`, cells as text; CourseError lists the tables."""
    path = DATA / "paper" / table
    if not path.is_file():
        tables = ", ".join(sorted(p.name for p in path.parent.glob("*.csv")))
        raise CourseError(f"There is no table {table!r} in data/paper; there are {tables}.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
