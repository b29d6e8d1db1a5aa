"""Many problems at once: streams of seeds, worker processes, JSON lines."""

import json
from collections.abc import Iterable, Iterator

from joblib import Parallel, delayed

from course_lib.errors import CourseError
from course_lib.igsm.config import ProblemConfig
from course_lib.igsm.problem import Problem
from course_lib.igsm.sampling import problem_seed, sample_problem
from course_lib.igsm.verifier import verify_solution

BLOCK = 200  # problems a worker draws at a time


def record(problem: Problem) -> dict:
    """A problem as plain data, one JSON line of `course sample`."""
    return {
        "problem": problem.problem,
        "question": problem.question,
        "solution": problem.solution,
        "answer": problem.answer,
        "op": problem.op,
        "ip": problem.ip,
        "necessary": problem.necessary,
        "seed": problem.seed,
        "modulus": problem.modulus,
    }


def sample_lines(config: ProblemConfig, count: int, stream: int, workers: int = 1) -> Iterator[str]:
    """JSON lines of the first problems of a stream, the same for any number of workers.

    The workers are joblib's: local processes, unless another backend is chosen with
    `joblib.parallel_config`.
    """
    blocks = (range(n, min(n + BLOCK, count)) for n in range(0, count, BLOCK))
    parallel = Parallel(n_jobs=workers, return_as="generator")
    for lines in parallel(delayed(_sample_block)(config, stream, block) for block in blocks):
        yield from lines


def _sample_block(config: ProblemConfig, stream: int, block: range) -> list[str]:
    return [json.dumps(record(sample_problem(config, problem_seed(stream, n)))) for n in block]


def verify_lines(lines: Iterable[str]) -> Iterator[dict]:
    """Verdicts on JSON lines with problem, question, solution (and modulus if it is not 23)."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            texts = row["problem"], row["question"], row["solution"]
            "".join(texts)  # TypeError for anything but texts
            modulus = row.get("modulus", 23)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CourseError(
                f"Line {number} is not a JSON object with problem, question and solution."
            ) from error
        verdict = verify_solution(*texts, modulus=modulus)
        fault = verdict.first_error
        yield {
            "correct": verdict.correct,
            "answer": verdict.answer,
            "op": verdict.op,
            "necessary": verdict.necessary,
            "unnecessary": verdict.unnecessary,
            "first_error": fault and fault.__dict__,
        }
