"""What makes the look-up come sooner: one change at a time, from one and the same start.

    python benchmarks/levers.py [--only start,letters] [--minutes 3] [--out data/results/levers]

World: pocket with at most 2 operations and 4 edges. Every run stops when 95 % of 200 fresh problems
are right, or after so many CPU minutes of one thread. One JSON file a run: config, curve, machine;
a run whose file lies there is not made again. The last lines are the table of all files.
"""

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ["COURSE_QUIET"] = "1"

import torch

from course_lib.igsm import ProblemConfig
from course_lib.lm import ModelConfig, Tokenizer, TrainConfig, train
from course_lib.lm.config import to_dict
from course_lib.paths import DATA
from course_lib.provenance import provenance

GOAL = 0.95
WORLD = replace(ProblemConfig.preset("pocket"), max_op=2, max_edges=4)
HEAD_START = dict(look_back=(1, 2, 3, 4, 5, 6), match=0.16)
LEVERS = {  # what differs from "start"
    "start": {},
    "random start": dict(look_back=(), match=0.0),
    "look_back only": dict(match=0.0),
    "match only": dict(look_back=()),
    "one question": dict(questions=1, batch_size=16),
    "loss on all tokens": dict(loss_on="all"),
    "adamw": dict(optimizer="adamw"),
    "lr / 3": dict(lr=1.3e-3),
    "lr x 3": dict(lr=1.2e-2),
    "batch x 4": dict(batch_size=32),
    "random letters": dict(letters="random"),
    "four hierarchies": dict(chains=4),
    "modulus 23": dict(modulus=23),
    "2 layers": dict(layers=2),
    "8 layers": dict(layers=8),
    "64 wide and 4 heads": dict(width=64, heads=4, look_back=(1, 2, 3, 4)),
    "2 heads look back": dict(look_back=(1, 2)),
    "tied head": dict(tied=True),
    "no positions": dict(positions="none", look_back=()),
}


def config_of(changes: dict) -> TrainConfig:
    """The start with some settings changed, whichever config they belong to."""
    settings = HEAD_START | dict(layers=4, heads=6, width=96) | changes
    settings = dict(batch_size=8, questions=4, optimizer="muon", lr=4e-3) | settings

    def part(kind) -> dict:
        return {k: v for k, v in settings.items() if k in kind.__dataclass_fields__}

    world = ("chains", "letters", "modulus")
    problem = replace(WORLD, **{k: settings[k] for k in world if k in settings})
    model = ModelConfig(vocab_size=len(Tokenizer(problem)), context=512, **part(ModelConfig))
    schedule = dict(steps=30_000, warmup=300, eval_every=250, eval_problems=200)
    return TrainConfig(problem, model, **schedule, **part(TrainConfig))


class Reached(Exception):
    """The goal is reached, or the time is up."""


def measure(config: TrainConfig, minutes: float) -> dict:
    """Trains until the goal or the end of the time; the curve counts CPU seconds."""
    curve, begin = [], time.process_time()

    def watch(run) -> None:
        line, spent = run.history[-1], time.process_time() - begin
        if "accuracy" in line:
            curve.append({"cpu_seconds": round(spent, 1)} | line)
            if line["accuracy"] >= GOAL:
                raise Reached
        if spent > 60 * minutes:
            raise Reached

    try:
        with tempfile.TemporaryDirectory() as folder:
            train(config, folder, device="cpu", on_progress=watch)
    except Reached:
        pass
    return {"reached": bool(curve and curve[-1]["accuracy"] >= GOAL), "curve": curve}


def row(name: str, result: dict) -> str:
    """A line of the table."""
    last = result["curve"][-1]
    problems = last["step"] * result["config"]["batch_size"] * result["config"]["questions"]
    when = f"{last['cpu_seconds']:6.0f} s" if result["reached"] else "   not in time"
    return f"{name:22}{when:>14}{problems:12,}{last['accuracy']:10.0%}{last['loss']:9.3f}"


def main() -> None:
    """Makes the runs that are missing and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names of levers, with commas between them")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--out", type=Path, default=DATA / "results" / "levers")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"{'lever':22}{'95 % after':>14}{'questions':>12}{'right':>10}{'loss':>9}")
    for name in args.only.split(",") if args.only else LEVERS:
        path = args.out / (name.replace(" ", "_").replace("/", "over") + ".json")
        if not path.exists():
            config = config_of(LEVERS[name])
            result = {"lever": name, "config": to_dict(config), **provenance()}
            path.write_text(json.dumps(result | measure(config, args.minutes), indent=1) + "\n")
        print(row(name, json.loads(path.read_text())), flush=True)


if __name__ == "__main__":
    main()
