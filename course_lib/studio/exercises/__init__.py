"""Exercises and their checks: `check(my_function)` says in one line how it went, and never raises.

Each lesson with exercises has a module `lessonNN` here with a tuple `EXERCISES`.
"""

import importlib
import math
import pkgutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

MOST_CHARS = 200  # of a value in a message


def equal(got: Any, wanted: Any) -> bool:
    """Equal, floats up to rounding; True is no number and 3.0 no whole one."""
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return math.isclose(got, wanted, rel_tol=1e-9)
    return type(got) is type(wanted) and got == wanted


@dataclass(frozen=True)
class Exercise:
    """A function to write, known by its name, and what is told about wrong ones."""

    name: str
    cases: Sequence[tuple] | Callable[[], Sequence[tuple]]  # arguments of each call
    answer: Callable
    mistakes: Sequence[tuple[Callable, str]]  # a likely wrong function and what to say to it
    same: Callable[[Any, Any], bool] = equal  # of a result and the right one
    raised: tuple[type[Exception], str] | None = None  # a likely error and what to say to it

    def verdict(self, function: Callable) -> str:
        """One line on a learner's function."""
        cases = self.cases() if callable(self.cases) else self.cases
        results = []
        for case in cases:
            try:
                results.append(function(*deepcopy(case)))
            except NotImplementedError:
                return f"{self.name}: not attempted yet."
            except Exception as error:
                hint = "."
                if self.raised and isinstance(error, self.raised[0]):
                    hint = f": {self.raised[1]}"
                return f"{self.name}: {_call(self.name, case)} raised {error!r}{hint}"
        miss = self._first_miss(results, self.answer, cases)
        if miss is None:
            return f"{self.name}: right on all {len(cases)} cases. Well done!"
        for wrong, message in self.mistakes:
            if self._first_miss(results, wrong, cases) is None:
                return f"{self.name}: {message}"
        case, got = cases[miss], results[miss]
        call, expected = _call(self.name, case), _expected(got, self.answer(*deepcopy(case)))
        return f"{self.name}: {call} returned {_short(got)}; expected was {expected}."

    def _first_miss(self, results: list, function: Callable, cases: Sequence[tuple]) -> int | None:
        """The place of the first result that is not this function's."""
        for place, (got, case) in enumerate(zip(results, cases, strict=True)):
            if not self._right(got, function(*deepcopy(case))):
                return place
        return None

    def _right(self, got: Any, wanted: Any) -> bool:
        try:
            return bool(self.same(got, wanted))
        except Exception:  # a learner's result can be anything, arrays in a list for one
            return False


def check(function: Callable) -> None:
    """Print how a function does as the exercise of its name."""
    name = getattr(function, "__name__", repr(function))
    exercise = find().get(name)
    print(exercise.verdict(function) if exercise else f"There is no exercise called {name}.")


def find() -> dict[str, Exercise]:
    """All exercises by name."""
    modules = [
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    return {exercise.name: exercise for module in modules for exercise in module.EXERCISES}


def _expected(got: Any, wanted: Any) -> str:
    """How the right result differs, as far as that gives nothing away."""
    shape = getattr(wanted, "shape", None)
    if type(got) is not type(wanted):
        return f"type {type(wanted).__name__}"
    if shape is not None and got.shape != shape:
        return f"the shape {tuple(shape)}, not {tuple(got.shape)}"
    return f"a different {type(wanted).__name__}"


def _call(name: str, case: tuple) -> str:
    return f"{name}({', '.join(map(_short, case))})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 3] + "..."
