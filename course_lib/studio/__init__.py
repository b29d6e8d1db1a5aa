"""The studio: what the notebooks and the command line need, imported by no other room."""

from course_lib.studio.lesson import Lesson, begin
from course_lib.studio.plots import draw_dependency, draw_structure

__all__ = ["Lesson", "begin", "draw_dependency", "draw_structure"]
