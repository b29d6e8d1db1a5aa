"""Drawing a whole problem, asking it anew, and reading its parts."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import NamedTuple

import networkx as nx

from course_lib.errors import CourseError
from course_lib.igsm import english, graphs
from course_lib.igsm.config import HASH_BINS, LETTERS, ProblemConfig
from course_lib.igsm.dependency import (
    Definition,
    choose_necessary,
    describe_unnecessary,
    order_backwards,
    pad,
    spare_room,
    word,
)
from course_lib.igsm.orders import depth_first, random_order, sentence_order
from course_lib.igsm.solution import evaluate, solution_pieces, template
from course_lib.igsm.structure import (
    MOST_TRIES,
    Sizes,
    draw_sizes,
    draw_some,
    draw_structure,
    draw_target,
)


class Parameter(NamedTuple):
    """A quantity of the problem: an item's items (instance) or its things of a category."""

    owner: str
    owned: str
    abstract: bool

    def __str__(self) -> str:
        """The name as the texts write it."""
        return f"{self.owner}{english.OF}{self.owned}"


@dataclass(frozen=True)
class Problem:
    """One problem with its question, its graphs and a solution.

    Parameters are known by their id, the index in `parameters`: instance ones first.
    """

    config: ProblemConfig
    seed: int
    categories: tuple[str, ...]  # by layer, from the top
    layers: tuple[tuple[str, ...], ...]  # item names by layer
    labels: tuple[tuple[str, str], ...]  # (owner, owned) by parameter
    definitions: tuple[Definition, ...]  # by parameter
    sentences: tuple[int, ...]  # instance parameters as the text describes them
    order: tuple[int, ...]  # of the solution; the query comes last
    letters: str  # as the solution uses them

    @property
    def modulus(self) -> int:
        """All arithmetic is modulo this number."""
        return self.config.modulus

    @property
    def query(self) -> int:
        """The parameter asked for."""
        return self.order[-1]

    @property
    def ip(self) -> int:
        """Number of instance parameters, each described by one sentence."""
        return len(self.sentences)

    @property
    def op(self) -> int:
        """Number of operations of the solution (paper Def. D.1)."""
        return sum(self.definitions[p].op for p in self.order)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter that exists, by id."""
        return tuple(Parameter(*label, p >= self.ip) for p, label in enumerate(self.labels))

    @property
    def necessary(self) -> list[str]:
        """Names of the parameters the solution defines, in its order."""
        return [str(self.parameters[p]) for p in self.order]

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The value of every parameter."""
        values = [0] * len(self.definitions)
        for p in depth_first(range(len(values)), self.definitions):
            values[p] = evaluate(self.definitions[p], values, self.modulus)
        return tuple(values)

    @property
    def answer(self) -> int:
        """The value of the query."""
        values: dict[int, int] = {}
        for p in self.order:
            values[p] = evaluate(self.definitions[p], values, self.modulus)
        return values[self.query]

    @cached_property
    def problem_pieces(self) -> list[str]:
        """The problem's text as tokens."""
        sentence = english.sentence_pieces
        return [
            x for p in self.sentences for x in sentence(p, self.definitions[p], self.labels)
        ]

    @cached_property
    def question_pieces(self) -> list[str]:
        """The question as tokens."""
        return english.question_pieces(self.labels[self.query])

    @cached_property
    def solution_pieces(self) -> list[str]:
        """The solution as tokens."""
        return solution_pieces(self)

    @property
    def problem(self) -> str:
        """One sentence for each instance parameter."""
        return english.join(self.problem_pieces)

    @property
    def question(self) -> str:
        """The question."""
        return english.join(self.question_pieces)

    @property
    def solution(self) -> str:
        """The chain of thought, one sentence for each necessary parameter."""
        return english.join(self.solution_pieces)

    @property
    def prompt(self) -> str:
        """Problem and question in the order of the config's form."""
        parts = (self.problem, self.question)
        return " ".join(parts if self.config.form == "pq" else parts[::-1])

    @property
    def template(self) -> str:
        """The shape of the solution; train and test differ in it."""
        return template(self.order, self.definitions, self.ip)

    @property
    def template_bin(self) -> int:
        """Hash of the template, 0 to 22; the splits are ranges of it."""
        return template_bin(self.template)

    def structure_graph(self) -> nx.DiGraph:
        """Items and who contains whom; an edge is an instance parameter."""
        return graphs.structure_graph(self)

    def dependency_graph(self) -> nx.DiGraph:
        """Parameters and what each is computed from."""
        return graphs.dependency_graph(self)

    def level0(self, rng: Random) -> "Problem":
        """The same problem solved by computing whatever is ready until the query is (level-0)."""
        everything = random_order(range(len(self.definitions)), self.definitions, rng)
        return _with_order(self, everything[: everything.index(self.query) + 1], rng)


