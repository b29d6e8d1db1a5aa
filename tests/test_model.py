"""The transformer's properties: causal, relative, the same by every way of computing it."""

import math
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.lm import GPT, Cache, ModelConfig
from course_lib.lm.attention import (
    STRIP,
    added,
    fast_attention,
    readable_attention,
    rotary_angles,
    rotate,
)
from course_lib.lm.optim import learning_rate, orthogonalise
from course_lib.lm.rows import branch_mask

SMALL = ModelConfig(vocab_size=50, layers=2, heads=2, width=16, context=32)
POSITIONS = ("rope", "learned", "none")


def random_ids(rows=3, length=12, seed=0):
    return torch.randint(50, (rows, length), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("attention", ["readable", "fast"])
def test_the_future_does_not_matter(positions, attention):
    model = GPT(replace(SMALL, positions=positions), attention=attention)
    ids, changed = random_ids(), random_ids()
    changed[:, 7:] = (changed[:, 7:] + 1) % 50
    assert_close(model(ids)[:, :7], model(changed)[:, :7])
    assert not torch.allclose(model(ids)[:, 7:], model(changed)[:, 7:])


def test_fast_attention_equals_readable():
    readable, fast = GPT(SMALL, attention="readable"), GPT(SMALL, attention="fast")
    assert_close(readable(random_ids()), fast(random_ids()))


def test_strips_of_queries_equal_all_at_once():
    length = 2 * STRIP + 7  # as many as are cut, and not of one size
    ids, forks = random_ids(2, length), torch.zeros(2, length, dtype=torch.long)
    branches = torch.arange(length).expand(2, -1) // 40  # 0 is the prefix
    forks[branches > 0] = 30
    mask, generator = branch_mask(branches, forks), torch.Generator().manual_seed(0)
    whole = readable_attention(
        *(heads := torch.randn(3, 2, 2, length, 16, generator=generator)), mask
    )
    for form in (mask, added(mask)):
        assert_close(fast_attention(*heads, form), whole)
    readable, fast = (GPT(SMALL, attention=way)(ids, mask=mask) for way in ("readable", "fast"))
    assert_close(readable, fast)


@pytest.mark.parametrize("positions", POSITIONS)
def test_reading_in_parts_equals_reading_at_once(positions):
    model, ids, cache = GPT(replace(SMALL, positions=positions)), random_ids(), Cache(12)
    parts = [model(ids[:, :5], cache)]
    parts += [
        model(ids[:, t : t + 1], cache, positions=torch.full((3, 1), t)) for t in range(5, 12)
    ]
    assert_close(torch.cat(parts, dim=1), model(ids))


def test_branches_over_a_shared_prefix_equal_separate_sequences():
    model, ids = GPT(SMALL), random_ids(rows=2, length=8)
    ids[1, :5] = ids[0, :5]
    packed = torch.cat((ids[0], ids[1, 5:]))[None]  # prefix, first branch, second branch
    positions = torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7]])
    mask = torch.ones(11, 11, dtype=torch.bool).tril()
    mask[8:, 5:8] = False
    for attention in ("readable", "fast"):
        model.attention = attention
        logits = model(packed, mask=mask[None, None], positions=positions)[0]
        assert_close(logits[5:8], model(ids)[0, 5:])
        assert_close(logits[8:], model(ids)[1, 5:])


def test_rotation_keeps_lengths_and_sees_only_distances():
    x = torch.randn(2, 1, 4, 8, generator=torch.Generator().manual_seed(0))  # B H T d
    q, k = x
    place = torch.tensor([[0, 3, 5, 11]])
    here, there = rotary_angles(place, 8), rotary_angles(place + 100, 8)
    assert_close(rotate(q, *here).norm(dim=-1), q[None].norm(dim=-1))
    near = rotate(q, *here) @ rotate(k, *here).mT
    far = rotate(q, *there) @ rotate(k, *there).mT
    assert_close(near, far, rtol=1e-4, atol=1e-4)


