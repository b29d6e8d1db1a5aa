"""Training: one loop that can be killed at any moment and goes on where it was."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from course_lib.errors import CourseError
from course_lib.lm.batches import Stream, batches
from course_lib.lm.checkpoints import (
    SAVE_EVERY,
    load_checkpoint,
    load_state,
    save_checkpoint,
    save_state,
)
from course_lib.lm.config import TrainConfig
from course_lib.lm.device import Place, pick_device
from course_lib.lm.distributed import join_team, without_sync
from course_lib.lm.model import GPT
from course_lib.lm.optim import learning_rate, make_optimizers
from course_lib.lm.reporter import Reporter, breakdown, read_log
from course_lib.lm.rows import Batch
from course_lib.lm.tokenizer import Tokenizer
from course_lib.paths import DATA, RUNS
from course_lib.provenance import provenance

STATE = "state.safetensors"
GO_ON, SAVE, STOP = range(3)  # what the leader of a team orders after a step


@dataclass
class Run:
    """A training run: finished, or as far as it got."""

    model: GPT
    tokenizer: Tokenizer
    config: TrainConfig
    folder: Path
    step: int = 0
    history: list[dict] = field(default_factory=list)  # the lines of log.jsonl
    going_on: bool = False  # at this moment

    @property
    def finished(self) -> bool:
        """All steps are done."""
        return self.step >= self.config.steps


def train_or_load(
    config: TrainConfig,
    *,
    device: str | None = None,
    on_progress: Callable[[Run], None] | None = None,
    **options,
) -> Run:
    """The finished run of this config if there is one, else trains (or goes on) in `runs`.

    All options are those of `train`. CourseError if the name belongs to another config.
    """
    name = config.run_name
    for folder in (DATA / "checkpoints" / name, RUNS / name):
        if (folder / "config.json").is_file():
            run = _saved_run(folder, config, device)
            if run.finished or folder.parent != RUNS:
                if on_progress:
                    on_progress(run)
                return run
    return train(config, RUNS / name, device=device, on_progress=on_progress, **options)


def _saved_run(folder: Path, config: TrainConfig, device: str | None) -> Run:
    found = load_checkpoint(folder, pick_device(device).device)
    changes = config.diff(found.config)
    if changes:
        name, (mine, theirs) = next(iter(changes.items()))
        raise CourseError(
            f"{folder.name!r} was trained with {name} = {theirs}, not {mine}: "
            "give yours its own name."
        )
    step = found.metrics.get("step", 0)
    return Run(found.model, found.tokenizer, config, folder, step, read_log(folder, step))


def train(
    config: TrainConfig,
    folder: str | Path,
    *,
    resume: bool = True,
    device: str | None = None,
    workers: int = 0,
    micro_batch: int | None = None,
    max_steps: float = float("inf"),
    max_seconds: float = float("inf"),
    save_every: float = SAVE_EVERY,
    on_progress: Callable[[Run], None] | None = None,
) -> Run:
    """Trains into a folder, or goes on with what lies there.

    It stops, saved, at the end, after `max_steps` more, or after `max_seconds`. Nothing but the
    weights' seed and the problem numbers is random, so weights, optimisers and the step are the
    whole state. `workers` processes draw problems; `micro_batch` rows are computed at once, where
    memory is short; `save_every` is in seconds; `on_progress` gets the run after each line of its
    log and at its end. Processes that `torchrun` started train one model together.
    """
    trainer = Trainer(config, Path(folder), device, micro_batch)
    run = trainer.run
    run.folder.mkdir(parents=True, exist_ok=True)
    if resume:
        trainer.resume()
    if not run.finished:
        run.going_on = True
        with Reporter(trainer, on_progress) as report:
            _loop(trainer, report, workers, max_steps, max_seconds, save_every)
        run.going_on = False
    if trainer.team.leads:
        # Also after the last step: a kill may have come between the state and the checkpoint.
        last = run.history[-1] if run.history else {}
        metrics = last | {"step": run.step, "place": trainer.place.reason} | provenance()
        save_checkpoint(run.folder, run.model, config, metrics)
        if on_progress:
            on_progress(run)
    trainer.team.agree()  # the files are written
    return run


def _loop(
    trainer: "Trainer", report: Reporter, workers: int, max_steps, max_seconds, save_every
) -> None:
    begin = saved = time.perf_counter()
    run = trainer.run
    last = int(min(run.config.steps, run.step + max_steps))
    source = batches(Stream.of(run.config), run.step, last, workers=workers)
    for batch in report.waiting(source):
        report.add(trainer.step(batch), batch)
        now = time.perf_counter()
        stop = run.step == last or now - begin > max_seconds
        wish = STOP if stop else SAVE if now - saved > save_every else GO_ON
        order = trainer.team.agree(wish)
        if order != GO_ON:
            trainer.save()
            saved = time.perf_counter()
        if order == STOP:
            break


class Trainer:
    """A run with all that a step of it needs."""

    def __init__(
        self, config: TrainConfig, folder: Path, device: str | None, micro_batch: int | None
    ) -> None:
        """Begins at step 0; CourseError if the model's vocabulary is not that of the problems."""
        self.place = pick_device(device, config.precision)
        self.team = join_team(self.place)
        self.micro_batch = micro_batch
        tokenizer = Tokenizer(config.problem)
        if len(tokenizer) != config.model.vocab_size:
            raise CourseError(f"These problems need a model with vocab_size={len(tokenizer)}.")
        model = GPT(config.model, config.seed).to(self.place.device)
        self.optimizers = make_optimizers(model, config.optimizer, config.lr, config.weight_decay)
        self.objective = self.team.wrap(Objective(model, self.place))
        self.run = Run(model, tokenizer, config, folder)

    def resume(self) -> None:
        """Goes to where the folder's state was saved, if there is one."""
        run, path = self.run, self.run.folder / STATE
        if path.exists():
            run.step = load_state(path, run.model, self.optimizers, run.config)
            run.history = read_log(run.folder, run.step)

    def save(self) -> None:
        """Writes the state; CourseError, and the old one stays, if this one is broken."""
        run = self.run
        finite = [weight.isfinite().all() for weight in run.model.parameters()]
        if not torch.stack(finite).all():
            raise breakdown(run.step)
        if self.team.leads:
            save_state(run.folder / STATE, run.model, self.optimizers, run.step, run.config)

    def step(self, batch: Batch) -> Tensor:
        """Learns from a batch; returns a loss whose mean over the team is the batch's."""
        run, config, total = self.run, self.run.config, 0.0
        tokens = float(batch.loss_mask.sum()) / self.team.size  # gradients are averaged over it
        *others, last = self.team.parts(batch, self.micro_batch)
        with without_sync(self.objective):
            for part in others:
                loss = self.objective(part, tokens)
                loss.backward()
                total += loss.detach()
        loss = self.objective(last, tokens)
        begin, end, peak = next(part for part in config.rounds if run.step < part[1])
        shape = (config.warmup, config.decay, config.fall)
        rate = learning_rate(run.step - begin, peak, end - begin, *shape)
        update(run.model, self.optimizers, loss, rate)
        run.step += 1
        return total + loss.detach()


