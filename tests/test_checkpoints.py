"""Checkpoints come back as they were; bad ones are refused with a sentence."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import SafetensorError
from tiny import MODEL, TINY
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.lm import GPT, checkpoints, load_checkpoint, save_checkpoint, train
from course_lib.lm.config import to_dict


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


def test_a_disk_that_is_full_is_told_in_a_sentence(tmp_path, monkeypatch):
    def full(tensors, target, header):
        raise SafetensorError("I/O error: No space left on device")

    save_checkpoint(tmp_path, GPT(MODEL), TINY, {})
    before = (tmp_path / "model.safetensors").read_bytes()
    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(CourseError, match=r"model\.safetensors cannot be written: .*No space"):
        save_checkpoint(tmp_path, GPT(MODEL, seed=1), TINY, {})
    assert (tmp_path / "model.safetensors").read_bytes() == before
