"""Evaluation: its figures, its tables and its commands."""

import json
import random
from dataclasses import replace

import pytest
from tiny import MODEL, PROBLEM, TINY

from course_lib import lm
from course_lib.cli import main
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import evaluation
from course_lib.lm.errors_by_token import KINDS
from course_lib.lm.evaluation import evaluate, judge, redundancy, wilson
from course_lib.probes.examination import clustered
from course_lib.studio import evaluation_report
from course_lib.studio.evaluation_report import errors_table, evaluation_table

POCKET = ProblemConfig.preset("pocket")
PROBLEMS = [sample_problem(POCKET, seed) for seed in range(40)]


def truth(problem):
    return judge(problem, problem.solution, problem.answer)


@pytest.fixture
def perfect(monkeypatch):
    """A model that writes every solution as it should be; remembers what it was asked."""
    asked = []

    def attempt(model, tokenizer, problems):
        asked.extend(problems)
        return [truth(problem) for problem in problems]

    monkeypatch.setattr(evaluation, "attempt", attempt)
    return asked


# figures


def test_truth_is_judged_correct_and_a_wrong_answer_is_not():
    for problem in PROBLEMS:
        right = truth(problem)
        assert right.correct and right.unnecessary_operations == 0, right.verdict.first_error
        assert not judge(problem, problem.solution, (problem.answer + 1) % 7).correct
        assert not judge(problem, "", None).correct


def test_a_perfect_model_gets_perfect_figures(perfect):
    figures = evaluate(None, None, POCKET, n=20, seed=3)
    assert json.loads(json.dumps(figures)) == figures
    counts = {op: part["n"] for op, part in figures["by_op"].items()}
    assert counts == {str(op): 20 if op == 6 else 4 for op in range(1, 10)}
    assert list(figures["known_by_op"]) == ["4", "5", "6"]  # below, both splits are one
    assert figures["new_templates"]["n"] == sum(
        round(20 * share) for op, share in figures["law"].items() if int(op) > 3
    )
    small = figures["smaller_world"]
    assert (small["max_op"], small["max_edges"]) == (4, 6)
    assert small["in_distribution"]["n"] == small["largest_op"]["n"] == 20
    single = [figures[k] for k in ("in_distribution", "known_templates", "reask")]
    single += [small["in_distribution"], small["largest_op"]]
    for part in (*single, *figures["by_op"].values(), *figures["known_by_op"].values()):
        assert part["accuracy"] == part["high"] == 1.0 and 0 < part["low"] < 1
    assert sum(figures["law"].values()) == pytest.approx(1)
    for found in (figures, figures["reask_redundancy"]):
        assert found["level1_share"]["share"] == 1.0 and found["unnecessary_parameters"] == 0.0


def test_known_and_new_templates_are_apart_and_no_problem_was_trained_on(perfect):
    evaluate(None, None, POCKET, n=30, seed=0, ops=(4,))
    new, known = perfect[:30], perfect[30:60]
    shapes = [{p.template for p in part if p.op > 3} for part in (new, known)]
    assert all(shapes) and not shapes[0] & shapes[1]
    stream = lm.Stream(replace(POCKET, split="train"), 8, seed=0, context=400)
    trained = {sample_problem(stream.problem, stream.seed << 32 | n).prompt for n in range(100)}
    assert not trained & {p.prompt for p in known}


def test_the_smaller_world_is_two_thirds_as_large_and_holds_new_templates(perfect):
    figures = evaluate(None, None, POCKET, n=10, seed=0, ops=(1,))
    drawn, hardest = perfect[-20:-10], perfect[-10:]
    assert {p.op for p in hardest} == {4} and max(p.op for p in drawn) <= 4
    assert all(p.ip <= 6 and p.config.split == "test" for p in perfect[-20:])
    few = replace(POCKET, layers=4, items=3)  # nine sentences, not six
    notes = []
    figures = evaluate(None, None, few, n=2, seed=0, ops=(1,), note=notes.append)
    assert figures["smaller_world"] is None and any("smaller world" in line for line in notes)
    assert "sentences" not in evaluation_table(figures)


def test_an_op_that_cannot_be_drawn_is_left_out_with_a_note(perfect):
    notes = []
    few = replace(PROBLEM, max_edges=4)
    figures = evaluate(None, None, few, n=2, seed=0, ops=(2, 50), note=notes.append)
    assert list(figures["by_op"]) == ["2"] and any("op 50" in line for line in notes)


