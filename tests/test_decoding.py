"""Decoding with a cache writes what the plain way would write."""

from types import SimpleNamespace

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.lm import GPT, ModelConfig, generate
from course_lib.lm.decoding import BLOCK, PART

V = 16
TOKENIZER = SimpleNamespace(pad=0, end=4)  # all that decoding needs of it


def small_model(positions="rope", context=64):
    """Random weights; one token in 16 is `<end>`, so that rows finish at different times."""
    model = GPT(ModelConfig(V, layers=2, heads=2, width=16, context=context, positions=positions))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.normal_(0, 0.5, generator=generator)
    return model


def naive(model, prompt, limit):
    """One sequence, everything read anew for each token."""
    ids = list(prompt)
    while len(ids) < len(prompt) + limit:
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
        if ids[-1] == TOKENIZER.end:
            break
    return ids[len(prompt) :]


def random_prompts(count):
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(1, 12, (count,), generator=generator).tolist()
    return [torch.randint(V, (n,), generator=generator).tolist() for n in lengths]


@pytest.mark.parametrize("positions", ["rope", "learned", "none"])
def test_batched_equals_naive(positions):
    model, prompts = small_model(positions), random_prompts(24)
    written = generate(model, TOKENIZER, prompts, 20, batch_size=10)
    assert written == [naive(model, prompt, 20) for prompt in prompts]
    assert len({len(row) for row in written}) > 3  # rows did finish at different times


def test_rows_do_not_care_who_is_read_and_leaves_beside_them():
    model, prompts = small_model(), random_prompts(PART + 6)
    together = generate(model, TOKENIZER, prompts, 2 * BLOCK + 8, batch_size=len(prompts))
    assert together == generate(model, TOKENIZER, prompts, 2 * BLOCK + 8, batch_size=1)
    lengths = sorted(map(len, together))
    assert lengths[0] < 3 and lengths[-1] > 2 * BLOCK  # some leave soon, for some the cache grows


def test_sampling_repeats_with_its_generator_and_differs_from_greedy():
    model, prompts = small_model(), random_prompts(8)

    def sample(seed):
        generator = torch.Generator().manual_seed(seed)
        return generate(model, TOKENIZER, prompts, 20, temperature=2.0, generator=generator)

    assert sample(0) == sample(0) != sample(1)


def test_learned_positions_end_with_the_context():
    model = small_model("learned", context=15)
    rows = generate(model, TOKENIZER, [[1] * 12], 20)
    assert len(rows[0]) <= 3
    prompts = [*random_prompts(24), [1] * 15]
    expected = [naive(model, prompt, min(20, 15 - len(prompt))) for prompt in prompts]
    assert generate(model, TOKENIZER, prompts, 20, batch_size=10) == expected
    with pytest.raises(CourseError, match="16 tokens"):
        generate(model, TOKENIZER, [[1] * 16], 20)


def test_nothing_to_do_gives_nothing():
    assert generate(small_model(), TOKENIZER, [], 5) == []
    assert generate(small_model(), TOKENIZER, [[1]], 0) == [[]]
