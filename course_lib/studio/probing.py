"""`course probe`: all tasks with their controls, several at once, kept as they are done."""

import json
import os
import random
import shutil
import time
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context

import torch

from course_lib import lm, probes
from course_lib.errors import CourseError
from course_lib.lm.checkpoints import Checkpoint
from course_lib.lm.evaluation import APART, reasked, tested_ops
from course_lib.paths import DATA
from course_lib.probes.store import SHELVES, probe_name
from course_lib.provenance import provenance
from course_lib.studio.scales import BRIEF_PROBE


def run(options: Namespace, note: Callable[[str], None]) -> dict:
    """The figures of `course probe`, as values that JSON can hold."""
    begin = time.perf_counter()
    tasks = [*probes.TASKS] if options.task == "all" else [probes.find_task(options.task).name]
    configs = {}
    for task in tasks:
        config = config_of(task, options)
        for variant, one in {"pretrained": config, **config.controls()}.items():
            configs[task, variant] = one
    if options.ship and len(tasks) < len(probes.TASKS):
        raise CourseError("--ship replaces all probes that are shipped: leave --task out.")
    found = lm.load_checkpoint(options.checkpoint)
    if options.layer and options.layer > found.config.model.layers:
        raise CourseError(f"The model has {found.config.model.layers} layers: choose one of them.")
    figures = _examine_all(configs, options, note)
    table = {task: _figures(task, figures) for task in tasks}
    seconds = round(time.perf_counter() - begin)
    origin = {"model": found.config.run_name, "n": options.n, "seed": options.seed} | provenance()
    report = {**origin, "steps": config_of(tasks[0], options).steps, "tasks": table}
    if options.ship:
        _ship(found, configs, report)
    return report | {"seconds": seconds}


def config_of(task: str, options: Namespace) -> probes.ProbeConfig:
    """The probe of a task."""
    wishes = {"task": task, "seed": options.seed, "layer": options.layer}
    return replace(BRIEF_PROBE, **wishes, **({"steps": options.steps} if options.steps else {}))


def _examine_all(configs: dict, options: Namespace, note) -> dict[tuple, dict]:
    """Each probe's figures; as many probes at once as there are processors."""
    workers = options.workers or min(os.cpu_count() or 1, len(configs))
    figures, begin = {}, time.perf_counter()
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        jobs = {
            pool.submit(job, options, config, whole=variant == "pretrained"): (task, variant)
            for (task, variant), config in configs.items()
        }
        try:
            for done in as_completed(jobs):
                task, variant = jobs[done]
                figures[task, variant] = part = done.result()
                left = (time.perf_counter() - begin) / len(figures) * (len(jobs) - len(figures))
                note(
                    f"{len(figures):2} of {len(jobs)}: {task}, {variant}: "
                    f"{part['all']['accuracy']:.1%}; about {left / 60:.0f} minutes left"
                )
        finally:  # after a failure or ctrl-c, begin no other
            pool.shutdown(cancel_futures=True)
    return figures


def job(options: Namespace, config: probes.ProbeConfig, whole: bool) -> dict:
    """Trains or loads one probe and examines it; runs in a process of its own."""
    torch.set_num_threads(1)
    found = lm.load_checkpoint(options.checkpoint)
    probe = probes.train_or_load_probe(found.model, found.tokenizer, config)
    return examination(probe, found, options.n, options.seed, whole)


def examination(probe, found: Checkpoint, n: int, seed: int, whole: bool) -> dict:
    """Scores on n problems of the test split; `whole`, also what the paper's tables tell apart."""
    law = replace(found.config.problem, split="test")

    def beliefs(problems: list) -> list[probes.Belief]:
        return probes.examine(probe, found.tokenizer, problems, seed)

    problems = lm.draw_problems(law, n, seed + APART)
    plain = beliefs(problems)
    figures = {"all": probes.score(plain)}
    if not whole:
        return figures
    by_op = {}
    for op in tested_ops(law):
        longer = lm.draw_problems(replace(law, op=op), max(n // 5, 1), seed + APART)
        by_op[str(op)] = probes.score(beliefs(longer))
    return figures | {
        "unnecessary": probes.score(plain, lambda belief: not belief.necessary),
        "by_op": by_op,
        "reask": probes.score(beliefs(reasked(problems, random.Random(seed)))),
    }


def _figures(task: str, figures: dict[tuple, dict]) -> dict:
    """A task's probe beside its controls."""
    whole = figures[task, "pretrained"]
    plain = whole["all"]
    controls = [variant for name, variant in figures if name == task and variant != "pretrained"]
    return {
        "pretrained": plain["accuracy"],
        **{name: plain[name] for name in ("low", "high", "majority", "mcc", "by_label", "n")},
        **{control: figures[task, control]["all"]["accuracy"] for control in controls},
        "random_init_mcc": figures[task, "random_init"]["all"]["mcc"],
        **{name: whole[name] for name in ("unnecessary", "by_op", "reask")},
    }


def _ship(found: Checkpoint, configs: dict, report: dict) -> None:
    """Puts the probes and their controls where others lay, and writes what they reach."""
    shelf, runs = SHELVES
    shelf.mkdir(exist_ok=True)
    names = {probe_name(found.model, config) for config in configs.values()}
    for name in names:
        if not (shelf / name).exists():  # else it was read from there
            shutil.copyfile(runs / name, shelf / name)
    for old in shelf.glob("*.safetensors"):
        if old.name not in names:
            old.unlink()
    text = json.dumps(report, indent=1) + "\n"
    (DATA / "results" / f"{report['model']}-probes.json").write_text(text, encoding="utf-8")
