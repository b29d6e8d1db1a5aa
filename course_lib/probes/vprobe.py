"""The V-probe: a frozen model, a small update of its input, and a linear head (paper §4.1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.errors import CourseError
from course_lib.igsm.sampling import check_seed
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.packing import Packed
from course_lib.probes.queries import FINISH, MID, START
from course_lib.probes.tasks import find_task


@dataclass(frozen=True)
class ProbeConfig:
    """Everything that decides what a probe of a given model becomes."""

    task: str
    rank: int = 8  # of the update
    layer: int | None = None  # the stream after so many blocks is read; None: after the last
    named: bool = True  # the query says which parameter is meant
    labels: str = "true"  # or "shuffled": drawn once for each name, in the same shares
    twin: bool = False  # of the model with its first, random weights
    steps: int = 600
    batch_size: int = 8  # problems
    queries: int = 40  # of a problem, at most
    balanced: bool = False  # of each label of a problem as many queries, while there are
    lr: float = 2e-2  # peak; rises for a twentieth of the steps and falls linearly to 0
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses unknown choices with a plain sentence."""
        find_task(self.task)
        if self.labels not in ("true", "shuffled"):
            raise CourseError(f"labels must be 'true' or 'shuffled', not {self.labels!r}.")
        for field in ("rank", "steps", "batch_size", "queries"):
            if getattr(self, field) < 1:
                raise CourseError(f"{field} must be at least 1.")
        check_seed(self.seed)
        if self.layer is not None and self.layer < 1:
            raise CourseError("layer counts the blocks that are passed: at least 1.")

    def controls(self) -> dict[str, "ProbeConfig"]:
        """What this probe is to be compared with, by name.

        The same probe on a model that knows nothing; and, where there is nothing to find and a
        third of the steps must do: on labels by lot, and without the name of the parameter.
        """
        short = replace(self, steps=-(-self.steps // 3))
        return {
            "random_init": replace(self, twin=True),
            "shuffled": replace(short, labels="shuffled"),
            "unnamed": replace(short, named=False),
        }


class VProbe(nn.Module):
    """Reads answers to queries off a model that stays as it is.

    It learns a rank-r update of the input embedding, embeddings of [START], [MID] and [END], and a
    linear head on the stream at [END].
    """

    mark_ids: Tensor

    def __init__(self, model: GPT, tokenizer: Tokenizer, config: ProbeConfig) -> None:
        """The update is 0 at first: one of its factors is drawn, the other 0, like the head."""
        super().__init__()
        depth = len(model.blocks)
        if (config.layer or 0) > depth:
            raise CourseError(f"The model has {depth} layers: choose one of 1 to {depth}.")
        self.model, self.config = model.requires_grad_(False), config
        generator = torch.Generator().manual_seed(config.seed)
        V, D = model.embedding.weight.shape
        classes = find_task(config.task).classes(tokenizer.config)
        rows = torch.randn(V, config.rank, generator=generator)
        self.down = nn.Parameter(rows / config.rank**0.5)  # rows of length about 1
        self.up = nn.Parameter(torch.zeros(config.rank, D))
        scale = model.embedding.weight.std().item()
        self.marks = nn.Parameter(scale * torch.randn(3, D, generator=generator))
        self.head = nn.Linear(D, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        marks = torch.tensor(tokenizer.numbers([START, MID, FINISH]))
        self.register_buffer("mark_ids", marks, persistent=False)

    def learned(self) -> dict[str, Tensor]:
        """What the probe learns, by name."""
        return {name: x for name, x in self.named_parameters() if x.requires_grad}

    def embedding(self) -> Tensor:
        """The model's input embedding with the update and the marks (V D)."""
        table = self.model.embedding.weight + self.down @ self.up
        return table.index_copy(0, self.mark_ids, self.marks)

    def forward(
        self,
        ids: Tensor,
        places: Tensor,
        positions: Tensor | None = None,
        attend: Callable | None = None,
    ) -> Tensor:
        """Logits (N C) at flat places (N) of ids (B T); the rest is as in `GPT.stream`."""
        x = self.model.stream(  # B T D
            ids,
            positions=positions,
            embedding=self.embedding(),
            layers=self.config.layer,
            attend=attend,
        )
        x = x.flatten(0, 1)[places]  # N D
        # Normed alike in every layer; the scales of the model's last norm belong to the head.
        return self.head(F.layer_norm(x, x.shape[-1:]))

    def read(self, packed: Packed) -> Tensor:
        """Logits (N C) of all queries of a packed batch, row by row."""
        return self(packed.ids, packed.places, packed.positions, packed.attend)
