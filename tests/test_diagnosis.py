"""Mistakes and what was believed before them; the warning light; the tables of the command."""

import json
import random
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import torch

from course_lib import probes
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import GPT, ModelConfig, Tokenizer
from course_lib.probes import warning_light
from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.probes.warning_light import Signal
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
    ],
)
def test_explanations(can_next, nece_next, explanation):
    found = spoiled(problem_with(6))
    sentence = explained(found, can_next, nece_next)
    assert not sentence.slip and sentence.explanation == explanation
    assert explanation in EXPLANATIONS


def explained(found, can_next, nece_next):
    query = probes.Query(0, (found.written[0],), 0)

    def belief(task, truth, answer):
        return probes.Belief(task, found.problem, query, truth, answer, 0.9)

    beliefs = {"can_next": belief("can_next", *can_next)}
    beliefs["nece_next"] = belief("nece_next", *nece_next)
    return probes.Sentence(found, found.wrong_step, found.written[0], beliefs, 0.3)


def test_a_slip_is_no_matter_of_belief():
    problem = problem_with(5)
    tokens = list(TOKENIZER.encode_problem(problem)[1])
    number = next(t for t, x in enumerate(tokens) if TOKENIZER.pieces[x].isdecimal())
    tokens[number] = TOKENIZER.ids[str((int(TOKENIZER.pieces[tokens[number]]) + 1) % 7)]
    found = probes.trace(MODEL, TOKENIZER, problem, tokens)
    assert found.wrong_step == 0 and found.fault.kind != "not ready"
    sentence = explained(found, (1, 1), (0, 1))
    assert sentence.slip and sentence.explanation == "slip"


def test_both_tables_count_what_they_say():
    vain, wrong = trace_of(problem_with(5)), spoiled(problem_with(6))
    unnecessary = next(p for p in range(99) if p not in vain.problem.order)
    query = probes.Query(0, (0,), 0)

    def beliefs(problem, **answers):  # (truth, answer) by task
        return {
            task: probes.Belief(task, problem, query, *pair, 0.9) for task, pair in answers.items()
        }

    first = beliefs(vain.problem, nece=(0, 1), can_next=(1, 1), nece_next=(0, 0))
    second = beliefs(wrong.problem, nece=(1, 1), can_next=(0, 0), nece_next=(0, 1))
    third = beliefs(wrong.problem, nece=(0, 0), can_next=(1, 1), nece_next=(0, 0))
    elsewhere = next(p for p in range(99) if p not in wrong.problem.order)
    sentences = [
        probes.Sentence(vain, 0, unnecessary, first, 0.5),
        probes.Sentence(wrong, 0, wrong.written[0], second, 0.5),
        probes.Sentence(wrong, -1, elsewhere, third, 0.5),  # before the mistake
    ]
    found = diagnosing.group_figures([vain, wrong], sentences)

    def share(part):
        return part["accuracy"], part["n"]

    assert found["solved"]["accuracy"] == 0.5
    assert share(found["unnecessary"]) == (0.0, 1)
    assert share(found["unnecessary_anywhere"]) == (0.5, 2)
    assert share(found["first_wrong"]["can_next"]) == (1.0, 1)
    assert share(found["first_wrong"]["nece_next"]) == (0.0, 1)
    assert diagnosing.explained(sentences)["not ready"]["believed next"] == 1
    brightness = {
        name: [s.brightness for s in part] for name, part in warning_light.lights(sentences).items()
    }
    assert brightness["can_next"] == pytest.approx([0.1, 0.9, 0.1])
    assert brightness["nece_next"] == pytest.approx([0.9, 0.1, 0.9])
    assert brightness["either"] == pytest.approx([0.9, 0.9, 0.9])
    assert brightness["own"] == [0.5] * 3


def test_dep_is_refused(asked):
    with pytest.raises(CourseError, match="two"):
        probes.read_sentences({"dep": asked["nece"]}, MODEL, TOKENIZER, [])


def test_a_solution_after_a_plan_is_read_from_its_first_sentence():
    problem = problem_with(5)
    problem = replace(problem, config=replace(problem.config, plan="backward"))
    tokenizer = Tokenizer(problem.config)
    found = probes.trace(MODEL, tokenizer, problem, tokenizer.encode_problem(problem)[1])
    assert found.attempt.correct and found.wrong_step is None
    assert found.written == problem.order


