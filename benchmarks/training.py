"""Problems per second in training: our loop against a plain one on packed rows.

    python benchmarks/training.py [--preset pocket] [--layers 4] [--heads 4] [--width 64]

The plain loop is of nanoGPT's kind: the problems one after the other, cut into rows of a fixed
length, fused causal attention, the loss on every token. Ours reads whole problems in batches of
similar length and computes the head and the loss only where a solution is predicted; with several
questions it reads a description once and the questions and solutions as branches. Each of these
counts as a problem, so descriptions per second stand beside. Same model, problems, tokens,
optimiser (AdamW; a last row has Muon), device and one thread; the loops take turns, and the best of
the repeats is printed. On a CPU its own seconds count, not the clock's. Problems are drawn before
the clock starts; a column has the speed with the drawing, all in one process.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import torch
from clock import clock
from torch import Tensor
from torch.nn import functional as F

from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import GPT, Stream, Tokenizer, TrainConfig, pick_device
from course_lib.lm.optim import make_optimizers
from course_lib.lm.training import prediction_loss, update
from course_lib.studio.scales import CONTEXTS, training

RATE = 1e-3


@dataclass
class Steps:
    """Some batches, ready on the device, and what is in them."""

    inputs: list[tuple]
    problems: int
    descriptions: int
    tokens: int  # without padding
    seconds: float  # for drawing


@dataclass
class Loop:
    """One way to train, and how fast it was."""

    name: str
    optimizer: str
    attention: str
    loss: Callable[..., Tensor]
    steps: Steps
    times: list[float] = field(default_factory=list)  # of all steps, in seconds

    def prepare(self, config: TrainConfig, device: torch.device) -> None:
        """A fresh model and its optimisers."""
        self.model = GPT(config.model, attention=self.attention).to(device)
        self.optimizers = make_optimizers(self.model, self.optimizer, RATE, 0.05)
        self.device = device

    def run(self, place) -> None:
        """All steps once."""
        begin = clock(self.device)
        for inputs in self.steps.inputs:
            with place.autocast():
                loss = self.loss(self.model, *inputs)
            update(self.model, self.optimizers, loss, RATE)
        self.times.append(clock(self.device) - begin)


def draw_ours(config: TrainConfig, device: torch.device, count: int, questions: int) -> Steps:
    """About `count` descriptions in our batches: of a block's, short to long, as many as wanted."""
    problem, context = replace(config.problem, split="train"), config.model.context
    stream = Stream(problem, config.batch_size, 0, context, questions=questions)
    begin = time.process_time()
    block, tokenizer = stream.block(0), Tokenizer(problem)
    seconds = time.process_time() - begin
    block.sort(key=lambda batch: batch.ids.shape[1])
    each = max(len(block) * config.batch_size // count, 1)
    batches = block[each // 2 :: each]
    return Steps(
        inputs=[batch.tensors(device) for batch in batches],
        problems=sum(int((batch.ids == tokenizer.end).sum()) for batch in batches),
        descriptions=sum(len(batch.ids) for batch in batches),
        tokens=sum(int((batch.ids != tokenizer.pad).sum()) for batch in batches),
        seconds=seconds * len(batches) / len(block),
    )


def draw_packed(config: TrainConfig, device: torch.device, count: int, context: int) -> Steps:
    """Rows of `context` tokens (and the next) cut from `count` problems, as many a step as ours."""
    begin = time.process_time()
    problem = replace(config.problem, split="train")
    problems = (sample_problem(problem, number) for number in range(count))
    stream = _tokens(problems, Tokenizer(problem))
    rows = list(iter(lambda: list(islice(stream, context + 1)), []))[:-1]
    seconds = time.process_time() - begin
    a_step = max(round(config.batch_size * len(rows) / count), 1)
    return Steps(
        inputs=[
            (torch.tensor(rows[i : i + a_step]).to(device),) for i in range(0, len(rows), a_step)
        ],
        problems=count,
        descriptions=count,
        tokens=len(rows) * context,
        seconds=seconds,
    )


def _tokens(problems, tokenizer: Tokenizer) -> Iterator[int]:
    for problem in problems:
        prompt, target = tokenizer.encode_problem(problem)
        yield from prompt + target


def packed_loss(model: GPT, rows: Tensor) -> Tensor:
    """Mean cross-entropy of every next token."""
    return F.cross_entropy(model(rows[:, :-1]).flatten(0, 1).float(), rows[:, 1:].flatten())


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="pocket")
    for size, default in (("layers", 4), ("heads", 4), ("width", 64), ("batch", 16)):
        parser.add_argument(f"--{size}", type=int, default=default)
    parser.add_argument("--questions", default="1,2,4,6", help="of ours (1,2,4,6)")
    parser.add_argument("--contexts", default="256,512", help="of the packed rows (256,512)")
    parser.add_argument("-n", type=int, default=128, help="descriptions of a turn (128)")
    parser.add_argument("--repeats", type=int, default=4)
    args = parser.parse_args()
    torch.set_num_threads(1)
    place = pick_device()
    sizes = (args.layers, args.heads, args.width, CONTEXTS[args.preset])
    config = training(ProblemConfig.preset(args.preset), *sizes, batch_size=args.batch)
    loops = [
        Loop(f"packed rows of {context}", "adamw", "fast", packed_loss, steps)
        for context in map(int, args.contexts.split(","))
        for steps in [draw_packed(config, place.device, args.n, context)]
    ]
    for questions in map(int, args.questions.split(",")):
        steps = draw_ours(config, place.device, args.n, questions)
        loops.append(
            Loop(f"ours, {questions} a description", "adamw", "auto", prediction_loss, steps)
        )
    loops.append(replace(loops[-1], optimizer="muon", times=[]))
    for loop in loops:
        loop.prepare(config, place.device)
    for _ in range(args.repeats + 1):  # the first turn warms up
        for loop in loops:
            loop.run(place)
    print(
        f"{args.layers} layers, {args.heads} heads, width {args.width}; {place.reason}; one thread"
    )
    print_table(loops)


def print_table(loops: list[Loop]) -> None:
    """A line a loop, with its ratios to the packed ones, and all of it as JSON."""
    rows = []
    for loop in loops:
        best, steps = min(loop.times[1:]), loop.steps
        rows.append(
            {
                "loop": loop.name,
                "optimizer": loop.optimizer,
                "problems/s": steps.problems / best,
                "descriptions/s": steps.descriptions / best,
                "tokens/s": steps.tokens / best,
                "with drawing": steps.problems / (best + steps.seconds),
            }
        )
    plain = [row for row, loop in zip(rows, loops, strict=True) if loop.loss is packed_loss]
    for row in rows:
        for other in plain:
            row[other["loop"].replace("packed rows of", "to")] = (
                row["problems/s"] / other["problems/s"]
            )
    print("".join(f"{title:>16}" if i else f"{title:26}" for i, title in enumerate(rows[0])))
    for row in rows:
        name, optimizer, *figures = row.values()
        cells = (f"{x:16,.{0 if x > 20 else 2}f}" for x in figures)
        print(f"{name:26}{optimizer:>16}" + "".join(cells))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
