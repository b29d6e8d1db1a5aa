"""The studio: what the notebooks and the command line need, imported by no other room."""

from course_lib.studio.exercises import check
from course_lib.studio.lesson import Lesson, begin
from course_lib.studio.plots import (
    CHANCE,
    OURS,
    PAPER,
    axes,
    draw_dependency,
    draw_shares,
    draw_structure,
)
from course_lib.studio.widgets import ProblemExplorer, SolutionStepper

__all__ = [
    "CHANCE",
    "OURS",
    "PAPER",
    "Lesson",
    "ProblemExplorer",
    "SolutionStepper",
    "axes",
    "begin",
    "check",
    "draw_dependency",
    "draw_shares",
    "draw_structure",
]
