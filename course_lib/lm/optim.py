"""AdamW and Muon behind one door, and the learning rate's way up and down."""

import math
from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.optim import AdamW, Optimizer

from course_lib.errors import CourseError
from course_lib.lm.model import GPT

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # quintic tuned for speed (K. Jordan, Muon)


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """The nearest matrices (N R C) with all singular values near 1, by Newton-Schulz steps."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16() if matrices.is_cuda else matrices
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(Optimizer):
    """Momentum whose update is orthogonalised, for the matrices inside the blocks.

    The update is scaled to the size of an AdamW step (root mean square 0.2), so that both take the
    same learning rate and weight decay (Moonlight, arXiv 2502.16982).
    """

    def __init__(self, params, lr: float, weight_decay: float = 0.0, momentum: float = 0.95):
        """Takes matrices only; a (3 D) × D matrix counts as query, key and value apart."""
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, momentum=momentum))

    @torch.no_grad()
    def step(self, closure=None) -> None:  # type: ignore[override]  # no closures here
        """Updates the matrices, all of one shape at once."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = {}
            for weight in group["params"]:
                shapes.setdefault(weight.shape, []).append(weight)
            for weights in shapes.values():
                updates = orthogonalise(self._momenta(weights, group["momentum"]))
                scale = 0.2 * math.sqrt(max(updates.shape[-2:])) * group["lr"]
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                parts = updates.chunk(len(weights))
                for weight, update in zip(weights, parts, strict=True):
                    weight.sub_(update.reshape(weight.shape), alpha=scale)

    def _momenta(self, weights: list[Tensor], momentum: float) -> Tensor:
        nesterov = []
        for weight in weights:
            assert weight.grad is not None
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            state["momentum"].lerp_(weight.grad, 1 - momentum)
            nesterov.append(torch.lerp(weight.grad, state["momentum"], momentum))
        rows, columns = weights[0].shape
        parts = 3 if rows == 3 * columns else 1
        return rearrange(torch.stack(nesterov), "n (p r) c -> (n p) r c", p=parts)


def make_optimizers(model: GPT, name: str, lr: float, weight_decay: float) -> list[Optimizer]:
    """AdamW for everything, or Muon for the blocks' matrices and AdamW for the rest.

    Matrices decay; biases and norms do not.
    """
    if name not in ("adamw", "muon"):
        raise CourseError(f"optimizer must be 'adamw' or 'muon', not {name!r}.")
    hidden = [weight for weight in model.blocks.parameters() if weight.ndim == 2]
    inside = {id(weight) for weight in hidden}
    others = [weight for weight in model.parameters() if id(weight) not in inside]
    tables = [weight for weight in others if weight.ndim == 2]
    vectors = [weight for weight in others if weight.ndim < 2]
    decaying = tables if name == "muon" else tables + hidden
    groups: list[dict[str, Any]] = [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizers: list[Optimizer] = [AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)]
    if name == "muon":
        optimizers.append(Muon(hidden, lr=lr, weight_decay=weight_decay))
    return optimizers


def learning_rate(
    step: int, peak: float, steps: int, warmup: int, decay: str = "cosine", fall: float = 1.0
) -> float:
    """Linear from 0 to `peak` over `warmup` steps, at last down to a hundredth of it.

    It falls, as a cosine or linearly, in the last share `fall` of the steps after the warm-up. Up
    to there a run can be made longer as if it had always been.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min((step - warmup) / max(steps - warmup, 1), 1.0)
    left = min((1 - done) / fall, 1.0)  # of the way down
    height = left if decay == "linear" else (1 - math.cos(math.pi * left)) / 2
    return peak * (0.01 + 0.99 * height)
