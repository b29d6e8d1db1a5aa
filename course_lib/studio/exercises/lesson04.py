"""Exercises of lesson 04: accuracy by op, unnecessary steps, templates."""

import re

from course_lib.studio.exercises import Exercise, equal


def share_by_op(ops: list[int], correct: list[bool]) -> dict[int, float]:
    """Share of correct answers for each op."""
    return {
        op: sum(c for o, c in zip(ops, correct, strict=True) if o == op) / ops.count(op)
        for op in set(ops)
    }


def _share_of_all(ops, correct):
    return {op: share * ops.count(op) / len(ops) for op, share in share_by_op(ops, correct).items()}


def _counts(ops, correct):
    return {op: round(share * ops.count(op)) for op, share in share_by_op(ops, correct).items()}


def _only_solved_ops(ops, correct):
    return {op: share for op, share in share_by_op(ops, correct).items() if share > 0}


def _same_shares(got, wanted) -> bool:
    if not isinstance(got, dict) or got.keys() != wanted.keys():
        return False
    return all(equal(got[op], wanted[op]) or got[op] == wanted[op] for op in wanted)


def unnecessary(solution: str, necessary: list[str]) -> list[str]:
    """Names that the solution defines though they are not necessary, in its order."""
    return [name for name in re.findall(r"Define (.+?) as \w;", solution) if name not in necessary]


def _how_many(solution, necessary):
    return len(unnecessary(solution, necessary))


def _missing_ones(solution, necessary):
    return [name for name in necessary if f"Define {name} as" not in solution]


def _everything_defined(solution, necessary):
    return unnecessary(solution, [])


def template(solution: str) -> str:
    """Names P, numbers 0, letters by their first appearance."""
    text = re.sub(r"Define .+? as", "Define P as", solution)
    text = re.sub(r"\d+", "0", text)
    seen: dict[str, str] = {}
    for letter in re.findall(r"\b[a-zA-Z]\b", text.replace("Define P", "")):
        seen.setdefault(letter, chr(ord("a") + len(seen)))
    parts = text.split("Define P")
    return "Define P".join(re.sub(r"\b[a-zA-Z]\b", lambda m: seen[m[0]], part) for part in parts)


def _keeps_letters(solution):
    return re.sub(r"\d+", "0", re.sub(r"Define .+? as", "Define P as", solution))


def _keeps_numbers(solution):
    numbers = iter(re.findall(r"\d+", solution))
    return re.sub(r"\b0\b", lambda _: next(numbers), template(solution))


def _all_letters_alike(solution):
    parts = _keeps_letters(solution).split("Define P")
    return "Define P".join(re.sub(r"\b[a-zA-Z]\b", "a", part) for part in parts)


def _every_digit(solution):
    numbers = iter(re.findall(r"\d+", solution))
    return re.sub(r"\b0\b", lambda _: "0" * len(next(numbers)), template(solution))


STEPS = (
    "Define Oak School's Lab as k; so k = 12. Define Lab's Red Bag as w; "
    "so w = 3 * k = 3 * 12 = 13. "
    "Define Lab's Backpack as B; so B = w = 13.",
    "Define A Zoo's Den as c; so c = 4. Define B Zoo's Den as b; so b = 16. "
    "Define Den's Fox as a; d = c - b = 4 - 16 = 11; so a = 3 * d = 3 * 11 = 10.",
    "Define Pond's Frog as z; so z = 0.",
)
OPS = [1, 1, 1, 2, 2, 2, 2, 5]
MARKS = [True, True, False, True, False, False, False, False]

EXERCISES = (
    Exercise(
        "share_by_op",
        ((OPS, MARKS), ([3, 3, 4], [True, True, False]), ([7], [True])),
        share_by_op,
        (
            (_share_of_all, "divide by the number of problems with this op, not by all of them."),
            (_counts, "these are counts; a share lies between 0 and 1."),
            (_only_solved_ops, "an op that is never solved has the share 0.0, it is not left out."),
        ),
        same=_same_shares,
    ),
    Exercise(
        "unnecessary",
        (
            (STEPS[0], ["Oak School's Lab", "Lab's Red Bag"]),
            (STEPS[0], ["Oak School's Lab"]),
            (STEPS[1], ["A Zoo's Den", "Den's Fox"]),
            (STEPS[2], ["Pond's Frog", "Pond's Newt"]),
        ),
        unnecessary,
        (
            (_how_many, "return the names themselves, in the order of the solution."),
            (
                _missing_ones,
                "these are necessary and missing; asked are those written for nothing.",
            ),
            (_everything_defined, "leave out the necessary ones."),
        ),
    ),
    Exercise(
        "template",
        tuple((step,) for step in STEPS),
        template,
        (
            (
                _keeps_letters,
                "rename the letters too: a for the first to appear, then b, and so on.",
            ),
            (_keeps_numbers, "two problems with other numbers have the same template: write 0."),
            (_all_letters_alike, "different letters must stay different, or the plan is lost."),
            (_every_digit, "a number of two digits is one number: one 0 for it."),
        ),
    ),
)