def test_what_follows_the_answer_is_no_sentence():
    problem = problem_with(5)
    target = TOKENIZER.encode_problem(problem)[1]
    again = [*target[:-1], *target[: target.index(TOKENIZER.ids["."]) + 1]]
    found = probes.trace(MODEL, TOKENIZER, problem, again)
    assert found.written == problem.order and found.wrong_step is None


def test_a_model_that_writes_nothing_readable_has_no_sentences(asked):
    found = probes.traces(MODEL, TOKENIZER, [problem_with(4)])
    sentences = probes.read_sentences(asked, MODEL, TOKENIZER, found)
    figures = diagnosing.group_figures(found, sentences)
    assert figures["first_wrong"]["can_next"]["n"] == 0 == len(sentences)
    assert diagnosing.light_figures(sentences)["either"]["area"] is None
    assert diagnosing.beforehand(asked["can_next"], FakeCheckpoint, found) == {
        "mistakes": {},
        "control": {},
    }


class FakeCheckpoint:
    model, tokenizer = MODEL, TOKENIZER


def signals(*pairs, stratum=0):
    return [Signal(x, wrong, stratum, i) for i, (x, wrong) in enumerate(pairs)]


def test_area_counts_pairs_within_strata():
    mixed = signals((0.9, True), (0.5, True), (0.5, False), (0.1, False))
    assert warning_light.area(mixed) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    apart = signals((0.2, True), (0.1, False), stratum=1) + signals((0.9, False), stratum=2)
    assert warning_light.area(apart) == 1
    assert warning_light.area(signals((0.2, False))) is None


