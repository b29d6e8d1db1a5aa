"""Training learns from what it is given, tells how it gets on, and refuses what does not fit."""

import json
import math
from dataclasses import replace

import pytest
import torch
from tiny import MODEL, PROBLEM, TINY, TOKENIZER, weights
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.igsm import sample_problem
from course_lib.igsm.config import LETTERS
from course_lib.lm import (
    GPT,
    Stream,
    TrainConfig,
    attempt,
    batches,
    pick_device,
    train,
    training,
)
from course_lib.lm.batches import BLOCK
from course_lib.lm.config import from_dict, to_dict
from course_lib.lm.optim import learning_rate, make_optimizers
from course_lib.lm.rows import make_batch, plain_row
from course_lib.lm.training import prediction_loss, update


def batch_of(problems, loss_on="solution"):
    rows = [plain_row(*TOKENIZER.encode_problem(problem), loss_on=loss_on) for problem in problems]
    return make_batch(rows, TOKENIZER.pad)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_eight_examples_are_learned_by_heart(optimizer):
    problems = [sample_problem(PROBLEM, seed) for seed in range(8)]
    model, tensors = GPT(MODEL), batch_of(problems).tensors(torch.device("cpu"))
    optimizers = make_optimizers(model, optimizer, 0.0, weight_decay=0.0)
    for step in range(200):
        loss = prediction_loss(model, *tensors)
        update(model, optimizers, loss, learning_rate(step, 1e-2, 200, warmup=10))
    assert loss < 0.02
    attempts = attempt(model, TOKENIZER, problems)
    assert all(a.correct and not a.unnecessary_operations for a in attempts)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_small_bites_of_a_batch_teach_what_the_whole_does(tmp_path, optimizer):
    config = replace(TINY, optimizer=optimizer, batch_size=5)
    whole, bites = train(config, tmp_path / "1"), train(config, tmp_path / "2", micro_batch=2)
    assert_close(weights(bites), weights(whole), rtol=1e-4, atol=5e-5)
    assert bites.history[-1]["loss"] == pytest.approx(whole.history[-1]["loss"], abs=2e-4)


@pytest.mark.parametrize("save_every", [0, 60])
def test_a_training_that_breaks_down_keeps_its_last_good_state(tmp_path, monkeypatch, save_every):
    train(TINY, tmp_path, max_seconds=0)
    with monkeypatch.context() as patch:
        patch.setattr(training, "learning_rate", lambda step, *_: math.inf if step == 4 else 1e-3)
        with pytest.raises(CourseError, match=f"broke down at step {6 if save_every else 5}"):
            train(TINY, tmp_path, save_every=save_every)
    run = train(TINY, tmp_path)
    assert run.finished and all(weight.isfinite().all() for weight in weights(run).values())


