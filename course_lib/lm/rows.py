"""Rows of tokens side by side: plain sequences, and branches that share one prefix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Row(NamedTuple):
    """One row of a batch: a prefix and branches that go on from it, one after the other.

    A branch reads the prefix up to its fork and itself, and counts its positions on from the fork;
    a plain sequence is a row that is all prefix.
    """

    ids: list[int]
    to_predict: list[bool]
    branch: list[int]  # 0 in the prefix, then 1, 2, ...
    fork: list[int]  # how many tokens of the prefix the token's branch reads; 0 in the prefix
    positions: list[int]

    @property
    def length(self) -> int:
        """The longest sequence in it, prefix and branch, in tokens."""
        return max(self.positions) + 1


def plain_row(
    prompt: list[int], target: list[int], by_chance: int | None = None, *, loss_on: str
) -> Row:
    """A prompt and its target; the loss is on the "solution" (and answer) or on "all" tokens.

    `by_chance` is the place of a target's token that nothing foretells: no loss on that one.
    """
    ids = prompt + target
    first = 1 if loss_on == "all" else len(prompt)
    T = len(ids)
    to_predict = [t >= first for t in range(T)]
    if by_chance is not None:
        to_predict[len(prompt) + by_chance] = False
    return Row(ids, to_predict, [0] * T, [0] * T, list(range(T)))


def branched_row(fork: int, texts: Iterable[tuple], *, loss_on: str) -> Row:
    """Texts, each as for `plain_row`, whose first `fork` tokens are the same and kept once."""
    row = Row([], [], [], [], [])
    for number, text in enumerate(texts, start=1):
        if number == 1:
            row = plain_row(text[0][:fork], [], loss_on=loss_on)
        whole = plain_row(*text, loss_on=loss_on)
        T = len(whole.ids) - fork
        row.ids.extend(whole.ids[fork:])
        # The token before a branch in the row is not the one before it in its sequence.
        row.to_predict.extend([False, *whole.to_predict[fork + 1 :]])
        row.branch.extend([number] * T)
        row.fork.extend([fork] * T)
        row.positions.extend(whole.positions[fork:])
    return row


@dataclass(frozen=True)
class Batch:
    """Rows padded at their right end."""

    ids: np.ndarray  # B T, int16
    loss_mask: np.ndarray  # B T, True where a token is to be predicted
    branch: np.ndarray  # B T, int16
    fork: np.ndarray  # B T, int16
    positions: np.ndarray  # B T, int16

    def tensors(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """For `prediction_loss`, on the device: `ids` (B T), the flat places (N) to be predicted.

        For rows with branches also `positions` (B T) and `mask` (B 1 T T), else None for both.
        """
        branched = (self.branch > 0).any()
        arrays: list[np.ndarray] = [self.ids, np.flatnonzero(self.loss_mask)]
        arrays += [self.positions, self.branch, self.fork] if branched else []
        tensors = [torch.from_numpy(array) for array in arrays]
        if device.type == "cuda":
            tensors = [tensor.pin_memory() for tensor in tensors]
        ids, places, *rest = [tensor.to(device, non_blocking=True) for tensor in tensors]
        if not branched:
            return ids.long(), places, None, None
        positions, branch, fork = rest
        return ids.long(), places, positions.long(), branch_mask(branch, fork)


def make_batch(rows: list[Row], pad: int) -> Batch:
    """Rows side by side; what is padded is branch -1 and read by nobody."""
    T = max(len(row.ids) for row in rows)
    blanks = (pad, False, -1, 0, 0)
    kinds = (np.int16, bool, np.int16, np.int16, np.int16)
    arrays = [np.full((len(rows), T), x, kind) for x, kind in zip(blanks, kinds, strict=True)]
    for number, row in enumerate(rows):
        for array, values in zip(arrays, row, strict=True):
            array[number, : len(row.ids)] = values
    return Batch(*arrays)


def branch_mask(branch: Tensor, fork: Tensor) -> Tensor:
    """Who may read whom (B 1 T T): what came before in one's branch, the prefix up to its fork."""
    T = branch.shape[1]
    before = torch.ones(T, T, dtype=torch.bool, device=branch.device).tril()
    same = branch[:, :, None] == branch[:, None, :]  # B T T
    shared = torch.arange(T, device=branch.device) < fork[:, :, None]  # the prefix stands first
    return (before & (same | shared))[:, None]
