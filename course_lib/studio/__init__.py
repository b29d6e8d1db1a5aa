"""The studio: what the notebooks and the command line need, imported by no other room."""

from course_lib.studio.ask_panel import AskModel
from course_lib.studio.curves import (
    LiveCurve,
    draw_accuracy,
    draw_accuracy_curve,
    draw_learning_curve,
    percent,
)
from course_lib.studio.depth_panel import DepthGrid
from course_lib.studio.diagnosing import (
    beforehand,
    denied,
    draw_groups,
    explained,
    load_probes,
)
from course_lib.studio.diagnosis_report import paper_range
from course_lib.studio.exercises import check
from course_lib.studio.grid import LARGE, SMALL, find_cell, training_of
from course_lib.studio.layerwise import (
    draw_layers,
    draw_paper_layers,
    layers_table,
)
from course_lib.studio.lesson import Lesson, begin
from course_lib.studio.light_panel import WarningLight
from course_lib.studio.mistakes import draw_beforehand, draw_explained, draw_kinds, draw_roc
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
from course_lib.studio.problem_panels import ProblemExplorer, SolutionStepper
from course_lib.studio.results import read_result
from course_lib.studio.scales import SWEEP
from course_lib.studio.sweep import rate_of, read_sweep
from course_lib.studio.sweep_report import (
    by_shape,
    draw_depth,
    draw_paper_depth,
    draw_plans,
    paper_rows,
)
from course_lib.studio.xray import draw_xray, draw_xray_sheet
from course_lib.studio.xray_panel import XRay

__all__ = [
    "BLUE",
    "CHANCE",
    "LARGE",
    "OTHER",
    "OURS",
    "PAPER",
    "SMALL",
    "SWEEP",
    "AskModel",
    "DepthGrid",
    "Lesson",
    "LiveCurve",
    "ProblemExplorer",
    "SolutionStepper",
    "WarningLight",
    "XRay",
    "axes",
    "beforehand",
    "begin",
    "by_shape",
    "check",
    "denied",
    "draw_accuracy",
    "draw_accuracy_curve",
    "draw_beforehand",
    "draw_dependency",
    "draw_depth",
    "draw_explained",
    "draw_groups",
    "draw_kinds",
    "draw_layers",
    "draw_learning_curve",
    "draw_paper_depth",
    "draw_paper_layers",
    "draw_plans",
    "draw_roc",
    "draw_shares",
    "draw_structure",
    "draw_xray",
    "draw_xray_sheet",
    "explained",
    "find_cell",
    "layers_table",
    "load_probes",
    "paper_accuracy",
    "paper_range",
    "paper_rows",
    "percent",
    "rate_of",
    "read_paper",
    "read_result",
    "read_sweep",
    "training_of",
]
