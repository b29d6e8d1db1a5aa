"""Exercises of lesson 03: the size of a cache, the mask above it, rotation all at once."""

import torch
from torch import Tensor

from course_lib.lm.attention import rotary_angles, rotate
from course_lib.lm.model import ModelConfig
from course_lib.studio.exercises import Exercise


def cache_size(config: ModelConfig, tokens: int) -> int:
    """A key and a value of width D for each token in each layer."""
    return 2 * config.layers * config.width * tokens


def _keys_only(config: ModelConfig, tokens: int) -> int:
    return config.layers * config.width * tokens


def _one_layer(config: ModelConfig, tokens: int) -> int:
    return 2 * config.width * tokens


def _full_width_heads(config: ModelConfig, tokens: int) -> int:
    return cache_size(config, tokens) * config.heads


def _one_head(config: ModelConfig, tokens: int) -> int:
    return cache_size(config, tokens) // config.heads


def _tables(config: ModelConfig, tokens: int) -> int:
    return config.layers * config.heads * tokens**2


def cached_mask(past: int, new: int) -> Tensor:
    """Row t is the token at position past + t."""
    positions = torch.arange(past + new)
    return positions <= positions[past:, None]


def _forgets_past(past: int, new: int) -> Tensor:
    return torch.ones(new, past + new, dtype=torch.bool).tril()


def _transposed(past: int, new: int) -> Tensor:
    return cached_mask(past, new).T


def _reads_future(past: int, new: int) -> Tensor:
    return torch.ones(new, past + new, dtype=torch.bool).triu(past)


def _not_itself(past: int, new: int) -> Tensor:
    return torch.ones(new, past + new, dtype=torch.bool).tril(past - 1)


def _everything(past: int, new: int) -> Tensor:
    return torch.ones(new, past + new, dtype=torch.bool)


def _square(past: int, new: int) -> Tensor:
    return torch.ones(past + new, past + new, dtype=torch.bool).tril()


def _hides(past: int, new: int) -> Tensor:
    return ~cached_mask(past, new)


def rotate_all(x: Tensor) -> Tensor:
    """The library's way; others are as good."""
    T, d = x.shape
    return rotate(x, *rotary_angles(torch.arange(T)[None], d))[0, 0]


def _neighbours(x: Tensor) -> Tensor:
    halves = torch.cat((x[:, 0::2], x[:, 1::2]), dim=1)
    return torch.stack(rotate_all(halves).chunk(2, dim=1), dim=-1).flatten(1)


def _backwards(x: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=1)
    right, left = rotate_all(torch.cat((right, left), dim=1)).chunk(2, dim=1)
    return torch.cat((left, right), dim=1)


def _from_one(x: Tensor) -> Tensor:
    return rotate_all(torch.cat((x[:1], x)))[1:]


def _with_exponent(x: Tensor, factor: float) -> Tensor:
    """Speeds 10,000 ** (-factor * i / d); 2 is right."""
    T, d = x.shape
    angles = torch.arange(T)[:, None] * 10_000 ** (-factor * torch.arange(d // 2) / d)
    (left, right), cos, sin = x.chunk(2, dim=1), angles.cos(), angles.sin()
    return torch.cat((cos * left - sin * right, cos * right + sin * left), dim=1)


def _too_fast(x: Tensor) -> Tensor:
    return _with_exponent(x, 1)


def _too_slow(x: Tensor) -> Tensor:
    return _with_exponent(x, 4)


def _half_a_turn(x: Tensor) -> Tensor:
    turned, back = rotate_all(x).chunk(2, dim=1)[1], _backwards(x).chunk(2, dim=1)[1]
    return torch.cat((rotate_all(x).chunk(2, dim=1)[0], (turned + back) / 2), dim=1)


def _one_speed(x: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=1)
    pairs = torch.stack((left, right), dim=-1)  # T d/2 2
    turned = torch.stack([rotate_all(pairs[:, i]) for i in range(pairs.shape[1])], dim=1)
    return torch.cat((turned[..., 0], turned[..., 1]), dim=1)


def _not_a_turn(x: Tensor) -> Tensor:
    (left, _), (_, right) = rotate_all(x).chunk(2, dim=1), _backwards(x).chunk(2, dim=1)
    return torch.cat((left, right), dim=1)


def _numbers(past: int, new: int) -> Tensor:
    return cached_mask(past, new).float()


def same_tensor(got: object, wanted: object) -> bool:
    """Equal in shape and kind of number; floats up to rounding, whatever their precision."""
    if not (isinstance(got, Tensor) and isinstance(wanted, Tensor)) or got.shape != wanted.shape:
        return False
    if got.is_floating_point() and wanted.is_floating_point():
        return torch.allclose(got.double(), wanted.double(), atol=1e-5)
    return got.dtype == wanted.dtype and got.equal(wanted)


def arrows() -> list[tuple[Tensor]]:
    """Random queries; one row alone stays as it is."""
    rng = torch.Generator().manual_seed(0)
    return [(torch.randn(T, d, generator=rng),) for T, d in ((1, 4), (2, 4), (5, 8), (30, 6))]


PAPER = ModelConfig.from_depth(12, vocab_size=50_257, context=768)
TINY = ModelConfig(vocab_size=50, layers=2, heads=4, width=8, context=16)

EXERCISES = (
    Exercise(
        "cache_size",
        ((TINY, 1), (TINY, 10), (ModelConfig(50, 3, 2, 8, 16), 7), (PAPER, 768)),
        cache_size,
        (
            (_keys_only, "attention also needs something to hand over, not only labels."),
            (_one_layer, "this is one layer; each layer has keys and values of its own."),
            (_full_width_heads, "a head is not as wide as the model: the heads share its width."),
            (_one_head, "this is one head of each layer; the cache holds them all."),
            (_tables, "the tables of weights are not kept, only what they are made from."),
        ),
    ),
    Exercise(
        "cached_mask",
        ((0, 4), (3, 1), (3, 2), (5, 4), (1, 3)),
        cached_mask,
        (
            (_forgets_past, "the new tokens come after the cached ones: where does row 0 stand?"),
            (_transposed, "readers are rows and what is read are columns; yours are exchanged."),
            (_reads_future, "your tokens read what comes after them and not what came before."),
            (_not_itself, "a token may read itself."),
            (_everything, "the new tokens must not read ahead among themselves."),
            (_square, "one row for each *new* token: the cached ones read no more."),
            (_hides, "True means that a reader may look, not that it may not."),
            (_numbers, "the table is right; make them True and False instead of numbers."),
        ),
        same_tensor,
    ),
    Exercise(
        "rotate_all",
        arrows,
        rotate_all,
        (
            (_neighbours, "your pairs are neighbours; ours are number i and number i + d/2."),
            (_backwards, "your arrows turn the other way: look at the signs of the sines."),
            (_from_one, "the first row stands at position 0 and does not turn."),
            (
                _too_fast,
                "the first pair is right, the others have a wrong speed: see the exponent.",
            ),
            (
                _too_slow,
                "the first pair is right, the others have a wrong speed: see the exponent.",
            ),
            (_half_a_turn, "a turn keeps lengths, yours does not: part of the second is missing."),
            (_not_a_turn, "a turn keeps lengths, yours does not: one of four signs is wrong."),
            (_one_speed, "every pair turns as fast as the first; each should have its own speed."),
        ),
        same_tensor,
    ),
)
