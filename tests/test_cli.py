"""The command line: what it writes, its exit codes, and one sentence for every misuse."""

import json
import subprocess
import sys
from argparse import Namespace
from itertools import product
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course_lib.cli import main
from course_lib.lm import checkpoints, training
from course_lib.studio import probing, ship
from course_lib.studio.paper import paper_training
from course_lib.studio.probe_report import probe_table

PUBLISHED = Path(__file__).parents[2] / "shared" / "samples" / "published_generator.jsonl"
COURSE = [sys.executable, "-m", "course_lib"]


def shell(line):
    return subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120)


def command(*words):
    return " ".join(f'"{word}"' for word in (*COURSE, *words))


@pytest.fixture
def course(capsys):
    """Runs a command in this process: exit code, output, complaint."""

    def run(line):
        code = main(line.split())
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("preset", ["pocket", "med", "hard"])
def test_samples_are_verified(course, tmp_path, preset):
    code, lines, _ = course(f"sample --preset {preset} -n 30 --seed 5")
    rows = [json.loads(line) for line in lines.splitlines()]
    assert code == 0 and len(rows) == 30
    assert list(rows[0]) == (
        "problem question solution answer op ip necessary seed modulus".split()
    )
    (tmp_path / "samples.jsonl").write_text(lines)
    code, verdicts, summary = course(f"verify {tmp_path}/samples.jsonl")
    assert (code, summary) == (0, "30 of 30 correct\n")
    for row, verdict in zip(rows, map(json.loads, verdicts.splitlines()), strict=True):
        assert verdict["correct"] and verdict["first_error"] is None
        assert (verdict["answer"], verdict["op"]) == (row["answer"], row["op"])
        assert sorted(verdict["necessary"]) == sorted(row["necessary"])
        assert verdict["unnecessary"] == []


def test_the_same_seed_gives_the_same_bytes_with_any_workers(course):
    first, again, both, other = (
        course(f"sample -n 450 {more}")[1]
        for more in ("--seed 1", "--seed 1", "--seed 1 --workers 2", "--seed 2")
    )
    assert first == again == both != other


def test_op_and_split_are_obeyed(course):
    rows = course("sample --preset med -n 20 --op 15 --split test")[1].splitlines()
    assert {json.loads(row)["op"] for row in rows} == {15}


def test_a_wrong_solution_is_found(course, tmp_path):
    row = json.loads(course("sample -n 1")[1])
    row["question"] = row["question"].replace("How many", "How many more")
    (tmp_path / "wrong.jsonl").write_text(json.dumps(row))
    code, verdict, summary = course(f"verify {tmp_path}/wrong.jsonl")
    assert (code, summary) == (1, "0 of 1 correct\n")
    assert json.loads(verdict)["first_error"]["message"]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published generator's samples are absent")
def test_published_samples(course):
    code, _, summary = course(f"verify {PUBLISHED}")
    assert (code, summary) == (0, "510 of 510 correct\n")


def test_pipes():
    joined = shell(f"{command('sample', '-n', '40')} | {command('verify', '-')}")
    assert (joined.returncode, joined.stderr) == (0, "40 of 40 correct\n")
    marked = shell(f"(printf '\\357\\273\\277'; {command('sample')}) | {command('verify', '-')}")
    assert (marked.returncode, marked.stderr) == (0, "10 of 10 correct\n")
    cut = shell(f"{command('sample', '-n', '3000')} | head -n 1")
    assert cut.stdout.count("\n") == 1 and cut.stderr == ""


