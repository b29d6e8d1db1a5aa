"""Check a solution against the problem's text, step by step, whatever the order of its steps.

A definition is right when it means the same as the problem's formula, as a polynomial in the
parameters, and when its arithmetic is right. The kinds of fault, in the order a definition is
judged (the first fault of the first wrong definition is reported):

* "unreadable": not in the format (a text cut off in the middle, too).
* "wrong name": no such parameter, or a parameter or a letter defined twice.
* "not ready": the parameter needs another one that has not been computed yet.
* "undefined": a letter that nothing defined.
* "wrong operand", "wrong constant", "wrong operator": computes something else from the parameters.
* "wrong arithmetic": a number is not its letter's value, or a result is wrong mod the modulus.
* "wrong answer": the solution does not end with the parameter asked for.
* "unreadable problem": nothing can be checked.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from course_lib.errors import CourseError
from course_lib.igsm.formula import Formula, calculate
from course_lib.igsm.reading import Reading, parse_problem

MAX_CHARS = 100_000  # no problem short enough to be read has a longer solution

LETTER = r"[^\s\d=+*;.-]"
NUMBER = r"[0-9]{1,99}"
DEFINE = re.compile(rf"Define (.+) as ({LETTER})")
STEP = re.compile(  # x = 5 | x = a = 6 | x = a + b = 3 + 4 = 7, each operand a letter or a number
    rf"({LETTER}) = (?:({LETTER}|{NUMBER})"
    rf"(?: ([+*-]) ({LETTER}|{NUMBER}) = ({NUMBER}) ([+*-]) ({NUMBER}))? = )?({NUMBER})"
)
STATED = re.compile(rf"= ({NUMBER})(?=[.;]|\s*$)")

Polynomial = dict[tuple[str, ...], int]  # coefficients by the sorted names that are multiplied


@dataclass(frozen=True)
class Fault:
    """The first wrong parameter of a solution, and what is wrong with it."""

    parameter: str
    kind: str  # one of the list at the top of this module
    message: str


@dataclass(frozen=True)
class Verdict:
    """What `verify_solution` found; `op` and `necessary` are those of the problem itself."""

    correct: bool
    answer: int | None  # the value stated last
    op: int
    necessary: list[str]
    unnecessary: list[str]  # defined rightly though the question does not need them
    first_error: Fault | None


class _Wrong(Exception):
    """Ends the check: kind and message."""


class _Term(NamedTuple):
    """What a letter or a number stands for."""

    polynomial: Polynomial
    value: int
    names: frozenset[str]  # the parameters it was computed from


def verify_solution(problem: str, question: str, solution: str, modulus: int = 23) -> Verdict:
    """Judge any text as a solution; never raises, an unreadable text is a fault like others."""
    stated = STATED.findall(solution)
    answer = int(stated[-1]) if stated else None
    try:
        reading = parse_problem(problem, question, modulus)
    except CourseError as error:
        return Verdict(False, answer, 0, [], [], Fault("", "unreadable problem", str(error)))
    defined, fault = _read_solution(reading, solution)
    unnecessary = [name for name in defined if name not in reading.necessary]
    return Verdict(fault is None, answer, reading.op, reading.necessary, unnecessary, fault)


def _read_solution(reading: Reading, solution: str) -> tuple[list[str], Fault | None]:
    """The parameters rightly defined, up to the first fault."""
    defined: dict[str, None] = {}
    letters: dict[str, _Term] = {}
    if len(solution) > MAX_CHARS:
        return [], Fault("", "unreadable", f"The solution is longer than {MAX_CHARS} characters.")
    text = " ".join(solution.split()).removesuffix(".")
    for sentence in re.split(r"(?<=[0-9])\. ", text) if text else ():
        head, *steps = sentence.split("; ")
        match = DEFINE.fullmatch(head)
        name = match[1] if match else head.removeprefix("Define ")[:60]
        try:
            if not match:
                raise _Wrong("unreadable", "A sentence must begin with 'Define ... as x; '.")
            _check_name(name, reading.formulas, defined)
            matches = _read_steps(steps, match[2], letters)
            _check_steps(matches, letters, reading.formulas[name], reading.modulus)
        except _Wrong as wrong:
            return list(defined), Fault(name, *wrong.args)
        letters[match[2]] = letters[match[2]]._replace(
            polynomial=_atom(name, reading.modulus), names=frozenset([name])
        )
        defined[name] = None
    if not defined or next(reversed(defined)) != reading.query:
        message = f"The solution must end with {reading.query}, which is asked for."
        return list(defined), Fault(reading.query, "wrong answer", message)
    return list(defined), None


def _check_name(name: str, formulas: dict[str, Formula], defined: Container[str]) -> None:
    if name not in formulas:
        raise _Wrong("wrong name", f"The problem has no parameter {name[:60]}.")
    if name in defined:
        raise _Wrong("wrong name", f"{name} is defined twice.")
    for needed in formulas[name].names:
        if needed not in defined:
            raise _Wrong("not ready", f"{name} needs {needed}, which is not computed yet.")


def _read_steps(steps: list[str], letter: str, letters: Container[str]) -> list[re.Match]:
    """The steps of a definition, the last of which defines its letter."""
    if not steps or not steps[-1].startswith("so "):
        raise _Wrong("unreadable", f"The definition must end with 'so {letter} = ...'.")
    matches = []
    for step in (*steps[:-1], steps[-1].removeprefix("so ")):
        match = STEP.fullmatch(step)
        if not match:
            raise _Wrong("unreadable", f"The step '{step[:60]}' is not in the format.")
        matches.append(match)
    targets = [match[1] for match in matches]
    if targets[-1] != letter:
        raise _Wrong("unreadable", f"The definition must end with 'so {letter} = ...'.")
    for i, target in enumerate(targets):
        if target in letters or target in targets[:i]:
            raise _Wrong("wrong name", f"The letter {target} has a meaning already.")
    return matches


def _check_steps(
    steps: list[re.Match], letters: dict[str, _Term], formula: Formula, modulus: int
) -> None:
    """Follow the steps of one definition; adds to `letters` what their letters stand for."""
    slips = []
    for step in steps:
        letters[step[1]], slip = _follow(step, letters, modulus)
        slips.append(slip)
    _check_meaning(letters[steps[-1][1]], steps, formula, modulus)
    for slip in filter(None, slips):
        raise _Wrong("wrong arithmetic", slip)


def _follow(step: re.Match, letters: dict[str, _Term], modulus: int) -> tuple[_Term, str]:
    """What the step's letter stands for, and what is wrong with its arithmetic if anything is."""
    target, first, sign, second, x, again, y, value = step.groups()
    term, slip = _read_symbol(first or value, letters, modulus), ""
    if sign:
        left, right = term, _read_symbol(second, letters, modulus)
        if (int(x), again, int(y)) != (left.value, sign, right.value):
            slip = f"'{x} {again} {y}' does not put the values of the letters in their places."
        term = _Term(
            _join(left.polynomial, sign, right.polynomial, modulus),
            calculate(left.value, sign, right.value, modulus),
            left.names | right.names,
        )
    if int(value) != term.value % modulus:
        slip = slip or f"The value of {target} is {term.value % modulus}, not {value}."
    return term, slip


