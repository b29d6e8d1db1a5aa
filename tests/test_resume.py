"""A training goes on after any stop or kill as if nothing had happened."""

import json
import os
import signal
import sys
from dataclasses import replace
from importlib import import_module
from itertools import count
from threading import RLock

import pytest
import torch
from tiny import FORKS, MODEL, TINY, weights
from torch.testing import assert_close
from tqdm.auto import tqdm

from course_lib.errors import CourseError
from course_lib.lm import load_checkpoint, train, train_or_load, training
from course_lib.lm.device import Place

LONG = replace(
    TINY,
    steps=100,
    optimizer="muon",
    eval_every=8,
    restarts=((50, 1e-3),),
    curriculum=((20, {"max_op": 1, "max_edges": 8}),),
)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_cut_in_pieces_equals_a_whole_one(tmp_path, optimizer):
    config = replace(TINY, optimizer=optimizer, curriculum=((20, {"max_op": 1, "max_edges": 8}),))
    whole = train(config, tmp_path / "whole")
    pieces = train(config, tmp_path / "pieces", max_seconds=0)
    assert pieces.step == 1 and not pieces.finished
    assert train(config, tmp_path / "pieces", max_steps=4).step == 5
    while not pieces.finished:
        pieces = train(config, tmp_path / "pieces", max_seconds=0.03)
    assert_close(weights(pieces), weights(whole), rtol=0, atol=0)
    lines = (tmp_path / "pieces" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [6, 12]
    assert pieces.history[-1]["by_op"] == whole.history[-1]["by_op"]


def train_and_die(folder, module=None, function=None, call=0, half=False):
    """Trains, saving at each step; SIGKILL comes at a call of a function, or when half is done."""
    if module:
        module = import_module(module)
        real, calls = getattr(module, function), count(1)

        def deadly(*args):
            if next(calls) == call:
                if half:
                    real(*args)
                    os.truncate(args[1], os.path.getsize(args[1]) // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args)

        setattr(module, function, deadly)
    torch.set_num_threads(1)
    tqdm.set_lock(RLock())  # its own would outlive a killed process
    train(LONG, folder, save_every=0)


TRAINING, FILES, EVALUATION = (
    f"course_lib.lm.{name}" for name in ("training", "checkpoints", "reporter")
)
MOMENTS = [
    (TRAINING, "update", 3),  # in the third step
    (FILES, "save_file", 2, True),  # the state is half written
    ("os", "replace", 3),  # it is written, the old one still in place (call 1 is the log)
    (EVALUATION, "attempt", 1),
    (TRAINING, "save_state", 1),  # the log is a line ahead of the state
    ("os", "replace", 1),  # the log is being put right
]
LAST_MOMENTS = [
    (TRAINING, "save_checkpoint", 1),  # all steps are done
    (FILES, "save_file", 1, True),
    ("os", "replace", 2),  # new weights beside an old card
]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_kill_9_at_any_moment_changes_nothing(tmp_path):
    folder = tmp_path / "killed"

    def start(*moment, seconds=None):
        process = FORKS.Process(target=train_and_die, args=(folder, *moment))
        process.start()
        process.join(seconds)
        process.kill()
        process.join()
        return process.exitcode

    for moment in MOMENTS:
        assert start(*moment) == -signal.SIGKILL, moment
    for seconds in (0.2, 0.25, 0.3, 0.35, 0.4):
        start(seconds=seconds)
    for moment in LAST_MOMENTS:
        assert start(*moment) == -signal.SIGKILL, moment
    run, whole = train(LONG, folder), train(LONG, tmp_path / "whole")
    assert_close(weights(run), weights(whole), rtol=0, atol=0)
    kept = load_checkpoint(folder)
    assert_close(kept.model.state_dict(), weights(whole), rtol=0, atol=0)
    assert kept.metrics["step"] == LONG.steps
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [line["step"] for line in whole.history]
    figures = [(line["accuracy"], line["by_op"]) for line in lines if "by_op" in line]
    assert figures == [(x["accuracy"], x["by_op"]) for x in whole.history if "by_op" in x]
    assert not list(folder.glob("*.tmp"))


def test_a_finished_run_is_loaded_and_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "RUNS", tmp_path)
    first = train_or_load(TINY)
    monkeypatch.setattr(training, "train", None)
    heard = []
    again = train_or_load(TINY, on_progress=heard.append)
    assert again.history == first.history and heard == [again]
    assert_close(weights(again), weights(first), rtol=0, atol=0)
    place = Place(torch.device("meta"), torch.float32, "no weights at all")
    monkeypatch.setattr(training, "pick_device", lambda device: place)
    assert train_or_load(TINY).model.head.weight.device == place.device


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
