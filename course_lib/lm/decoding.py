"""Writing solutions: many prompts at once, each token read once, finished rows leaving."""

import torch
from torch import Tensor

from course_lib.lm.attention import Cache
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer

NOTHING = -1  # no token's number
PART = 64  # prompts read at once; more is no faster and needs more memory
BLOCK = 16  # slots that a cache grows by


@torch.inference_mode()
def generate(
    model: GPT,
    tokenizer: Tokenizer,
    prompts: list[list[int]],
    max_new_tokens: int,
    *,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
    batch_size: int = 256,
) -> list[list[int]]:
    """What the model writes after each prompt, up to and with `<end>`.

    Greedy at temperature 0, else sampled with `generator` (on the model's device). With learned
    positions a row also ends where the context does; CourseError for a prompt beyond it.
    """
    written: list[list[int]] = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))  # similar lengths together
    for first in range(0, len(prompts), batch_size):
        rows = order[first : first + batch_size]
        tokens = _generate(
            model, tokenizer, [prompts[i] for i in rows], max_new_tokens, temperature, generator
        )
        for i, row in zip(rows, tokens.tolist(), strict=True):
            written[i] = row[: row.index(NOTHING)] if NOTHING in row else row
    return written


def _generate(model, tokenizer, prompts, limit, temperature, generator) -> Tensor:
    """One batch: the written tokens (B limit), NOTHING wherever a row is done."""
    T = len(prompts[0])  # the longest
    reach = model.config.context if model.config.positions == "learned" else T + limit
    limit = min(limit, reach - len(prompts[-1]))  # the shortest
    parts = [prompts[first : first + PART] for first in range(0, len(prompts), PART)]
    states, caches = zip(*(_read(model, tokenizer.pad, part) for part in parts), strict=True)
    hidden, cache = torch.cat(states), Cache.join(caches, T + BLOCK)
    device = hidden.device
    positions = torch.tensor([len(prompt) for prompt in prompts], device=device)  # of what follows
    written = torch.full((len(prompts), limit), NOTHING, device=device)
    rows = torch.arange(len(prompts), device=device)  # still being written
    done = positions >= reach

    for step in range(limit):
        token = _choose(model.head(hidden), temperature, generator)  # B
        written[rows, step] = token.masked_fill(done, NOTHING)
        done |= (token == tokenizer.end) | (positions + 1 >= reach)
        finished = int(done.sum())
        if finished == len(rows):
            break
        if finished > len(rows) // 12:  # copying the cache costs about a step, so not each time
            stay = (~done).nonzero()[:, 0]
            rows, token, positions, done = (x[stay] for x in (rows, token, positions, done))
            cache.keep(stay)
        if T + step == cache.slots:
            cache.grow(BLOCK)
        slots = positions.clamp(max=reach - 1)[:, None]  # rows that are done may be beyond
        cache.used = cache.slots - 1  # all slots: a slice of the cache is read half as fast
        hidden = model(token[:, None], cache, positions=slots, return_hidden=True)
        hidden, positions = hidden[:, 0], positions + 1
    return written


def _read(model, pad, prompts) -> tuple[Tensor, Cache]:
    """What the model holds after each prompt (B D), and their keys and values."""
    T, device = len(prompts[0]), model.embedding.weight.device
    # Pads stand to the right: new tokens overwrite their cache slots before anyone may look.
    ids = torch.tensor([prompt + [pad] * (T - len(prompt)) for prompt in prompts], device=device)
    last = torch.tensor([len(prompt) - 1 for prompt in prompts], device=device)
    cache = Cache(T)
    hidden = model(ids, cache, return_hidden=True)  # B T D
    return hidden[torch.arange(len(prompts), device=device), last], cache


def _choose(logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    weights = (logits.float() / temperature).softmax(-1)
    return torch.multinomial(weights, 1, generator=generator)[:, 0]
