"""How often a model is right: free generation, judged by the verifier."""

import math
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig, reask, sample_problem, verify_solution
from course_lib.igsm.sampling import problem_seed
from course_lib.igsm.verifier import Verdict
from course_lib.lm.decoding import generate
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer

APART = 2**32  # added to seeds, so that no problem of a training (seeds from 0) is met again


@dataclass(frozen=True)
class Attempt:
    """What a model wrote for a problem, and what the verifier says."""

    problem: Problem
    solution: str
    answer: int | None
    verdict: Verdict

    @property
    def correct(self) -> bool:
        """Every step and the answer are right."""
        return self.verdict.correct and self.answer == self.problem.answer

    @property
    def unnecessary_operations(self) -> int:
        """Operations beyond those needed; the text has a semicolon before each (Def. D.1)."""
        return self.solution.count(";") - self.problem.op


def draw_problems(config: ProblemConfig, n: int, seed: int) -> list[Problem]:
    """The first n problems of a seed; those of other seeds are others."""
    return [sample_problem(config, problem_seed(seed, i)) for i in range(n)]


def write(model: GPT, tokenizer: Tokenizer, problems: list[Problem], **decoding) -> list[list[int]]:
    """The model's solutions as tokens, at most twice as long as the longest true one."""
    pairs = [tokenizer.encode_problem(problem) for problem in problems]
    limit = 2 * max((len(target) for _, target in pairs), default=0)
    return generate(model, tokenizer, [prompt for prompt, _ in pairs], limit, **decoding)


def attempt(model: GPT, tokenizer: Tokenizer, problems: list[Problem], **decoding) -> list[Attempt]:
    """Lets the model solve problems, and judges its solutions."""
    written = write(model, tokenizer, problems, **decoding)
    return [
        judge(p, *tokenizer.decode_solution(ids)) for p, ids in zip(problems, written, strict=True)
    ]


def judge(problem: Problem, solution: str, answer: int | None) -> Attempt:
    """The verifier's word on a solution."""
    verdict = verify_solution(problem.problem, problem.question, solution, modulus=problem.modulus)
    return Attempt(problem, solution, answer, verdict)


def accuracy(attempts: list[Attempt]) -> dict[str, float | int]:
    """Share of correct attempts (0 to 1) with its 95 % Wilson interval."""
    return interval("accuracy", sum(attempt.correct for attempt in attempts), len(attempts))


