import re
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import PROBLEM, PUBLISHED, QUESTION, SOLUTION, needs_published, reworded, spoiled

from course_lib.igsm.formula import in_order, write_solution
from course_lib.igsm.reading import parse_problem
from course_lib.igsm.verifier import verify_solution

FILM, HALL, PACK = "Oak High's Film Studio", "Oak High's Dance Hall", "Film Studio's Canvas Pack"
ROOMS, CYCLING, ASKED = "Oak High's Classroom", "Dance Hall's Cycling Pack", "Oak High's Backpack"
EXTRA = "Elm High's Dance Hall"
EXTRA_DEFINED = f"Define {EXTRA} as m; n = c - b = 6 - 12 = 17; so m = 9 * n = 9 * 17 = 15. "


def changed(*replacements: str) -> str:
    """The right solution with each 'old => new' done."""
    text = SOLUTION
    for replacement in replacements:
        old, new = replacement.split(" => ")
        assert old in text
        text = text.replace(old, new)
    return text


def insert(sentence: str, before: str = ASKED) -> str:
    return SOLUTION.replace(f"Define {before} as", f"{sentence}Define {before} as")


def without(name: str) -> str:
    return re.sub(rf"Define {name} as .*?[0-9]\. ?", "", SOLUTION)


def random_order(reading, rng: Random) -> list[str]:
    """Whatever is ready, needed or not, until the query."""
    names = list(reading.formulas)
    rng.shuffle(names)
    order = in_order(reading.formulas, names)
    return order[: order.index(reading.query) + 1]


def test_the_right_solution():
    verdict = verify_solution(PROBLEM, QUESTION, SOLUTION)
    assert verdict.correct and verdict.first_error is None
    assert (verdict.answer, verdict.op, verdict.unnecessary) == (4, 12, [])
    assert verdict.necessary[-1] == ASKED


@pytest.mark.parametrize(
    "solution",
    [
        f"  {SOLUTION} \n",
        SOLUTION[:-1],
        re.sub(r"\b[a-l]\b", lambda match: match[0].upper(), SOLUTION),
        changed("d = a + b = 4 + 12 => d = b + a = 12 + 4"),
        changed("b = 3 * a = 3 * 4 => b = a * 3 = 4 * 3"),
        changed(
            "g = d + c = 16 + 6 = 22 => g = 5 + d = 5 + 16 = 21", "5 + g = 5 + 22 => g + c = 21 + 6"
        ),
        changed("k = a * h => k = h * a", "= 4 * 12 = 2; l => = 12 * 4 = 2; l", "k + l => l + k"),
        changed("so h = c + e => x = e - c = 6 - 6 = 0; y = x + c = 0 + 6 = 6; so h = y + c"),
        changed("so h = c + e = => o = 2 * c = 2 * 6 = 12; p = o - c = 12 - 6 = 6; so h = p + e ="),
        changed("so i = f = 4 => u = f + a = 4 + 4 = 8; so i = u - a = 8 - 4 = 4"),
    ],
)
def test_other_ways_to_write_it(solution):
    assert verify_solution(PROBLEM, QUESTION, solution).first_error is None


def test_a_factor_may_be_multiplied_out():
    extra = "n = 9 * c = 9 * 6 = 8; o = 9 * b = 9 * 12 = 16; so m = n - o = 8 - 16 = 15. "
    verdict = verify_solution(PROBLEM, QUESTION, insert(f"Define {EXTRA} as m; {extra}"))
    assert verdict.correct and verdict.unnecessary == [EXTRA]


@given(st.randoms(use_true_random=False))
def test_every_order_is_accepted_and_the_unneeded_listed(rng):
    reading = parse_problem(PROBLEM, QUESTION)
    order = random_order(reading, rng)
    solution = write_solution(reading.formulas, order, reading.modulus)
    verdict = verify_solution(PROBLEM, QUESTION, solution)
    assert verdict.correct and verdict.answer == reading.answer
    assert verdict.unnecessary == [n for n in order if n not in reading.necessary]