def test_progress_is_told_to_terminal_log_and_caller(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_QUIET", "0")
    heard = []
    run = train(TINY, tmp_path, on_progress=lambda run: heard.append((run.step, run.going_on)))
    assert heard == [(6, True), (12, True), (12, False)]
    said, bar = capsys.readouterr()
    assert "step 6: " in said and "of 4 solved (op " in said and "waiting for data" in said
    assert all(word in bar for word in ("12/12", "loss", "tokens/s", "waiting"))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == run.history and [line["problems"] for line in lines] == [24, 48]
    assert all(0 <= line["waiting"] < 1 and line["by_op"] for line in lines)


def test_batches_do_not_depend_on_workers_or_on_where_one_starts():
    stream = Stream(replace(PROBLEM, split="train"), batch_size=4, seed=3, context=300)
    alone = list(batches(stream, 0, 2 * BLOCK))
    helped = list(batches(stream, 3, 2 * BLOCK, workers=1))
    assert len(alone) == 2 * BLOCK and len(helped) == 2 * BLOCK - 3
    for one, other in zip(alone[3:], helped, strict=True):
        assert (one.ids == other.ids).all() and (one.loss_mask == other.loss_mask).all()


def test_curriculum_ends_with_the_whole_law():
    stages = ((100, {"max_op": 1}), (200, {"max_op": 2, "max_edges": 6}))
    stream = Stream(PROBLEM, 4, seed=0, context=300, curriculum=stages)
    whole_blocks = (0, 127, 128, 255, 256)
    assert [stream.config_at(n).max_op for n in whole_blocks] == [1, 1, 2, 2, 3]


def test_loss_counts_only_what_is_asked_for():
    problems = [sample_problem(PROBLEM, seed) for seed in range(5)]
    pairs = [TOKENIZER.encode_problem(problem) for problem in problems]
    solution, everything = batch_of(problems), batch_of(problems, "all")
    assert solution.loss_mask.sum() == sum(len(target) for _, target in pairs)
    assert everything.loss_mask.sum() == sum(len(p) + len(t) - 1 for p, t in pairs)
    model = GPT(MODEL)
    ids, places, *_ = everything.tensors(torch.device("cpu"))
    logits = model(ids)[:, :-1].log_softmax(-1)
    chosen = logits.gather(-1, ids[:, 1:, None])[..., 0]
    mean = -chosen[torch.from_numpy(everything.loss_mask[:, 1:])].mean()
    assert_close(prediction_loss(model, ids, places), mean)


def test_no_loss_on_a_letter_that_nothing_foretells():
    rotated = replace(PROBLEM, letters="rotated")
    stream, chance = Stream(rotated, 4, seed=0, context=300), 0
    for seed in range(40):
        problem = sample_problem(rotated, seed)
        row = stream.row(problem, TOKENIZER)
        target = len(TOKENIZER.encode_problem(problem)[1])
        silent = [x for x, asked in zip(row.ids, row.to_predict, strict=True) if not asked]
        if problem.letters[0] == LETTERS[0]:
            assert row.to_predict.count(True) == target
        else:
            chance += 1
            assert row.to_predict.count(True) == target - 1
            assert TOKENIZER.decode(silent[-1:]).strip() == problem.letters[0]
    assert 10 < chance < 30


def test_a_restart_begins_the_rate_anew(tmp_path, monkeypatch):
    config = replace(TINY, steps=20, warmup=2, lr=1e-3, restarts=((8, 5e-4), (14, 1e-4)))
    assert config.rounds == [(0, 8, 1e-3), (8, 14, 5e-4), (14, 20, 1e-4)]
    rates = []

    def recorded(*where):
        rates.append(learning_rate(*where))
        return rates[-1]

    monkeypatch.setattr(training, "learning_rate", recorded)
    train(config, tmp_path)
    for begin, end, peak in config.rounds:
        assert max(rates[begin:end]) == rates[begin + 1] == peak
        assert rates[end - 1] < peak / 3 and rates[begin] == peak / 2


def test_configs_survive_json():
    config = replace(TINY, curriculum=((10, {"max_op": 1}),), restarts=((5, 1e-3),))
    assert from_dict(TrainConfig, json.loads(json.dumps(to_dict(config)))) == config
    assert config.diff(TINY) == {
        "curriculum": ([[10, {"max_op": 1}]], []),
        "restarts": ([[5, 1e-3]], []),
    }
    assert config.run_name != TINY.run_name


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(CourseError, match="fit into a context of 80 tokens"):
        Stream(PROBLEM, batch_size=1, seed=0, context=80).block(0)
    for fall in (0, 1.5):
        with pytest.raises(CourseError, match="fall is a share of the steps"):
            replace(TINY, fall=fall)
    with pytest.raises(CourseError, match="ProblemConfig has no setting 'ops'"):
        replace(TINY, curriculum=((100, {"ops": 1}),))
    with pytest.raises(CourseError, match="max_op must be a whole number"):
        replace(TINY, curriculum=((100, {"max_op": 0}),))
    for restarts in (((100, 1e-3),), ((50, 1e-3), (40, 1e-3)), ((0, 1e-3),)):
        with pytest.raises(CourseError, match="restarts must be"):
            replace(TINY, steps=100, restarts=restarts)
    with pytest.raises(CourseError, match=f"vocab_size={len(TOKENIZER)}"):
        train(replace(TINY, model=replace(MODEL, vocab_size=10)), tmp_path)


def test_a_processor_computes_with_bfloat16_only_when_asked():
    assert pick_device("cpu").dtype == pick_device("cpu", "fp32").dtype == torch.float32
    assert pick_device("cpu", "bf16").reason == "cpu with bfloat16: as asked"


def test_devices_that_are_not_there_are_refused():
    with pytest.raises(CourseError, match="no device 'abacus'"):
        pick_device("abacus")


def test_each_process_has_its_own_card(monkeypatch):
    card = {"is_available": True, "device_count": 2, "get_device_capability": (8, 0)}
    for name, value in (card | {"get_device_name": "a card"}).items():
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    assert pick_device().device == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert pick_device().device == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(CourseError, match="more processes than CUDA devices"):
        pick_device()
