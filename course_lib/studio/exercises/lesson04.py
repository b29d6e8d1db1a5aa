"""Exercises of lesson 04: how many problems, unnecessary steps, templates."""

import math
import re

from course_lib.studio.exercises import Exercise


def problems_needed(share: float, margin: float) -> int:
    """Problems until the 95 % interval of a share reaches `margin` to each side."""
    return math.ceil(1.96**2 * share * (1 - share) / margin**2)


def _without_squares(share, margin):
    return math.ceil(1.96 * share * (1 - share) / margin)


def _rounded_down(share, margin):
    return math.floor(1.96**2 * share * (1 - share) / margin**2)


def _not_squared(share, margin):
    return math.ceil(1.96 * share * (1 - share) / margin**2)


def _margin_not_squared(share, margin):
    return math.ceil(1.96**2 * share * (1 - share) / margin)


def _to_the_nearest(share, margin):
    return round(1.96**2 * share * (1 - share) / margin**2)


def _root_kept(share, margin):
    return math.ceil(1.96 * math.sqrt(share * (1 - share)) / margin)


def _worst_share(share, margin):
    return problems_needed(0.5, margin)


def _margin_as_width(share, margin):
    return problems_needed(share, margin / 2)


def _one_standard_error(share, margin):
    return math.ceil(share * (1 - share) / margin**2)


def unnecessary(solution: str, necessary: list[str]) -> list[str]:
    """Names that the solution defines though they are not necessary, in its order."""
    return [name for name in re.findall(r"Define (.+?) as \w;", solution) if name not in necessary]


def _how_many(solution, necessary):
    return len(unnecessary(solution, necessary))


def _missing_ones(solution, necessary):
    return [name for name in necessary if f"Define {name} as" not in solution]


def _with_what_is_before(solution, necessary):
    return ["", *unnecessary(solution, necessary)]


def _sorted(solution, necessary):
    return sorted(unnecessary(solution, necessary))


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


def _renamed(text: str, letters: str, others: str = "") -> str:
    """Letters of a class renamed by their first appearance, but not these others."""
    seen: dict[str, str] = {}
    for letter in re.findall(rf"\b[{letters}]\b", text):
        if letter not in others:
            seen.setdefault(letter, chr(ord("a") + len(seen)))
    return re.sub(rf"\b[{letters}]\b", lambda m: seen.get(m[0], m[0]), text)


def _only_small_letters(solution):
    return _renamed(_keeps_letters(solution), "a-z")


def _names_too(solution):
    return _renamed(_keeps_letters(solution), "a-zA-Z")


def _p_stays(solution):
    return _renamed(_keeps_letters(solution), "a-zA-Z", others="P")


def _only_announced(solution):
    text, seen = _keeps_letters(solution), {}
    for letter in re.findall(r"Define P as (\w)", text):
        seen.setdefault(letter, chr(ord("a") + len(seen)))
    parts = text.split("Define P")
    letters = re.compile(r"\b[a-zA-Z]\b")
    return "Define P".join(letters.sub(lambda m: seen.get(m[0], m[0]), part) for part in parts)


def _one_long_name(solution):
    return template(re.sub(r"Define .+ as", "Define P as", solution))


def _every_digit(solution):
    numbers = iter(re.findall(r"\d+", solution))
    return re.sub(r"\b0\b", lambda _: "0" * len(next(numbers)), template(solution))


STEPS = (
    "Define Oak School's Lab as k; so k = 12. Define Lab's Red Bag as w; "
    "so w = 3 * k = 3 * 12 = 13. "
    "Define Lab's Backpack as B; so B = w = 13.",
    "Define A Zoo's Den as c; so c = 4. Define B Zoo's Den as b; so b = 16. "
    "Define Den's Fox as a; q = c - b = 4 - 16 = 11; so a = 3 * q = 3 * 11 = 10.",
    "Define Pond's Frog as z; so z = 0. Define Pond's Newt as P; so P = z = 0.",
)
EXERCISES = (
    Exercise(
        "problems_needed",
        ((0.5, 0.1), (0.98, 0.01), (0.8, 0.025), (0.9, 0.05)),
        problems_needed,
        (
            (_without_squares, "solve margin = 1.96 · √(...) for n: what becomes of the root?"),
            (_rounded_down, "with so few problems the margin is a little too wide: round up."),
            (_not_squared, "when the root goes, 1.96 is squared as well."),
            (_margin_not_squared, "when the root goes, the margin is squared as well."),
            (_to_the_nearest, "rounded down, the margin is a little too wide: always round up."),
            (_root_kept, "n stands under the root: square both sides before you solve for it."),
            (_worst_share, "that holds for a share of one half; use the share that is given."),
            (_margin_as_width, "the margin is to each side, half of the interval's width."),
            (_one_standard_error, "a margin of one standard error holds 68 %, not 95 %."),
        ),
    ),
    Exercise(
        "unnecessary",
        (
            (STEPS[0], ["Oak School's Lab", "Lab's Red Bag"]),
            (STEPS[0], ["Oak School's Lab"]),
            (STEPS[1], ["A Zoo's Den", "Den's Fox"]),
            (STEPS[2], ["Pond's Frog", "Pond's Toad"]),
            (STEPS[1], ["Den's Fox"]),
            (STEPS[0], []),
        ),
        unnecessary,
        (
            (_how_many, "return the names themselves, in the order of the solution."),
            (
                _missing_ones,
                "these are necessary and missing; asked are those written for nothing.",
            ),
            (_with_what_is_before, "before the first Define there is nothing: leave it out."),
            (_sorted, "keep the order of the solution."),
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
            (_only_small_letters, "a letter may be capital as well."),
            (_names_too, "the P that stands for a name is no letter of the solution: it stays."),
            (
                _only_announced,
                "intermediate results have letters, too: rename all, as they appear.",
            ),
            (_one_long_name, "your pattern runs to the last 'as' of the text: make it short."),
            (_p_stays, "a parameter's letter may be P, too: rename it like any other."),
            (_every_digit, "a number of two digits is one number: one 0 for it."),
        ),
    ),
)
