"""Training a probe: fresh problems, all queries of a problem in one pass."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice
from operator import itemgetter

import torch
from torch import Tensor
from torch.nn import functional as F

from course_lib.igsm import Problem, ProblemConfig, sample_problem
from course_lib.igsm.sampling import problem_seed
from course_lib.lm.evaluation import APART, draw_problems
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.packing import Packed, pack
from course_lib.probes.queries import Bundle, bundle
from course_lib.probes.tasks import Query, find_task
from course_lib.probes.vprobe import ProbeConfig, VProbe

WARMUP = 0.05  # share of the steps
BLOCK = 16  # batches drawn together and sorted by length
STREAM = 2 * APART  # added to seeds: neither the model nor an evaluation has seen these problems


def train_probe(
    model: GPT,
    tokenizer: Tokenizer,
    config: ProbeConfig,
    *,
    on_step: Callable[[int, float, float], None] = lambda step, loss, accuracy: None,
) -> VProbe:
    """A probe of this model, trained; `on_step` hears the step, its loss (nats) and accuracy."""
    model = twin_of(model, config.seed) if config.twin else model
    probe = VProbe(model, tokenizer, config).to(model.embedding.weight.device)
    learned = list(probe.learned().values())
    optimizer = torch.optim.AdamW(
        learned, lr=config.lr, betas=(0.9, 0.98), weight_decay=config.weight_decay
    )
    source = islice(batches(tokenizer, config, probe.marks.device), config.steps)
    for step, (batch, labels) in enumerate(source):
        for group in optimizer.param_groups:
            rising, falling = (step + 1) / (WARMUP * config.steps), 1 - step / config.steps
            group["lr"] = config.lr * min(rising, falling)
        logits = probe.read(batch)
        loss = F.cross_entropy(logits, labels.to(logits.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        right = (logits.argmax(-1).cpu() == labels).float().mean()
        on_step(step + 1, loss.item(), right.item())
    if config.balanced:
        unbalance(probe, tokenizer)
    return probe


def twin_of(model: GPT, seed: int) -> GPT:
    """The same model as it was before any training, or could have been: weights from a seed."""
    return GPT(model.config, seed + 1).to(model.embedding.weight.device)


def batches(
    tokenizer: Tokenizer, config: ProbeConfig, device: torch.device
) -> Iterator[tuple[Packed, Tensor]]:
    """Endless batches of training problems with the labels (N) of their queries."""
    label = labeller(tokenizer.config, config)
    for block in count():
        rng = random.Random(f"{config.seed} {block}")
        rows = _rows(tokenizer, config, block, rng, label)
        rows.sort(key=lambda pair: pair[0].length)
        size = config.batch_size
        parts = [rows[first : first + size] for first in range(0, len(rows), size)]
        rng.shuffle(parts)
        for part in parts:
            labels = torch.tensor([label for _, labels in part for label in labels])
            yield pack([row for row, _ in part], tokenizer.pad, device), labels


def _rows(tokenizer, config: ProbeConfig, block: int, rng, label) -> list[tuple[Bundle, list[int]]]:
    task, size = find_task(config.task), BLOCK * config.batch_size
    law = replace(tokenizer.config, split="train")
    rows = []
    for number in range(block * size, (block + 1) * size):
        problem = sample_problem(law, problem_seed(STREAM + config.seed, number))
        asked = choose(task.queries(problem), config.queries, config.balanced, rng)
        row = bundle(tokenizer, problem, task, asked, named=config.named)
        rows.append((row, [label(problem, query) for query in asked]))
    return rows


def choose(queries: list[Query], most: int, balanced: bool, rng: random.Random) -> list[Query]:
    """At most so many of the queries, any; balanced: of each label as many, while there are."""
    rng.shuffle(queries)
    if balanced:
        seen: Counter[int] = Counter()
        turns = []
        for query in queries:
            turns.append(seen[query.label])
            seen[query.label] += 1
        queries = [
            query for _, query in sorted(zip(turns, queries, strict=True), key=itemgetter(0))
        ]
    return queries[:most]


def unbalance(probe: VProbe, tokenizer: Tokenizer) -> None:
    """Tells a probe that was trained on balanced queries how frequent each label really is.

    By Bayes' rule: its logits gain the log of the true shares and lose that of the balanced ones.
    """
    config, rng = probe.config, random.Random(probe.config.seed)
    task, label = find_task(config.task), labeller(tokenizer.config, config)
    really, balanced = (torch.ones(len(probe.head.bias)) for _ in range(2))  # 1: none is impossible
    for problem in draw_problems(replace(tokenizer.config, split="train"), 300, STREAM):
        queries = task.queries(problem)
        for counts, asked in (
            (really, queries),
            (balanced, choose(queries, config.queries, True, rng)),
        ):
            for query in asked:
                counts[label(problem, query)] += 1
    with torch.no_grad():
        shift = (really / really.sum()).log() - (balanced / balanced.sum()).log()
        probe.head.bias.add_(shift.to(probe.head.bias.device))


def labeller(law: ProblemConfig, config: ProbeConfig) -> Callable[[Problem, Query], int]:
    """What a probe is taught to answer: the truth, or what a name's lot says.

    Shuffled labels are a control task (Hewitt and Liang 2019): each name, or pair of names, has one
    label for good, drawn in the shares of the true ones. Only the probe itself could learn them.
    """
    if config.labels == "true":
        return lambda problem, query: query.label
    task = find_task(config.task)
    some = draw_problems(replace(law, split="train"), 200, STREAM)
    urn = sorted(query.label for problem in some for query in task.queries(problem))
    drawn: dict[tuple, int] = {}

    def lot(problem: Problem, query: Query) -> int:
        names = tuple(problem.labels[p] for p in query.parameters)
        if names not in drawn:
            drawn[names] = random.Random(f"{config.seed} {names}").choice(urn)
        return drawn[names]

    return lot
