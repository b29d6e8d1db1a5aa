"""Evaluation: figures, tables, kinds of error, and what memory alone can do."""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
import torch
from tiny import MODEL, PROBLEM, TINY, TOKENIZER

from course_lib import lm
from course_lib.cli import main
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.igsm.config import LETTERS
from course_lib.igsm.english import DEFINE
from course_lib.igsm.orders import random_order
from course_lib.lm import error_kinds, evaluation, memoriser
from course_lib.lm.error_kinds import KINDS, right_choices, token_kinds
from course_lib.lm.evaluation import evaluate, judge, redundancy, wilson
from course_lib.studio import report
from course_lib.studio.report import errors_table, evaluation_table

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
    assert counts == {str(op): 20 if op == 8 else 4 for op in range(1, 13)}
    assert list(figures["known_by_op"]) == [str(op) for op in range(1, 9)]
    single = [figures[k] for k in ("in_distribution", "known_templates", "reask")]
    for part in (*single, *figures["by_op"].values(), *figures["known_by_op"].values()):
        assert part["accuracy"] == part["high"] == 1.0 and 0 < part["low"] < 1
    assert sum(figures["law"].values()) == pytest.approx(1)
    for found in (figures, figures["reask_redundancy"]):
        assert found["level1_share"]["share"] == 1.0 and found["unnecessary_parameters"] == 0.0


def test_known_and_new_templates_are_apart_and_no_problem_was_trained_on(perfect):
    evaluate(None, None, POCKET, n=10, seed=0, ops=(3,))
    new, known = perfect[:10], perfect[10:20]
    assert not {p.template_bin for p in new} & {p.template_bin for p in known}
    stream = lm.Stream(replace(POCKET, split="train"), 8, seed=0, context=400)
    trained = {sample_problem(stream.problem, stream.seed << 32 | n).prompt for n in range(100)}
    assert not trained & {p.prompt for p in known}


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


# kinds of token

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
        monkeypatch.setattr(error_kinds, "_predictions", lambda *_, name=name: said[name])
        table = lm.token_errors(None, TOKENIZER, PROBLEMS)
        cells = [cell for parts in table.values() for cell in parts.values()]
        assert {cell["error"] for cell in cells} == {expected}
        assert sum(cell["n"] for cell in cells) == sum(len(target) for _, target in pairs)


def test_predictions_do_not_depend_on_the_padding():
    model = lm.GPT(MODEL, seed=1)
    pairs = [TOKENIZER.encode_problem(problem) for problem in PROBLEMS[:8]]
    together = list(error_kinds._predictions(model, TOKENIZER, pairs))
    for (prompt, target), said in zip(pairs, together, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + target]))[0]
        assert said == logits[len(prompt) - 1 : -1].argmax(-1).tolist()


def test_first_errors_count_every_attempt():
    attempts = [truth(problem) for problem in PROBLEMS]
    attempts += [judge(problem, problem.solution, None) for problem in PROBLEMS]
    attempts += [judge(problem, "Define", None) for problem in PROBLEMS]
    table = lm.first_errors(attempts)
    assert {kind: sum(ops.values()) for kind, ops in table.items()} == {
        "right": 40,
        "wrong number": 40,
        "unreadable": 40,
    }
    assert table["right"] == Counter(str(problem.op) for problem in PROBLEMS)


# memory


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
    fresh = [sample_problem(replace(POCKET, op=8), seed) for seed in range(1000, 1020)]
    assert lm.accuracy([memory.attempt(problem) for problem in fresh])["accuracy"] < 0.2
    assert not lm.Memoriser([]).attempt(PROBLEMS[0]).correct


def test_the_outline_begins_with_what_is_necessary_and_tells_no_names():
    for problem in PROBLEMS:
        needed = [p for p in problem.order if p < problem.ip and p in problem.sentences]
        assert set(memoriser.reading_order(problem)[: len(needed)]) == set(needed)
        said = {piece for sentence in memoriser.outline(problem) for piece in sentence}
        assert not said & set(POCKET.world.names)
        assert not any(piece.isdecimal() for piece in said if isinstance(piece, str))


# tables and commands


def test_the_table_puts_the_papers_figures_beside_ours(perfect):
    med = replace(PROBLEM, max_op=3)
    figures = evaluate(None, None, med, n=2, seed=0) | {"train_max_op": 15}
    cell = figures["by_op"]["3"]
    figures["by_op"] = {str(op): cell for op in (2, 15, 18, 20, 23)}
    lines = evaluation_table(figures).splitlines()
    table = {line[:38].strip(): line[60:].split() for line in lines}
    assert table["in distribution, new templates"] == ["99.9", "(op≤15)", "99.66"]
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
    twins = {op: report._twin(op, 8) for op in range(1, 13)}
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
