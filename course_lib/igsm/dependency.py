"""The dependency graph: which parameters are necessary, in which order, and what each equals.

Follows the paper's App. D.2 and the published generator's law: choose the necessary parameters,
order them backwards from the query so that each is needed by a later one, pad the instance
parameters with operands to the wanted number of operations, then describe the unnecessary ones.
"""

import math
from random import Random
from typing import NamedTuple

from course_lib.igsm.structure import (
    MOST_OPERANDS,
    Sizes,
    Structure,
    draw_some,
    draw_weighted,
    room_at,
)


class Definition(NamedTuple):
    """What a parameter equals; every operand is a parameter id.

    `terms` are added up (or, with sign "-", the second subtracted from the first); a term is one
    parameter (id,) or the product of two (id, id). The constant alone, or `constant + ...`, or
    `constant * ...`, as `link` says.
    """

    constant: int | None = None
    link: str = ""
    terms: tuple[tuple[int, ...], ...] = ()
    sign: str = "+"

    @property
    def operands(self) -> tuple[int, ...]:
        """All parameters it depends on directly."""
        return tuple([p for term in self.terms for p in term])

    @property
    def op(self) -> int:
        """Its number of operations: max(1, in-degree - 1), the constant counted (Def. D.1)."""
        return max(1, sum(map(len, self.terms)) + (self.constant is not None) - 1)


class Sentence(NamedTuple):
    """The operands of an instance parameter before its constant and its words are drawn."""

    operands: list[int]
    has_constant: bool


def choose_necessary(structure: Structure, sizes: Sizes, rng: Random) -> list[int]:
    """Parameters that shall be necessary: abstract ones within their budget, then instances."""
    chosen: dict[int, None] = {}  # a set that keeps its order, for reproducible draws
    budget = min(sizes.abstract, structure.most_operations())
    instances = sizes.minimal - budget
    budget = _spend_on_abstract(structure, budget, chosen, rng)
    spare = [p for p in range(structure.edges) if p not in chosen]
    count = min(budget + instances, len(spare))
    chosen.update(dict.fromkeys(draw_some(spare, count, rng.random)))
    return list(chosen)


def _spend_on_abstract(structure: Structure, budget: int, chosen: dict, rng: Random) -> int:
    """Take abstract parameters, the deepest that fits each time; returns the budget left over."""
    low, high = 1, len(structure.widths) - 1
    while budget > 0:
        take, fallback, untouched = None, None, False
        for depth in range(1, len(structure.widths)):
            candidates = [p for p in structure.by_depth[depth] if p not in chosen]
            if not candidates:
                if depth == low:
                    low += 1
                elif depth == high:
                    high -= 1
                continue
            untouched = True
            new = _with_operands(structure, candidates[int(rng.random() * len(candidates))], chosen)
            price = sum([structure.cost[q] for q in new])
            if price > budget:
                if depth == low or fallback is None:
                    return budget
                take = fallback
                break
            if depth >= high:
                take = price, new
                break
            fallback = price, new
        if take:
            budget -= take[0]
            chosen.update(dict.fromkeys(take[1]))
        elif not untouched:
            return budget
    return budget


def _with_operands(structure: Structure, parameter: int, chosen: dict) -> list[int]:
    """The parameter and, recursively, every operand of it that is not chosen yet."""
    new = [parameter]
    for p in new:
        new += [q for q in structure.operands[p] if q not in chosen and q not in new]
    return new


def order_backwards(
    structure: Structure, chosen: list[int], rng: Random
) -> tuple[list[int], dict[int, int]] | None:
    """Solution order of the chosen parameters (query last) and whom an instance one quotes.

    Picks parameters from the query backwards; returns None where some would be unnecessary.
    """
    rnd, edges = rng.random, structure.edges
    quoting, bias = rnd(), abs(rng.gauss(0.0, 1.0))
    weight = (1.0, math.exp(bias), math.exp(2 * bias))
    unplaced_users = dict.fromkeys(chosen, 0)
    for p in chosen:
        for operand in structure.operands[p]:
            unplaced_users[operand] += 1
    remaining = list(chosen)
    ready = [p for p in chosen if not unplaced_users[p]]
    needed: set[int] = set()
    order: list[int] = []
    quotes: dict[int, int] = {}
    while remaining:
        pool = [p for p in ready if p in needed] if order else ready
        if not pool:
            return None
        p = pool[int(rnd() * len(pool))]
        order.append(p)
        remaining.remove(p)
        ready.remove(p)
        if p >= edges:
            for operand in structure.operands[p]:
                needed.add(operand)
                unplaced_users[operand] -= 1
                if not unplaced_users[operand]:
                    ready.append(operand)
        elif remaining:
            must = not any(q in needed for q in ready)
            if must or rnd() < quoting:
                candidates = ready if must else remaining
                weights = [weight[(q >= edges) + (q not in needed)] for q in candidates]
                quotes[p] = draw_weighted(candidates, weights, rnd)
                needed.add(quotes[p])
    order.reverse()
    return order, quotes