def _read_symbol(symbol: str, letters: dict[str, _Term], modulus: int) -> _Term:
    if symbol.isdecimal():
        return _Term(_atom(int(symbol), modulus), int(symbol), frozenset())
    if symbol not in letters:
        raise _Wrong("undefined", f"The letter {symbol} has no meaning yet.")
    return letters[symbol]


def _check_meaning(term: _Term, steps: list[re.Match], formula: Formula, modulus: int) -> None:
    """The term must equal the formula as a polynomial; if not, find out what is wrong with it."""
    expected = formula.compute(
        lambda leaf: _atom(leaf, modulus), lambda a, sign, b: _join(a, sign, b, modulus)
    )
    if term.polynomial == expected:
        return
    missing, extra = set(formula.names) - term.names, term.names - set(formula.names)
    if missing or extra:
        fault = f"{min(missing)} is missing" if missing else f"{min(extra)} has no place in it"
        raise _Wrong("wrong operand", f"By the problem's text {fault}.")
    symbols = [symbol for step in steps for symbol in (step[2] or step[8], step[4]) if symbol]
    numbers = [int(symbol) for symbol in symbols if symbol.isdecimal()]
    if numbers != [formula.constant] * (formula.constant is not None):
        needed = "no constant" if formula.constant is None else f"the constant {formula.constant}"
        raise _Wrong("wrong constant", f"By the problem's text it has {needed}.")
    signs: list[str] = []
    formula.compute(lambda leaf: None, lambda a, sign, b: signs.append(sign))
    if sorted(step[3] for step in steps if step[3]) != sorted(signs):
        needed = " and ".join(signs) or "no operator"
        raise _Wrong("wrong operator", f"By the problem's text it is computed with {needed}.")
    raise _Wrong("wrong operand", "The right parameters stand in the wrong places.")


def _atom(leaf: str | int, modulus: int) -> Polynomial:
    if isinstance(leaf, str):
        return {(leaf,): 1}
    return {(): leaf % modulus} if leaf % modulus else {}


def _join(left: Polynomial, sign: str, right: Polynomial, modulus: int) -> Polynomial:
    """`left sign right`, without terms that vanish mod `modulus`."""
    if sign == "*":
        return _multiply(left, right, modulus)
    total = dict(left)
    for names, coefficient in right.items():
        total[names] = calculate(total.get(names, 0), sign, coefficient, modulus)
    return {names: coefficient for names, coefficient in total.items() if coefficient}


def _multiply(left: Polynomial, right: Polynomial, modulus: int) -> Polynomial:
    """Only products that a formula can have, so that hostile text cannot make it long."""
    degree = sum(max(map(len, factor), default=0) for factor in (left, right))
    if degree > 2 or min(len(left), len(right)) > 1:
        raise _Wrong("wrong operator", "No parameter of the problem is such a product.")
    product = {
        tuple(sorted(a + b)): x * y % modulus for a, x in left.items() for b, y in right.items()
    }
    return {names: coefficient for names, coefficient in product.items() if coefficient}
