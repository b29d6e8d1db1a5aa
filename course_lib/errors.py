"""The one exception of the course: something the user can mend."""


class CourseError(Exception):
    """A mistake the user can mend, told in one plain sentence (exit code 2 on the command line)."""
