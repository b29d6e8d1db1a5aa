"""Exercises of lesson 02: operations in a solution, what is ready, how many templates exist."""

import math
from collections import Counter

from course_lib.studio.exercises import Exercise


def count_operations(solution: str) -> int:
    """One operation behind each semicolon."""
    return solution.count(";")


def _sentences(solution: str) -> int:
    return solution.count("Define")


def _signs(solution: str) -> int:
    symbolic = [step.split("=")[1] for step in solution.split(";")[1:]]
    return sum(step.count(sign) for step in symbolic for sign in "+-*")


def _all_signs(solution: str) -> int:
    return sum(solution.count(sign) for sign in "+-*")


def _equals(solution: str) -> int:
    return solution.count("=")


def find_ready(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    """Not known yet, and everything it needs is."""
    return {p for p, needed in operands.items() if p not in known and known.issuperset(needed)}


def _known_too(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    return {p for p, needed in operands.items() if known.issuperset(needed)}


def _any_operand(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    one = {p for p, needed in operands.items() if known.intersection(needed) or not needed}
    return one - known


def _only_touched(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    return {p for p, needed in operands.items() if known.intersection(needed)} - known


def _forgets_constants(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    return {p for p in find_ready(operands, known) if operands[p]}


def _in_the_end(operands: dict[str, list[str]], known: set[str]) -> set[str]:
    return set(operands) - known


def estimate_templates(templates: list[str]) -> float:
    """Pairs of draws for each pair that collides: 1 / (chance that two draws are equal)."""
    pairs = math.comb(len(templates), 2)
    collisions = sum(math.comb(count, 2) for count in Counter(templates).values())
    return pairs / collisions if collisions else math.inf


def _distinct(templates: list[str]) -> float:
    return float(len(set(templates)))


def _repeats(templates: list[str]) -> float:
    repeats = len(templates) - len(set(templates))
    return math.comb(len(templates), 2) / repeats if repeats else math.inf


def _squares(templates: list[str]) -> float:
    return estimate_templates(templates) * len(templates) * 2 / (len(templates) - 1)


def _repeated_kinds(templates: list[str]) -> float:
    repeated = sum(count > 1 for count in Counter(templates).values())
    return math.comb(len(templates), 2) / repeated if repeated else math.inf


def _ordered_pairs(templates: list[str]) -> float:
    return 2 * estimate_templates(templates)


CONSTANTS = "Define Lab's Red Bag as a; so a = 3. Define Lab's Blue Bag as b; so b = a = 3."
SUM = "Define Lab's Backpack as c; so c = a + b = 3 + 3 = 6."
LONG = (
    "Define Gym's Red Bag as f; d = a + b = 3 + 3 = 6; e = d + c = 6 + 6 = 12; "
    "so f = 2 * e = 2 * 12 = 1."
)
OPERANDS = {"a": [], "b": ["a"], "c": [], "d": ["b", "c"], "e": ["d"], "f": ["a", "d"]}

EXERCISES = (
    Exercise(
        "count_operations",
        ((CONSTANTS,), (f"{CONSTANTS} {SUM}",), (f"{CONSTANTS} {SUM} {LONG}",)),
        count_operations,
        (
            (_sentences, "a sentence can hold several operations; this counts sentences."),
            (_signs, "a constant or a copy counts as one operation too, though it has no sign."),
            (_all_signs, "a constant or a copy has no sign and counts; others have more than one."),
            (_equals, "an operation is written with several equals signs; count something else."),
        ),
    ),
    Exercise(
        "find_ready",
        tuple((OPERANDS, known) for known in (set(), {"a"}, {"a", "b"}, {"a", "b", "c", "d"})),
        find_ready,
        (
            (_known_too, "what is known already is not computed again."),
            (_any_operand, "one known operand is not enough, all must be known."),
            (
                _only_touched,
                "all operands must be known, not one; and what needs none is ready at once.",
            ),
            (_in_the_end, "asked is what can be computed at once, not what could follow later."),
            (_forgets_constants, "what needs nothing is ready from the start."),
        ),
    ),
    Exercise(
        "estimate_templates",
        ((list("aab"),), (list("abcaab"),), (list("aabbccdd"),), (list("aaaab"),), (list("abc"),)),
        estimate_templates,
        (
            (_distinct, "this counts what was seen; the estimate needs how often two are equal."),
            (_repeats, "four equal ones make six equal pairs, not three repeats: count pairs."),
            (_squares, "no draw makes a pair with itself: how many pairs do n draws make?"),
            (_repeated_kinds, "a template that was drawn often makes more than one equal pair."),
            (_ordered_pairs, "a pair and its mirror image are one pair."),
        ),
        raised=(ZeroDivisionError, "what does the estimate say if no two agree?"),
    ),
)
