"""Our own results as they are shipped in `data/results`."""

import json

from course_lib.errors import CourseError
from course_lib.paths import DATA


def read_result(name: str) -> dict:
    """The figures of `data/results/NAME.json`; CourseError if there are none."""
    path = DATA / "results" / f"{name}.json"
    if not path.is_file():
        raise CourseError(f"There is no {path.name}: data/results/README.md says what makes which.")
    return json.loads(path.read_text(encoding="utf-8"))
