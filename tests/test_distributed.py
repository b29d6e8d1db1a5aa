"""Two processes train the same model as one."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from tiny import FORKS, TINY, weights
from torch.testing import assert_close

from course_lib.cli import main
from course_lib.lm import load_checkpoint, train, training

TOGETHER = replace(TINY, batch_size=8, steps=8, eval_every=4)
CONFIGS = {"adamw": TOGETHER, "muon": replace(TOGETHER, optimizer="muon", questions=2)}


def train_as(rank, port, folder):
    """What torchrun starts."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    for name, config in CONFIGS.items():
        train(config, folder / name, device="cpu", micro_batch=3, max_seconds=0)
        train(config, folder / name, device="cpu")


def test_two_processes_train_the_same_model_as_one(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    team = [FORKS.Process(target=train_as, args=(rank, port, tmp_path)) for rank in range(2)]
    for process in team:
        process.start()
    for process in team:
        process.join(timeout=120)
        assert process.exitcode == 0
    for name, config in CONFIGS.items():
        alone = train(config, tmp_path / "alone" / name, device="cpu")
        found = load_checkpoint(tmp_path / name)
        assert found.metrics["step"] == TOGETHER.steps
        assert_close(found.model.state_dict(), weights(alone), rtol=1e-4, atol=5e-5)
        assert found.metrics["loss"] == pytest.approx(alone.history[-1]["loss"], abs=2e-4)
        assert found.metrics["by_op"] == alone.history[-1]["by_op"]


def test_torchrun_goes_on_with_what_one_process_began(tmp_path, monkeypatch):
    command = "train --scale smoke --steps 6 --device cpu".split()
    monkeypatch.setattr(training, "RUNS", tmp_path)
    main([*command, "--name", "alone"])
    main([*command, "--name", "team", "--minutes", "1e-9"])
    torchrun = "torch.distributed.run --standalone --nproc-per-node 2 -m course_lib".split()
    subprocess.run(
        [sys.executable, "-m", *torchrun, *command, "--name", "team"],
        env=os.environ | {"COURSE_RUNS": str(tmp_path)},
        check=True,
    )
    team, alone = (load_checkpoint(tmp_path / name) for name in ("team", "alone"))
    assert_close(team.model.state_dict(), alone.model.state_dict(), rtol=1e-4, atol=5e-5)
    assert team.metrics["step"] == 6
    line = json.loads((tmp_path / "team" / "log.jsonl").read_text())  # a single one
    assert line["by_op"] == alone.metrics["by_op"]