TAMPERED = [
    ("wrong constant", FILM, changed("so a = 4 => so a = 5")),
    ("wrong constant", HALL, changed("b = 3 * a = 3 * 4 = 12 => b = 0 * a = 0 * 4 = 0")),
    ("wrong constant", PACK, changed("c = 2 + a = 2 + 4 = 6 => c = a = 4")),
    ("wrong constant", ROOMS, changed("so d = a + b => o = a + b = 4 + 12 = 16; so d = 7 * o")),
    ("wrong operator", HALL, changed("b = 3 * a = 3 * 4 = 12 => b = 3 + a = 3 + 4 = 7")),
    ("wrong operator", ROOMS, changed("d = a + b = 4 + 12 = 16 => d = a - b = 4 - 12 = 15")),
    ("wrong operator", ASKED, changed("so j = k + l = 2 + 2 => so j = k * l = 2 * 2")),
    ("wrong operand", ROOMS, changed("d = a + b = 4 + 12 = 16 => d = a + c = 4 + 6 = 10")),
    ("wrong operand", ROOMS, changed("d = a + b = 4 + 12 = 16 => d = a = 4")),
    (
        "wrong operand",
        EXTRA,
        insert(EXTRA_DEFINED.replace("c - b = 6 - 12 = 17", "b - c = 12 - 6 = 6")),
    ),
    ("wrong operand", ASKED, changed("a * h = 4 * 12 => a * i = 4 * 4", "b * i => b * h")),
    ("wrong operand", ROOMS, changed("so d = a + b = 4 + 12 => so d = 4 * a = 4 * 4")),
    ("wrong operand", "Film Studio's Cycling Pack", changed("so e = c = 6 => so e = 6")),
    ("wrong arithmetic", HALL, changed("3 * 4 = 12 => 3 * 4 = 13")),
    ("wrong arithmetic", HALL, changed("3 * 4 = 12 => 3 * 5 = 15")),
    ("wrong arithmetic", HALL, changed("3 * 4 = 12 => 3 * 4 = 35")),
    ("wrong arithmetic", HALL, changed("3 * 4 = 12 => 4 * 3 = 12")),
    ("wrong arithmetic", HALL, changed("3 * 4 = 12 => 3 + 4 = 7")),
    ("wrong arithmetic", CYCLING, changed("d + c = 16 + 6 = 22 => d + c = 16 + 6 = 21")),
    ("wrong arithmetic", FILM, changed("so a = 4 => so a = 27")),
    ("wrong name", "Oak High's Barn", changed(f"Define {PACK} => Define Oak High's Barn")),
    ("wrong name", FILM, insert(f"Define {FILM} as z; so z = 4. ")),
    ("wrong name", PACK, changed("as c; so c = 2 + a => as a; so a = 2 + a")),
    ("wrong name", CYCLING, changed("g = d + c => a = d + c")),
    ("wrong name", CYCLING, changed("g = d + c => f = d + c")),
    ("not ready", HALL, without(FILM)),
    ("not ready", CYCLING, without(ROOMS)),
    ("not ready", ASKED, without("Dance Hall's Backpack")),
    ("not ready", CYCLING, f"Define {CYCLING} as z; so z = q = 9. " + SOLUTION),
    ("undefined", ROOMS, changed("d = a + b => d = a + z")),
    ("undefined", PACK, changed("c = 2 + a => c = 2 + c")),
    ("wrong answer", ASKED, SOLUTION[: SOLUTION.index(f"Define {ASKED}")]),
    ("wrong answer", ASKED, f"{SOLUTION} {EXTRA_DEFINED}"),
    ("wrong answer", ASKED, ""),
    ("unreadable", ASKED, SOLUTION[:-4]),
    ("unreadable", "Oak High's Back", SOLUTION[: SOLUTION.index("pack as j")]),
    ("unreadable", "The answer is 4", SOLUTION + " The answer is 4"),
    ("unreadable", HALL, changed("b = 3 * a = 3 * 4 = 12 => b = 12 = 12 = 12")),
    ("unreadable", HALL, changed("so b = 3 => b = 3")),
    ("unreadable", HALL, changed("so b = 3 * a => so z = 3 * a")),
    ("unreadable", FILM, changed("so a = 4 => so a = " + "4" * 5000)),
]


