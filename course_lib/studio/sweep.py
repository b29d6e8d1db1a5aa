"""`course sweep`: depth against width at equal size and on equal data, cell by cell (paper §6)."""

import json
import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from joblib import Parallel, delayed, parallel_config

from course_lib import lm
from course_lib.errors import CourseError
from course_lib.lm import TrainConfig
from course_lib.lm.checkpoints import write_whole
from course_lib.lm.config import to_dict
from course_lib.lm.evaluation import APART, accuracy, attempt, draw_problems, tested_ops
from course_lib.paths import DATA
from course_lib.provenance import provenance
from course_lib.studio.grid import Cell, cells_of, find_cell, training_of
from course_lib.studio.scales import SWEEP

RESULTS = DATA / "results" / "depth"
RATES = (1.5e-3, 3e-3, 6e-3, 1.2e-2)  # peaks that are tried at each depth


def run_cell(cell: Cell, config: TrainConfig, n: int) -> dict:
    """Trains a cell (or goes on with it) and says what it solves; `error` where it broke down."""
    os.environ["COURSE_QUIET"] = "1"
    torch.set_num_threads(1)
    begin = time.perf_counter()
    result = {"cell": cell.name, **vars(cell), "rate": config.lr, **provenance()}
    try:
        run = lm.train_or_load(config, device="cpu")
    except CourseError as error:
        return result | {"error": str(error)}
    blocks = sum(weight.numel() for weight in run.model.blocks.parameters())
    last = run.history[-1]
    return result | {
        **{"parameters": blocks, "problems": last["problems"], "loss": last["loss"]},
        **{"law": solved(run, n), "by_op": by_op(run, n)},
        "config": to_dict(config),
        "curve": [line for line in run.history if "accuracy" in line],
        "seconds": {"training": last["seconds"], "all": round(time.perf_counter() - begin, 1)},
    }


def solved(run: lm.Run, n: int, **wishes) -> dict:
    """Accuracy on n test problems that no training has seen."""
    law = replace(run.config.problem, split="test", **wishes)
    return accuracy(attempt(run.model, run.tokenizer, draw_problems(law, n, APART)))


def by_op(run: lm.Run, n: int) -> dict[str, dict]:
    """Accuracy at each op up to half again the largest of the training."""
    return {str(op): solved(run, n, op=op) for op in tested_ops(run.config.problem)}


def run(options: Namespace, note: Callable[[str], None]) -> dict:
    """Runs the cells that are missing, or tries rates, or neither; then what all results say."""
    folder = Path(options.out or RESULTS)
    cells = [find_cell(options.only)] if options.only else cells_of(options.row or "all")
    steps = options.steps or SWEEP.steps
    if options.tune:
        tune(cells, steps, folder, options, note)
    elif not options.report:
        train_missing(cells, steps, folder, options, note)
    return read_sweep(folder)


def read_sweep(folder: Path = RESULTS) -> dict:
    """The cells that are done, in the order of the grid, and the losses of the rates tried."""
    paths = [folder / f"{cell.name}.json" for cell in cells_of("all")]
    cells = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
    return {"folder": str(folder), "cells": cells, "rates": read_trials(folder)}


def train_missing(cells: list[Cell], steps: int, folder: Path, options: Namespace, note) -> None:
    """Makes the results that are not there; CourseError names the cells that broke down."""
    jobs, failed = [], []
    for cell in cells:
        config = training_of(cell, rate_of(cell, folder), steps)
        if not _is_done(folder / f"{cell.name}.json", config, options.n):
            jobs.append((cell, config, options.n))
    for result in in_parallel(jobs, options, note):
        if "error" in result:
            failed.append(f"{result['cell']}: {result['error']}")
        else:
            _write(folder / f"{result['cell']}.json", result)
    if failed:
        raise CourseError(" ".join(failed))


def _is_done(path: Path, config: TrainConfig, n: int) -> bool:
    if not path.exists():
        return False
    made = json.loads(path.read_text(encoding="utf-8"))
    if made["config"] != to_dict(config) or made["law"]["n"] != n:
        raise CourseError(f"{path} was made with other settings: choose another folder with --out.")
    return True


def tune(cells: list[Cell], steps: int, folder: Path, options: Namespace, note) -> None:
    """Trains the first seed of each depth at all `RATES` and keeps the losses.

    In the row "small", and in full: short trials prefer rates that are too large (LOG.md).
    """
    trials, depths = read_trials(folder), {cell.layers for cell in cells}
    jobs = [
        (cell, training_of(cell, rate, steps), 0)
        for cell in cells_of("small")
        if cell.seed == 0 and cell.layers in depths
        for rate in RATES
        if f"{rate:g}" not in trials.get(str(cell.layers), {})
    ]
    for result in in_parallel(jobs, options, note):
        losses = trials.setdefault(str(result["layers"]), {})
        losses[f"{result['rate']:g}"] = result.get("loss")
        ordered = {depth: _in_order(trials[depth]) for depth in _in_order(trials)}
        _write(folder / "rates.json", ordered)


def _in_order(table: Mapping[str, object]) -> dict[str, object]:
    return {number: table[number] for number in sorted(table, key=float)}


def rate_of(cell: Cell, folder: Path = RESULTS) -> float:
    """The best of the rates that were tried at its depth, there or for the shipped results."""
    rates = read_rates(RESULTS) | read_rates(folder)
    return rates.get(str(cell.layers), SWEEP.lr)


def read_rates(folder: Path) -> dict[str, float]:
    """For each depth whose rates were tried, that with the least loss."""
    best = {}
    for depth, losses in read_trials(folder).items():
        whole = {rate: loss for rate, loss in losses.items() if loss is not None}
        if whole:
            best[depth] = float(min(whole, key=whole.__getitem__))
    return best


def read_trials(folder: Path) -> dict[str, dict[str, float | None]]:
    """By depth and rate the loss, or None where the training broke down."""
    path = folder / "rates.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def in_parallel(jobs: list[tuple], options: Namespace, note) -> Iterator[dict]:
    """The results of `run_cell` as they come, each with a word on how long the rest will take."""
    begin = time.perf_counter()
    with _workers(options.workers, options.cluster):
        results = Parallel(return_as="generator_unordered")(delayed(run_cell)(*x) for x in jobs)
        for done, result in enumerate(results, start=1):
            left = (time.perf_counter() - begin) / done * (len(jobs) - done) / 60
            what = result.get("error") or f"loss {result['loss']:.3f}"
            if result.get("law", {}).get("n"):
                what += f", {result['law']['accuracy']:.0%} solved"
            note(f"{done} of {len(jobs)}: {result['cell']}: {what}; about {left:.0f} minutes left")
            yield result


@contextmanager
def _workers(workers: int | None, address: str | None) -> Iterator[None]:
    """Where joblib runs the cells: local processes, or the workers of a Dask cluster."""
    if not address:
        with parallel_config("loky", n_jobs=workers or os.cpu_count() or 1):
            yield
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise CourseError("--cluster needs Dask: pip install -e '.[cluster]'.") from None
    try:
        client = Client(address, timeout=5)
        client.wait_for_workers(1, timeout=5)
    except (OSError, ValueError):
        raise CourseError(
            f"No Dask scheduler with workers answers at {address}: start `dask scheduler` and "
            "`dask worker`, and give the address that they print (tcp://HOST:PORT)."
        ) from None
    with client, parallel_config("dask", n_jobs=-1):
        yield


def _write(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1) + "\n"
    write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8"))
