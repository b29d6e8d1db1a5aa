"""`python -m course_lib` is the same as `course`."""

import sys

from course_lib.cli import main

sys.exit(main())
