"""Training learns, goes on after a kill as if nothing had happened, and refuses bad files."""

import json
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import (
    GPT,
    ModelConfig,
    Stream,
    Tokenizer,
    TrainConfig,
    attempt,
    batches,
    evaluate,
    load_checkpoint,
    pick_device,
    save_checkpoint,
    train,
    train_or_load,
    training,
    wilson,
)
from course_lib.lm.batches import BLOCK, make_batch
from course_lib.lm.config import from_dict, to_dict
from course_lib.lm.evaluation import judge
from course_lib.lm.optim import learning_rate, make_optimizers
from course_lib.lm.training import prediction_loss, update

PROBLEM = replace(ProblemConfig.preset("pocket"), max_op=3)
TOKENIZER = Tokenizer(PROBLEM)
MODEL = ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=300)
TINY = TrainConfig(PROBLEM, MODEL, batch_size=4, steps=12, warmup=2, eval_every=6, eval_problems=4)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("COURSE_QUIET", "1")


def weights(run):
    return run.model.state_dict()


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_eight_examples_are_learned_by_heart(optimizer):
    problems = [sample_problem(PROBLEM, seed) for seed in range(8)]
    batch = make_batch([TOKENIZER.encode_problem(p) for p in problems], TOKENIZER.pad, "solution")
    model, tensors = GPT(MODEL), batch.tensors(torch.device("cpu"))
    optimizers = make_optimizers(model, optimizer, 0.0, weight_decay=0.0)
    for step in range(200):
        loss = prediction_loss(model, *tensors)
        update(model, optimizers, loss, learning_rate(step, 1e-2, 200, warmup=10))
    assert loss < 0.02
    attempts = attempt(model, TOKENIZER, problems)
    assert all(a.correct and not a.unnecessary_operations for a in attempts)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_cut_in_pieces_equals_a_whole_one(tmp_path, optimizer):
    config = replace(TINY, optimizer=optimizer, curriculum=((20, 1, 8),))
    whole = train(config, tmp_path / "whole")
    pieces = train(config, tmp_path / "pieces", max_seconds=0)
    assert pieces.step == 1 and not pieces.finished
    while not pieces.finished:
        pieces = train(config, tmp_path / "pieces", max_seconds=0.03)
    assert_close(weights(pieces), weights(whole), rtol=0, atol=0)
    lines = (tmp_path / "pieces" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [6, 12]
    assert pieces.history[-1]["by_op"] == whole.history[-1]["by_op"]


def test_a_finished_run_is_loaded_and_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "RUNS", tmp_path)
    first = train_or_load(TINY)
    monkeypatch.setattr(training, "train", None)
    again = train_or_load(TINY)
    assert again.history == first.history
    assert_close(weights(again), weights(first), rtol=0, atol=0)


def test_an_unfinished_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "RUNS", tmp_path)
    assert not train_or_load(TINY, max_seconds=0).finished
    folder = tmp_path / TINY.run_name
    assert load_checkpoint(folder).metrics["step"] == 1
    (folder / "log.jsonl").write_text('{"step": 1, "by_op": {"1": 0.0}')  # cut by the kill
    assert train_or_load(TINY).finished
    (folder / "config.json").unlink()  # killed before it was written
    assert train_or_load(TINY).finished and load_checkpoint(folder).metrics["step"] == TINY.steps


def test_a_name_cannot_stand_for_two_configs(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "RUNS", tmp_path)
    config = replace(TINY, name="mine", steps=2)
    train_or_load(config)
    with pytest.raises(CourseError, match="lr = 0.002, not 0.1"):
        train_or_load(replace(config, lr=0.1))


def test_a_folder_cannot_go_on_with_another_config(tmp_path):
    train(TINY, tmp_path, max_seconds=0)
    with pytest.raises(CourseError, match="model.layers = 2, not 1"):
        train(replace(TINY, model=replace(MODEL, layers=1)), tmp_path)
    assert train(replace(TINY, steps=1), tmp_path, resume=False).finished


def test_batches_do_not_depend_on_workers_or_on_where_one_starts():
    stream = Stream(replace(PROBLEM, split="train"), batch_size=4, seed=3, context=300)
    alone = list(batches(stream, 0, 2 * BLOCK))
    helped = list(batches(stream, 3, 2 * BLOCK, workers=1))
    assert len(alone) == 2 * BLOCK and len(helped) == 2 * BLOCK - 3
    for one, other in zip(alone[3:], helped, strict=True):
        assert (one.ids == other.ids).all() and (one.loss_mask == other.loss_mask).all()


def test_ranks_share_the_blocks():
    stream = Stream(replace(PROBLEM, split="train"), batch_size=2, seed=3, context=300)
    alone = [b.ids.tolist() for b in batches(stream, 0, 4 * BLOCK)]
    first, second = (
        [b.ids.tolist() for b in batches(stream, 0, 2 * BLOCK, rank=r, ranks=2)] for r in (0, 1)
    )
    assert alone == first[:BLOCK] + second[:BLOCK] + first[BLOCK:] + second[BLOCK:]


