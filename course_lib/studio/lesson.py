"""The first line of every lesson: check the parameters, say where we are."""

import platform
from dataclasses import dataclass

import torch

from course_lib.errors import CourseError
from course_lib.lm import pick_device
from course_lib.studio.scales import SCALES, Scale

KINDS = {kind.__name__: kind for kind in (str, int, float, bool)}  # that a parameter may have
PLAIN = (*KINDS.values(), bytes, list, tuple, dict, set, type(None))
BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Lesson:
    """A lesson that has begun."""

    scale: str  # smoke, laptop, gpu or paper
    seed: int  # which problem is shown
    settings: Scale  # the row of the table of scales


def begin(namespace: dict) -> Lesson:
    """Checks the parameters in a notebook's `globals()` and prints the environment report.

    CourseError if a parameter has the wrong type, SCALE is not in the table, or a plain value
    stands there that no annotation declares: a mistyped name given to papermill.
    """
    declared = namespace.get("__annotations__", {})
    for name in ("SCALE", "SEED"):
        if name not in declared:
            raise CourseError(f"The parameters cell must declare {name} with its type.")
    for name, kind in declared.items():
        if kind in KINDS.values() and not _fits(namespace.get(name), kind):
            given = namespace.get(name)
            raise CourseError(f"{name} must be of type {kind.__name__}, not {given!r}.")
    # Run again later, the cell finds the lesson's own variables, which are no mistakes.
    if not any(isinstance(value, Lesson) for value in namespace.values()):
        _refuse_strays(namespace, declared)
    lesson = Lesson(namespace["SCALE"], namespace["SEED"], find_scale(namespace["SCALE"]))
    # Small models only lose time with more threads, and with one their numbers do not depend on
    # how many cores there are.
    torch.set_num_threads(1)
    print(report(lesson))
    return lesson


def find_scale(name: str) -> Scale:
    """The row of the table of scales; CourseError if there is none of this name."""
    if name not in SCALES:
        raise CourseError(f"There is no scale {name!r}; choose one of {', '.join(SCALES)}.")
    return SCALES[name]


def report(lesson: Lesson) -> str:
    """What a result depends on; no times and no paths, so that equal runs print equal text."""
    return (
        f"Python {platform.python_version()}, torch {torch.__version__}\n"
        f"device {pick_device().reason}\n"
        f"scale  {lesson.scale} ({lesson.settings.purpose})\n"
        f"seed   {lesson.seed}"
    )


def convert(name: str, text: str, kind: str):
    """The value of a parameter typed as text, by the kind its annotation names."""
    try:
        return BOOLEANS[text.lower()] if kind == "bool" else KINDS[kind](text)
    except (ValueError, KeyError):
        raise CourseError(f"{name} must be of type {kind}, not {text!r}.") from None


def _fits(value, kind: type) -> bool:
    """True is no int, but 3 is a fine float."""
    return type(value) is kind or (kind is float and type(value) is int)


def _refuse_strays(namespace: dict, declared: dict) -> None:
    ours = {"In", "Out", *declared}  # the first two are IPython's
    for name, value in namespace.items():
        if isinstance(value, PLAIN) and not name.startswith("_") and name not in ours:
            raise CourseError(
                f"This lesson has no parameter {name!r}, it has {', '.join(declared)}: "
                "correct the name (in JupyterLab, restart the kernel then)."
            )
