"""How often a model is right: free generation, judged by the verifier."""

import math
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig, reask, sample_problem, verify_solution
from course_lib.igsm.verifier import Verdict
from course_lib.lm.decoding import generate
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer


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
    return [sample_problem(config, seed << 32 | i) for i in range(n)]


def attempt(model: GPT, tokenizer: Tokenizer, problems: list[Problem], **decoding) -> list[Attempt]:
    """Lets the model solve problems, with up to twice the tokens of the longest true solution."""
    pairs = [tokenizer.encode_problem(problem) for problem in problems]
    limit = 2 * max((len(target) for _, target in pairs), default=0)
    written = generate(model, tokenizer, [prompt for prompt, _ in pairs], limit, **decoding)
    return [
        judge(p, *tokenizer.decode_solution(ids)) for p, ids in zip(problems, written, strict=True)
    ]


def judge(problem: Problem, solution: str, answer: int | None) -> Attempt:
    """The verifier's word on a solution."""
    verdict = verify_solution(problem.problem, problem.question, solution, modulus=problem.modulus)
    return Attempt(problem, solution, answer, verdict)


def accuracy(attempts: list[Attempt]) -> dict[str, float | int]:
    """Share of correct attempts (0 to 1) with its 95 % Wilson interval."""
    right, n = sum(attempt.correct for attempt in attempts), len(attempts)
    low, high = wilson(right, n)
    share = right / n if n else 0.0
    return {"accuracy": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": n}


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
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


def evaluate(
    model: GPT,
    tokenizer: Tokenizer,
    config: ProblemConfig,
    n: int,
    seed: int,
    *,
    split: str = "test",
    ops: Iterable[int] = (),
    batch_size: int = 256,
    note: Callable[[str], None] = lambda line: None,
) -> dict:
    """The figures of paper Results 2 and 3: in distribution, at forced ops, re-asked, redundancy.

    Draws n problems for each; `ops` are by default 1 to half again the largest training op.
    `note` hears a line after each part.
    """
    config = replace(config, split=split)

    def measure(label: str, problems: list[Problem]) -> list[Attempt]:
        attempts = attempt(model, tokenizer, problems, batch_size=batch_size)
        note(f"{label}: {accuracy(attempts)['accuracy']:.1%} of {len(attempts)}")
        return attempts

    problems = draw_problems(config, n, seed)
    plain = measure("in distribution", problems)
    forced = {}
    for op in ops or range(1, config.max_op * 3 // 2 + 1):
        try:
            forced[str(op)] = accuracy(
                measure(f"op {op}", draw_problems(replace(config, op=op), n, seed))
            )
        except CourseError as error:
            note(f"op {op}: left out. {error}")
    asked_anew = measure("reask", reasked(problems, random.Random(seed)))
    return {
        "train_max_op": config.max_op,
        "in_distribution": accuracy(plain),
        "by_op": forced,
        "reask": accuracy(asked_anew),
        **redundancy(plain),
    }


def reasked(problems: list[Problem], rng: random.Random) -> list[Problem]:
    """Another question for each, but where its solution needs more letters than there are."""
    others = []
    for problem in problems:
        with suppress(CourseError):
            others.append(reask(problem, rng))
    return others


def redundancy(attempts: list[Attempt]) -> dict[str, float]:
    """Mean unnecessary parameters and operations of the correct solutions (paper Fig. 4)."""
    right = [attempt for attempt in attempts if attempt.correct]
    n = max(len(right), 1)
    return {
        "unnecessary_parameters": sum(len(a.verdict.unnecessary) for a in right) / n,
        "unnecessary_operations": sum(a.unnecessary_operations for a in right) / n,
    }
