"""Training: one loop that can be killed at any moment and goes on where it was."""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Optimizer
from tqdm.auto import tqdm

from course_lib.errors import CourseError
from course_lib.lm.batches import Stream, batches
from course_lib.lm.checkpoints import load_checkpoint, load_state, save_checkpoint, save_state
from course_lib.lm.config import TrainConfig
from course_lib.lm.device import Place, pick_device
from course_lib.lm.evaluation import accuracy, attempt, by_op, draw_problems
from course_lib.lm.model import GPT
from course_lib.lm.optim import learning_rate, make_optimizers
from course_lib.lm.tokenizer import Tokenizer
from course_lib.paths import DATA, RUNS

STATE = "state.safetensors"
LOG_EVERY = 20  # steps between lines of the log
EVAL_SEED = 2**31  # problems for the accuracy shown while training


@dataclass
class Run:
    """A training run: finished, or as far as it got."""

    model: GPT
    tokenizer: Tokenizer
    config: TrainConfig
    folder: Path
    step: int
    history: list[dict] = field(default_factory=list)  # the lines of log.jsonl

    @property
    def finished(self) -> bool:
        """All steps are done."""
        return self.step >= self.config.steps


def train_or_load(config: TrainConfig, **options) -> Run:
    """The finished run of this config if there is one, else trains (or goes on) in `runs`.

    `options` go to `train`. CourseError if the name belongs to another config.
    """
    name = config.run_name
    for folder in (DATA / "checkpoints" / name, RUNS / name):
        if (folder / "config.json").is_file():
            run = _saved_run(folder, config)
            if run.finished or folder.parent != RUNS:
                return run
    return train(config, RUNS / name, **options)


def _saved_run(folder: Path, config: TrainConfig) -> Run:
    found = load_checkpoint(folder)
    changes = config.diff(found.config)
    if changes:
        name, (mine, theirs) = next(iter(changes.items()))
        raise CourseError(
            f"{folder.name!r} was trained with {name} = {theirs}, not {mine}: "
            "give yours its own name."
        )
    step = found.metrics.get("step", 0)
    history = _read_log(folder / "log.jsonl", step)
    return Run(found.model, found.tokenizer, config, folder, step, history)