def test_sampling_needs_no_torch():
    code = "import sys; from course_lib.cli import main; main(['sample', '-n', '1']); "
    code += "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'papermill')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "command"),
        ("fly", "'fly'"),
        ("sample --preset huge", "no preset 'huge'"),
        ("sample -n ten", "'ten' is no whole number from 0"),
        ("sample -n -1", "'-1' is no whole number from 0"),
        ("sample --workers 0", "'0' is no whole number from 1"),
        ("sample --op 99", "op must be a whole number from 1 to 52"),
        ("sample --split half", "split must be one of"),
        ("sample --oop 3", "--oop"),
        ("verify /no/such/file", "/no/such/file cannot be read"),
        ("verify .", "cannot be read"),
        ("verify {json}", "Line 1 is not a JSON object"),
        ("train --preset huge", "no preset 'huge'"),
        ("train --minutes nan", "'nan' is no number above 0"),
        ("train --name ../up", "name must be"),
        ("train --seed 2147483648", "seed must be"),
        ("probe --checkpoint pocket --seed 18446744073709551616", "seed must be"),
        ("train --layers 0", "'0' is no whole number from 1"),
        ("train --width 30 --heads 4", "width 30"),
        ("train --device abacus", "no device 'abacus'"),
        ("train --lr 0", "'0' is no number above 0"),
        ("train --optimizer sgd", "optimizer must be one of"),
        ("train --scale huge", "no scale 'huge'"),
        ("train --scale smoke --preset med", "not allowed with"),
        ("train --dry-run", "trained on med and hard, not on 'pocket'"),
        ("eval --checkpoint nobody", "no checkpoint 'nobody'"),
        ("eval", "--checkpoint"),
        ("run --scale huge", "no scale 'huge'"),
        ("run --only 77", "no lesson"),
        ("run --scale smoke --only 01 --out {json}", "no.jsonl: File exists"),
        ("run -p SEDE=3", "SEDE"),
    ],
)
def test_misuse_is_told_in_one_sentence(course, line, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "RUNS", tmp_path)
    (tmp_path / "no.jsonl").write_text("no json\n")
    code, output, complaint = course(line.format(json=tmp_path / "no.jsonl"))
    assert (code, output) == (2, "")
    assert sentence in complaint and complaint.count("\n") == 1 and "Traceback" not in complaint


def test_a_model_is_trained_and_evaluated(course, tmp_path, monkeypatch):
    for module in (training, checkpoints):
        monkeypatch.setattr(module, "RUNS", tmp_path)
    monkeypatch.setenv("COURSE_QUIET", "1")
    tiny = "train --scale smoke --layers 1 --heads 1 --width 8 --steps 2 --name tiny"
    code, output, _ = course(tiny)
    assert code == 0 and "2 of 2 steps" in output and str(tmp_path / "tiny") in output

    code, output, _ = course("eval --checkpoint tiny -n 2 --seed 1 --json")
    figures = json.loads(output)
    assert code == 0 and figures["checkpoint"] == "tiny" and figures["in_distribution"]["n"] == 2
    assert {"train_max_op", "by_op", "reask", "unnecessary_parameters"} < figures.keys()
    assert "in distribution" in course("eval --checkpoint tiny -n 2")[1]
    code, _, complaint = course(tiny.replace("width 8", "width 16"))
    assert code == 2 and "width" in complaint


def test_a_run_is_shipped_with_what_it_reaches(course, tmp_path, monkeypatch):
    for module, place in product((training, checkpoints, ship), ("RUNS", "DATA")):
        monkeypatch.setattr(module, place, tmp_path / place, raising=False)
    monkeypatch.setattr(ship, "ROOT", tmp_path)
    monkeypatch.setenv("COURSE_QUIET", "1")
    course("train --scale smoke --layers 1 --heads 1 --width 8 --steps 2 --name tiny")
    assert course("ship --checkpoint tiny -n 2 --seed 1")[0] == 0
    found = checkpoints.load_checkpoint(tmp_path / "DATA" / "checkpoints" / "tiny")
    assert found.metrics["test"]["in_distribution"]["n"] == 2 and found.metrics["machine"]
    stored = load_file(tmp_path / "DATA" / "checkpoints" / "tiny" / "model.safetensors")
    assert {weight.dtype for weight in stored.values()} == {torch.bfloat16}
    result = json.loads((tmp_path / "DATA" / "results" / "tiny.json").read_text())
    assert result["curve"][-1]["step"] == 2 and result["test"] == found.metrics["test"]
    assert result["commit"] == found.metrics["commit"]  # that of the training
    card = tmp_path / "RUNS" / "tiny" / "config.json"
    card.write_text(card.read_text().replace('"step": 2,', '"step": 1,'))
    code, _, progress = course(f"ship --checkpoint {card.parent}")
    assert code == 2 and "tiny is at step 1 of 2: finish it first" in progress


