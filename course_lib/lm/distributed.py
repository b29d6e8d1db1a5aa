"""Several processes that train one model together, as `torchrun` starts them."""

import atexit
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from course_lib.errors import CourseError
from course_lib.lm.device import Place
from course_lib.lm.rows import Batch


@dataclass(frozen=True)
class Team:
    """The processes of a training, or one alone.

    All draw the same batches (a few percent of the work) and each computes its rows of them, so
    that a model does not depend on how many they are. The leader alone writes and shows.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """This process writes the files and shows the bar."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module, its gradients averaged over the team."""
        return module if self.size == 1 else DistributedDataParallel(module)

    def agree(self, choice: int = 0) -> int:
        """The leader's choice, for all; the others wait for it."""
        if self.size > 1:
            word = torch.tensor(choice)
            distributed.broadcast(word, src=0)
            choice = int(word)
        return choice

    def mean(self, value: Tensor) -> float:
        """The mean of a number over the team."""
        value = value.cpu()
        if self.size > 1:
            distributed.all_reduce(value)
        return value.item() / self.size

    def parts(self, batch: Batch, micro_batch: int | None) -> list[Batch]:
        """This process's rows of a batch, at most `micro_batch` at once; there may be none."""
        mine = take_rows(batch, self.rank, self.size)
        pieces = -(-len(mine.ids) // (micro_batch or len(batch.ids))) or 1
        return [take_rows(mine, piece, pieces) for piece in range(pieces)]


def join_team(place: Place) -> Team:
    """This process among those that torchrun started, or alone where it did not."""
    size = int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        return Team()
    if place.device.type == "mps":
        raise CourseError("Several processes train on cpu or cuda: choose one with --device.")
    if not distributed.is_initialized():
        cuda = place.device.type == "cuda"
        if cuda:
            torch.cuda.set_device(place.device)
        # What the team agrees on goes by gloo: it must not wait for the GPU's queue.
        distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
        atexit.register(distributed.destroy_process_group)
    return Team(distributed.get_rank(), size)


def take_rows(batch: Batch, first: int, stride: int) -> Batch:
    """Every `stride`-th row of a batch."""
    arrays = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return replace(batch, **{name: x[first::stride].copy() for name, x in arrays.items()})


def without_sync(module: nn.Module) -> AbstractContextManager:
    """Gradients made here stay in this process until others are added to them."""
    return module.no_sync() if isinstance(module, DistributedDataParallel) else nullcontext()
