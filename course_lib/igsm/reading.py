"""Read a problem from its text alone and solve it: the second mind of the course.

Nothing here knows how problems are made. World knowledge is the chains of category names; items,
layers and formulas come from the sentences, ours or the published generator's.
"""

import re
from dataclasses import dataclass
from itertools import chain

import networkx as nx

from course_lib.errors import CourseError
from course_lib.igsm.formula import Formula, in_order, solve, write_solution
from course_lib.igsm.layout import (
    Layers,
    Pair,
    find_categories,
    find_layers,
    items_of_owners,
    split_names,
)

MAX_CHARS = 30_000  # about ten times a long `hard` problem

OPENING = "The number of each "
RIGHT_SIDE = re.compile(
    r"(?:([0-9]{1,9}) (more than|times as much as) )?(?:the (sum|difference) of )?each (.+)"
)
LINKS = {None: "", "more than": "+", "times as much as": "*"}


@dataclass(frozen=True)
class Reading:
    """A problem as understood from its text, and its solution."""

    formulas: dict[str, Formula]  # of every parameter, the `ip` instance parameters first
    ip: int
    query: str
    necessary: list[str]  # each after what it needs, the query last
    values: dict[str, int]  # of every parameter
    modulus: int
    layers: Layers  # item names, the top layer first
    categories: tuple[str, ...]  # one a layer

    @property
    def answer(self) -> int:
        """The value of the query."""
        return self.values[self.query]

    @property
    def op(self) -> int:
        """The operations of a shortest solution (paper Def. D.1)."""
        return sum(self.formulas[name].op for name in self.necessary)

    @property
    def solution(self) -> str:
        """A shortest solution in the paper's format, its letters in alphabetical order."""
        return write_solution(self.formulas, self.necessary, self.modulus)

    def dependency_graph(self) -> nx.DiGraph:
        """Its parameters by name, with an edge from each parameter to those that need it."""
        graph = nx.DiGraph()
        for index, (name, formula) in enumerate(self.formulas.items()):
            graph.add_node(
                name,
                abstract=index >= self.ip,
                necessary=name in self.necessary,
                query=name == self.query,
                constant=formula.constant if index < self.ip else None,
                value=self.values[name],
            )
            graph.add_edges_from((needed, name) for needed in formula.names)
        return graph


def parse_problem(problem: str, question: str, modulus: int = 23) -> Reading:
    """Read and solve a problem; raises CourseError on a text that cannot be understood."""
    if max(len(problem), len(question)) > MAX_CHARS:
        raise CourseError(f"The text is longer than {MAX_CHARS} characters: give one problem only.")
    if not isinstance(modulus, int) or modulus < 2:
        raise CourseError("The modulus must be a whole number of at least 2.")
    described = _read_sentences(problem, modulus)
    asked = _read_question(question)
    query = "'s ".join(asked)
    mentions = chain(described, *(formula.names for formula in described.values()), [query])
    pairs = split_names(dict.fromkeys(mentions), described, {query: asked})
    edges = [pairs[name] for name in described]
    abstract = [pair for name, pair in pairs.items() if name not in described]
    layers = find_layers(edges, [owner for owner, _ in abstract])
    for categories in find_categories(layers, abstract):
        formulas = described | _abstract_formulas(layers, edges, categories)
        if order := in_order(formulas, formulas):
            break
    else:
        raise CourseError("A parameter is defined through itself: no order solves the sentences.")
    values = solve(formulas, order, modulus)
    necessary = in_order(formulas, [query])
    return Reading(formulas, len(edges), query, necessary, values, modulus, layers, categories)


def _abstract_formulas(
    layers: Layers, edges: list[Pair], categories: tuple[str, ...]
) -> dict[str, Formula]:
    """What each item has of each category below it, through the items it owns."""
    owned, formulas = items_of_owners(edges), {}
    for depth, layer in enumerate(layers):
        for item in layer:
            for c, category in enumerate(categories[depth + 1 :]):
                products = tuple(
                    (f"{item}'s {x}", f"{x}'s {category}") if c else (f"{item}'s {x}",)
                    for x in owned.get(item, ())
                )
                formulas[f"{item}'s {category}"] = Formula(None if products else 0, "", products)
    return formulas


def _read_sentences(problem: str, modulus: int) -> dict[str, Formula]:
    text = " ".join(problem.split())
    if not (text.startswith(OPENING) and text.endswith(".")):
        raise CourseError(f"The problem must begin with '{OPENING}' and end with a full stop.")
    described: dict[str, Formula] = {}
    for sentence in text[len(OPENING) : -1].split(". " + OPENING):
        name, _, right = sentence.partition(" equals ")
        if name in described:
            raise CourseError(f"'{_short(name)}' is described twice.")
        described[name] = _read_formula(right, modulus)
    return described


def _read_formula(text: str, modulus: int) -> Formula:
    if re.fullmatch("[0-9]{1,9}", text):
        return Formula(_read_constant(text, modulus))
    match = RIGHT_SIDE.fullmatch(text)
    if not match:
        raise CourseError(f"'{_short(text)}' is not a form that a sentence has after 'equals'.")
    constant, link, kind, listed = match.groups()
    names = re.split(r"(?:,| and) each ", listed)
    if len(names) != {None: 1, "difference": 2, "sum": max(2, len(names))}[kind]:
        raise CourseError(f"'{_short(text)}' names too few or too many parameters.")
    number = _read_constant(constant, modulus) if constant else None
    sign = "-" if kind == "difference" else "+"
    return Formula(number, LINKS[link], tuple((name,) for name in names), sign)


def _read_constant(text: str, modulus: int) -> int:
    if int(text) >= modulus:
        raise CourseError(f"There is no number {text} in arithmetic mod {modulus}.")
    return int(text)


def _read_question(question: str) -> Pair:
    match = re.fullmatch(r"How many (.+) does (.+) have\?", " ".join(question.split()))
    if not match:
        raise CourseError("The question must read 'How many ... does ... have?'.")
    return match[2], match[1]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