def test_area_is_the_area_under_the_curve():
    rng = np.random.default_rng(0)
    many = signals(*[(round(float(x), 1), bool(x + rng.normal() > 1)) for x in rng.random(300)])
    false_alarms, hits = warning_light.roc(many)
    assert (false_alarms[0], hits[0], false_alarms[-1], hits[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(hits, false_alarms) == pytest.approx(warning_light.area(many))


def test_an_interval_counts_solutions_not_sentences():
    rng = np.random.default_rng(1)
    pairs = [(float(rng.random() + 0.3 * (i % 2)), bool(i % 2)) for i in range(60)]
    alone = warning_light.area_with_interval(signals(*pairs))
    copies = [s for s in signals(*pairs) for _ in range(9)]  # nine sentences each, all alike
    together = warning_light.area_with_interval(copies)
    assert together["area"] == alone["area"] and together["n"] == 9 * alone["n"]
    assert together["high"] - together["low"] == pytest.approx(
        alone["high"] - alone["low"], rel=0.05
    )
    assert alone["low"] < alone["area"] < alone["high"]


def test_an_interval_is_as_wide_where_each_solution_is_a_stratum():
    rng = np.random.default_rng(2)
    many = []
    for solution in range(80):
        ease = rng.normal()
        many += [Signal(ease + 1, True, (solution, 0), solution)]
        many += [Signal(ease + rng.normal(), False, (solution, 0), solution) for _ in range(8)]
    found = warning_light.area_with_interval(many)
    shares = [
        np.mean([many[9 * i].brightness > s.brightness for s in many[9 * i + 1 : 9 * i + 9]])
        for i in range(80)
    ]
    wanted = 2 * 1.96 * np.std(shares) / 80**0.5
    assert found["area"] == pytest.approx(np.mean(shares), abs=1e-3)
    assert found["high"] - found["low"] == pytest.approx(wanted, rel=0.2)


def test_alarms():
    found = warning_light.alarms(
        signals((0.9, True), (0.2, True), (0.7, False), (0.1, False), (0, False))
    )
    shares = {name: (part["count"], part["n"]) for name, part in found.items()}
    assert shares == {"precision": (1, 2), "recall": (1, 2), "false_alarms": (1, 3)}
    assert found["precision"]["share"] == 0.5


def slipped(problem):
    """The trace of the true solution whose last sentence ends in another number."""
    tokens = TOKENIZER.encode_problem(problem)[1]
    place = len(tokens) - 1 - tokens[::-1].index(TOKENIZER.ids["."]) - 1
    other = TOKENIZER.ids[str((problem.answer + 1) % problem.modulus)]
    assert tokens[place] == TOKENIZER.ids[str(problem.answer)]
    return probes.trace(MODEL, TOKENIZER, problem, [*tokens[:place], other, *tokens[place + 1 :]])


def hasty(problem):
    """The trace of a solution whose query comes second, where it is not ready."""
    right, order = trace_of(problem), list(problem.order)
    late = [*order[:1], problem.query, *order[1:-1]]
    text = " ".join(right.sentences[order.index(p)] for p in late)
    return late, probes.trace(MODEL, TOKENIZER, problem, TOKENIZER.encode(text))


def test_beforehand_looks_at_each_moment_before_the_mistake(asked):
    probe = asked["can_next"]
    assert warning_light.beforehand(probe, TOKENIZER, [trace_of(problem_with(6))]) == {}
    for seed in range(100):  # until others lack as much as the query, before both sentences
        problem = sample_problem(replace(POCKET, op=6), seed)
        if len(problem.order) > 3:
            late, found = hasty(problem)
            assert found.wrong_step == 1 and found.written[1] == problem.query
            before = warning_light.beforehand(probe, TOKENIZER, [found])
            if list(before) == [0, 1]:
                break
    else:
        raise AssertionError("no such problem")
    moments = probes.beliefs_along(probe, TOKENIZER, found)
    names, graph = [str(p) for p in problem.parameters], problem.dependency_graph()
    for lead, part in before.items():
        step = 1 - lead
        done = {names[p] for p in late[:step]}
        short = {p: len(nx.ancestors(graph, name) - done) for p, name in enumerate(names)}
        assert short == {p: found.missing(step, p) for p in short}
        alike = [p for p in short if short[p] == short[problem.query] and p not in late[:step]]
        assert [s.brightness for s in part] == [warning_light.yes(moments[step][p]) for p in alike]
        (wrong,) = [s for s in part if s.wrong]
        assert wrong.brightness == warning_light.yes(moments[step][problem.query])
        assert len({s.stratum for s in part}) == 1


def test_slips_and_lonely_parameters_are_not_looked_at_beforehand(asked):
    probe = asked["can_next"]
    drawn = [sample_problem(replace(POCKET, op=6), seed) for seed in range(20)]
    problems = [problem for problem in drawn if len(problem.order) > 3]
    rivals = 0
    for problem in problems:
        found, last = slipped(problem), len(problem.order) - 1
        assert found.wrong_step == last and found.missing(last, problem.query) == 0
        short = [found.missing(0, p) for p in range(len(problem.parameters))]
        assert short[problem.query] > 0  # it was not ready before
        rivals += short.count(short[problem.query]) > 1
        assert warning_light.beforehand(probe, TOKENIZER, [found]) == {}
    assert rivals  # some could have been compared
    found = warning_light.beforehand(probe, TOKENIZER, [hasty(p)[1] for p in problems])
    assert found
    for part in found.values():
        assert all(sum(other.stratum == signal.stratum for other in part) > 1 for signal in part), (
            "each is compared with another"
        )


def test_the_control_is_about_what_is_rightly_written_later(asked):
    right = trace_of(problem_with(6, needs=3))
    control = warning_light.beforehand(asked["can_next"], TOKENIZER, [right], mistakes=False)
    ready = probes.find_task("can_next")
    for lead, part in control.items():
        strata = {s.stratum for s in part}
        assert sum(s.wrong for s in part) == len(strata)
        for _, step, fate in strata:
            assert fate - step == lead > 0  # what comes now is ready
            p = right.written[fate]
            assert ready.at(right.problem, step, right.written)[p].label == 0


def test_the_command_prints_both_tables(capsys):
    assert main("diagnose --checkpoint pocket -n 6 --seed 7 --json".split()) == 0
    figures = json.loads(capsys.readouterr().out)
    groups = figures["groups"]
    assert groups["all"]["solved"]["n"] == 6 * (len(groups) - 1)
    wrong = sum(sum(counts.values()) for counts in figures["explained"].values())
    faults = {k: sum(v.values()) for k, v in figures["kinds"].items() if k != "right"}
    assert wrong <= sum(faults.values())
    assert set(figures["beforehand"]["can_next"]) == {"mistakes", "control"}
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
