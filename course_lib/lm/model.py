"""GPT-2 with rotary positions, readable from top to bottom (paper §3 and appendix F)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.errors import CourseError

ROTARY_BASE = 10_000  # GPT-NeoX and Llama
LOOK_BACK_STRENGTH = 5.0  # of the biases; a head 16 wide then gives 9 of 10 parts to one token


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
    look_back: tuple[int, ...] = ()  # tokens that heads of layer 1 look back, at the start
    match: float = 0.0  # how much like attends to like in the layers above, at the start

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


class Cache:
    """Keys and values of the positions read so far, so that decoding reads each token once.

    Slot s holds position s of its row; each row writes at its own positions.
    """

    def __init__(self, slots: int) -> None:
        """Room for sequences of at most `slots` tokens."""
        self.slots = slots
        self.used = 0  # slots written by the longest row
        self.layers: list[tuple[Tensor, Tensor]] = []  # keys and values, each B H S d

    def write(self, layer: int, positions: Tensor, *new: Tensor) -> list[Tensor]:
        """Stores new keys and values (B H T d) at positions (B or 1, T), returns all (B H S d)."""
        if layer == len(self.layers):
            B, H, _, d = new[0].shape
            self.layers.append(tuple(x.new_zeros(B, H, self.slots, d) for x in new))
        rows = torch.arange(len(new[0]), device=positions.device)[:, None]  # B 1
        for stored, x in zip(self.layers[layer], new, strict=True):
            stored[rows, :, positions] = rearrange(x, "b h t d -> b t h d")
        return [stored[:, :, : self.used] for stored in self.layers[layer]]

    def keep(self, rows: Tensor) -> None:
        """Drops all rows but these."""
        self.layers = [(keys[rows], values[rows]) for keys, values in self.layers]


def rotary_angles(positions: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine (B 1 T d) of positions (B T) times frequencies, these twice side by side."""
    frequencies = rotary_frequencies(head_width).to(positions.device)
    angles = positions[:, None, :, None] * frequencies  # B 1 T d/2
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def rotary_frequencies(head_width: int) -> Tensor:
    """Radians per token of the pairs of a head (d/2), from 1 down."""
    return ROTARY_BASE ** (-torch.arange(0, head_width, 2, dtype=torch.float32) / head_width)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair (x[i], x[i + d/2]) by its angle: GPT-NeoX's pairing, not neighbours."""
    left, right = x.chunk(2, dim=-1)
    return x * cos.to(x.dtype) + torch.cat((-right, left), dim=-1) * sin.to(x.dtype)


def readable_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) v where the mask (B 1 T S) allows; q, k, v are (B H T d)."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # B H T S
    return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v


def fast_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The same in one fused call; no mask means causal."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)


class Shared(NamedTuple):
    """What all layers of one forward pass share."""

    attend: Callable
    mask: Tensor | None  # B 1 T S
    rotary: tuple[Tensor, Tensor] | None
    positions: Tensor  # B T, or 1 T if the same for all rows
    cache: Cache | None


class Attention(nn.Module):
    """Causal self-attention with H heads."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        """Query, key and value in one matrix, in this order, each with its heads side by side."""
        super().__init__()
        self.layer, self.heads = layer, config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, shared: Shared) -> Tensor:
        """Mixes the positions of x (B T D)."""
        qkv = rearrange(self.qkv(x), "b t (n h d) -> n b h t d", n=3, h=self.heads)
        q, k = qkv[:2] if shared.rotary is None else rotate(qkv[:2], *shared.rotary)
        v = qkv[2]
        if shared.cache is not None:
            k, v = shared.cache.write(self.layer, shared.positions, k, v)
        mixed = shared.attend(q, k, v, shared.mask)  # B H T d
        return self.out(rearrange(mixed, "b h t d -> b t (h d)"))

    def look_back(self, distances: tuple[int, ...]) -> None:
        """Lets the biases of head h attend to the token `distances[h]` before, whatever it is.

        Turned by their positions, key and query are aligned at that distance. Slow frequencies
        would not tell neighbours apart and are left alone.
        """
        q, k, _ = rearrange(self.qkv.bias, "(n h two p) -> n h two p", n=3, h=self.heads, two=2)
        frequencies = rotary_frequencies(2 * q.shape[-1])
        strength = LOOK_BACK_STRENGTH * (frequencies > 0.02)
        for head, distance in enumerate(distances):
            angles = -distance * frequencies
            k[head, 0] = strength
            q[head] = strength * torch.stack((angles.cos(), angles.sin()))

    def match(self, scale: float) -> None:
        """Makes keys equal queries, so that a token attends to those that hold the same."""
        q, k, _ = self.qkv.weight.chunk(3)  # each D D
        k.copy_(q.mul_(scale / 0.02))


class Block(nn.Module):
    """Attention, then a 4× GELU layer, each behind a norm and added to the stream."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        """Builds the two halves."""
        super().__init__()
        D = config.width
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.attention = Attention(config, layer)
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

        Then, if wanted, the head start of `Attention.look_back` and `Attention.match`.
        """
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                branch = name.endswith(("out.weight", "mlp.2.weight"))
                std = 0.02 / math.sqrt(2 * self.config.layers) if branch else 0.02
                weight.normal_(0, std, generator=generator)
            elif name.endswith("bias"):
                weight.zero_()
        first, *above = [block.attention for block in self.blocks]
        first.look_back(self.config.look_back)
        for attention in above if self.config.match else ():
            attention.match(self.config.match)

    def forward(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
        return_hidden: bool = False,
    ) -> Tensor:
        """Logits (B T V) of ids (B T), or with `return_hidden` what the head reads (B T D).

        `positions` (B T) are 0, 1, 2, ... unless given; with a cache they are the slots written.
        `mask` (B 1 T S) says who may read whom; None means causal, or the earlier cache slots.
        """
        T = ids.shape[1]
        if positions is None:
            positions = torch.arange(T, device=ids.device)[None]  # 1 T, the same for all rows
        if cache is not None:
            cache.used += T
        # The fused kernel wins, except in bfloat16 on a CPU (its backward is slow there).
        plain = ids.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        fast = self.attention == "fast" or (self.attention == "auto" and not plain)
        if mask is None and (cache is not None or not fast):
            slots = torch.arange(cache.used if cache else T, device=ids.device)
            mask = slots <= positions[:, None, :, None]  # B 1 T S
        x = self.embedding(ids)  # B T D
        rotary = None
        if self.config.positions == "rope":
            rotary = rotary_angles(positions, self.config.head_width)
        elif self.config.positions == "learned":
            x = x + self.position_embedding(positions)
        attend = fast_attention if fast else readable_attention
        shared = Shared(attend, mask, rotary, positions, cache)
        for block in self.blocks:
            x = block(x, shared)
        x = self.norm(x)
        return x if return_hidden else self.head(x)
