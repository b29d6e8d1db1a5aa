"""Sizes and the structure graph: layers of items, and who contains whom (paper App. D.1).

Ids are plain integers. Items are numbered layer by layer. A parameter is an instance parameter
(one for each edge: how many of this child the parent has) or an abstract one (how many things of
a deeper category an item has); instance ids come first, then the abstract ones.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import islice
from random import Random
from typing import NamedTuple

from course_lib.errors import CourseError
from course_lib.igsm.config import ProblemConfig

MOST_TRIES = 30_000
MOST_OPERANDS = 4  # in one sentence, the constant counted as one


class Sizes(NamedTuple):
    """How large one attempt shall be (igsm law, paper Alg. 7)."""

    total: int  # operations aimed at, padding included
    minimal: int  # operations before padding
    abstract: int  # part of them spent on abstract parameters and what they pull in
    layers: int
    narrow: int  # items in a layer, at least
    wide: int  # and at most
    edges: int
    growth: float  # chance to add one more item than needed


def min_of_two(low: int, high: int, rnd) -> int:
    """The smaller of two uniform draws from low..high: the paper's law with more easy problems."""
    span = high - low + 1
    return low + min(int(rnd() * span), int(rnd() * span))


def draw_target(config: ProblemConfig, rng: Random) -> int:
    """The number of operations the problem must have."""
    if config.op_law == "uniform" and not config.op:
        return rng.randint(1, config.max_op)
    return config.op or min_of_two(1, config.max_op, rng.random)


def draw_sizes(config: ProblemConfig, op: int, rng: Random) -> Sizes:
    """Sizes of one attempt at a problem with `op` operations.

    Sizes that cannot give `op` are skipped, which leaves the law of the accepted problems as it
    is and saves most of the work. An attempt has min(minimal, edges) to `minimal` operations
    before padding.
    """
    rnd = rng.random
    for _ in range(MOST_TRIES):
        total = config.op or min_of_two(op, config.max_op, rnd)
        abstract = 1 + max(int(rnd() * total), int(rnd() * total))
        minimal = abstract + int(rnd() * (total - abstract + 1))
        if minimal + ROOM_BEFORE[minimal] < op:  # as many parameters as operations, at most
            continue
        layers, narrow, wide = _draw_shape(config, total, rnd)
        growth = rnd()
        edges = _draw_edges(config, layers, narrow, wide, rnd)
        # At least this many instance parameters, each with at least that room for padding.
        instances = max(min(minimal - abstract, edges), 0)
        least = min(total, min(minimal, edges) + ROOM_BEFORE[instances])
        if edges and least <= op:
            return Sizes(total, minimal, abstract, layers, narrow, wide, edges, growth)
    raise CourseError(f"No sizes fit op={op} here; ask for a larger op or fewer edges.")


def room_at(position: int) -> int:
    """Operations by which padding can extend an instance parameter there: 0, 0, 1, 2, 2, ..."""
    return min(max(position - 1, 0), MOST_OPERANDS - 2)


ROOM_BEFORE = [sum(map(room_at, range(position))) for position in range(64)]


def draw_some(pool: Sequence, count: int, rnd) -> list:
    """A uniform sample without replacement (`random.sample`, several times faster if small)."""
    pool = list(pool)
    last = len(pool)
    for k in range(count):
        chosen = k + int(rnd() * (last - k))
        pool[k], pool[chosen] = pool[chosen], pool[k]
    return pool[:count]


def draw_weighted(pool: Sequence, weights: Sequence[float], rnd):
    """One of the pool, with chances in proportion to the weights."""
    left = rnd() * sum(weights)
    for candidate, weight in zip(pool, weights, strict=True):
        left -= weight
        if left < 0:
            return candidate
    return pool[-1]  # only by rounding


@cache
def _shape_thresholds(total: int, max_edges: int) -> tuple[float, float]:
    relative = (total - 1) / (max_edges - 1)
    weights = [math.exp(-((relative - centre) ** 2)) for centre in (0.2, 0.5, 0.8)]
    return weights[0] / sum(weights), (weights[0] + weights[1]) / sum(weights)


def _draw_shape(config: ProblemConfig, total: int, rnd) -> tuple[int, int, int]:
    two, three = _shape_thresholds(total, config.max_edges)
    layers, a, b = [2 if u < two else 3 if u < three else 4 for u in (rnd(), rnd(), rnd())]
    if config.items:
        a = b = config.items
    return config.layers or layers, min(a, b), max(a, b)