@pytest.mark.parametrize(("kind", "parameter", "solution"), TAMPERED)
def test_tampering_is_found(kind, parameter, solution):
    verdict = verify_solution(PROBLEM, QUESTION, solution)
    assert not verdict.correct
    assert (verdict.first_error.kind, verdict.first_error.parameter) == (kind, parameter)
    assert re.fullmatch(r"[^\n]{10,200}\.", verdict.first_error.message)


def test_the_first_fault_counts():
    solution = changed("3 * 4 = 12 => 3 * 4 = 13", "so i = f = 4 => so i = a = 4")
    assert verify_solution(PROBLEM, QUESTION, solution).first_error.parameter == HALL


def test_an_unreadable_problem_is_a_fault():
    verdict = verify_solution(PROBLEM[1:], QUESTION, SOLUTION)
    assert not verdict.correct and verdict.first_error.kind == "unreadable problem"


def check_reworded(problem: str, question: str) -> int:
    """A right solution of a changed problem is wrong in the changed parameter, if it needs it."""
    found = 0
    for name, kind, other in reworded(problem):
        solution = parse_problem(other, question).solution
        verdict = verify_solution(problem, question, solution)
        needed = name in verdict.necessary
        assert verdict.correct != needed
        if needed:
            found += 1
            assert (verdict.first_error.parameter, verdict.first_error.kind) == (name, kind)
    return found


def test_a_consistent_change_of_meaning_is_found():
    assert check_reworded(PROBLEM, QUESTION) >= 7
    assert check_reworded(PROBLEM, "How many Dance Hall does Elm High have?") >= 6


def answers_only_if_right(problem: str, question: str, solution: str) -> None:
    verdict = verify_solution(problem, question, solution)
    assert verdict.correct == (verdict.first_error is None)
    if verdict.correct:
        assert verdict.answer == parse_problem(problem, question).answer


@given(spoiled(SOLUTION) | st.text())
def test_any_solution_is_judged(solution):
    answers_only_if_right(PROBLEM, QUESTION, solution)


@given(spoiled(PROBLEM) | st.text(), spoiled(QUESTION) | st.text())
def test_any_problem_is_judged(problem, question):
    answers_only_if_right(problem, question, SOLUTION)


def test_hostile_text_takes_no_time():
    letters = [chr(0x4E00 + i) for i in range(3000)]
    sums = "".join(f"{x} = a + a = 4 + 4 = 8; " for x in letters)
    squares = "".join(f"{y} = {x} * {x} = 4 * 4 = 16; " for x, y in pairwise(["a", *letters]))
    for steps, kind in ((sums, "wrong constant"), (squares, "wrong operator")):
        solution = (
            f"Define {FILM} as a; so a = 4. Define {HALL} as b; {steps}so b = a + a = 4 + 4 = 8."
        )
        assert verify_solution(PROBLEM, QUESTION, solution).first_error.kind == kind
    for solution in ("x" * 10**7, "Define " * 10**5, "; " * 49_000, "= 1. " * 19_000):
        assert verify_solution(PROBLEM, QUESTION, solution).first_error.kind == "unreadable"


@needs_published
@pytest.mark.parametrize("part", range(5))
def test_published_solutions_are_accepted(part):
    for sample in PUBLISHED[part::5]:
        verdict = verify_solution(sample["problem"], sample["question"], sample["solution"])
        assert verdict.correct and verdict.answer == sample["answer"]
        assert (verdict.op, verdict.unnecessary) == (sample["op"], [])


@needs_published
@pytest.mark.parametrize("part", range(5))
def test_published_solutions_changed_in_meaning_are_rejected(part):
    assert sum(check_reworded(s["problem"], s["question"]) for s in PUBLISHED[part::5]) > 300


@needs_published
@given(st.data())
def test_spoiled_published_text_is_judged(data):
    sample = data.draw(st.sampled_from(PUBLISHED))
    texts = [data.draw(spoiled(sample[x]) | st.just(sample[x])) for x in ("problem", "question")]
    answers_only_if_right(*texts, data.draw(spoiled(sample["solution"])))