def template_bin(shape: str) -> int:
    """SHA-256 of a template modulo 23."""
    return int.from_bytes(hashlib.sha256(shape.encode()).digest(), "big") % HASH_BINS


def sample_problem(config: ProblemConfig, seed: int) -> Problem:
    """The problem that this config and seed always give, on every machine.

    Raises CourseError where the config asks for what cannot be drawn.
    """
    rng = Random(seed)
    op = draw_target(config, rng)
    tries = iter(range(MOST_TRIES))  # structure graphs drawn, over all attempts
    for _ in tries:
        drawn = _draw_graphs(draw_sizes(config, op, rng), op, islice(tries, 1000), rng)
        if drawn is None:
            continue
        problem = _tell(config, seed, *drawn, rng)
        if config.split == "all" or problem.template_bin in config.bins:
            return problem
    raise CourseError(
        f"No problem with op={op} turned up in {MOST_TRIES:,} tries; ask for another op, for more "
        "layers, items or edges, or for another split."
    )


def reask(problem: Problem, rng: Random) -> Problem:
    """The same sentences with another parameter asked, any that exists (paper fn 10)."""
    query = rng.choice([p for p in range(len(problem.definitions)) if p != problem.query])
    needed = depth_first([query], problem.definitions)
    if problem.config.solution_order == "random":
        needed = random_order(needed, problem.definitions, rng)
    return _with_order(problem, needed, rng)


def _draw_graphs(sizes: Sizes, op: int, tries: Iterable, rng: Random) -> tuple | None:
    """Structure graph, solution order and operands, or None where the operations are not `op`."""
    for _ in tries:
        structure = draw_structure(sizes, rng)
        chosen = choose_necessary(structure, sizes, rng)
        ordered = order_backwards(structure, chosen, rng)
        if ordered is None:
            continue
        order, quotes = ordered
        room = spare_room(order, structure.edges)
        minimal = sum([structure.cost[p] for p in chosen])
        extra = min(max(sizes.total - minimal, 0), sum(room))
        if minimal + extra != op:
            return None
        sentences = pad(order, quotes, room, extra, structure.edges, rng)
        sentences |= describe_unnecessary(structure, order, rng)
        return structure, order, sentences
    return None


def _tell(config: ProblemConfig, seed: int, structure, order, sentences, rng: Random) -> Problem:
    """Names, constants, order of sentences and letters for the graphs drawn."""
    categories, layers = _draw_names(config, structure.widths, rng)
    items = [name for layer in layers for name in layer]
    labels = [(items[parent], items[child]) for parent, child in structure.ends]
    labels += [(items[item], categories[layer]) for item, layer in structure.whole]
    definitions = [Definition(None, "", structure.terms(p)) for p in range(structure.count)]
    for p, sentence in sentences.items():
        definitions[p] = word(sentence, config.modulus, rng)
    if config.solution_order == "fixed":
        order = depth_first(order[-1:], definitions)
    return Problem(
        config=config,
        seed=seed,
        categories=categories,
        layers=layers,
        labels=tuple(labels),
        definitions=tuple(definitions),
        sentences=tuple(sentence_order(list(sentences), definitions, config.shuffle, rng)),
        order=tuple(order),
        letters=_draw_letters(config, order, definitions, rng),
    )


def _draw_names(config: ProblemConfig, widths: list[int], rng: Random) -> tuple[tuple, tuple]:
    rnd = rng.random
    chain = config.world.chains[int(rnd() * config.chains)]
    start = int(rnd() * (len(chain) - len(widths) + 1))
    levels = chain[start : start + len(widths)]
    layers = []
    for level, width in zip(levels, widths, strict=True):
        names = level.subcategories[int(rnd() * len(level.subcategories))]
        layers.append(tuple(draw_some(names, width, rnd)))
    return tuple(level.name for level in levels), tuple(layers)


def _draw_letters(config: ProblemConfig, order, definitions, rng: Random) -> str:
    """As many letters as the solution has equations, which is its number of operations."""
    count = sum(definitions[p].op for p in order)
    if count > len(LETTERS):
        raise CourseError(f"A solution of {count} operations needs more than 52 letters.")
    if config.letters == "sequential":
        return LETTERS[:count]
    return "".join(draw_some(LETTERS, count, rng.random))


def _with_order(problem: Problem, order: list[int], rng: Random) -> Problem:
    letters = _draw_letters(problem.config, order, problem.definitions, rng)
    return replace(problem, order=tuple(order), letters=letters)
