"""Two steps of a training that may be too large for this machine, and how long the rest takes."""

import time
from collections.abc import Callable
from math import ceil

from course_lib.lm.batches import BLOCK, Stream, batches
from course_lib.lm.config import TrainConfig
from course_lib.lm.distributed import take_rows
from course_lib.lm.rows import Batch
from course_lib.lm.training import Trainer
from course_lib.paths import RUNS


def dry_run(
    config: TrainConfig,
    *,
    device: str | None = None,
    micro_batch: int | None = None,
    seconds: float = 150.0,
    note: Callable[[str], None] = print,
) -> float:
    """Builds a run, takes two steps after a small trial, and returns the hours of all its steps.

    Where two whole steps took more than `seconds`, both read only a part of their batch.
    """
    micro_batch = micro_batch or 8
    trainer = Trainer(config, RUNS / "dry-run", device, micro_batch)
    model, rows = config.model, config.batch_size
    note(
        f"{model.layers} layers, {model.heads} heads, width {model.width}: "
        f"{model.parameter_count():,} parameters, on {trainer.place.reason}"
    )
    block = list(batches(Stream.of(config), 0, BLOCK))
    tokens = sum(batch.ids.size for batch in block) / BLOCK
    note(
        f"a step: {rows} problems, {micro_batch} at once; {tokens:,.0f} tokens "
        f"(context {model.context})"
    )
    few = take_rows(block[0], 0, ceil(rows / micro_batch))
    trial = _step(trainer, few)[1] / few.ids.size  # seconds a token
    stride = ceil(2 * tokens * trial / seconds)
    parts = [take_rows(batch, 0, stride) for batch in block[:2]]
    spent = 0.0
    for part in parts:
        loss, took = _step(trainer, part)
        note(f"step with {len(part.ids)} problems: loss {loss:.3f}, {took:.1f} s")
        spent += took
    step = spent * tokens / sum(part.ids.size for part in parts)
    hours = step * config.steps / 3600
    note(
        f"{tokens / step:,.0f} tokens/s, so {step:,.1f} s a step: all {config.steps:,} steps "
        f"take {hours:,.1f} hours ({hours / 24:,.1f} days) here"
    )
    return hours


def _step(trainer: Trainer, batch: Batch) -> tuple[float, float]:
    """The loss of a step, and its seconds."""
    trainer.run.step = 0  # however short the training is
    begin = time.perf_counter()
    loss = trainer.step(batch).item()  # waits for the device
    return loss, time.perf_counter() - begin
