"""What is true of the parameters of a problem, at each moment of its solution (paper §4.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig
from course_lib.igsm.dependency import Definition


class Query(NamedTuple):
    """A question to a model's mind, and the true answer."""

    step: int  # sentences of the solution written before; 0 for dep and nece
    parameters: tuple[int, ...]  # A, or A and B
    label: int  # 0 or 1; of value the number, or the modulus where it is not known yet


@dataclass(frozen=True)
class Task:
    """One of the six things that a probe asks."""

    name: str
    meaning: str
    label: Callable[[Problem, set[int], int], int] | None  # of A, with what is computed
    early: bool = False  # asked before the question is read
    once: bool = False  # asked at one moment, not at the end of every sentence

    def classes(self, config: ProblemConfig) -> int:
        """How many labels there are."""
        return config.modulus + 1 if self.name == "value" else 2

    def at(self, problem: Problem, step: int, written: Sequence[int] | None = None) -> list[Query]:
        """All queries after `step` sentences, of the problem's solution or of one `written`."""
        if self.label is None:
            return _dependencies(problem.definitions)
        known = set((problem.order if written is None else written)[:step])
        parameters = range(len(problem.definitions))
        return [Query(step, (p,), int(self.label(problem, known, p))) for p in parameters]

    def queries(self, problem: Problem) -> list[Query]:
        """All queries at all moments, before the first sentence and after the last too."""
        steps = 1 if self.once else len(problem.order) + 1
        return [query for step in range(steps) for query in self.at(problem, step)]


def find_task(name: str) -> Task:
    """The task of this name; CourseError if there is none."""
    if name not in TASKS:
        raise CourseError(f"There is no task {name!r}; choose one of {', '.join(TASKS)}.")
    return TASKS[name]


def _nece(problem: Problem, known: set[int], p: int) -> bool:
    return p in problem.order


def _known(problem: Problem, known: set[int], p: int) -> bool:
    return p in known


def _value(problem: Problem, known: set[int], p: int) -> int:
    return problem.values[p] if p in known else problem.modulus


def _can_next(problem: Problem, known: set[int], p: int) -> bool:
    # What is computed already counts too: only so come the shares of the paper's majority (LOG.md).
    return known.issuperset(problem.definitions[p].operands)


def _nece_next(problem: Problem, known: set[int], p: int) -> bool:
    return p not in known and _nece(problem, known, p) and _can_next(problem, known, p)


TASKS = {
    task.name: task
    for task in (
        Task("dep", "A depends on B, directly or not", None, early=True, once=True),
        Task("nece", "A is necessary for the answer", _nece, once=True),
        Task("known", "A is computed", _known),
        Task("value", "A is computed, and has this value", _value),
        Task("can_next", "all that A depends on is computed", _can_next),
        Task("nece_next", "A is necessary, can be next, and is not computed yet", _nece_next),
    )
}


def _dependencies(definitions: Sequence[Definition]) -> list[Query]:
    needs = all_needs(definitions)
    pairs = ((a, b) for a in range(len(needs)) for b in range(len(needs)) if a != b)
    return [Query(0, (a, b), int(b in needs[a])) for a, b in pairs]


def all_needs(definitions: Sequence[Definition]) -> list[set[int]]:
    """By parameter, everything it depends on, directly or not."""
    needs: dict[int, set[int]] = {}

    def visit(p: int) -> set[int]:
        if p not in needs:
            operands = definitions[p].operands
            needs[p] = set(operands).union(*map(visit, operands))
        return needs[p]

    return [visit(p) for p in range(len(definitions))]
