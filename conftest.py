"""Notebooks under test run at smoke scale; `COURSE_SCALE=laptop pytest notebooks` overrides it."""

import os
from tempfile import TemporaryDirectory

runs = TemporaryDirectory(prefix="course-runs-")  # a finished training would not be tested again
os.environ["COURSE_RUNS"] = runs.name
os.environ.setdefault("COURSE_SCALE", "smoke")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models only lose time with more threads
os.environ["COURSE_QUIET"] = "1"
