"""`course ship`: a finished run becomes a checkpoint of the repository."""

import json
from argparse import Namespace
from pathlib import Path

import torch

from course_lib import lm
from course_lib.errors import CourseError
from course_lib.lm.checkpoints import find_checkpoint, write_whole
from course_lib.lm.config import to_dict
from course_lib.lm.reporter import LOG, read_log
from course_lib.paths import DATA, ROOT, RUNS


def ship(options: Namespace, note) -> int:
    """Writes `data/checkpoints/NAME` (weights in bfloat16) and `data/results/NAME.json`.

    What is evaluated is what is shipped: the weights as they were rounded.
    """
    folder = Path(options.checkpoint)
    if not (folder / "config.json").is_file():
        folder = RUNS / folder  # not what was shipped before
    source = find_checkpoint(folder)
    found = lm.load_checkpoint(source)
    name, config = found.config.run_name, found.config
    if found.metrics["step"] < config.steps:
        raise CourseError(
            f"{name} is at step {found.metrics['step']:,} of {config.steps:,}: finish it first."
        )
    rounded = found.model.to(torch.bfloat16).float()
    figures = lm.evaluate(
        rounded, found.tokenizer, config.problem, options.n, options.seed, note=note
    )
    test = {"n": options.n, "seed": options.seed, **figures}
    target, metrics = DATA / "checkpoints" / name, found.metrics | {"test": test}
    lm.save_checkpoint(target, rounded, config, metrics, torch.bfloat16)
    write_whole(target / LOG, lambda draft: draft.write_bytes((source / LOG).read_bytes()))
    curve = [line for line in read_log(target, config.steps) if "accuracy" in line]
    origin = {key: metrics.get(key) for key in ("commit", "machine")}  # of the training
    result = {"run": name, **origin, "config": to_dict(config), "test": test, "curve": curve}
    path = DATA / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{target.relative_to(ROOT)} and {path.relative_to(ROOT)} are written.")
    return 0