def test_probes_are_trained_reported_and_shipped(course, tmp_path, monkeypatch):
    for module in (training, checkpoints):
        monkeypatch.setattr(module, "RUNS", tmp_path)
    monkeypatch.setattr(probing, "SHELVES", (tmp_path / "shelf", probing.SHELVES[1]))
    monkeypatch.setattr(probing, "DATA", tmp_path)
    monkeypatch.setattr(probing.probes, "TASKS", {"can_next": probing.probes.TASKS["can_next"]})
    monkeypatch.setenv("COURSE_QUIET", "1")
    course("train --scale smoke --layers 1 --heads 1 --width 8 --steps 2 --name tiny")
    command = f"probe --checkpoint {tmp_path / 'tiny'} --steps 2 -n 5 --seed 3"
    code, output, progress = course(f"{command} --json")
    figures = json.loads(output)["tasks"]["can_next"]
    assert code == 0 and progress.count("minutes left") == 4
    wanted = {"pretrained", "majority", "random_init", "shuffled", "unnamed", "mcc", "n", "by_op"}
    assert wanted < figures.keys() and 5 < figures["n"] <= 5 * 40

    (tmp_path / "results").mkdir()
    code, output, _ = course(f"{command} --ship")  # they are found again, not trained
    assert code == 0 and "majority" in output and "57.4" in output  # the paper's
    shelf = tmp_path / "shelf"
    assert len(list(shelf.glob("can_next_*"))) == 4
    stored = json.loads((tmp_path / "results" / "tiny-probes.json").read_text())
    assert stored["tasks"]["can_next"] == figures and stored["machine"]
    assert course(f"{command} --layer 2")[0] == 2

    (shelf / "nece_0.safetensors").touch()  # of a model shipped before
    monkeypatch.setattr(probing, "SHELVES", (shelf, tmp_path / "no runs"))
    config = probing.config_of("can_next", Namespace(seed=3, layer=None, steps=2))
    found = checkpoints.load_checkpoint(tmp_path / "tiny")
    probing._ship(found, {"pretrained": config, **config.controls()}, stored)
    assert len(list(shelf.iterdir())) == len(list(shelf.glob("can_next_*"))) == 4


def test_shares_stand_below_their_own_label():
    shares = {"accuracy": 0.5, "by_label": {"1": 0.25}}
    part = dict.fromkeys(("pretrained", "low", "high", "majority", "random_init"), 0.5)
    part |= {"shuffled": 0.5, "unnamed": 0.5, "mcc": 0.5, "unnecessary": shares}
    part |= {"by_op": {"1": shares}, "reask": shares, "by_label": {"0": 0.125, "7": 0.75}}
    other = part | {"by_label": {"3": 0.375}}
    lines = probe_table({"tasks": {"value": part, "can_next": other}, "seconds": 1}).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("by true label"))
    assert [line.split()[-3:] for line in lines[first : first + 3]] == [
        ["0", "3", "7"],
        ["value", "12.5", "75.0"],
        ["can_next", "37.5"],
    ]
    assert lines[first + 2].index("37.5") + 4 == lines[first].index("3") + 1
    assert lines[first + 1].endswith("75.0") and len(lines[first + 1]) == len(lines[first])


def test_one_task_alone_is_not_shipped(course):
    code, _, progress = course("probe --checkpoint pocket --task nece --ship")
    assert code == 2 and "leave --task out" in progress


def test_a_scale_can_be_changed_and_tried_out(course):
    code, output, _ = course("train --scale smoke --batch 20 --layers 1 --steps 9 --dry-run")
    assert code == 0 and "1 layers, 2 heads, width 32" in output
    assert "a step: 20 problems" in output and "all 9 steps take" in output
    assert output.count("step with 20 problems: loss") == 2
    short = "train --scale smoke --batch 4 --layers 1 --steps 1 --dry-run"
    assert course(short)[0] == 0, "even where fewer steps are wanted than are taken"


def test_the_papers_training():
    config = paper_training("med")
    assert config.model.parameter_count() == 87_702_528
    assert config.steps * config.batch_size * config.model.context == 39_321_600_000
    assert (config.lr, config.weight_decay, config.warmup) == (0.002, 0.05, 1000)
    assert (config.optimizer, config.decay, config.loss_on) == ("adamw", "cosine", "all")