class Objective(nn.Module):
    """The loss as a module, since a team shares the gradients of modules."""

    def __init__(self, model: GPT, place: Place) -> None:
        """Of this model, computed there."""
        super().__init__()
        self.model, self.place = model, place

    def forward(self, part: Batch, tokens: float) -> Tensor:
        """What a part of a batch adds to the mean over all `tokens` the batch predicts."""
        with self.place.autocast():
            return prediction_loss(self.model, *part.tensors(self.place.device), tokens=tokens)


def update(model: GPT, optimizers: list[Optimizer], loss: Tensor, rate: float) -> None:
    """One step down the gradient of a loss, clipped to norm 1, at a learning rate."""
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()


def prediction_loss(
    model: GPT,
    ids: Tensor,
    places: Tensor,
    positions: Tensor | None = None,
    mask: Tensor | None = None,
    tokens: float | None = None,
) -> Tensor:
    """Mean cross-entropy (nats) of the tokens at flat places; only these pass the head.

    For a part of a batch, `tokens` is how many the whole predicts: the parts' losses add up.
    """
    hidden = model(ids, mask=mask, positions=positions, return_hidden=True).flatten(0, 1)  # B·T D
    logits = model.head(hidden[places - 1]).float()
    total = F.cross_entropy(logits, ids.flatten()[places], reduction="sum")
    return total / (tokens or len(places))
