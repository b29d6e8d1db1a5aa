"""Kinds of error: every token has one kind, and all that is as right counts as right."""

import random
from collections import Counter
from dataclasses import replace

import pytest
import torch
from tiny import MODEL, TOKENIZER

from course_lib import lm
from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.igsm.config import LETTERS
from course_lib.igsm.english import DEFINE
from course_lib.igsm.orders import random_order
from course_lib.lm import errors_by_token
from course_lib.lm.errors_by_token import KINDS, right_choices, token_kinds
from course_lib.lm.evaluation import judge

PROBLEMS = [sample_problem(ProblemConfig.preset("pocket"), seed) for seed in range(40)]

EXAMPLE = (
    " Define |A|B| as |x|; so |x| = |5|.|"  # a constant
    " Define |C|D| as |y|; so |y| = |x| = |5|.|"  # a single operand
    " Define |E|F| as |z|; |m| = |x| + |y| = |5| + |5| = |3|"
    "; so |z| = |2| * |m| = |2| * |3| = |6|.|"
    "<answer>|6|<end>"
)
EXAMPLE_KINDS = (
    "end owner owned form letter step form form constant operator "
    "end owner owned form letter step form form operand operator value form "
    "end owner owned form letter "
    "step letter form operand operator operand form value form value form result "
    "step form form constant operator operand form value form value form result form "
    "end answer form"
)


def test_kinds_of_an_example():
    pieces = EXAMPLE.split("|")
    assert token_kinds(pieces) == EXAMPLE_KINDS.split()
    assert token_kinds(pieces[:-3]) == EXAMPLE_KINDS.split()[:-3]


def test_every_token_has_one_kind_and_the_counts_are_those_of_the_graph():
    for problem in PROBLEMS:
        pieces = [TOKENIZER.pieces[i] for i in TOKENIZER.encode_problem(problem)[1]]
        kinds = token_kinds(pieces)
        count = Counter(kinds)
        assert len(kinds) == len(pieces) and count.keys() <= set(KINDS)
        assert count["owner"] == count["owned"] == len(problem.order) == count["end"] - 1
        assert count["letter"] == count["step"] == count["operator"] == problem.op
        definitions = [problem.definitions[p] for p in problem.order]
        assert count["constant"] == sum(d.constant is not None or not d.terms for d in definitions)
        assert count["answer"] == 1


def choices_of(problem):
    return right_choices(problem, token_kinds(problem.solution_pieces))


def test_another_order_of_parameters_or_of_an_abstract_sum_is_as_right():
    rng, orders, sums = random.Random(0), 0, 0
    for problem in PROBLEMS:
        pieces, choices = problem.solution_pieces, choices_of(problem)
        assert all(piece in right for piece, right in zip(pieces, choices, strict=True))
        order = tuple(random_order(problem.order, problem.definitions, rng))
        turned = tuple(
            d._replace(terms=d.terms[::-1]) if p >= problem.ip else d
            for p, d in enumerate(problem.definitions)
        )
        for other in replace(problem, order=order), replace(problem, definitions=turned):
            pairs = enumerate(zip(pieces, other.solution_pieces, strict=True))
            place = next((i for i, (mine, theirs) in pairs if mine != theirs), None)
            if place is not None:  # the first place where they differ
                assert other.solution_pieces[place] in choices[place]
                orders, sums = orders + (other.order == order), sums + (other.order != order)
    assert orders and sums


def test_only_necessary_parameters_that_are_ready_are_right():
    for problem in PROBLEMS:
        pieces, choices = problem.solution_pieces, choices_of(problem)
        names = [place + 1 for place, piece in enumerate(pieces) if piece == DEFINE]
        for done, place in enumerate(names):
            before, then = problem.order[:done], problem.order[done:]
            ready = {
                problem.labels[p] for p in then if {*problem.definitions[p].operands} <= {*before}
            }
            assert choices[place] == {owner for owner, _ in ready}
            assert {(pieces[place], owned) for owned in choices[place + 1]} <= ready


def test_new_letters_are_free_and_operands_are_so_in_abstract_sums_only():
    sums = 0
    for problem in PROBLEMS:
        pieces, choices = problem.solution_pieces, choices_of(problem)
        order, used, spoken = iter(problem.order), set(), set()
        for piece, kind, right in zip(pieces, token_kinds(pieces), choices, strict=True):
            if kind == "owner":
                current, spoken = next(order), set()
            elif kind == "letter":
                assert right == set(LETTERS) - used
                used.add(piece)
            elif kind == "operand" and len(right) > 1:
                assert current >= problem.ip and right <= used - spoken
                sums += 1
            elif kind != "owned":
                assert right == {piece}
            spoken |= {piece} if kind == "operand" else set()
    assert sums


def test_errors_are_none_for_the_truth_and_all_for_nonsense(monkeypatch):
    pairs = [TOKENIZER.encode_problem(problem) for problem in PROBLEMS]
    said = {"truth": [target for _, target in pairs]}
    said["nonsense"] = [[TOKENIZER.pad] * len(target) for _, target in pairs]
    for name, expected in (("truth", 0.0), ("nonsense", 1.0)):
        monkeypatch.setattr(errors_by_token, "_predictions", lambda *_, name=name: said[name])
        table = lm.token_errors(None, TOKENIZER, PROBLEMS)
        cells = [cell for parts in table.values() for cell in parts.values()]
        assert {cell["error"] for cell in cells} == {expected}
        assert sum(cell["n"] for cell in cells) == sum(len(target) for _, target in pairs)


def test_predictions_do_not_depend_on_the_padding():
    model = lm.GPT(MODEL, seed=1)
    pairs = [TOKENIZER.encode_problem(problem) for problem in PROBLEMS[:8]]
    together = list(errors_by_token._predictions(model, TOKENIZER, pairs))
    for (prompt, target), said in zip(pairs, together, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + target]))[0]
        assert said == logits[len(prompt) - 1 : -1].argmax(-1).tolist()


def test_first_errors_count_every_attempt():
    attempts = [judge(problem, problem.solution, problem.answer) for problem in PROBLEMS]
    attempts += [judge(problem, problem.solution, None) for problem in PROBLEMS]
    attempts += [judge(problem, "Define", None) for problem in PROBLEMS]
    table = lm.first_errors(attempts)
    assert {kind: sum(ops.values()) for kind, ops in table.items()} == {
        "right": 40,
        "wrong number": 40,
        "unreadable": 40,
    }
    assert table["right"] == Counter(str(problem.op) for problem in PROBLEMS)


def test_a_problem_beyond_learned_positions_is_told_in_a_sentence():
    config = lm.ModelConfig(len(TOKENIZER), 1, 1, 8, context=20, positions="learned")
    with pytest.raises(CourseError, match=r"longer than the model's context: 20\.$"):
        lm.token_errors(lm.GPT(config), TOKENIZER, PROBLEMS[:2])
