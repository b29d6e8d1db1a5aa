"""A solution as a model writes it, and what the model believes before each sentence."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from course_lib.igsm import Problem, verify_solution
from course_lib.igsm.english import DEFINE
from course_lib.igsm.orders import depth_first
from course_lib.igsm.verifier import Fault
from course_lib.lm.evaluation import Attempt, judge, write
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.examination import Belief, ask
from course_lib.probes.queries import Script, read_script
from course_lib.probes.tasks import find_task
from course_lib.probes.vprobe import VProbe

UNKNOWN = -1  # defined by a sentence, but no parameter of the problem


@dataclass(frozen=True)
class Trace:
    """A problem, and a solution of it sentence by sentence."""

    problem: Problem
    attempt: Attempt
    script: Script
    sentences: tuple[str, ...]
    written: tuple[int, ...]  # the parameter that each sentence defines, or UNKNOWN

    @cached_property
    def first_wrong(self) -> tuple[int, Fault] | None:
        """The first sentence (from 0) that is wrong in itself and its fault; None without one."""
        problem = self.problem
        for step in range(len(self.sentences)):
            text = " ".join(self.sentences[: step + 1])
            verdict = verify_solution(problem.problem, problem.question, text, problem.modulus)
            if verdict.first_error and verdict.first_error.kind != "wrong answer":
                return step, verdict.first_error
        return None

    @property
    def wrong_step(self) -> int | None:
        """The first sentence (from 0) that is wrong in itself."""
        return self.first_wrong and self.first_wrong[0]

    @property
    def fault(self) -> Fault | None:
        """What is wrong with it."""
        return self.first_wrong and self.first_wrong[1]

    def missing(self, step: int, parameter: int) -> int:
        """On how many parameters it depends, directly or not, that no earlier sentence defines."""
        needed = set(depth_first([parameter], self.problem.definitions)) - {parameter}
        return len(needed.difference(self.written[:step]))


def trace(
    model: GPT, tokenizer: Tokenizer, problem: Problem, solution: list[int] | None = None
) -> Trace:
    """The trace of what the model writes for a problem, or of a solution given as tokens."""
    if solution is None:
        (found,) = traces(model, tokenizer, [problem])
        return found
    script = read_script(tokenizer, problem, solution)
    ends = script.sentences
    parts = [script.ids[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    ids = {tuple(tokenizer.numbers(label)): p for p, label in enumerate(problem.labels)}
    define = tokenizer.ids[DEFINE]
    named = [tuple(part[1:3]) if part[0] == define else () for part in parts]
    written = tuple(ids.get(pair, UNKNOWN) for pair in named)
    attempt = judge(problem, *tokenizer.decode_solution(solution))
    sentences = tuple(tokenizer.decode(part) for part in parts)
    return Trace(problem, attempt, script, sentences, written)


def traces(model: GPT, tokenizer: Tokenizer, problems: list[Problem]) -> list[Trace]:
    """The traces of what the model writes, many problems at once."""
    solutions = write(model, tokenizer, problems)
    return [trace(model, tokenizer, *pair) for pair in zip(problems, solutions, strict=True)]


def beliefs_along(probe: VProbe, tokenizer: Tokenizer, found: Trace) -> list[list[Belief]]:
    """What the model believes of every parameter after 0, 1, 2, ... sentences.

    A list of one for tasks that are asked once; of dep, what the question's parameter depends on.
    """
    task, problem = find_task(probe.config.task), found.problem
    steps = 1 if task.once else len(found.sentences) + 1
    queries = [query for step in range(steps) for query in task.at(problem, step, found.written)]
    if task.early:
        queries = [query for query in queries if query.parameters[0] == problem.query]
    (beliefs,) = ask(probe, tokenizer, [(problem, queries)], [found.script])
    return [list(group) for _, group in groupby(beliefs, key=lambda belief: belief.query.step)]
