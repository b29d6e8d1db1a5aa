"""A problem: its parts, its texts and its graphs, and other questions about it."""

from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import NamedTuple

import networkx as nx

from course_lib.errors import CourseError
from course_lib.igsm import english, graphs
from course_lib.igsm.config import LETTERS, ProblemConfig
from course_lib.igsm.dependency import Definition
from course_lib.igsm.orders import depth_first, random_order
from course_lib.igsm.solution import evaluate, solution_pieces, template, template_bin
from course_lib.igsm.structure import draw_some


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
        return [x for p in self.sentences for x in sentence(p, self.definitions[p], self.labels)]

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
        """The same problem solved by computing whatever is ready until the query is (level-0).

        What the text speaks of counts; an abstract parameter nobody mentions is left alone.
        Raises CourseError where that takes more than 52 letters.
        """
        spoken_of = depth_first([*self.sentences, self.query], self.definitions)
        order = random_order(spoken_of, self.definitions, rng)
        return _with_order(self, order[: order.index(self.query) + 1], rng)


def reask(problem: Problem, rng: Random) -> Problem:
    """The same sentences with another parameter asked, any that exists (paper fn 10).

    Raises CourseError where the new solution needs more than 52 letters (of 900 in `hard`, 2 did).
    """
    query = rng.choice([p for p in range(len(problem.definitions)) if p != problem.query])
    return ask(problem, query, rng)


def ask(problem: Problem, query: int, rng: Random) -> Problem:
    """The same sentences with this parameter asked.

    Raises CourseError where the new solution needs more than 52 letters.
    """
    needed = depth_first([query], problem.definitions)
    if problem.config.solution_order == "random":
        needed = random_order(needed, problem.definitions, rng)
    return _with_order(problem, needed, rng)


def draw_letters(config: ProblemConfig, order, definitions, rng: Random) -> str:
    """As many letters as the solution has equations, which is its number of operations.

    "rotated" ones begin with an a every other time, else anywhere.
    """
    count = sum(definitions[p].op for p in order)
    if count > len(LETTERS):
        raise CourseError(f"A solution of {count} operations needs more than 52 letters.")
    if config.letters == "random":
        return "".join(draw_some(LETTERS, count, rng.random))
    rotated = config.letters == "rotated" and rng.random() < 0.5
    first = rng.randrange(len(LETTERS)) if rotated else 0
    return (LETTERS[first:] + LETTERS[:first])[:count]


def _with_order(problem: Problem, order: list[int], rng: Random) -> Problem:
    letters = draw_letters(problem.config, order, problem.definitions, rng)
    return replace(problem, order=tuple(order), letters=letters)