def test_rotation_turns_by_position_times_frequency():
    one = torch.tensor([1.0, 0.0, 0.0, 0.0])  # the pair (0, 2) turns by 1 rad, (1, 3) by 0.01
    turned = rotate(one, *rotary_angles(torch.tensor([[1]]), 4)).flatten()
    assert_close(turned, torch.tensor([math.cos(1), 0.0, math.sin(1), 0.0]))


def attention_weights(model, ids, layer):
    """What the heads of a layer look at (B H T S)."""
    seen = []

    def watch(q, k, v, mask):
        seen.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf).softmax(-1))
        return readable_attention(q, k, v, mask)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course_lib.lm.model.readable_attention", watch)
        model(ids)
    return seen[layer]


def test_heads_look_back_at_the_start_as_far_as_they_are_told():
    config = replace(SMALL, heads=4, width=64, look_back=(1, 2, 6))
    weights = attention_weights(GPT(config, attention="readable"), random_ids(length=30), layer=0)
    for head, distance in enumerate(config.look_back):
        assert weights[:, head].diagonal(-distance, 1, 2).mean() > 0.8
    assert weights[:, 3, -1].max() < 0.1  # not told, so even


def test_like_attends_to_like_where_that_is_wanted():
    config = replace(SMALL, heads=4, width=64, match=0.2)
    ids = random_ids(length=30)
    same = (ids[:, :, None] == ids[:, None]).tril(-1)[:, None].expand(-1, 4, -1, -1)
    other = torch.ones_like(same).tril(-1) & ~same
    for match in (0.2, 0.0):
        model = GPT(replace(config, match=match), attention="readable")
        weights = attention_weights(model, ids, layer=1)
        ratio = weights[same].mean() / weights[other].mean()
        assert (ratio > 3) == (match > 0)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("tied", [True, False])
def test_the_parameter_formula_counts_the_module(positions, tied):
    config = replace(SMALL, positions=positions, tied=tied)
    model = GPT(config)
    assert config.parameter_count() == sum(weight.numel() for weight in model.parameters())
    hidden = sum(w.numel() for n, w in model.named_parameters() if "embedding" not in n)
    head = 0 if tied else model.head.weight.numel()
    assert config.parameter_count(embeddings=False) == hidden - head


def test_depth_gives_the_papers_shape():
    config = ModelConfig.from_depth(12, vocab_size=50257, context=768)
    assert (config.layers, config.heads, config.width) == (12, 12, 768)


def test_the_seed_is_all_that_makes_the_weights():
    torch.manual_seed(1)
    first = GPT(SMALL, seed=5)
    torch.manual_seed(2)
    assert_close(first.state_dict(), GPT(SMALL, seed=5).state_dict(), rtol=0, atol=0)
    assert not torch.equal(first.head.weight, GPT(SMALL, seed=6).head.weight)


@pytest.mark.parametrize(
    "wrong", [{"positions": "absolute"}, {"heads": 3}, {"width": 6}, {"heads": 0}]
)
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(CourseError):
        replace(SMALL, **wrong)


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 24, 8), (1, 8, 32)])
def test_orthogonalise_brings_singular_values_near_one(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(x))
    assert values.min() > 0.3 and values.max() < 1.3


@pytest.mark.parametrize("decay", ["cosine", "linear"])
@pytest.mark.parametrize("fall", [1.0, 0.2])
def test_learning_rate_rises_and_falls(decay, fall):
    rates = [learning_rate(step, 1.0, 100, 10, decay, fall) for step in range(100)]
    assert max(rates) == rates[9] == rates[10] == 1.0
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:])[::-1]
    assert 0.01 <= rates[-1] < 0.07


def test_a_longer_run_begins_as_the_shorter_one_until_that_falls():
    short, long = (
        [learning_rate(step, 1.0, steps, 10, "linear", 0.2) for step in range(100)]
        for steps in (100, 300)
    )
    falls = 10 + round(90 * (1 - 0.2))
    assert short[:falls] == long[:falls] and short[falls + 1] < long[falls + 1]
