"""Attention: who reads whom, rotary positions, and a cache of what was read (paper §3)."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

ROTARY_BASE = 10_000  # GPT-NeoX and Llama


class Cache:
    """Keys and values of the positions read so far, so that decoding reads each token once.

    Slot s holds position s of its row; each row writes at its own positions.
    """

    def __init__(self, slots: int) -> None:
        """Room for sequences of at most `slots` tokens."""
        self.slots = slots
        self.used = 0  # slots that attention sees
        self.layers: list[tuple[Tensor, Tensor]] = []  # keys and values, each B H S d

    def write(self, layer: int, positions: Tensor, *new: Tensor) -> list[Tensor]:
        """Stores new keys and values (B H T d) at positions (B or 1, T), returns all (B H S d)."""
        if layer == len(self.layers):
            B, H, _, d = new[0].shape
            self.layers.append(tuple(x.new_zeros(B, H, self.slots, d) for x in new))
        rows = torch.arange(len(new[0]), device=positions.device)[:, None]  # B 1
        for stored, x in zip(self.layers[layer], new, strict=True):
            stored.transpose(1, 2)[rows, positions] = x.transpose(1, 2)  # B T H d
        return [stored[:, :, : self.used] for stored in self.layers[layer]]

    def keep(self, rows: Tensor) -> None:
        """Drops all rows but these."""
        self.layers = [tuple(x.index_select(0, rows) for x in layer) for layer in self.layers]

    def grow(self, slots: int) -> None:
        """Makes room for so many more tokens."""
        self.slots += slots
        self.layers = [tuple(F.pad(x, (0, 0, 0, slots)) for x in layer) for layer in self.layers]

    @classmethod
    def join(cls, caches: Sequence["Cache"], slots: int) -> "Cache":
        """All rows of some caches in one, with room for `slots` tokens."""
        joined = cls(slots)
        for cache in caches:
            cache.grow(slots - cache.slots)
        for layer in zip(*(cache.layers for cache in caches), strict=True):
            joined.layers.append(tuple(map(torch.cat, zip(*layer, strict=True))))
        return joined


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

    def __init__(self, width: int, heads: int, layer: int) -> None:
        """Query, key and value in one matrix, in this order, each with its heads side by side."""
        super().__init__()
        self.layer, self.heads = layer, heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, shared: Shared) -> Tensor:
        """Mixes the positions of x (B T D)."""
        qkv = rearrange(self.qkv(x), "b t (n h d) -> n b h t d", n=3, h=self.heads)
        q, k = qkv[:2] if shared.rotary is None else rotate(qkv[:2], *shared.rotary)
        v = qkv[2]
        if shared.cache is not None:
            k, v = shared.cache.write(self.layer, shared.positions, k, v)
        mixed = shared.attend(q, k, v, shared.mask)  # B H T d
        return self.out(rearrange(mixed, "b h t d -> b t (h d)"))
