"""Our draws beside the published generator's: means and laws of many problems.

    python benchmarks/distribution.py [-n 20000] [--set med]

Lengths in characters differ, since the item names are our own; everything else must agree.
"""

import argparse
from dataclasses import replace

from course_lib.igsm import ProblemConfig
from course_lib.igsm.statistics import published, statistics


def main() -> None:
    """Print ours beside the reference with the difference in standard errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=20_000)
    parser.add_argument("--set", choices=list(published()), default="med")
    args = parser.parse_args()
    reference = published()[args.set]
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
