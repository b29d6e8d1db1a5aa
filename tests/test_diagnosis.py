"""Mistakes and what was believed before them; the warning light; the tables of the command."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib import probes
from course_lib.cli import main
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import GPT, ModelConfig, Tokenizer
from course_lib.probes import light
from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.probes.light import Signal
from course_lib.studio import diagnosing
from course_lib.studio.diagnosis_report import diagnosis_table

POCKET = ProblemConfig.preset("pocket")
TOKENIZER = Tokenizer(POCKET)
MODEL = GPT(ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=400))
TASKS = ("nece", "can_next", "nece_next")


@pytest.fixture(scope="module")
def asked():
    config = probes.ProbeConfig("nece", steps=2, batch_size=2, queries=6)
    return {
        task: probes.train_probe(MODEL, TOKENIZER, replace(config, task=task)) for task in TASKS
    }


def problem_with(op, needs=2):
    """A problem of which the parameter asked for needs others."""
    problems = (sample_problem(replace(POCKET, op=op), seed) for seed in range(100))
    return next(p for p in problems if len(p.order) > needs)


def trace_of(problem, solution=None):
    target = (solution or problem).solution_pieces
    end = ["<answer>", str(problem.answer), "<end>"]
    return probes.trace(MODEL, TOKENIZER, problem, TOKENIZER.numbers([*target, *end]))


def spoiled(problem):
    """The trace of the true solution whose last sentence comes first."""
    tokens = TOKENIZER.encode_problem(problem)[1]
    stop = TOKENIZER.ids["."]
    ends = [t + 1 for t, x in enumerate(tokens) if x == stop]
    begin = ends[-2]
    moved = [*tokens[begin : ends[-1]], *tokens[:begin], *tokens[ends[-1] :]]
    return probes.trace(MODEL, TOKENIZER, problem, moved)


def test_sentences_of_a_true_solution_are_right_and_needed(asked):
    found = trace_of(problem_with(5))
    sentences = probes.read_sentences(asked, MODEL, TOKENIZER, [found])
    assert [s.parameter for s in sentences] == list(found.problem.order)
    assert not any(s.wrong or s.unnecessary for s in sentences)
    for sentence in sentences:
        assert {task: b.truth for task, b in sentence.beliefs.items()} == dict.fromkeys(TASKS, 1)
        assert sentence.beliefs["nece"].query.step == 0
        assert sentence.beliefs["can_next"].query.step == sentence.step


def test_reading_ends_with_the_first_wrong_sentence(asked):
    right, wrong = trace_of(problem_with(5)), spoiled(problem_with(6))
    sentences = probes.read_sentences(asked, MODEL, TOKENIZER, [right, wrong])
    (mistake,) = [s for s in sentences if s.wrong]
    assert mistake is sentences[-1] and mistake.step == 0
    assert mistake.parameter == wrong.problem.query
    truths = {task: belief.truth for task, belief in mistake.beliefs.items()}
    assert truths == {"nece": 1, "can_next": 0, "nece_next": 0}
    assert wrong.attempt.verdict.first_error.kind == "not ready"


def test_what_is_computed_in_vain_is_found(asked):
    problems = (sample_problem(replace(POCKET, op=3), seed) for seed in range(100))
    pairs = ((problem, problem.level0(random.Random(1))) for problem in problems)
    problem, busy = next((p, busy) for p, busy in pairs if len(busy.order) > len(p.order))
    found = trace_of(problem, busy)
    assert found.attempt.correct
    sentences = probes.read_sentences(asked, MODEL, TOKENIZER, [found])
    vain = {str(problem.parameters[s.parameter]) for s in sentences if s.unnecessary}
    assert vain == set(found.attempt.verdict.unnecessary) and vain


def test_own_doubt_is_that_of_the_two_names(asked):
    long, short = trace_of(problem_with(6)), trace_of(problem_with(4))
    sentences = probes.read_sentences({}, MODEL, TOKENIZER, [short, long])
    for sentence in sentences:
        script = sentence.trace.script
        place = script.sentences[sentence.step]
        with torch.no_grad():
            shares = MODEL(torch.tensor([script.ids[: place + 3]])).softmax(-1)[0]
        owner, owned = script.ids[place + 1 : place + 3]
        wanted = 1 - shares[place, owner] * shares[place + 1, owned]
        assert sentence.own_doubt == pytest.approx(float(wanted), abs=1e-5)


@pytest.mark.parametrize(
    "can_next, nece_next, explanation",  # (truth, answer) of each
    [
        ((0, 1), (0, 1), "believed ready"),
        ((0, 1), (0, 0), "believed ready"),
        ((0, 0), (0, 1), "believed next"),
        ((1, 1), (0, 1), "believed next"),
        ((0, 0), (0, 0), "not believed"),
        ((1, 0), (0, 0), "not believed"),
        ((1, 1), (1, 0), "rightly chosen"),
    ],
)
def test_explanations(can_next, nece_next, explanation):
    found = trace_of(problem_with(5))
    query = probes.Query(0, (0,), 0)

    def belief(task, truth, answer):
        return probes.Belief(task, found.problem, query, truth, answer, 0.9)

    beliefs = {"can_next": belief("can_next", *can_next)}
    beliefs["nece_next"] = belief("nece_next", *nece_next)
    assert probes.Sentence(found, 0, 0, beliefs, 0.0).explanation == explanation
    assert explanation in EXPLANATIONS


def signals(*pairs, kin=(), group=None):
    return [
        Signal(x, wrong, kin, i if group is None else group) for i, (x, wrong) in pairs_of(pairs)
    ]


def pairs_of(pairs):
    return enumerate(pairs)


def test_area_counts_pairs_of_kin():
    mixed = signals((0.9, True), (0.5, True), (0.5, False), (0.1, False))
    assert light.area(mixed) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    apart = signals((0.2, True), (0.1, False), kin=(1,)) + signals((0.9, False), kin=(2,))
    assert light.area(apart) == 1
    assert light.area(signals((0.2, False))) is None


def test_area_is_the_area_under_the_curve():
    rng = np.random.default_rng(0)
    many = signals(*[(round(float(x), 1), bool(x + rng.normal() > 1)) for x in rng.random(300)])
    false_alarms, hits = light.roc(many)
    assert (false_alarms[0], hits[0], false_alarms[-1], hits[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(hits, false_alarms) == pytest.approx(light.area(many))


def test_an_interval_counts_solutions_not_sentences():
    rng = np.random.default_rng(1)
    pairs = [(float(rng.random() + 0.3 * (i % 2)), bool(i % 2)) for i in range(60)]
    alone = light.area_with_interval(signals(*pairs))
    copies = [s for s in signals(*pairs) for _ in range(9)]  # nine sentences each, all alike
    together = light.area_with_interval(copies)
    assert together["area"] == alone["area"] and together["n"] == 9 * alone["n"]
    assert together["high"] - together["low"] == pytest.approx(
        alone["high"] - alone["low"], rel=0.05
    )
    assert alone["low"] < alone["area"] < alone["high"]


def test_alarms():
    found = light.alarms(signals((0.9, True), (0.2, True), (0.7, False), (0.1, False)))
    shares = {name: (part["share"], part["n"]) for name, part in found.items()}
    assert shares == {"precision": (0.5, 2), "recall": (0.5, 2), "false_alarms": (0.5, 2)}


def test_ahead_looks_at_each_moment_before_the_mistake(asked):
    problem = problem_with(6, needs=3)
    late = [*problem.order[:2], problem.query, *problem.order[2:-1]]
    found = trace_of(problem)
    assert light.ahead(asked["can_next"], TOKENIZER, [found]) == {}
    pieces, order = found.sentences, list(problem.order)
    text = [pieces[order.index(p)] for p in late]
    tokens = TOKENIZER.encode(" ".join(text))
    found = probes.trace(MODEL, TOKENIZER, problem, tokens)
    if found.wrong_step is None or found.wrong_step > 2:
        pytest.fail("the solution should go wrong in its third sentence")
    ahead = light.ahead(asked["can_next"], TOKENIZER, [found])
    assert list(ahead) == list(range(found.wrong_step + 1))
    for part in ahead.values():
        assert sum(signal.wrong for signal in part) == 1
        assert len({signal.kin for signal in part}) == 1


def test_the_command_prints_both_tables(capsys):
    assert main("diagnose --checkpoint pocket -n 6 --seed 7 --json".split()) == 0
    figures = json.loads(capsys.readouterr().out)
    groups = figures["groups"]
    assert groups["all"]["solved"]["n"] == 6 * (len(groups) - 1)
    wrong = sum(sum(counts.values()) for counts in figures["explained"].values())
    faults = {k: sum(v.values()) for k, v in figures["kinds"].items() if k != "right"}
    assert wrong <= sum(faults.values())
    assert set(figures["light"]) == {"can_next", "nece_next", "either", "own"}
    text = diagnosis_table(figures)
    assert "6a" in text and "31.6 to 49.2" in text and "6b" in text and "69.6 to 75.8" in text


def test_groups_are_of_the_test_split_and_reach_half_again():
    groups = diagnosing.draw_groups(POCKET, 3, seed=1)
    largest = POCKET.max_op
    wanted = [f"op ≤ {largest}", "re-asked"]
    wanted += [f"op {op}" for op in range(largest, largest * 3 // 2 + 1)]
    assert list(groups) == wanted
    assert all(p.config.split == "test" for part in groups.values() for p in part)
