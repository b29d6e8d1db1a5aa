"""What memory alone can do: look up the most similar stored problem and copy its solution."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile

from course_lib.igsm import Problem, sample_problem
from course_lib.igsm.english import sentence_pieces
from course_lib.lm.evaluation import Attempt, judge


class Memoriser:
    """Answers with the solution of the stored problem that is most similar to the one asked.

    It is a generous one. The sentences are brought into the order in which they are found from the
    question on, names are numbered as they turn up in this order, and the most similar problem is
    the one that agrees for the longest. Its solution is written with the names and constants of
    the problem asked, and with faultless arithmetic. All that is remembered is the shape.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Reads problems as they were drawn; only their seeds are kept, and their outlines."""
        self._first: dict[int, tuple] = {}  # by hash of a beginning: where it was first read
        for problem in problems:
            for beginning in _beginnings(outline(problem)):
                self._first.setdefault(beginning, (problem.config, problem.seed))

    def recall(self, problem: Problem) -> Problem | None:
        """The most similar stored problem, if anything is stored."""
        shared = list(takewhile(self._first.__contains__, _beginnings(outline(problem))))
        return sample_problem(*self._first[shared[-1]]) if shared else None

    def attempt(self, problem: Problem) -> Attempt:
        """The verifier's word on what it writes, which is nothing where nothing is stored."""
        stored = self.recall(problem)
        if stored is None:
            return judge(problem, "", None)
        told = retell(stored, problem)
        return judge(problem, told.solution, told.answer)


def outline(problem: Problem) -> list[tuple[str | int, ...]]:
    """The pieces of its sentences in `reading_order`: names numbered, every number a "#"."""
    number = {name: place for place, name in enumerate(_names(problem))}
    return [
        tuple("#" if piece.isdecimal() else number.get(piece, piece) for piece in sentence)
        for sentence in _sentences(problem)
    ]


def reading_order(problem: Problem) -> list[int]:
    """Its sentences as found from the question on, what is not found at the end.

    A sentence leads to those of what it mentions, an abstract parameter to those of what it adds up
    in the order of the text.
    """
    place = {p: i for i, p in enumerate(problem.sentences)}
    visited: dict[int, None] = {}

    def visit(p: int) -> None:
        if p in visited:
            return
        visited[p] = None
        operands = problem.definitions[p].operands
        by_text = sorted(operands, key=lambda q: place.get(q, len(place)))
        for operand in operands if p in place else by_text:
            visit(operand)

    for p in (problem.query, *problem.sentences):
        visit(p)
    return [p for p in visited if p in place]


def retell(stored: Problem, problem: Problem) -> Problem:
    """The stored problem with the names and constants of another, by their places in both."""
    mine = dict(zip(_names(stored), _names(problem), strict=False))
    labels = tuple((mine.get(a, a), mine.get(b, b)) for a, b in stored.labels)
    definitions = list(stored.definitions)
    for p, q in zip(reading_order(stored), reading_order(problem), strict=False):
        constant = problem.definitions[q].constant
        if None not in (definitions[p].constant, constant):
            definitions[p] = definitions[p]._replace(constant=constant)
    return replace(stored, labels=labels, definitions=tuple(definitions))


def _sentences(problem: Problem) -> list[list[str]]:
    return [
        sentence_pieces(p, problem.definitions[p], problem.labels) for p in reading_order(problem)
    ]


def _names(problem: Problem) -> list[str]:
    """Its names as they turn up, those of the question first."""
    known = {name for label in problem.labels for name in label}
    pieces = [*problem.labels[problem.query], *sum(_sentences(problem), [])]
    return list(dict.fromkeys(piece for piece in pieces if piece in known))


def _beginnings(sentences: Iterable[tuple]) -> Iterator[int]:
    """A hash for each number of leading sentences, none of them to begin with."""
    value = 0
    yield value
    for sentence in sentences:
        value = hash((value, sentence))
        yield value
