"""The solution, a chain of equations between two numbers, and its template (paper §2.2)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from course_lib.igsm.config import HASH_BINS
from course_lib.igsm.dependency import Definition
from course_lib.igsm.english import AS, DEFINE, IS, SIGN, SO, STOP, THEN

FIRST_LETTER = 4  # its place in the pieces: Define, owner, owned, as, letter
Symbol = tuple[str, int]  # how it is written (a letter or a numeral) and its value


def calculate(left: int, sign: str, right: int, modulus: int) -> int:
    """One binary operation modulo the modulus."""
    if sign == "+":
        return (left + right) % modulus
    if sign == "-":
        return (left - right) % modulus
    return left * right % modulus


def evaluate(
    definition: Definition, values: Mapping[int, int] | Sequence[int], modulus: int
) -> int:
    """The value of a parameter whose operands are known."""
    constant, link, terms, sign = definition
    if not terms:
        return (constant or 0) % modulus
    total = 0
    for position, term in enumerate(terms):
        value = values[term[0]] * values[term[1]] if len(term) == 2 else values[term[0]]
        total += -value if position and sign == "-" else value
    if constant is not None:
        total = constant * total if link == "*" else constant + total
    return total % modulus


def solution_pieces(problem) -> list[str]:
    """Every parameter of `problem.order` defined in turn, one sentence each."""
    pieces: list[str] = []
    written: dict[int, Symbol] = {}
    letters = iter(problem.letters)
    for parameter in problem.order:
        letter = next(letters)
        pieces += [DEFINE, *problem.labels[parameter], AS, letter]
        equations = _Equations(letters, problem.modulus)
        equations.last(letter, *equations.reduce(problem.definitions[parameter], written))
        pieces += equations.pieces
        written[parameter] = (letter, equations.value)
    return pieces


class _Equations:
    """Writes the equations of one sentence; intermediate results get the next letters."""

    def __init__(self, letters: Iterator[str], modulus: int) -> None:
        self.letters, self.modulus = letters, modulus
        self.pieces: list[str] = []
        self.value = 0

    def reduce(self, definition: Definition, written: dict[int, Symbol]) -> tuple:
        """Down to the operands of the last equation: (), (symbol,) or (symbol, sign, symbol)."""
        constant, link, terms, sign = definition
        if not terms:
            return ((str(constant or 0), constant or 0),)
        parts = self._fold(terms, sign, written)
        if not link:
            return parts
        tail = parts[0] if len(parts) == 1 else self._intermediate(*parts)
        return (str(constant), constant), link, tail

    def _fold(self, terms, sign: str, written: dict[int, Symbol]) -> tuple:
        """Sums from the left, each product taken when its turn comes."""
        parts = self._term(terms[0], written, alone=len(terms) == 1)
        for term in terms[1:]:
            left = parts[0] if len(parts) == 1 else self._intermediate(*parts)
            (right,) = self._term(term, written, alone=False)
            parts = (left, sign, right)
        return parts

    def _term(self, term: tuple[int, ...], written, alone: bool) -> tuple:
        if len(term) == 1:
            return (written[term[0]],)
        product = (written[term[0]], "*", written[term[1]])
        return product if alone else (self._intermediate(*product),)

    def _intermediate(self, left: Symbol, sign: str, right: Symbol) -> Symbol:
        letter = next(self.letters)
        self.pieces += [THEN, letter]
        self._write(left, sign, right)
        return letter, self.value

    def last(self, letter: str, *parts) -> None:
        """The equation that gives the parameter its value."""
        self.pieces += [SO, letter]
        self._write(*parts)
        self.pieces.append(STOP)

    def _write(self, left: Symbol, sign: str = "", right: Symbol | None = None) -> None:
        if right is None:
            self.value = left[1]
            self.pieces += [IS, left[0]]
        else:
            self.value = calculate(left[1], sign, right[1], self.modulus)
            self.pieces += [IS, left[0], SIGN[sign], right[0]]
            self.pieces += [IS, str(left[1]), SIGN[sign], str(right[1])]
        if right is not None or not left[0].isdigit():
            self.pieces += [IS, str(self.value)]


def template(order: Sequence[int], definitions: Sequence[Definition], instances: int) -> str:
    """The solution's shape: parameters as Inst or Abs in their order, numbers all 0 (fn 11)."""
    place = {parameter: f"#{t}" for t, parameter in enumerate(order)}
    steps = []
    for parameter in order:
        constant, link, terms, sign = definitions[parameter]
        tail = sign.join("*".join(place[p] for p in term) for term in terms)
        head = "0" if constant is not None or not terms else ""
        body = f"{head}{link}({tail})" if link else head + tail
        steps.append(f"{'Inst' if parameter < instances else 'Abs'}={body}")
    return "; ".join(steps)


def template_bin(shape: str) -> int:
    """SHA-256 of a template modulo 23.

    The "#" salts the hash: of the two templates with op=1, the constant falls to the training and
    the childless item to the test split, as in the published bins; unsalted, test had neither.
    """
    return int.from_bytes(hashlib.sha256(f"#{shape}".encode()).digest(), "big") % HASH_BINS
