"""The synthetic world of grade-school math (iGSM, paper Part 2.1 §2) and its second mind."""

from course_lib.igsm.config import ProblemConfig
from course_lib.igsm.problem import Problem, reask, sample_problem
from course_lib.igsm.world import load_world

__all__ = ["Problem", "ProblemConfig", "load_world", "reask", "sample_problem"]
