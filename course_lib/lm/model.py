"""GPT-2 with rotary positions, readable from top to bottom (paper §3 and appendix F)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.errors import CourseError
from course_lib.lm.attention import (
    Attention,
    Cache,
    Shared,
    added,
    fast_attention,
    readable_attention,
    rotary_angles,
)
from course_lib.lm.head_start import give_head_start


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a model."""

    vocab_size: int  # tokens
    layers: int
    heads: int
    width: int
    context: int  # tokens; the longest training sequence
    positions: str = "rope"  # or "learned" or "none"
    tied: bool = False  # the head reuses the embedding
    look_back: tuple[int, ...] = ()  # a head start: tokens that heads look back,
    match: float = 0.0  # and how strongly others attend to like (see head_start.py)

    def __post_init__(self) -> None:
        """Refuses shapes that cannot be built."""
        if self.positions not in ("rope", "learned", "none"):
            raise CourseError(
                f"positions must be 'rope', 'learned' or 'none', not {self.positions!r}."
            )
        for field in ("vocab_size", "layers", "heads", "width", "context"):
            if type(getattr(self, field)) is not int or getattr(self, field) < 1:
                raise CourseError(f"{field} must be a whole number from 1.")
        if self.width % self.heads or (self.positions == "rope" and self.head_width % 2):
            raise CourseError(
                f"width {self.width} must be {self.heads} heads times an even number: change one."
            )

    @classmethod
    def from_depth(cls, depth: int, *, head_width: int = 64, **others) -> "ModelConfig":
        """The paper's family GPT2-depth-depth: as many heads as layers, each `head_width` wide."""
        return cls(layers=depth, heads=depth, width=depth * head_width, **others)

    @property
    def head_width(self) -> int:
        """Width of one head."""
        return self.width // self.heads

    def parameter_count(self, embeddings: bool = True) -> int:
        """Numbers to learn: 12 D² + 13 D a layer, 2 D for the last norm, and the embeddings."""
        D = self.width
        count = self.layers * (12 * D**2 + 13 * D) + 2 * D
        if embeddings:
            tables = (1 if self.tied else 2) * self.vocab_size
            count += D * (tables + (self.context if self.positions == "learned" else 0))
        return count


class Block(nn.Module):
    """Attention, then a 4× GELU layer, each behind a norm and added to the stream."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        """Builds the two halves."""
        super().__init__()
        D = config.width
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.attention = Attention(D, config.heads, layer)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))

    def forward(self, x: Tensor, shared: Shared) -> Tensor:
        """Updates the stream x (B T D)."""
        x = x + self.attention(self.norm1(x), shared)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A decoder-only transformer; equal to GPT-NeoX with rotary_pct 1 and a sequential residual."""

    def __init__(self, config: ModelConfig, seed: int = 0, attention: str = "auto") -> None:
        """Draws weights from `seed`; `attention` is "readable", "fast" or "auto"."""
        super().__init__()
        self.config, self.attention = config, attention
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        if config.positions == "learned":
            self.position_embedding = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        if config.tied:
            self.head.weight = self.embedding.weight
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """GPT-2's start: normal 0.02, smaller where 2 L branches add up in the stream.

        Then, if wanted, a head start.
        """
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                branch = name.endswith(("out.weight", "mlp.2.weight"))
                std = 0.02 / math.sqrt(2 * self.config.layers) if branch else 0.02
                weight.normal_(0, std, generator=generator)
            elif name.endswith("bias"):
                weight.zero_()
        attentions = [part for part in self.modules() if isinstance(part, Attention)]
        give_head_start(attentions, self.config.look_back, self.config.match, generator)

    def forward(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        return_hidden: bool = False,
    ) -> Tensor:
        """Logits (B T V) of ids (B T), or with `return_hidden` what the head reads (B T D).

        The other arguments are those of `stream`.
        """
        x = self.norm(self.stream(ids, cache, mask, positions))
        return x if return_hidden else self.head(x)

    def stream(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        embedding: Tensor | None = None,
        layers: int | None = None,
        attend: Callable | None = None,
    ) -> Tensor:
        """The residual stream (B T D) of ids (B T) after all blocks, or after the first `layers`.

        `positions` (B T) are 0, 1, 2, ... unless given; with a cache they are the slots written.
        `mask` (B 1 T S) says who may read whom; None means causal, or the earlier cache slots.
        `embedding` (V D) stands in for the model's own, `attend` for the choice of attention.
        CourseError for a text longer than the context, where positions are learned.
        """
        T = ids.shape[1]
        if positions is None:
            if self.config.positions == "learned" and T > self.config.context:
                raise CourseError(
                    f"A text of {T} tokens is longer than the model's context: "
                    f"{self.config.context}."
                )
            positions = torch.arange(T, device=ids.device)[None]  # 1 T, the same for all rows
        if cache is not None:
            cache.used += T
        # The fused kernel wins, except in bfloat16 on a CPU (its backward is slow there).
        plain = ids.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        fast = self.attention == "fast" or (self.attention == "auto" and not plain)
        if attend is None and mask is None and (cache is not None or not fast):
            slots = torch.arange(cache.used if cache else T, device=ids.device)
            mask = slots <= positions[:, None, :, None]  # B 1 T S
        if mask is not None and fast and ids.device.type == "cpu":
            mask = added(mask)  # once for all layers
        x = F.embedding(ids, self.embedding.weight if embedding is None else embedding)  # B T D
        rotary = None
        if self.config.positions == "rope":
            rotary = rotary_angles(positions, self.config.head_width)
        elif self.config.positions == "learned":
            x = x + self.position_embedding(positions)
        attend = attend or (fast_attention if fast else readable_attention)
        shared = Shared(attend, mask, rotary, positions, cache)
        for block in self.blocks[:layers]:
            x = block(x, shared)
        return x
