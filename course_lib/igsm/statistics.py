"""Means and laws of many problems, to hold our draws beside the published generator's."""

import json
from collections import Counter

import numpy as np

from course_lib.igsm.config import ProblemConfig
from course_lib.igsm.orders import depth_first
from course_lib.igsm.problem import Problem
from course_lib.igsm.sampling import problem_seed, sample_problem
from course_lib.paths import DATA


def published() -> dict[str, dict]:
    """What was measured on the published generator, by set of problems (see `data/paper`)."""
    path = DATA / "paper" / "generator_statistics.json"
    return json.loads(path.read_text(encoding="utf-8"))


def measures(problem: Problem) -> dict[str, float]:
    """What is averaged, for one problem."""
    ip, order = problem.ip, problem.order
    spoken_of = depth_first([*problem.sentences, *order], problem.definitions)
    return {
        "problem_chars": len(problem.problem) + 1 + len(problem.question),
        "solution_chars": len(problem.solution),
        "op": problem.op,
        "ip": ip,
        "layers": len(problem.layers),
        "width": sum(map(len, problem.layers)) / len(problem.layers),
        "abstract": len(problem.definitions) - ip,
        "described": len(spoken_of),
        "necessary": len(order),
        "necessary_abstract": sum(p >= ip for p in order),
        "query_abstract": problem.query >= ip,
        "answer_0": problem.answer == 0,
        "needs_childless": any(p >= ip and not problem.definitions[p].terms for p in order),
    }


def statistics(config: ProblemConfig, n: int, stream: int = 0) -> tuple[dict, dict]:
    """(mean, standard deviation) of each measure, and the laws of op, ip and layers as shares."""
    rows = [measures(sample_problem(config, problem_seed(stream, i))) for i in range(n)]
    table = np.array([list(row.values()) for row in rows], float)  # problems × measures
    means = dict(zip(rows[0], zip(table.mean(0), table.std(0), strict=True), strict=True))
    laws = {
        name: {v: c / n for v, c in sorted(Counter(row[name] for row in rows).items())}
        for name in ("op", "ip", "layers")
    }
    return means, laws
