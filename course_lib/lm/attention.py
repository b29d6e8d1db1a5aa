"""Attention: who reads whom, rotary positions, and a cache of what was read (paper §3)."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

ROTARY_BASE = 10_000  # GPT-NeoX and Llama
STRIP = 80  # queries; fewer would waste the kernel, more would score keys that come later


class Cache:
    """Keys and values of the positions read so far, so that decoding reads each token once.

    Slot s holds position s of its row; each row writes at its own positions.
    """

    def __init__(self, slots: int) -> None:
        """Room for sequences of at most `slots` tokens."""
        self.slots = slots
        self.used = 0  # slots that attention sees
        self.layers: list[tuple[Tensor, ...]] = []  # keys and values, each B H S d

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
    """Cosine and sine (B 1 T d) of positions (B T) times frequencies, the sine's left half < 0."""
    frequencies = rotary_frequencies(head_width).to(positions.device)
    angles = positions[:, None, :, None] * frequencies  # B 1 T d/2
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)


def rotary_frequencies(head_width: int) -> Tensor:
    """Radians per token of the pairs of a head (d/2), from 1 down."""
    return ROTARY_BASE ** (-torch.arange(0, head_width, 2, dtype=torch.float32) / head_width)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair (x[i], x[i + d/2]) by its angle: GPT-NeoX's pairing, not neighbours."""
    other = x.roll(x.shape[-1] // 2, dims=-1)
    return torch.addcmul(x * cos.to(x.dtype), other, sin.to(x.dtype))


def readable_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) v where the mask (B 1 T S) allows; q, k, v are (B H T d)."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # B H T S
    return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v


def fast_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The same in fused calls; no mask means causal, and a mask may hold what is added (0 or -inf).

    With a mask the CPU's kernel scores all keys for each query; strip by strip it is spared most of
    those that come later.
    """
    T, S = q.shape[2], k.shape[2]
    if mask is None or q.is_cuda or T < S or T < 2 * STRIP:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    cuts = [T * strip // (T // STRIP) for strip in range(T // STRIP + 1)]
    strips = [
        F.scaled_dot_product_attention(q[:, :, a:b], k[:, :, :b], v[:, :, :b], mask[:, :, a:b, :b])
        for a, b in pairwise(cuts)
    ]
    return torch.cat(strips, dim=2)


def added(mask: Tensor) -> Tensor:
    """A mask as the scores' addend: 0 where it allows, -inf elsewhere."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, float("-inf"))


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
