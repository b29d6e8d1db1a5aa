"""A head start: first weights from which looking things up is quickly learned.

What small models find late is how to tell a parameter by both its names. Two habits of a head
help, and random weights have neither: to look a fixed number of tokens back and pass on what stands
there, and to attend to like. Training may change all of it. (The idea is mimetic initialisation,
arXiv 2305.09828; the two habits are those of induction heads, arXiv 2209.11895.)
"""

import torch
from einops import rearrange
from torch import nn

from course_lib.lm.attention import Attention, rotary_frequencies

SHARPNESS = 5.0  # of the biases; a head 16 wide then gives 9 of 10 parts to one token
SLOWEST = 0.02  # radians a token; slower pairs do not tell neighbours apart
LATER = 2  # heads that look back in the blocks after the first
PASSED_ON = 0.03  # size of what is passed on; the embeddings have 0.02


@torch.no_grad()
def give_head_start(
    attentions: list[Attention], look_back: tuple[int, ...], match: float, seed: torch.Generator
) -> None:
    """Sets the first weights of a model's attention, from the first block up.

    In the first block head h looks `look_back[h]` tokens back, as far as there are heads, and
    passes on what it sees. In the others the first two look back, too, and the rest attend to
    like, as strongly as `match`.
    """
    for number, attention in enumerate(attentions):
        distances = look_back[: attention.heads]
        distances = distances if number == 0 else distances[:LATER]
        _look_back(attention, distances)
        if number == 0:
            _pass_on(attention, len(distances), seed)
        elif match and len(distances) < attention.heads:
            _match(attention, len(distances), match)


def _look_back(attention: Attention, distances: tuple[int, ...]) -> None:
    """By the biases alone, so whatever stands there: turned, key and query meet at a distance."""
    if not distances:
        return
    bias = rearrange(attention.qkv.bias, "(n h two p) -> n h two p", n=3, h=attention.heads, two=2)
    q, k, _ = bias
    frequencies = rotary_frequencies(2 * q.shape[-1])
    strength = SHARPNESS * (frequencies > SLOWEST)
    for head, distance in enumerate(distances):
        angles = -distance * frequencies
        k[head, 0] = strength
        q[head] = strength * torch.stack((angles.cos(), angles.sin()))


def _pass_on(attention: Attention, heads: int, seed: torch.Generator) -> None:
    """Each head projects a token without distortion and writes it into a place of its own."""
    v = rearrange(attention.qkv.weight, "(n h d) D -> n h d D", n=3, h=attention.heads)[2]
    out = rearrange(attention.out.weight, "D (h d) -> h D d", h=attention.heads)
    for head in range(heads):
        nn.init.orthogonal_(v[head], generator=seed)
        nn.init.orthogonal_(out[head], gain=PASSED_ON, generator=seed)


def _match(attention: Attention, first: int, scale: float) -> None:
    """Keys equal queries, from head `first` on, so that what holds the same scores high."""
    weight = rearrange(attention.qkv.weight, "(n h d) D -> n h d D", n=3, h=attention.heads)
    q, k = weight[0, first:], weight[1, first:]
    k.copy_(q.mul_(scale / q.std()))
