"""Exercises of lesson 00: arithmetic on a clock, and the operations of a solution."""

from course_lib.studio.exercises import Exercise


def clock(left: int, sign: str, right: int, modulus: int) -> int:
    """One operation modulo the modulus."""
    result = {"+": left + right, "-": left - right, "*": left * right}[sign]
    return result % modulus


def _never_wraps(left: int, sign: str, right: int, modulus: int) -> int:
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _never_below_zero(left: int, sign: str, right: int, modulus: int) -> int:
    return abs(_never_wraps(left, sign, right, modulus)) % modulus


def _wraps_one_late(left: int, sign: str, right: int, modulus: int) -> int:
    return _never_wraps(left, sign, right, modulus) % (modulus + 1)


def _backwards(left: int, sign: str, right: int, modulus: int) -> int:
    return clock(right, sign, left, modulus)


def count_operations(solution: str) -> int:
    """One equation after each semicolon."""
    return solution.count(";")


def _equal_signs(solution: str) -> int:
    return solution.count("=")


def _definitions(solution: str) -> int:
    return solution.count("Define")


def _signs(solution: str) -> int:
    symbols = [part.split(" = ")[1] for part in solution.split("; ")[1:]]
    return sum(any(sign in text for sign in "+-*") for text in symbols)


SOLUTIONS = (
    ("Define Oak School's Lab as a; so a = 5.",),
    ("Define Oak School's Lab as a; so a = 5. Define Lab's Red Bag as b; so b = a = 5.",),
    ("Define Zoo Park's Pond as d; so d = 3. Define Pond's Frog as e; so e = 2 * d = 2 * 3 = 6.",),
    (
        "Define A Zoo's Den as a; so a = 4. Define B Zoo's Den as b; so b = 6. "
        "Define Den's Fox as c; d = a - b = 4 - 6 = 5; so c = 3 * d = 3 * 5 = 1.",
    ),
    (
        "Define Lake's Duck as p; so p = 1. Define Duck's Wing as q; r = p + p = 1 + 1 = 2; "
        "s = r * p = 2 * 1 = 2; so q = r + s = 2 + 2 = 4.",
    ),
)

EXERCISES = (
    Exercise(
        "clock",
        (
            (5, "+", 4, 7),
            (2, "-", 6, 7),
            (6, "-", 2, 7),
            (3, "*", 5, 7),
            (6, "+", 1, 7),
            (0, "-", 1, 23),
        ),
        clock,
        (
            (_never_wraps, "where do the numbers wrap around? Results must lie below the modulus."),
            (_never_below_zero, "going back from 0 leads to the largest number, not to 1."),
            (_wraps_one_late, "the modulus itself is 0 again: there are that many numbers."),
            (_backwards, "a difference has an order: left minus right."),
        ),
    ),
    Exercise(
        "count_operations",
        SOLUTIONS,
        count_operations,
        (
            (_equal_signs, "one equation may hold several equal signs: x = 2 * d = 2 * 3 = 6."),
            (_definitions, "a definition may take several equations: intermediate steps count."),
            (_signs, "looking up a constant or copying a letter is an operation too."),
        ),
    ),
)
