"""Formulas of parameters, as the reader and the verifier understand them, and how to solve them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain, islice
from string import ascii_letters
from typing import TypeVar

Term = TypeVar("Term")
Symbol = tuple[str, int]  # how a solution writes it (a letter or a numeral) and its value


@dataclass(frozen=True)
class Formula:
    """What defines a parameter: `constant link (product sign product ...)`, or a part of it."""

    constant: int | None = None
    link: str = ""  # "+" for "more than", "*" for "times as much as"
    products: tuple[tuple[str, ...], ...] = ()  # names multiplied; two only in abstract parameters
    sign: str = "+"  # "-" only between two products

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it needs."""
        return tuple(chain.from_iterable(self.products))

    @property
    def op(self) -> int:
        """Its operations as the paper counts them: a constant or a copy is one too."""
        return max(1, len(self.names) + (self.constant is not None) - 1)

    def compute(
        self, leaf: Callable[[str | int], Term], join: Callable[[Term, str, Term], Term]
    ) -> Term:
        """Its result in any arithmetic: numbers, polynomials, or the steps of a solution.

        `leaf` turns a name or a constant into a term, `join` combines two by "+", "-" or "*".
        """
        if not self.products:
            assert self.constant is not None
            return leaf(self.constant)
        # a generator, as the paper's solutions multiply only when a sum needs the next product
        products = (reduce(lambda a, b: join(a, "*", b), map(leaf, p)) for p in self.products)
        tail = reduce(lambda a, b: join(a, self.sign, b), products)
        return tail if self.constant is None else join(leaf(self.constant), self.link, tail)


def calculate(left: int, sign: str, right: int, modulus: int) -> int:
    """`left sign right` mod `modulus`, for the signs "+", "-" and "*"."""
    if sign == "*":
        return left * right % modulus
    return (left + right if sign == "+" else left - right) % modulus


def in_order(formulas: dict[str, Formula], goals: Iterable[str]) -> list[str]:
    """The goals and all they need, each after what it needs; empty if one needs itself."""
    order: dict[str, None] = {}
    begun: set[str] = set()
    stack = list(goals)[::-1]
    while stack:
        name = stack[-1]
        missing = [x for x in formulas[name].names if x not in order]
        if name in order or not missing:
            order[stack.pop()] = None
        elif name in begun:
            return []
        else:
            begun.add(name)
            stack.extend(missing)
    return list(order)


def solve(formulas: dict[str, Formula], order: Iterable[str], modulus: int) -> dict[str, int]:
    """The value of each parameter, computed in the given order."""
    values: dict[str, int] = {}
    for name in order:
        values[name] = formulas[name].compute(
            lambda term: values[term] if isinstance(term, str) else term,
            lambda left, sign, right: calculate(left, sign, right, modulus),
        )
    return values


def write_solution(formulas: dict[str, Formula], order: Iterable[str], modulus: int) -> str:
    """The solution text in the given order, with letters in alphabetical order."""
    more = (c for c in map(chr, range(0xC0, 0x110000)) if c.isalpha())
    letters = chain(ascii_letters, more)
    known: dict[str, Symbol] = {}
    return " ".join(_define(name, formulas[name], known, letters, modulus) for name in order)


def _define(
    name: str, formula: Formula, known: dict[str, Symbol], letters: Iterator[str], modulus: int
) -> str:
    """One sentence; a term is its symbol and its value, `known` has those of earlier sentences."""
    letter = next(letters)
    targets = chain(islice(letters, formula.op - 1), letter)  # the last step gives the parameter
    steps = []

    def leaf(term: str | int) -> Symbol:
        return known[term] if isinstance(term, str) else (str(term), term)

    def join(left: Symbol, sign: str, right: Symbol) -> Symbol:
        (a, x), (b, y) = left, right
        target, result = next(targets), calculate(x, sign, y, modulus)
        steps.append(f"{target} = {a} {sign} {b} = {x} {sign} {y} = {result}")
        return target, result

    symbol, value = formula.compute(leaf, join)
    if not steps:  # a copy of another letter, or a constant
        steps = [f"{letter} = {symbol} = {value}" if formula.products else f"{letter} = {value}"]
    known[name] = letter, value
    return "; ".join([f"Define {name} as {letter}", *steps[:-1], f"so {steps[-1]}."])
