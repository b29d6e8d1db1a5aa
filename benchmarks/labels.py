"""How often each probing task is true, beside the paper's majority: which `can_next` is meant?

    python benchmarks/labels.py [-n 500]

Problems of `med` with op up to 15, all parameters and moments alike. Two readings of the tasks that
ask about what comes next: whether what is computed already counts.
"""

import argparse
from collections import Counter

from course_lib import lm, probes
from course_lib.igsm import ProblemConfig
from course_lib.studio import paper_accuracy


def shares(n: int) -> dict[str, float]:
    """The share of true labels of each task, and of the other reading of two of them."""
    true, seen = Counter(), Counter()
    for problem in lm.draw_problems(ProblemConfig.preset("med"), n, seed=0):
        for name, task in probes.TASKS.items():
            for query in task.queries(problem):
                label = query.label != problem.modulus if name == "value" else query.label
                known = query.parameters[0] in problem.order[: query.step]
                readings = {name: label}
                if name == "can_next":
                    readings["can_next, not computed"] = label and not known
                elif name == "nece_next":
                    readings["nece_next, or computed"] = label or known
                for reading, value in readings.items():
                    seen[reading] += 1
                    true[reading] += bool(value)
    return {name: true[name] / seen[name] for name in seen}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=500)
    found = shares(parser.parse_args().n)
    print(f"{'true in percent':26}{'ours':>8}{'the paper, 100 - majority':>28}")
    for name, share in found.items():
        majority = paper_accuracy(name.split(",")[0], "majority")
        print(f"{name:26}{100 * share:8.1f}{100 - float(majority):28.1f}")


if __name__ == "__main__":
    main()
