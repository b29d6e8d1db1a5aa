"""Properties of every drawn problem, for all presets and options."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import product

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, parse_problem, reask, sample_problem, verify_solution
from course_lib.igsm.config import LETTERS, PRESETS, TEST_BINS, TRAIN_BINS
from course_lib.igsm.stream import sample_lines
from course_lib.lm.evaluation import reasked

configs = st.builds(
    lambda preset, **options: replace(ProblemConfig.preset(preset), **options),
    st.sampled_from(list(PRESETS)),
    form=st.sampled_from(["pq", "qp"]),
    shuffle=st.sampled_from([0, 2, 4, 5, 6, None]),
    letters=st.sampled_from(["random", "sequential", "rotated"]),
    solution_order=st.sampled_from(["random", "fixed"]),
    split=st.sampled_from(["all", "train"]),
)
seeds = st.integers(0, 2**40)


@settings(max_examples=150, deadline=None)
@given(configs, seeds)
def test_a_drawn_problem_is_sound(config, seed):
    problem = sample_problem(config, seed)
    graph = problem.dependency_graph()
    assert nx.is_directed_acyclic_graph(graph)
    query = str(problem.parameters[problem.query])
    assert set(problem.necessary) == nx.ancestors(graph, query) | {query}
    assert problem.necessary[-1] == query
    # operations counted as the paper counts them: the equations of the solution
    assert problem.op == problem.solution.count(";") == len(problem.letters)
    assert 1 <= problem.op <= config.max_op
    assert problem.ip == problem.problem.count("The number of each") <= config.max_edges
    assert all(len(d.operands) + (d.constant is not None) <= 4 for d in described(problem))
    assert len(set(map(str, problem.parameters))) == len(problem.parameters)
    assert problem.structure_graph().number_of_edges() == problem.ip


def described(problem):
    return [problem.definitions[p] for p in problem.sentences]


@settings(max_examples=100, deadline=None)
@given(configs, seeds)
def test_the_second_mind_reads_the_same_problem(config, seed):
    problem = sample_problem(config, seed)
    reading = parse_problem(problem.problem, problem.question, modulus=config.modulus)
    values = {str(p): v for p, v in zip(problem.parameters, problem.values, strict=True)}
    for name in values.keys() - reading.values.keys():  # a text cannot tell of a silent item
        assert name.split("'s ")[0] not in problem.prompt
        del values[name]
    assert reading.values == values
    assert (reading.answer, reading.op, reading.ip) == (problem.answer, problem.op, problem.ip)
    assert set(reading.necessary) == set(problem.necessary)
    assert set(reading.dependency_graph().edges) == set(problem.dependency_graph().edges)
    for solution in (problem.solution, reading.solution):
        verdict = verify_solution(problem.problem, problem.question, solution, config.modulus)
        assert verdict.correct, verdict.first_error
        assert not verdict.unnecessary


@settings(max_examples=60, deadline=None)
@given(configs, seeds, st.integers(0, 1000))
def test_reask_and_level0_are_right_and_leave_the_sentences_alone(config, seed, other):
    problem = sample_problem(config, seed)
    others = [reask(problem, random.Random(other))]
    if config.max_op <= 15:  # a level-0 solution of a hard problem may need more than 52 letters
        others.append(problem.level0(random.Random(other)))
    for new in others:
        assert new.problem == problem.problem
        verdict = verify_solution(new.problem, new.question, new.solution, config.modulus)
        assert verdict.correct, verdict.first_error
        assert new.op == new.solution.count(";")


def test_reask_asks_every_existing_parameter():
    problem = sample_problem(ProblemConfig.preset("med"), 11)
    asked = {reask(problem, random.Random(i)).query for i in range(600)}
    assert asked == set(range(len(problem.definitions))) - {problem.query}


def test_a_question_with_too_many_operations_is_refused():
    problem = sample_problem(ProblemConfig.preset("hard"), 137)
    with pytest.raises(CourseError, match="more than 52 letters"):
        reask(problem, random.Random(0))
    assert reasked([problem] * 5, random.Random(0))  # others can be asked


def test_level0_computes_more_than_level1_needs():
    rng = random.Random(0)
    problems = [sample_problem(ProblemConfig.preset("med"), i) for i in range(100)]
    extra = [len(p.level0(rng).order) - len(p.order) for p in problems]
    assert min(extra) >= 0 and sum(extra) / len(extra) > 1


@pytest.mark.parametrize("preset,op", [("med", 15), ("med", 20), ("hard", 21), ("pocket", 1)])
def test_op_can_be_forced(preset, op):
    config = replace(ProblemConfig.preset(preset), op=op)
    assert {sample_problem(config, seed).op for seed in range(40)} == {op}


def test_sizes_can_be_forced():
    config = ProblemConfig(layers=3, items=3, edges=11)
    for seed in range(30):
        problem = sample_problem(config, seed)
        assert [len(layer) for layer in problem.layers] == [3, 3, 3]
        assert problem.ip == 11


def test_train_and_test_share_no_template():
    shapes = {}
    for split, bins in (("train", TRAIN_BINS), ("test", TEST_BINS)):
        problems = [sample_problem(ProblemConfig(split=split), i) for i in range(150)]
        assert all(p.template_bin in bins for p in problems)
        shapes[split] = {p.template for p in problems}
    assert not shapes["train"] & shapes["test"]


def test_shapes_of_few_operations_are_in_both_splits():
    shapes = {}
    for split, op in product(("train", "test"), (1, 2, 3)):
        config = ProblemConfig(split=split, op=op, shared_op=2)
        shapes[split, op] = {sample_problem(config, seed).template for seed in range(60)}
    assert shapes["train", 1] == shapes["test", 1]
    assert shapes["train", 2] & shapes["test", 2]
    assert not shapes["train", 3] & shapes["test", 3]


def test_a_template_knows_structure_and_no_names_or_numbers():
    problem = sample_problem(ProblemConfig(), 5)
    renamed = replace(problem, labels=tuple(("X", "Y") for _ in problem.labels))
    assert renamed.template == problem.template
    counts = Counter(sample_problem(ProblemConfig(op=1), i).template for i in range(60))
    assert set(counts) == {"Inst=0", "Abs=0"}  # one constant, or a childless item


def test_options_of_the_rendering():
    plain = sample_problem(ProblemConfig(letters="sequential", solution_order="fixed"), 4)
    letters = [sentence.split(" as ")[1][0] for sentence in plain.solution.split("Define")[1:]]
    assert letters == sorted(letters) and letters[0] == "a"
    rotated = [sample_problem(ProblemConfig(letters="rotated", op=9), i).letters for i in range(40)]
    assert all(letters in LETTERS * 2 for letters in rotated)
    assert 10 < sum(letters.startswith("a") for letters in rotated) < 30
    assert plain.prompt == f"{plain.problem} {plain.question}"
    asked_first = sample_problem(ProblemConfig(form="qp"), 4)
    assert asked_first.prompt == f"{asked_first.question} {asked_first.problem}"
    assert asked_first.problem == sample_problem(ProblemConfig(), 4).problem


def test_nearly_sorted_sentences_speak_of_known_things():
    def backward_references(level):
        count = 0
        for seed in range(60):
            problem = sample_problem(ProblemConfig(shuffle=level), seed)
            place = {p: t for t, p in enumerate(problem.sentences)}
            for p in problem.sentences:
                operands = problem.definitions[p].operands
                count += sum(place[q] > place[p] for q in operands if q in place)
        return count

    assert backward_references(0) == 0 < backward_references(3) < backward_references(5)
    assert backward_references(6) == 0


def test_same_seed_same_problem_in_any_process():
    config = ProblemConfig.preset("med")
    lines = list(sample_lines(config, 300, stream=3))
    assert lines == list(sample_lines(config, 300, stream=3, workers=2))
    code = (
        "from course_lib.igsm import *; from course_lib.igsm.stream import problem_seed;"
        "print(sample_problem(ProblemConfig.preset('med'), problem_seed(3, 17)).prompt)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == sample_problem(config, (3 << 32) | 17).prompt


@pytest.mark.parametrize(
    "wish",
    [
        dict(op=0),
        dict(op=53),
        dict(op="5"),
        dict(op=True),
        dict(modulus=None),
        dict(layers=5),
        dict(layers=4, items=4, edges=5),
        dict(layers=2, items=2, edges=20),
        dict(modulus=1),
        dict(split="validation"),
        dict(plan="backward", letters="rotated"),
        dict(layers=4, items=4, max_edges=10),
    ],
)
def test_impossible_configs_are_refused_with_a_sentence(wish):
    with pytest.raises(CourseError, match=r"\.$"):
        ProblemConfig(**wish)


@pytest.mark.parametrize("wish", [dict(op=40, layers=2, items=2), dict(op=30, edges=3)])
def test_unreachable_op_is_refused_with_a_sentence(wish):
    with pytest.raises(CourseError, match="ask for another op"):
        sample_problem(ProblemConfig(**wish), 0)


def test_unknown_preset():
    with pytest.raises(CourseError, match="pocket, med, hard"):
        ProblemConfig.preset("easy")
