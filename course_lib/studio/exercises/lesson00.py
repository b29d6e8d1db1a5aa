"""Exercises of lesson 00: arithmetic on a clock, and the two-name look-up."""

import math

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


def _subtracts_once(left: int, sign: str, right: int, modulus: int) -> int:
    result = _never_wraps(left, sign, right, modulus)
    return result - modulus if result >= modulus else result


def _cuts_towards_zero(left: int, sign: str, right: int, modulus: int) -> int:
    return int(math.fmod(_never_wraps(left, sign, right, modulus), modulus))


def _backwards(left: int, sign: str, right: int, modulus: int) -> int:
    return clock(right, sign, left, modulus)


START = "The number of each "


def look_up(problem: str, name: str) -> str:
    """What the sentence about a parameter says after "equals"."""
    for sentence in problem.removesuffix(".").split(". "):
        if sentence.startswith(f"{START}{name} equals "):
            return sentence.partition(" equals ")[2]
    return ""


def _first_that(problem: str, fits) -> str:
    sentences = problem.removesuffix(".").split(". ")
    return next((s.partition(" equals ")[2] for s in sentences if fits(s)), "")


def _anywhere(problem: str, name: str) -> str:
    return _first_that(problem, lambda sentence: name in sentence)


def _owner_only(problem: str, name: str) -> str:
    owner = name.partition("'s ")[0]
    return _first_that(problem, lambda sentence: sentence.startswith(f"{START}{owner}'s "))


def _owned_only(problem: str, name: str) -> str:
    owned = name.partition("'s ")[2]
    return _first_that(problem, lambda sentence: f"'s {owned} equals " in sentence)


def _whole_sentence(problem: str, name: str) -> str:
    rest = look_up(problem, name)
    return f"{START}{name} equals {rest}" if rest else ""


def _none(problem: str, name: str) -> str | None:
    return look_up(problem, name) or None


def _with_stop(problem: str, name: str) -> str:
    rest = look_up(problem, name)
    return f"{rest}." if rest and problem.endswith(f"{rest}.") else rest


PROBLEM = (
    "The number of each Oak School's Gym equals 3 more than each Oak School's Lab. "
    "The number of each Elm School's Lab equals each Gym's Red Bag. "
    "The number of each Gym's Red Bag equals 6. "
    "The number of each Oak School's Lab equals 2 times as much as the sum of each Gym's Red Bag "
    "and each Elm School's Lab. "
    "The number of each Lab's Red Bag equals 4."
)
NAMES = (
    "Oak School's Lab",
    "Gym's Red Bag",
    "Lab's Red Bag",
    "Elm School's Lab",
    "Elm School's Gym",
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
            (
                _cuts_towards_zero,
                "no result is negative: below 0 the clock wraps around, too.",
            ),
            (_subtracts_once, "results lie from 0 to modulus - 1; some of yours do not."),
            (_wraps_one_late, "the modulus itself is 0 again: there are that many numbers."),
            (_backwards, "a difference has an order: left minus right."),
        ),
    ),
    Exercise(
        "look_up",
        tuple((PROBLEM, name) for name in NAMES),
        look_up,
        (
            (_anywhere, "other sentences mention this name too; which one is about it?"),
            (_owner_only, "several parameters share this owner: both names must fit."),
            (_owned_only, "several owners have this: both names must fit."),
            (_whole_sentence, 'only what stands after "equals" is asked for.'),
            (_none, "where no sentence is about the name, return an empty text."),
            (_with_stop, "the last sentence ends with a full stop that does not belong to it."),
        ),
    ),
)
