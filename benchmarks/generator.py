"""Problems per CPU second, with and without text, beside the published generator's figures.

    python benchmarks/generator.py [-n 3000] [--repeats 5]

The published generator makes text too; its figures (48.9 med, 30.3 hard, 279 med op=15 per CPU
second) were measured on a 2-core x86 machine and are not measured again here, so that the ratio
carries the difference between the two machines. The best of the repeats is printed.
"""

import argparse
import json
import time
from dataclasses import replace

from course_lib.igsm import ProblemConfig, sample_problem

PUBLISHED = {"med": 48.9, "hard": 30.3, "med op=15": 279.0}


def per_cpu_second(config: ProblemConfig, n: int, repeats: int, text: bool) -> float:
    """Problems per CPU second, the best of some repeats, each on fresh problems."""
    best = 0.0
    for repeat in range(repeats):
        start = time.process_time()
        for number in range(n):
            problem = sample_problem(config, seed=(repeat << 32) | number)
            if text:
                _ = problem.problem, problem.question, problem.solution, problem.answer
        best = max(best, n / (time.process_time() - start))
    return best


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    med = ProblemConfig.preset("med")
    settings = {
        "pocket": ProblemConfig.preset("pocket"),
        "med": med,
        "hard": ProblemConfig.preset("hard"),
        "med op=15": replace(med, op=15),
    }
    rows = []
    print(f"{'setting':12}{'graphs only':>13}{'with text':>11}{'published':>11}{'ratio':>8}")
    for name, config in settings.items():
        graphs, text = (per_cpu_second(config, args.n, args.repeats, t) for t in (False, True))
        published = PUBLISHED.get(name)
        ratio = text / published if published else None
        print(
            f"{name:12}{graphs:13.0f}{text:11.0f}"
            + (f"{published:11.1f}{ratio:8.1f}" if published else f"{'-':>11}{'-':>8}")
        )
        rows.append(dict(setting=name, graphs=graphs, text=text, published=published, ratio=ratio))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