def test_what_is_unnecessary_is_counted_in_correct_solutions_only():
    blind = []
    for problem in PROBLEMS:
        detour = problem.level0(random.Random(problem.seed))
        blind.append(judge(problem, detour.solution, detour.answer))
        extra = len(detour.order) - len(problem.order)
        assert blind[-1].correct and len(blind[-1].verdict.unnecessary) == extra
        assert blind[-1].unnecessary_operations == detour.op - problem.op
    wrong = [judge(problem, "", None) for problem in PROBLEMS]
    found = redundancy(blind + wrong)
    assert found == redundancy(blind)
    extras = [len(a.verdict.unnecessary) for a in blind]
    assert found["unnecessary_parameters"] == pytest.approx(sum(extras) / len(extras))
    assert found["level1_share"]["share"] == extras.count(0) / len(extras) < 1
    assert 0 < found["unnecessary_parameters_margin"] < found["unnecessary_parameters"]
    nothing = redundancy(wrong)
    assert nothing["unnecessary_parameters"] is nothing["unnecessary_operations"] is None


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(95, 100)  # textbook value
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert wilson(10, 10)[1] == 1.0 and wilson(0, 10)[0] == 0.0


def test_an_interval_of_clusters_is_never_narrower_than_of_single_cases():
    one = [(i < 27, "the only problem") for i in range(40)]
    share, low, high = clustered(one)  # one cluster says nothing of how clusters differ
    assert share == 0.675 and high - low > 0.5
    two = [(i < 30 + cluster, cluster) for cluster in (0, 1) for i in range(40)]
    assert clustered(two)[1:] == pytest.approx(wilson(61, 80), abs=1e-4)


# tables and commands


def test_the_table_puts_the_papers_figures_beside_ours(perfect):
    med = replace(PROBLEM, max_op=3)
    figures = evaluate(None, None, med, n=2, seed=0) | {"train_max_op": 15}
    cell = figures["by_op"]["3"]
    figures["by_op"] = {str(op): cell for op in (2, 15, 18, 20, 23)}
    lines = evaluation_table(figures).splitlines()
    table = {line[:38].strip(): line[60:].split() for line in lines}
    assert table["in distribution, test split"] == ["99.9", "(op≤15)", "99.66"]
    assert table["op 15, the largest in training"][:3] == ["99.1", "(op=15)", "98.49"]
    assert table["op 20, 1.33 × the largest"][:3] == ["91.8", "(op=20)", "70.48"]
    assert table["op 23, 1.53 × the largest"][:3] == ["76.8", "(op=23)", "6.03"]
    assert table["op 18, 1.20 × the largest"][:2] == ["–", "–"]
    assert max(map(len, lines)) <= 110
    none = figures | redundancy([])
    assert "none correct" in evaluation_table(none)
    qp = evaluation_table(figures | {"form": "qp"})
    assert "76.8" not in qp and "78.2" in qp and "99.66" not in qp  # it was re-trained on pq only


def test_theirs_stands_beside_ours_at_the_same_multiple_of_the_training_op():
    twins = {op: evaluation_report._twin(op, 8) for op in range(1, 13)}
    assert {op: twin for op, twin in twins.items() if twin} == {
        8: "op=15",
        11: "op=21",
        12: "op=22",
    }


def test_reask_questions_are_those_of_the_sentences():
    asked = evaluation.reasked(PROBLEMS, random.Random(1))
    for old, new in zip(PROBLEMS, asked, strict=True):
        assert old.problem == new.problem and old.question != new.question


@pytest.fixture
def tiny(tmp_path):
    """The folder of an untrained model."""
    lm.save_checkpoint(tmp_path, lm.GPT(MODEL), TINY, {})
    return tmp_path


def test_eval_and_errors_print_one_object_or_a_table(tiny, capsys):
    def run(line):
        assert main([*line.split(), "--checkpoint", str(tiny), "-n", "1"]) == 0
        return capsys.readouterr()

    out, progress = run("eval --json --report")
    figures = json.loads(out)
    assert out.count("\n") == 1 and "op 4" in progress
    assert list(figures)[:2] == ["checkpoint", "train_max_op"]
    assert set(figures["in_distribution"]) == {"accuracy", "low", "high", "n"}
    assert figures["unnecessary_parameters"] is None  # an untrained model is never right
    assert {"by_op", "reask", "unnecessary_operations"} < figures.keys()
    assert run("eval --report")[0] == run("eval")[0] == evaluation_table(figures) + "\n"
    figures = json.loads(run("errors --json --split train")[0])
    assert run("errors --split train")[0] == errors_table(figures) + "\n"
    assert set(figures["tokens"]) == set(KINDS)