def spare_room(order: list[int], edges: int) -> list[int]:
    """Extra operations that padding can give each position of the solution."""
    return [room_at(t) if p < edges else 0 for t, p in enumerate(order)]


def pad(order, quotes, room: list[int], extra: int, edges: int, rng: Random) -> dict[int, Sentence]:
    """Operands of the necessary instance parameters, `extra` operations dealt among them."""
    rnd = rng.random
    extras = [0] * len(order)
    open_positions = [t for t, r in enumerate(room) if r]
    for _ in range(extra):
        t = open_positions[int(rnd() * len(open_positions))]
        extras[t] += 1
        if extras[t] == room[t]:
            open_positions.remove(t)
    return {
        p: _pad_one(order[:t], quotes.get(p), extras[t], rng)
        for t, p in enumerate(order)
        if p < edges
    }


def _pad_one(earlier: list[int], quoted: int | None, extra: int, rng: Random) -> Sentence:
    rnd = rng.random
    count = extra + 2 if extra else 1 + (rnd() < 0.5)
    count = min(count, len(earlier) + 1, MOST_OPERANDS)
    first = [] if quoted is None else [quoted]
    if count == len(earlier) + 1:  # the whole pool: the constant and every earlier parameter
        return Sentence(first + [p for p in earlier if p != quoted], True)
    pool = [p for p in earlier if p != quoted]
    count -= len(first)
    if count > 0 and rnd() < 0.5:
        return Sentence(first + draw_some(pool, count - 1, rnd), True)
    drawn = draw_some([-1, *pool], count, rnd)  # -1 stands for the constant
    return Sentence(first + [p for p in drawn if p >= 0], -1 in drawn)


def describe_unnecessary(
    structure: Structure, order: list[int], rng: Random
) -> dict[int, Sentence]:
    """Operands of every instance parameter the solution does not need (the distractors)."""
    rnd = rng.random
    described = dict.fromkeys(order)  # the pool: all that can be spoken of
    users, waiting = _abstract_users(structure)
    childless = [p for p in range(structure.edges, len(waiting)) if not waiting[p]]
    _describe(order + [p for p in childless if p not in described], users, waiting, described)
    independent: list[int] = []
    left = [p for p in range(structure.edges) if p not in described]
    left = draw_some(left, len(left), rnd)
    sentences = {}
    for p in left:
        alone = rnd() < 0.5
        pool = independent if alone else list(described)
        count = 1
        while count < min(len(pool) + 1, MOST_OPERANDS) and rnd() < 0.5:
            count += 1
        if count == len(pool) + 1:
            sentences[p] = Sentence(list(pool), True)
        else:
            constant = rnd() < 0.5
            sentences[p] = Sentence(draw_some(pool, count - constant, rnd), constant)
        if alone:
            independent.append(p)
        _describe([p], users, waiting, described)
    return sentences


def _abstract_users(structure: Structure) -> tuple[list[list[int]], list[int]]:
    """By parameter: the abstract ones that add it up, and how many operands are not described."""
    users: list[list[int]] = [[] for _ in range(structure.count)]
    waiting = [0] * structure.count
    for abstract in range(structure.edges, structure.count):
        operands = structure.operands[abstract]
        waiting[abstract] = len(operands)
        for operand in operands:
            users[operand].append(abstract)
    return users, waiting


def _describe(new: list[int], users: list, waiting: list[int], described: dict) -> None:
    """Mark parameters as described, and with them each abstract one whose parts are complete."""
    for p in new:
        described[p] = None
        for abstract in users[p]:
            waiting[abstract] -= 1
            if not waiting[abstract] and abstract not in described:
                new.append(abstract)


def word(sentence: Sentence, modulus: int, rng: Random) -> Definition:
    """Draw the constant and the words of a sentence (igsm law of the text)."""
    rnd = rng.random
    terms = tuple([(p,) for p in sentence.operands])
    sign = "-" if len(terms) == 2 and rnd() < 0.5 else "+"
    if not sentence.has_constant:
        return Definition(None, "", terms, sign)
    if not terms:
        return Definition(int(rnd() * modulus))
    if rnd() < 0.5:
        return Definition(int(rnd() * modulus), "+", terms, sign)
    return Definition(1 + int(rnd() * (modulus - 1)), "*", terms, sign)
