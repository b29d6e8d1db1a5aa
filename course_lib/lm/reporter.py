"""What a training says of itself: the bar, the log file and the evaluations."""

import json
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_lib.errors import CourseError
from course_lib.lm.checkpoints import write_whole
from course_lib.lm.evaluation import accuracy, attempt, by_op, draw_problems
from course_lib.lm.rows import Batch

LOG = "log.jsonl"
LOG_EVERY = 20  # steps between lines of the log
EVAL_SEED = 2**31  # problems for the accuracy shown while training
Counts = defaultdict[str, float]  # tokens, seconds, and seconds waited


class Reporter:
    """Tells the log file, the bar and `on_progress` how a trainer gets on.

    Every process of a team has one, for the loss is theirs together; only the leader's is heard.
    """

    def __init__(self, trainer, on_progress) -> None:
        """Draws the problems of the evaluations."""
        self.run, self.place, self.team = trainer.run, trainer.place, trainer.team
        self.on_progress = on_progress
        self.quiet = os.environ.get("COURSE_QUIET") == "1" or not self.team.leads
        config, history = self.run.config, self.run.history
        problem = replace(config.problem, split="test")
        self.problems = draw_problems(problem, config.eval_problems, EVAL_SEED)
        self.before = history[-1]["seconds"] if history else 0.0
        self.losses: list[Tensor] = []
        self.recent, self.sitting = Counts(float), Counts(float)
        self.begin = self.since = time.perf_counter()

    def __enter__(self) -> "Reporter":
        """Opens log and bar."""
        run, path = self.run, self.run.folder / LOG
        if self.team.leads:  # what the log tells of steps after the saved state happens anew
            text = "".join(json.dumps(line) + "\n" for line in run.history)
            write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8"))
        self.log = (path if self.team.leads else Path(os.devnull)).open("a", encoding="utf-8")
        steps = {"total": run.config.steps, "initial": run.step, "unit": " steps"}
        self.bar = tqdm(**steps, disable=self.quiet, mininterval=1.0)
        many = f", {self.team.size} processes" if self.team.size > 1 else ""
        self.say(f"{run.config.run_name} on {self.place.reason}{many}")
        return self

    def __exit__(self, *error) -> None:
        """Closes them, with a last word on speed."""
        self.bar.close()
        self.log.close()
        self._count_time()
        speed, waiting = _rates(self.sitting)
        self.say(f"step {self.run.step}: {speed:,.0f} tokens/s, {waiting:.1%} waiting for data")

    def say(self, line: str) -> None:
        """Prints a line above the bar, unless quiet."""
        if not self.quiet:
            self.bar.write(line)

    def waiting(self, source: Iterable[Batch]) -> Iterator[Batch]:
        """Passes batches on and counts the time spent waiting for them."""
        source = iter(source)
        while True:
            asked = time.perf_counter()
            batch = next(source, None)
            self.recent["waited"] += time.perf_counter() - asked
            if batch is None:
                return
            yield batch

    def add(self, loss: Tensor, batch: Batch) -> None:
        """Counts a step, and writes a line where one is due; the loss stays on the device."""
        run = self.run
        self.losses.append(loss)
        self.recent["tokens"] += batch.ids.size
        self.bar.update()
        if run.step % run.config.eval_every == 0 or run.finished:
            self.line(self.evaluation)
        elif run.step % LOG_EVERY == 0:
            self.line(dict)

    def line(self, evaluate) -> None:
        """Tells everybody what happened since the last line, and what `evaluate` finds."""
        run, loss = self.run, self.team.mean(torch.stack(self.losses).mean())
        if not math.isfinite(loss):
            raise breakdown(run.step)
        speed, waiting = _rates(self._count_time())
        if self.team.leads:
            figures = evaluate()
            record = {
                "step": run.step,
                "problems": run.step * run.config.batch_size,
                "loss": round(loss, 4),
                "tokens_per_s": round(speed),
                "waiting": round(waiting, 3),  # share of time, for data
                "seconds": round(self.before + time.perf_counter() - self.begin, 1),
            } | figures
            self.log.write(json.dumps(record) + "\n")
            self.log.flush()
            run.history.append(record)
            self.bar.set_postfix_str(
                f"loss {loss:.3f}, {speed:,.0f} tokens/s, {waiting:.1%} waiting for data"
            )
            if self.on_progress:
                self.on_progress(run)
        self.losses, self.since = [], time.perf_counter()

    def evaluation(self) -> dict:
        """Accuracy on unseen problems, by op; printed, too."""
        with self.place.autocast():
            attempts = attempt(self.run.model, self.run.tokenizer, self.problems)
        share = accuracy(attempts)["accuracy"]
        shares = {op: part["accuracy"] for op, part in by_op(attempts).items()}
        parts = ", ".join(f"op {op} {part:.0%}" for op, part in shares.items())
        self.say(f"step {self.run.step}: {share:.0%} of {len(attempts)} solved ({parts})")
        return {"accuracy": share, "by_op": shares}

    def _count_time(self) -> Counts:
        recent, self.recent = self.recent, Counts(float)
        recent["seconds"] = time.perf_counter() - self.since
        for name, amount in recent.items():
            self.sitting[name] += amount
        return recent


def _rates(counts: Counts) -> tuple[float, float]:
    """Tokens (with padding) a second, and the share of time spent waiting."""
    seconds = counts["seconds"] or 1.0
    return counts["tokens"] / seconds, counts["waited"] / seconds


def breakdown(step: int) -> CourseError:
    """What to say when a loss or a weight is infinite or no number at all."""
    return CourseError(
        f"Training broke down at step {step}, its numbers are not finite any more: lower lr. "
        "What was saved before is kept."
    )


def read_log(folder: Path, until: int) -> list[dict]:
    """The lines of a log up to a step."""
    path = folder / LOG
    lines: list[dict] = []
    if path.exists():
        with suppress(ValueError):  # a kill may have cut the last line
            lines.extend(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    return [line for line in lines if line["step"] <= until]
