"""How many problems a memory solves, by how many it keeps of the shipped model's training.

    python benchmarks/memory.py [--out data/results/memory.json]

The memory, and what it is asked, are those of lesson 04: problems that the training read, fresh
ones whose template a memory of 25,000 problems holds, and new templates; 300 each, of op 4 to 6.
Some six minutes of one core.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from course_lib import lm
from course_lib.igsm import Problem
from course_lib.paths import DATA
from course_lib.provenance import provenance

NEAR = 25_000  # kept in lesson 04: most before the last round, a fifth from its begin on
SIZES = (1_000, 5_000, NEAR, 125_000)  # and the whole training
EACH = 100  # problems of one op
SEED = 307  # of the fresh problems, as in lesson 04


def numbers(config: lm.TrainConfig, size: int) -> range:
    """Which problems of the training a memory of this size keeps, as lesson 04 does."""
    begin = config.rounds[-1][0] * config.batch_size
    end = min(max(begin + max(size, NEAR) // 5, size), config.steps * config.batch_size)
    return range(end - size, end)


def questions(config: lm.TrainConfig) -> dict[str, list[Problem]]:
    """What the memories are asked."""
    world, stream = config.problem, lm.Stream.of(config)
    held = {stream.draw(i).template for i in numbers(config, NEAR)}
    known = [stream.draw(i) for i in numbers(config, NEAR // 5)]
    asked: dict[str, list[Problem]] = {"read": [], "held template": [], "new template": []}
    for op in range(world.shared_op + 1, world.max_op + 1):
        asked["read"] += [p for p in known if p.op == op][:EACH]
        for name, split in (("held template", "train"), ("new template", "test")):
            drawn = lm.draw_problems(replace(world, split=split, op=op), 8 * EACH, SEED)
            fits = [p for p in drawn if (p.template in held) == (split == "train")]
            asked[name] += fits[:EACH]
    return asked


def main() -> None:
    """Asks memories of growing size, and writes what they solve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DATA / "results" / "memory.json")
    out = parser.parse_args().out
    config = lm.load_checkpoint("pocket").config
    stream, asked, rows = lm.Stream.of(config), questions(config), []
    for size in (*SIZES, config.steps * config.batch_size):
        memory = lm.Memoriser(map(stream.draw, numbers(config, size)))
        row: dict = {"kept": size}
        for name, problems in asked.items():
            row[name] = lm.accuracy([memory.attempt(problem) for problem in problems])
        rows.append(row)
        told = "  ".join(f"{name} {row[name]['accuracy']:6.1%}" for name in asked)
        print(f"{size:8,} kept   {told}", flush=True)
    result = {"run": "pocket", **provenance(), "seed": SEED, "memories": rows}
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
