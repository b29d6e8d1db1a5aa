"""The synthetic world of grade-school math (iGSM, paper Part 2.1 §2) and its second mind."""

from course_lib.igsm.config import ProblemConfig
from course_lib.igsm.problem import Problem, reask
from course_lib.igsm.reading import parse_problem
from course_lib.igsm.sampling import sample_problem
from course_lib.igsm.verifier import verify_solution
from course_lib.igsm.world import load_world

__all__ = [
    "Problem",
    "ProblemConfig",
    "load_world",
    "parse_problem",
    "reask",
    "sample_problem",
    "verify_solution",
]
