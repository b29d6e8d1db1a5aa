"""The studio: what the notebooks and the command line need, imported by no other room."""

from course_lib.studio.curves import (
    LiveCurve,
    draw_accuracy,
    draw_accuracy_curve,
    draw_learning_curve,
    percent,
)
from course_lib.studio.exercises import check
from course_lib.studio.lesson import Lesson, begin
from course_lib.studio.paper import read_paper
from course_lib.studio.plots import (
    BLUE,
    CHANCE,
    OTHER,
    OURS,
    PAPER,
    axes,
    draw_dependency,
    draw_shares,
    draw_structure,
)
from course_lib.studio.probe_report import paper_accuracy
from course_lib.studio.widgets import ProblemExplorer, SolutionStepper
from course_lib.studio.xray import draw_xray, draw_xray_sheet
from course_lib.studio.xray_panel import XRay

__all__ = [
    "BLUE",
    "CHANCE",
    "OTHER",
    "OURS",
    "PAPER",
    "Lesson",
    "LiveCurve",
    "ProblemExplorer",
    "SolutionStepper",
    "XRay",
    "axes",
    "begin",
    "check",
    "draw_accuracy",
    "draw_accuracy_curve",
    "draw_dependency",
    "draw_learning_curve",
    "draw_shares",
    "draw_structure",
    "draw_xray",
    "draw_xray_sheet",
    "paper_accuracy",
    "percent",
    "read_paper",
]