def interval(name: str, right: int, n: int) -> dict[str, float | int]:
    """A share under its name, with the 95 % interval (`low`, `high`) and `n`."""
    low, high = wilson(right, n)
    share = right / n if n else 0.0
    return {name: round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": n}


def wilson(right: float, n: float, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share, honest near 0 and 1 and for small n."""
    if n == 0:
        return 0.0, 1.0
    share = right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    spread = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(middle - spread, 0.0), min(middle + spread, 1.0)


def by_op(attempts: list[Attempt]) -> dict[str, dict]:
    """`accuracy` apart for each number of operations."""
    ops = sorted({attempt.problem.op for attempt in attempts})
    return {str(op): accuracy([a for a in attempts if a.problem.op == op]) for op in ops}


def tested_ops(config: ProblemConfig) -> range:
    """1 to half again the largest op of the training."""
    return range(1, config.max_op * 3 // 2 + 1)


def smaller_world(config: ProblemConfig) -> ProblemConfig:
    """Two thirds of the training's operations and sentences, as `tested_ops` goes half again.

    Raises CourseError where the sizes that the config sets leave no room for that.
    """
    return replace(
        config,
        max_op=max(config.max_op * 2 // 3, 1),
        max_edges=max(config.max_edges * 2 // 3, 2),
    )


def evaluate(
    model: GPT,
    tokenizer: Tokenizer,
    config: ProblemConfig,
    n: int,
    seed: int,
    *,
    ops: Iterable[int] = (),
    note: Callable[[str], None] = lambda line: None,
) -> dict:
    """The figures of paper Results 2 and 3, as values that JSON can hold.

    Problems of the test split and of the training split, each over the law of the training and by
    op, re-asked questions, what is unnecessary in correct solutions, and the law and the largest op
    of a `smaller_world` (None where there is none). `new_templates` are those of the test problems
    with more than `shared_op` operations; `law` holds the share of each op.
    n problems a figure, for each of `ops` (by default `tested_ops`) but the largest of the training
    a fifth of it; `note` hears a line after each part.
    """

    def measure(label: str, problems: list[Problem]) -> list[Attempt]:
        attempts = attempt(model, tokenizer, problems)
        note(f"{label}: {accuracy(attempts)['accuracy']:.1%} of {len(attempts)}")
        return attempts

    def measure_by_op(label: str, config: ProblemConfig, ops: Iterable[int]) -> dict[str, dict]:
        found = {}
        for op in ops:
            count = n if op == config.max_op else max(n // 5, 1)
            try:
                problems = draw_problems(replace(config, op=op), count, seed)
                attempts = measure(f"op {op}, {label}", problems)
            except CourseError as error:  # there are none, or they are too long for the model
                note(f"op {op}, {label}: left out. {error}")
                continue
            templates = len({problem.template for problem in problems})
            found[str(op)] = accuracy(attempts) | {"templates": templates}
        return found

    def measure_smaller() -> dict | None:
        try:
            small = replace(smaller_world(config), op=None, split="test")
            hardest = draw_problems(replace(small, op=small.max_op), n, seed)
        except CourseError as error:
            note(f"smaller world: left out. {error}")
            return None
        size = f"up to op {small.max_op} and {small.max_edges} sentences"
        return {
            "max_op": small.max_op,
            "max_edges": small.max_edges,
            "in_distribution": accuracy(measure(size, draw_problems(small, n, seed))),
            "largest_op": accuracy(measure(f"{size}, op {small.max_op}", hardest)),
        }

    seed += APART
    new, known = (replace(config, split=split) for split in ("test", "train"))
    ops = list(ops or tested_ops(config))
    problems = draw_problems(new, n, seed)
    plain = measure("in distribution, test split", problems)
    familiar = measure("in distribution, training split", draw_problems(known, n, seed))
    anew = measure("another question (reask)", reasked(problems, random.Random(seed)))
    return {
        "train_max_op": config.max_op,
        "shared_op": config.shared_op,
        "form": config.form,
        "in_distribution": accuracy(plain),
        "new_templates": accuracy([a for a in plain if a.problem.op > config.shared_op]),
        "known_templates": accuracy(familiar),
        "law": {op: part["n"] / n for op, part in by_op(plain).items()},
        "by_op": measure_by_op("test split", new, ops),
        "known_by_op": measure_by_op(
            "training split",
            known,
            [op for op in ops if config.shared_op < op <= config.max_op],
        ),
        "reask": accuracy(anew),
        "reask_up_to_max_op": accuracy([a for a in anew if a.problem.op <= config.max_op]),
        "smaller_world": measure_smaller(),
        **redundancy(plain),
        "reask_redundancy": redundancy(anew),
    }


def reasked(problems: list[Problem], rng: random.Random) -> list[Problem]:
    """Another question for each, but where its solution needs more letters than there are."""
    others = []
    for problem in problems:
        with suppress(CourseError):
            others.append(reask(problem, rng))
    return others


def redundancy(attempts: list[Attempt]) -> dict:
    """What correct solutions hold beyond need (paper Fig. 4): means, None where none is correct.

    `level1_share` is the share of correct solutions without an unnecessary parameter; a `_margin`
    is 1.96 standard errors, None where one solution is correct.
    """
    right = [attempt for attempt in attempts if attempt.correct]
    parameters = [len(attempt.verdict.unnecessary) for attempt in right]
    operations = [attempt.unnecessary_operations for attempt in right]
    return {
        "level1_share": interval("share", parameters.count(0), len(right)),
        "unnecessary_parameters": fmean(parameters) if right else None,
        "unnecessary_parameters_margin": _margin(parameters),
        "unnecessary_operations": fmean(operations) if right else None,
        "unnecessary_operations_margin": _margin(operations),
    }


def _margin(values: list[int]) -> float | None:
    return 1.96 * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
