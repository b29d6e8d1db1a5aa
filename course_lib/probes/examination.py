"""What a probe says of fresh problems, and how often it is right."""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch

from course_lib.igsm import Problem
from course_lib.lm.evaluation import wilson
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.packing import pack
from course_lib.probes.queries import Script, bundle
from course_lib.probes.tasks import Query, find_task
from course_lib.probes.training import choose, labeller
from course_lib.probes.vprobe import VProbe

BATCH = 32  # problems
MOST = 40  # queries of a problem that are asked in an examination


class Belief(NamedTuple):
    """A probe's answer to a query."""

    task: str
    problem: Problem
    query: Query
    truth: int  # the label asked for
    answer: int
    probability: float  # the probe's own, of its answer

    @property
    def right(self) -> bool:
        """The answer is the true one."""
        return self.answer == self.truth

    @property
    def necessary(self) -> bool:
        """A is necessary for the problem's question."""
        return self.query.parameters[0] in self.problem.order


@torch.inference_mode()
def ask(
    probe: VProbe,
    tokenizer: Tokenizer,
    asked: Sequence[tuple[Problem, Sequence[Query]]],
    scripts: Sequence[Script] | None = None,
) -> list[list[Belief]]:
    """The beliefs about each problem; `scripts` where the solutions are not the problems' own."""
    task, label = find_task(probe.config.task), labeller(tokenizer.config, probe.config)
    beliefs: list[list[Belief]] = [[] for _ in asked]
    order = sorted(range(len(asked)), key=lambda i: len(asked[i][0].problem_pieces))
    for first in range(0, len(order), BATCH):
        part = [i for i in order[first : first + BATCH] if asked[i][1]]
        if not part:
            continue
        rows = []
        for i in part:
            script, named = scripts[i] if scripts else None, probe.config.named
            problem, queries = asked[i]
            rows.append(bundle(tokenizer, problem, task, queries, script=script, named=named))
        shares = probe.read(pack(rows, tokenizer.pad, probe.marks.device)).softmax(-1)  # N C
        best = zip(*(x.tolist() for x in shares.max(-1)), strict=True)
        for i in part:
            problem, queries = asked[i]
            for query, (share, answer) in zip(queries, islice(best, len(queries)), strict=True):
                belief = Belief(task.name, problem, query, label(problem, query), answer, share)
                beliefs[i].append(belief)
    return beliefs


def examine(probe: VProbe, tokenizer: Tokenizer, problems: list[Problem], seed: int = 0) -> list:
    """The beliefs (a list) about some of the queries of each problem."""
    task, rng = find_task(probe.config.task), random.Random(seed)
    asked = [(problem, choose(task.queries(problem), MOST, False, rng)) for problem in problems]
    return [belief for beliefs in ask(probe, tokenizer, asked) for belief in beliefs]


def score(beliefs: list[Belief], where: Callable[[Belief], bool] = lambda belief: True) -> dict:
    """Accuracy (0 to 1) of the beliefs that are meant, with a 95 % interval, and what luck gives.

    The interval knows that queries of one problem rise and fall together: as many independent ones
    would have the same spread. `majority` always gives the commonest label; `mcc` is Matthews'
    correlation (Gorodkin's, for many labels); `by_label` is accuracy for each true label.
    """
    beliefs = [belief for belief in beliefs if where(belief)]
    share, low, high = clustered([(belief.right, id(belief.problem)) for belief in beliefs])
    figures = {"accuracy": share, "low": low, "high": high, "n": len(beliefs)}
    if not beliefs:
        return figures | {"majority": None, "mcc": None}
    truths = Counter(belief.truth for belief in beliefs)
    rights = Counter(belief.truth for belief in beliefs if belief.right)
    return figures | {
        "majority": round(max(truths.values()) / len(beliefs), 4),
        "mcc": round(matthews([b.truth for b in beliefs], [b.answer for b in beliefs]), 4),
        "by_label": {str(x): round(rights[x] / truths[x], 4) for x in sorted(truths)},
    }


def clustered(cases: Sequence[tuple[bool, Hashable]]) -> tuple[float | None, float, float]:
    """The share of cases that are true, with a 95 % interval; each is (true, its cluster).

    Cases of one cluster rise and fall together: the interval is that of as many independent cases
    as would have the same spread.
    """
    if not cases:
        return None, 0.0, 1.0
    share = sum(true for true, _ in cases) / len(cases)
    surplus: dict[Hashable, float] = {}
    for true, cluster in cases:  # beyond the expected
        surplus[cluster] = surplus.get(cluster, 0.0) + true - share
    variance = sum(x * x for x in surplus.values()) / len(cases) ** 2
    spread = share * (1 - share)
    n = min(spread / variance, len(cases)) if variance > 1e-12 else len(surplus)
    low, high = wilson(share * n, n)
    return round(share, 4), round(low, 4), round(high, 4)


def matthews(truths: Sequence[int], answers: Sequence[int]) -> float:
    """Matthews' correlation of two labellings: 1 the same, 0 unrelated or one of them constant."""
    size = 1 + max(*truths, *answers)
    table = np.zeros((size, size))
    np.add.at(table, (truths, answers), 1)
    true, said, n = table.sum(1), table.sum(0), table.sum()
    cover = np.sqrt((n**2 - said @ said) * (n**2 - true @ true))
    return float((np.trace(table) * n - true @ said) / cover) if cover else 0.0
