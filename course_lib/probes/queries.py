"""Queries as tokens: each a short branch that goes on from the text read so far (paper Fig. 13)."""

from collections.abc import Sequence
from typing import NamedTuple

from course_lib.igsm import Problem
from course_lib.igsm.english import STOP
from course_lib.lm.rows import Row
from course_lib.lm.tokenizer import FINISH, MID, START, Tokenizer
from course_lib.probes.tasks import Query, Task


class Script(NamedTuple):
    """A problem and a solution as the model reads them, and where a probe may ask."""

    ids: list[int]
    description: int  # tokens up to the end of the description
    sentences: list[int]  # up to the end of each sentence; the first, before any (after a plan)

    def fork(self, task: Task, step: int) -> int:
        """How many tokens have been read when the task is asked."""
        return self.description if task.early else self.sentences[step]


def read_script(
    tokenizer: Tokenizer, problem: Problem, solution: Sequence[int] | None = None
) -> Script:
    """The script of a problem with its own solution, or with one of these tokens."""
    prompt, target = tokenizer.encode_problem(problem)
    written = list(target if solution is None else solution)
    ends = [t for t, x in enumerate(written) if x in (tokenizer.answer, tokenizer.end)]
    ids = prompt + written[: min(ends, default=len(written))]
    begin, finish = len(prompt), tokenizer.ids[FINISH]
    if problem.config.plan != "none" and finish in ids[begin:]:
        begin = ids.index(finish, begin) + 1
    stop = tokenizer.ids[STOP]
    sentences = [begin, *(t + 1 for t in range(begin, len(ids)) if ids[t] == stop)]
    question_first = problem.config.form == "qp"
    description = len(prompt) - 1 if question_first else 1 + len(problem.problem_pieces)
    return Script(ids[: sentences[-1]], description, sentences)


def query_ids(
    tokenizer: Tokenizer, problem: Problem, query: Query, named: bool = True
) -> list[int]:
    """`[START] A [END]` or `[START] A [MID] B [END]`; not `named`, only the two marks."""
    first, *others = query.parameters
    pieces = [START, *problem.labels[first]]
    for other in others:
        pieces += [MID, *problem.labels[other]]
    return tokenizer.numbers([*pieces, FINISH] if named else [START, FINISH])


class Bundle(NamedTuple):
    """All queries about one text, which is kept once."""

    text: list[int]
    queries: list[list[int]]  # all of one length
    forks: list[int]  # tokens of the text that each query reads

    @property
    def length(self) -> int:
        """Tokens of the text and all queries."""
        return len(self.text) + sum(map(len, self.queries))


def bundle(
    tokenizer: Tokenizer,
    problem: Problem,
    task: Task,
    queries: Sequence[Query],
    *,
    script: Script | None = None,
    named: bool = True,
) -> Bundle:
    """The queries as branches of the text."""
    script = script or read_script(tokenizer, problem)
    forks = [script.fork(task, query.step) for query in queries]
    ids = [query_ids(tokenizer, problem, query, named) for query in queries]
    return Bundle(script.ids[: max(forks, default=0)], ids, forks)


def naive_rows(bundle: Bundle) -> list[Row]:
    """A row for each query, the text so far and then the query: the paper's way."""
    rows = []
    for query, fork in zip(bundle.queries, bundle.forks, strict=True):
        ids = bundle.text[:fork] + query
        T = len(ids)
        rows.append(Row(ids, [*[False] * (T - 1), True], [0] * T, [0] * T, [*range(T)]))
    return rows
