"""What memory alone can do: it solves what it has stored, under any names and numbers."""

import random
from dataclasses import replace

from course_lib import lm
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import memoriser

POCKET = ProblemConfig.preset("pocket")
PROBLEMS = [sample_problem(POCKET, seed) for seed in range(40)]


def test_memory_solves_what_it_has_stored_under_any_names_and_numbers():
    rng = random.Random(0)
    for problem in PROBLEMS:
        names = sorted({name for label in problem.labels for name in label})
        other = dict(zip(names, rng.sample(POCKET.world.names, len(names)), strict=True))
        labels = tuple((other[a], other[b]) for a, b in problem.labels)
        numbers = tuple(
            d if d.constant is None else d._replace(constant=rng.randrange(7))
            for d in problem.definitions
        )
        twin = replace(problem, labels=labels, definitions=numbers)
        assert memoriser.outline(twin) == memoriser.outline(problem)
        turned = tuple(
            d._replace(terms=d.terms[::-1]) if p >= problem.ip else d
            for p, d in enumerate(problem.definitions)
        )  # no text tells the order of an abstract sum
        unseen = replace(problem, definitions=turned)
        assert memoriser.outline(unseen) == memoriser.outline(problem)
        told = memoriser.retell(problem, twin)
        assert (told.solution, told.answer) == (twin.solution, twin.answer)
    memory = lm.Memoriser(PROBLEMS)
    assert all(memory.attempt(problem).correct for problem in PROBLEMS)


def test_memory_alone_does_not_reach_far():
    memory = lm.Memoriser(PROBLEMS)
    fresh = [sample_problem(replace(POCKET, op=6), seed) for seed in range(1000, 1020)]
    assert lm.accuracy([memory.attempt(problem) for problem in fresh])["accuracy"] < 0.2
    assert not lm.Memoriser([]).attempt(PROBLEMS[0]).correct


def test_the_outline_begins_with_what_is_necessary_and_tells_no_names():
    for problem in PROBLEMS:
        needed = [p for p in problem.order if p < problem.ip and p in problem.sentences]
        assert set(memoriser.reading_order(problem)[: len(needed)]) == set(needed)
        said = {piece for sentence in memoriser.outline(problem) for piece in sentence}
        assert not said & set(POCKET.world.names)
        assert not any(piece.isdecimal() for piece in said if isinstance(piece, str))
