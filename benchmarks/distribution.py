"""Our draws beside the published generator's: means and laws of many problems.

    python benchmarks/distribution.py [-n 20000] [--preset med]

The reference figures are measured on the published generator (3,000 med and 500 hard problems,
300 at op=15 and op=20, 200 at op=21), as (mean, standard deviation or None).
"""

import argparse
import json
from collections import Counter
from dataclasses import replace

import numpy as np

from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.paths import DATA

REFERENCE = json.loads((DATA / "paper" / "generator_statistics.json").read_text())


def measures(problem) -> dict[str, float]:
    """What is averaged, for one problem."""
    ip = problem.ip
    spoken = {p for q in problem.sentences for p in problem.definitions[q].operands}
    spoken |= set(problem.order)
    abstract = {p for p in closure(problem, spoken) if p >= ip}
    return {
        "problem_chars": len(problem.problem) + 1 + len(problem.question),
        "solution_chars": len(problem.solution),
        "op": problem.op,
        "ip": ip,
        "layers": len(problem.layers),
        "width": float(np.mean([len(layer) for layer in problem.layers])),
        "abstract": len(problem.definitions) - ip,
        "described": ip + len(abstract),
        "necessary": len(problem.order),
        "necessary_abstract": sum(p >= ip for p in problem.order),
        "query_abstract": float(problem.query >= ip),
        "answer_0": float(problem.answer == 0),
        "needs_childless": float(
            any(not problem.definitions[p].terms for p in problem.order if p >= ip)
        ),
    }


def closure(problem, parameters: set[int]) -> set[int]:
    """The parameters and everything they depend on."""
    found, todo = set(), list(parameters)
    while todo:
        p = todo.pop()
        if p not in found:
            found.add(p)
            todo += problem.definitions[p].operands
    return found


def statistics(config: ProblemConfig, n: int, seed: int = 0) -> tuple[dict, dict]:
    """Means with standard errors, and the laws of op, ip and layers, of n fresh problems."""
    rows, laws = [], {"op": Counter(), "ip": Counter(), "layers": Counter()}
    for i in range(n):
        row = measures(sample_problem(config, seed=(seed << 32) | i))
        rows.append(list(row.values()))
        for name, counter in laws.items():
            counter[int(row[name])] += 1
    table = np.array(rows)
    means = dict(zip(row, zip(table.mean(0), table.std(0), strict=True), strict=True))
    return means, {k: {v: c / n for v, c in sorted(law.items())} for k, law in laws.items()}


def main() -> None:
    """Print ours beside the reference with the difference in standard errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=20_000)
    parser.add_argument("--set", choices=list(REFERENCE), default="med")
    args = parser.parse_args()
    reference = REFERENCE[args.set]
    config = replace(ProblemConfig.preset(reference["preset"]), op=reference["op"])
    means, laws = statistics(config, args.n)
    print(f"{args.set}: ours n={args.n:,}, reference n={reference['n']:,}")
    print(f"{'measure':20}{'ours':>10}{'reference':>12}{'difference':>12}{'in s.e.':>9}")
    for name, value in reference["means"].items():
        mean, deviation = means[name]
        error = deviation * (1 / args.n + 1 / reference["n"]) ** 0.5
        z = (mean - value) / error if error else 0.0
        print(f"{name:20}{mean:10.3f}{value:12.3f}{mean - value:12.3f}{z:9.1f}")
    for name, law in reference.get("laws", {}).items():
        print(f"\n{name:6}{'ours':>8}{'reference':>11}")
        for value, share in law.items():
            print(f"{value:>6}{laws[name].get(int(value), 0):8.3f}{share:11.3f}")


if __name__ == "__main__":
    main()
