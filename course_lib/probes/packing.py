"""One pass for all queries of a problem: the text once, each query as a branch of it.

A row of a packed batch is a text, padded to P tokens, and behind it N branches of m tokens each. A
branch reads its text up to its fork and itself, and counts its positions on from the fork, so that
it sees what it would see alone.
"""

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from course_lib.probes.queries import Bundle


@dataclass(frozen=True)
class Packed:
    """A batch of texts with their branches."""

    ids: Tensor  # B T, where T = P + N m
    positions: Tensor  # B T
    places: Tensor  # flat, of the last token of each branch
    visible: Tensor  # B 1 (N m) P, what is added to scores: 0 before the branch's fork, else -inf
    length: int  # m

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: None = None) -> Tensor:
        """Attention (B H T d) of texts and branches, without a score that is not needed."""
        P, m = self.visible.shape[-1], self.length
        text_q, text_k, text_v = (x[:, :, :P] for x in (q, k, v))
        text = F.scaled_dot_product_attention(text_q, text_k, text_v, is_causal=True)
        split = "b h (n m) d -> b h n m d"
        own_q, own_k, own_v = (rearrange(x[:, :, P:], split, m=m) for x in (q, k, v))
        scale = 1 / math.sqrt(q.shape[-1])
        to_text = q[:, :, P:] * scale @ text_k.mT + self.visible  # B H (N m) P
        causal = torch.full((m, m), -torch.inf, device=q.device).triu(1)
        to_own = rearrange(own_q * scale @ own_k.mT + causal, "b h n m k -> b h (n m) k")
        weights = torch.cat((to_text, to_own), dim=-1).softmax(-1)
        of_own = rearrange(weights[..., P:], "b h (n m) k -> b h n m k", m=m) @ own_v
        branches = weights[..., :P] @ text_v + rearrange(of_own, "b h n m d -> b h (n m) d")
        return torch.cat((text, branches), dim=2)

    def mask(self) -> Tensor:
        """Who may read whom (B T T), as one large table."""
        B, T = self.ids.shape
        P = self.visible.shape[-1]
        branch = (torch.arange(T) - P).div(self.length, rounding_mode="floor").clamp(min=-1)
        own = (branch[:, None] == branch) & torch.ones(T, T, dtype=torch.bool).tril()
        mask = own.repeat(B, 1, 1)
        mask[:, P:, :P] = self.visible[:, 0].cpu() == 0
        return mask


def pack(bundles: list[Bundle], pad: int, device: torch.device | str = "cpu") -> Packed:
    """Bundles side by side; what is padded is read by nobody whose answer counts."""
    P = max(len(bundle.text) for bundle in bundles)
    N = max(len(bundle.queries) for bundle in bundles)
    m = max(len(ids) for bundle in bundles for ids in bundle.queries)
    ids, positions, forks = [], [], []
    for text, queries, ends in bundles:
        blank = N - len(queries)
        ids.append([*text, *[pad] * (P - len(text)), *sum(queries, []), *[pad] * (m * blank)])
        forks.append([*ends, *[0] * blank])
        positions.append([*range(P), *(fork + t for fork in forks[-1] for t in range(m))])
    fork = torch.tensor(forks).repeat_interleave(m, dim=1)  # B (N m)
    hidden = torch.arange(P) >= fork[..., None]  # B (N m) P
    visible = torch.zeros(hidden.shape).masked_fill_(hidden, -torch.inf)[:, None]
    last = torch.arange(N) * m + P + m - 1  # in a row, of each branch
    there = torch.tensor([[i < len(bundle.queries) for i in range(N)] for bundle in bundles])
    places = (torch.arange(len(bundles))[:, None] * (P + N * m) + last)[there]
    return Packed(
        ids=torch.tensor(ids, device=device),
        positions=torch.tensor(positions, device=device),
        places=places.to(device),
        visible=visible.to(device),
        length=m,
    )