def train(
    config: TrainConfig,
    folder: str | Path,
    *,
    resume: bool = True,
    device: str | None = None,
    workers: int = 0,
    max_seconds: float = float("inf"),
    save_every: float = 60.0,
    on_progress: Callable[[dict], None] | None = None,
) -> Run:
    """Trains into a folder, or goes on with what lies there; stops, saved, after `max_seconds`.

    Nothing but the weights' seed and the problem numbers is random, so weights, optimisers and the
    step are the whole state. `save_every` is in seconds; `on_progress` gets each line of the log.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    place = pick_device(device, config.precision)
    tokenizer = Tokenizer(config.problem)
    if len(tokenizer) != config.model.vocab_size:
        raise CourseError(f"This problem config needs a model with vocab_size={len(tokenizer)}.")
    model = GPT(config.model, config.seed).to(place.device)
    optimizers = make_optimizers(model, config.optimizer, config.lr, config.weight_decay)
    begun = resume and (folder / STATE).exists()
    step = load_state(folder / STATE, model, optimizers, config) if begun else 0
    run = Run(model, tokenizer, config, folder, step, _read_log(folder / "log.jsonl", step))
    if not run.finished:
        with _Reporter(run, place, on_progress) as report:
            source = batches(_stream(config), run.step, config.steps, workers=workers)
            _loop(run, optimizers, place, report, source, max_seconds, save_every)
    # Also after the last step: a kill may have come between the state and the checkpoint.
    last = run.history[-1] if run.history else {}
    save_checkpoint(folder, model, config, last | {"step": run.step, "place": place.reason})
    return run


def _stream(config: TrainConfig) -> Stream:
    problem, context = replace(config.problem, split="train"), config.model.context
    return Stream(
        problem, config.batch_size, config.seed, context, config.loss_on, config.curriculum
    )


def _loop(run, optimizers, place, report, source, max_seconds, save_every) -> None:
    config, begin = run.config, time.perf_counter()
    saved = begin
    for batch in report.waiting(source):
        with place.autocast():
            loss = prediction_loss(run.model, *batch.tensors(place.device))
        rate = learning_rate(run.step, config.lr, config.steps, config.warmup, config.decay)
        update(run.model, optimizers, loss, rate)
        report.add(loss.detach(), batch)
        run.step += 1
        if run.step % config.eval_every == 0 or run.finished:
            report.line(**report.evaluation())
        elif run.step % LOG_EVERY == 0:
            report.line()
        now = time.perf_counter()
        late = now - begin > max_seconds
        if run.finished or late or now - saved > save_every:
            save_state(run.folder / STATE, run.model, optimizers, run.step, config)
            saved = now
        if late:
            break


def update(model: GPT, optimizers: list[Optimizer], loss: Tensor, rate: float) -> None:
    """One step down the gradient of a loss, clipped to norm 1, at a learning rate."""
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()


def prediction_loss(model: GPT, ids: Tensor, places: Tensor) -> Tensor:
    """Mean cross-entropy (nats) of the tokens at flat places; only these pass the head."""
    hidden = model(ids, return_hidden=True).flatten(0, 1)  # B·T D
    return F.cross_entropy(model.head(hidden[places - 1]).float(), ids.flatten()[places])


class _Reporter:
    """The bar, the log file and the evaluations of a run."""

    def __init__(self, run: Run, place: Place, on_progress) -> None:
        self.run, self.place, self.on_progress = run, place, on_progress
        config = run.config
        problem = replace(config.problem, split=config.eval_split)
        self.problems = draw_problems(problem, config.eval_problems, EVAL_SEED)
        self.before = run.history[-1]["seconds"] if run.history else 0.0
        self.losses, self.tokens, self.waited = [], 0, 0.0
        self.begin = self.since = time.perf_counter()

    def __enter__(self) -> "_Reporter":
        run = self.run
        path = run.folder / "log.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in run.history), "utf-8")
        self.log = path.open("a", encoding="utf-8")
        quiet = os.environ.get("COURSE_QUIET") == "1"
        self.bar = tqdm(
            total=run.config.steps, initial=run.step, unit="step", disable=quiet, mininterval=1.0
        )
        if not quiet:
            self.bar.write(f"{run.config.run_name} on {self.place.reason}")
        return self

    def __exit__(self, *error) -> None:
        self.bar.close()
        self.log.close()

    def waiting(self, source):
        """Passes batches on and counts the time spent waiting for them."""
        source = iter(source)
        while True:
            asked = time.perf_counter()
            batch = next(source, None)
            self.waited += time.perf_counter() - asked
            if batch is None:
                return
            yield batch

    def add(self, loss: Tensor, batch) -> None:
        """Counts a step; the loss stays on the device until a line is due."""
        self.losses.append(loss)
        self.tokens += batch.ids.size
        self.bar.update()

    def evaluation(self) -> dict:
        """Accuracy on unseen problems, by op."""
        run = self.run
        with self.place.autocast():
            attempts = attempt(run.model, run.tokenizer, self.problems)
        shares = {op: part["accuracy"] for op, part in by_op(attempts).items()}
        return {"accuracy": accuracy(attempts)["accuracy"], "by_op": shares}

    def line(self, **more) -> None:
        """Writes what happened since the last line to log, bar and caller."""
        run, now = self.run, time.perf_counter()
        loss = torch.stack(self.losses).mean().item()
        if loss != loss:
            raise CourseError(f"The loss is no number any more at step {run.step}: lower lr.")
        spent = now - self.since
        record = {
            "step": run.step,
            "problems": run.step * run.config.batch_size,
            "loss": round(loss, 4),
            "tokens_per_s": round(self.tokens / spent),
            "waiting": round(self.waited / spent, 3),  # share of time, for data
            "seconds": round(self.before + now - self.begin, 1),
            **more,
        }
        self.log.write(json.dumps(record) + "\n")
        self.log.flush()
        run.history.append(record)
        shown = {k: record[k] for k in ("loss", "tokens_per_s", "accuracy") if k in record}
        self.bar.set_postfix(shown)
        if self.on_progress:
            self.on_progress(record)
        self.losses, self.tokens, self.waited, self.since = [], 0, 0.0, time.perf_counter()


def _read_log(path: Path, until: int) -> list[dict]:
    """The lines of a log up to a step; later ones will be written again."""
    if not path.exists():
        return []
    lines = []
    with suppress(ValueError):  # a kill may have cut the last line
        lines.extend(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    return [line for line in lines if line["step"] <= until]