def _draw_edges(config: ProblemConfig, layers: int, narrow: int, wide: int, rnd) -> int:
    """The number of edges, or 0 where none fits these layers and widths."""
    least, most = (layers - 1) * narrow, (layers - 1) * wide * wide
    if config.edges:
        return config.edges if least <= config.edges <= most else 0
    if least > config.max_edges:
        return 0
    return min(min_of_two(least, config.max_edges, rnd), most)


class Structure:
    """A structure graph and every parameter that exists in it."""

    def __init__(self, widths: list[int], ends: list[tuple[int, int]]) -> None:
        """Number the parameters of layers of these widths with edges (parent, child)."""
        self.widths = widths
        self.ends = ends  # by instance parameter
        self.edges = len(ends)
        # by abstract parameter (item, layer of its category); by how many layers lie in between,
        # abstract parameters; by item, its first abstract parameter
        self.whole, self.by_depth, self.first = _number_abstract(tuple(widths), self.edges)
        self.below: list[list[tuple[int, int]]] = [[] for _ in range(sum(widths))]
        for instance, (parent, child) in enumerate(ends):
            self.below[parent].append((instance, child))
        # by parameter: what an abstract one is computed from, and its own number of operations
        self.operands: list[tuple[int, ...]] = [()] * self.edges
        self.cost = [1] * self.edges
        self._find_operands()

    def _find_operands(self) -> None:
        first, operands, cost = self.first, self.operands, self.cost
        for item, _ in self.whole:
            rows = self.below[item]
            skip = len(operands) - first[item]  # layers between the item and the category
            if skip:
                flat = tuple([p for i, child in rows for p in (i, first[child] + skip - 1)])
            else:
                flat = tuple([i for i, _ in rows])
            operands.append(flat)
            cost.append(len(flat) - 1 if len(flat) > 2 else 1)

    def terms(self, parameter: int) -> tuple[tuple[int, ...], ...]:
        """What a parameter adds up: instances, or products of an instance and an abstract one."""
        flat = self.operands[parameter]
        if not flat or parameter == self.first[self.whole[parameter - self.edges][0]]:
            return tuple([(p,) for p in flat])
        return tuple(zip(flat[::2], flat[1::2], strict=True))

    @property
    def count(self) -> int:
        """Number of parameters, instance and abstract."""
        return len(self.operands)

    def most_operations(self) -> int:
        """Upper bound on the operations of all parameters before padding (childless ones free)."""
        return self.edges + sum(
            [c for c, flat in zip(self.cost, self.operands, strict=True) if flat]
        )


@cache
def _number_abstract(widths: tuple[int, ...], edges: int) -> tuple[list, list, list]:
    whole: list[tuple[int, int]] = []
    by_depth: list[list[int]] = [[] for _ in widths]
    first: list[int] = []
    items = iter(range(sum(widths)))
    for layer, width in enumerate(widths[:-1]):
        for item in islice(items, width):
            first.append(edges + len(whole))
            for category in range(layer + 1, len(widths)):
                by_depth[category - layer].append(edges + len(whole))
                whole.append((item, category))
    return whole, by_depth, first


def draw_structure(sizes: Sizes, rng: Random) -> Structure:
    """A random structure graph with exactly `sizes.edges` edges."""
    widths = _draw_widths(sizes, rng.random)
    return Structure(widths, _draw_edge_set(widths, sizes.edges, rng.random))


def _draw_widths(sizes: Sizes, rnd) -> list[int]:
    widths = [sizes.narrow] * sizes.layers
    while True:
        most = sum([a * b for a, b in zip(widths, widths[1:], strict=False)])
        growing = [i for i, w in enumerate(widths) if w < sizes.wide]
        if most >= sizes.edges and (
            sum(widths[1:]) == sizes.edges or rnd() >= sizes.growth or not growing
        ):
            return widths
        widths[growing[int(rnd() * len(growing))]] += 1


def _draw_edge_set(widths: list[int], edges: int, rnd) -> list[tuple[int, int]]:
    """Every item below the top gets one parent; the other edges are a uniform sample."""
    chosen, absent = [], []
    start = 0
    for above, width in zip(widths, widths[1:], strict=False):
        for child in range(start + above, start + above + width):
            parent = start + int(rnd() * above)
            chosen.append((parent, child))
            absent += [(item, child) for item in range(start, start + above) if item != parent]
        start += above
    chosen += draw_some(absent, edges - len(chosen), rnd)
    chosen.sort()
    return chosen
