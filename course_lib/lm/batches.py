"""Fresh problems without end, in batches of similar length, the same for any number of workers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm.tokenizer import Tokenizer

BLOCK = 8  # batches drawn together and sorted by length


@dataclass(frozen=True)
class Batch:
    """Sequences padded at their right end."""

    ids: np.ndarray  # B T, int16
    loss_mask: np.ndarray  # B T, True where a token is to be predicted

    def tensors(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """`ids` (B T) and the flat places (N) of the tokens to be predicted, on the device."""
        ids = torch.from_numpy(self.ids)
        places = torch.from_numpy(np.flatnonzero(self.loss_mask))
        if device.type == "cuda":
            ids, places = ids.pin_memory(), places.pin_memory()
        return ids.to(device, non_blocking=True).long(), places.to(device, non_blocking=True)


def make_batch(pairs: list[tuple[list[int], list[int]]], pad: int, loss_on: str) -> Batch:
    """Pads (prompt, target) pairs; `loss_on` the "solution" (and answer) or "all" tokens."""
    T = max(len(prompt) + len(target) for prompt, target in pairs)
    ids = np.full((len(pairs), T), pad, np.int16)
    mask = np.zeros((len(pairs), T), bool)
    for row, (prompt, target) in enumerate(pairs):
        length = len(prompt) + len(target)
        ids[row, :length] = prompt + target
        mask[row, 1 if loss_on == "all" else len(prompt) : length] = True
    return Batch(ids, mask)


@dataclass(frozen=True)
class Stream:
    """The endless training data of a run; block n holds `BLOCK` batches of problems.

    Problem number n of the stream is `sample_problem(problem, seed << 32 | n)`, whoever draws it.
    `curriculum` is (until, max_op, max_edges) triples: easier problems until so many were seen.
    """

    problem: ProblemConfig
    batch_size: int
    seed: int
    context: int  # longer sequences are left out, as in the paper
    loss_on: str = "solution"
    curriculum: tuple[tuple[int, int, int], ...] = ()

    def config_at(self, seen: int) -> ProblemConfig:
        """The problems to draw after `seen` of them."""
        for until, max_op, max_edges in self.curriculum:
            if seen < until:
                return replace(self.problem, max_op=max_op, max_edges=max_edges)
        return self.problem

    def block(self, number: int) -> list[Batch]:
        """Block `number`: its problems sorted by length into batches, the batches shuffled."""
        first, count = number * BLOCK * self.batch_size, BLOCK * self.batch_size
        config, tokenizer = self.config_at(first), Tokenizer(self.problem)
        pairs = [
            tokenizer.encode_problem(sample_problem(config, self.seed << 32 | n))
            for n in range(first, first + count)
        ]
        pairs = [pair for pair in pairs if len(pair[0]) + len(pair[1]) <= self.context]
        if len(pairs) < BLOCK:  # a problem for each batch, at least
            raise CourseError(
                f"Only {len(pairs)} of {count} problems fit into a context of {self.context} "
                "tokens: raise it."
            )
        pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        cuts = [len(pairs) * i // BLOCK for i in range(BLOCK + 1)]
        batches = [make_batch(pairs[a:b], tokenizer.pad, self.loss_on) for a, b in pairwise(cuts)]
        random.Random(number).shuffle(batches)
        return batches


class _Blocks(Dataset):
    """Blocks by number, for worker processes; with several machines' `ranks` each has its own."""

    def __init__(self, stream: Stream, rank: int, ranks: int) -> None:
        self.stream, self.rank, self.ranks = stream, rank, ranks

    def __getitem__(self, number: int) -> list[Batch]:
        return self.stream.block(number * self.ranks + self.rank)


def _as_it_is(block: list[Batch]) -> list[Batch]:
    return block


def batches(
    stream: Stream, start: int, stop: int, *, workers: int = 0, rank: int = 0, ranks: int = 1
) -> Iterator[Batch]:
    """Batches number `start` to `stop` of a stream, drawn by worker processes (0: by this one).

    With `ranks` processes training together, each takes every `ranks`-th block.
    """
    blocks = DataLoader(
        _Blocks(stream, rank, ranks),
        batch_size=None,
        sampler=range(start // BLOCK, -(-stop // BLOCK)),
        num_workers=workers,
        collate_fn=_as_it_is,
    )
    number = start - start % BLOCK
    for block in blocks:
        for batch in block:
            if start <= number < stop:
                yield batch
            number += 1
