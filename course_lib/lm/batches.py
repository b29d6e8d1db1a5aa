"""Fresh problems without end, in batches of similar length, the same for any number of workers."""

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from torch.utils.data import DataLoader, Dataset

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig, sample_problem
from course_lib.igsm.config import LETTERS
from course_lib.igsm.problem import ask
from course_lib.igsm.sampling import problem_seed
from course_lib.igsm.solution import FIRST_LETTER
from course_lib.lm.config import TrainConfig
from course_lib.lm.rows import Batch, Row, branched_row, make_batch, plain_row
from course_lib.lm.tokenizer import Tokenizer

BLOCK = 32  # batches drawn together and sorted by length


@dataclass(frozen=True)
class Stream:
    """The endless training data of a run; block n holds `BLOCK` batches of problems.

    `curriculum` is (until, changes) pairs: problems with these settings until so many were seen.
    """

    problem: ProblemConfig
    batch_size: int
    seed: int
    context: int  # longer sequences are left out, as in the paper
    loss_on: str = "solution"
    curriculum: tuple[tuple[int, dict], ...] = ()
    questions: int = 1  # about each problem, as branches over its shared description

    @classmethod
    def of(cls, config: TrainConfig) -> "Stream":
        """The training data of a run."""
        problem, context = replace(config.problem, split="train"), config.model.context
        shape = (config.loss_on, config.curriculum, config.questions)
        return cls(problem, config.batch_size, config.seed, context, *shape)

    def config_at(self, number: int) -> ProblemConfig:
        """What problem `number` is drawn from; all of a block from the same."""
        first = number - number % (BLOCK * self.batch_size)
        for until, changes in self.curriculum:
            if first < until:
                return replace(self.problem, **changes)
        return self.problem

    def draw(self, number: int) -> Problem:
        """Problem `number`, whoever asks for it."""
        return sample_problem(self.config_at(number), problem_seed(self.seed, number))

    def block(self, number: int) -> list[Batch]:
        """Block `number`: its problems sorted by length into batches, the batches shuffled."""
        first, count = number * BLOCK * self.batch_size, BLOCK * self.batch_size
        tokenizer = Tokenizer(self.problem)
        rows = [self.row(self.draw(n), tokenizer) for n in range(first, first + count)]
        rows = [row for row in rows if row.length <= self.context]
        if len(rows) < BLOCK:  # a problem for each batch, at least
            raise CourseError(
                f"Only {len(rows)} of {count} problems fit into a context of {self.context} "
                "tokens: raise it."
            )
        rows.sort(key=lambda row: len(row.ids))
        cuts = [len(rows) * i // BLOCK for i in range(BLOCK + 1)]
        batches = [make_batch(rows[a:b], tokenizer.pad) for a, b in pairwise(cuts)]
        random.Random(number).shuffle(batches)
        return batches

    def row(self, problem: Problem, tokenizer: Tokenizer) -> Row:
        """A problem as the model reads it, with its other questions where they are wanted."""
        asked = [problem, *other_questions(problem, self.questions - 1)]
        texts = [(*tokenizer.encode_problem(one), _by_chance(one)) for one in asked]
        if self.questions == 1:
            return plain_row(*texts[0], loss_on=self.loss_on)
        shared = 1 + len(problem.problem_pieces)  # with <problem>
        return branched_row(shared, texts, loss_on=self.loss_on)


def _by_chance(problem: Problem) -> int | None:
    rotated = problem.config.letters == "rotated" and problem.letters[0] != LETTERS[0]
    return FIRST_LETTER if rotated else None


def other_questions(problem: Problem, count: int) -> list[Problem]:
    """At most `count` other questions about a problem, in its split and no longer than allowed.

    Any of them; where many operations shall not be rare (`op_law` "uniform"), those that need most.
    """
    rng, config = random.Random(problem.seed), problem.config
    queries = [query for query in range(len(problem.definitions)) if query != problem.query]
    rng.shuffle(queries)
    found: Iterable[Problem] = (
        other
        for other in _asked(problem, queries, rng)
        if other.op <= config.max_op and config.admits(other.op, other.template_bin)
    )
    if config.op_law == "uniform":
        found = sorted(found, key=lambda other: -other.op)
    return list(islice(found, count))


def _asked(problem: Problem, queries: Iterable[int], rng: random.Random) -> Iterator[Problem]:
    for query in queries:
        with suppress(CourseError):  # it needs more letters than there are
            yield ask(problem, query, rng)


class _Blocks(Dataset):
    """Blocks by number, for worker processes; a CourseError is handed over whole."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __getitem__(self, number: int) -> list[Batch] | CourseError:
        try:
            return self.stream.block(number)
        except CourseError as error:  # raised in a worker it would reach the user as a traceback
            return error


def _as_it_is(block: list[Batch] | CourseError) -> list[Batch] | CourseError:
    return block


def batches(stream: Stream, start: int, stop: int, *, workers: int = 0) -> Iterator[Batch]:
    """Batches number `start` to `stop` of a stream, drawn by worker processes (0: by this one)."""
    blocks = DataLoader(
        _Blocks(stream),
        batch_size=None,
        sampler=range(start // BLOCK, -(-stop // BLOCK)),
        num_workers=workers,
        collate_fn=_as_it_is,
    )
    number = start - start % BLOCK
    for block in blocks:
        if isinstance(block, CourseError):
            raise block
        for batch in block:
            if start <= number < stop:
                yield batch
            number += 1