def test_curriculum_ends_with_the_whole_law():
    stream = Stream(PROBLEM, 4, seed=0, context=300, curriculum=((100, 1, 4), (200, 2, 6)))
    assert [stream.config_at(n).max_op for n in (0, 99, 100, 199, 200)] == [1, 1, 2, 2, 3]


def test_loss_counts_only_what_is_asked_for():
    pairs = [TOKENIZER.encode_problem(sample_problem(PROBLEM, seed)) for seed in range(5)]
    solution = make_batch(pairs, TOKENIZER.pad, "solution")
    everything = make_batch(pairs, TOKENIZER.pad, "all")
    assert solution.loss_mask.sum() == sum(len(target) for _, target in pairs)
    assert everything.loss_mask.sum() == sum(len(p) + len(t) - 1 for p, t in pairs)
    model = GPT(MODEL)
    ids, places = everything.tensors(torch.device("cpu"))
    logits = model(ids)[:, :-1].log_softmax(-1)
    chosen = logits.gather(-1, ids[:, 1:, None])[..., 0]
    mean = -chosen[torch.from_numpy(everything.loss_mask[:, 1:])].mean()
    assert_close(prediction_loss(model, ids, places), mean)


def test_configs_survive_json():
    config = replace(TINY, curriculum=((10, 1, 4),))
    assert from_dict(TrainConfig, json.loads(json.dumps(to_dict(config)))) == config
    assert config.diff(TINY) == {"curriculum": ([[10, 1, 4]], [])}
    assert config.run_name != TINY.run_name


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
@pytest.mark.parametrize("tied", [False, True])
def test_a_checkpoint_gives_the_same_model(tmp_path, dtype, tied):
    config = replace(TINY, model=replace(MODEL, tied=tied))
    model = GPT(config.model, seed=4)
    save_checkpoint(tmp_path, model, config, {"accuracy": 0.5}, dtype)
    found = load_checkpoint(tmp_path)
    assert found.config == config and found.metrics == {"accuracy": 0.5}
    tolerance = 1e-2 if dtype else 0
    assert_close(found.model.state_dict(), model.state_dict(), rtol=tolerance, atol=0)


def spoil_card(**changes):
    def spoil(folder):
        card = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(card | changes))

    return spoil


def cut(name):
    def spoil(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


OTHER = to_dict(replace(TINY, model=replace(MODEL, layers=1)))


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (cut("model.safetensors"), "cut short or damaged"),
        (cut("config.json"), "damaged"),
        (lambda folder: (folder / "model.safetensors").unlink(), "missing"),
        (lambda folder: (folder / "config.json").unlink(), "no checkpoint"),
        (spoil_card(format=99), "update course_lib"),
        (spoil_card(format=None), "not written by this course"),
        (spoil_card(train=OTHER), "not those of the model"),
        (spoil_card(train={"surprise": 1}), "surprise"),
        (spoil_card(train={}), "missing"),
        (spoil_card(train=OTHER | {"problem": 3}), "ProblemConfig"),
    ],
)
def test_a_bad_checkpoint_is_refused_with_a_sentence(tmp_path, spoil, sentence):
    save_checkpoint(tmp_path, GPT(MODEL), TINY, {})
    spoil(tmp_path)
    with pytest.raises(CourseError, match=sentence):
        load_checkpoint(tmp_path)


def test_a_damaged_state_is_refused_with_a_sentence(tmp_path):
    train(TINY, tmp_path, max_seconds=0)
    cut("state.safetensors")(tmp_path)
    with pytest.raises(CourseError, match="cut short or damaged"):
        train(TINY, tmp_path)


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(CourseError, match="fit into a context of 80 tokens"):
        Stream(PROBLEM, batch_size=1, seed=0, context=80).block(0)
    with pytest.raises(CourseError, match=f"vocab_size={len(TOKENIZER)}"):
        train(replace(TINY, model=replace(MODEL, vocab_size=10)), tmp_path)


def test_truth_is_judged_correct_and_a_wrong_answer_is_not():
    for seed in range(20):
        problem = sample_problem(PROBLEM, seed)
        right = judge(problem, problem.solution, problem.answer)
        assert right.correct and right.unnecessary_operations == 0, right.verdict.first_error
        assert not judge(problem, problem.solution, (problem.answer + 1) % PROBLEM.modulus).correct
        assert not judge(problem, "", None).correct


def test_evaluation_reports_every_part():
    report = evaluate(GPT(MODEL), TOKENIZER, PROBLEM, n=3, seed=0, ops=(2, 4))
    assert set(report["by_op"]) == {"2", "4"} and report["train_max_op"] == 3
    assert report["in_distribution"]["n"] == report["reask"]["n"] == 3
    assert report["in_distribution"]["accuracy"] == 0.0


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(95, 100)  # textbook value
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert wilson(10, 10)[1] == 1.0 and wilson(0, 10)[0] == 0.0


def test_devices_that_are_not_there_are_refused():
    assert "float32" in pick_device("cpu", "fp32").reason
    with pytest.raises(CourseError, match="no device 'abacus'"):
        pick_device("abacus")
