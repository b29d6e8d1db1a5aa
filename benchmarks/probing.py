"""Queries per second of training probes: packed into one pass a problem, against one a sequence.

    python benchmarks/probing.py [--checkpoint pocket] [--problems 8] [--repeats 5]

Both take one forward and backward pass over the same queries of the same problems, in float32 and
one thread: all queries of each problem as branches over its text, or each query behind a copy of
the text up to its moment (the paper's way), as many sequences at once as suits it best of 32, 64
and 128, sorted by length. They take turns, and the best of the repeats is printed. On a CPU its
own seconds count, not the clock's. Last column: the largest difference between their logits.
"""

import argparse
import json
import random
import time

import torch
from torch.nn import functional as F

from course_lib import probes
from course_lib.lm import draw_problems, load_checkpoint, pick_device
from course_lib.lm.rows import make_batch

SEQUENCES = (32, 64, 128)  # at once, one query each


def clock(device: torch.device) -> float:
    """Seconds: of this process on a CPU, of the wall on another device when it is done."""
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def run(probe, batches: list) -> tuple[float, torch.Tensor]:
    """Seconds of a pass forward and backward over batches, and the logits."""
    device, logits = probe.marks.device, []
    begin = clock(device)
    for batch, labels in batches:
        out = probe(*batch.tensors(device))
        F.cross_entropy(out, labels.to(device), reduction="sum").backward()
        logits.append(out.detach())
    return clock(device) - begin, torch.cat(logits)


def batched(rows: list[tuple], size: int, pad: int) -> list:
    """Rows with their labels as batches of `size`."""
    parts = [rows[first : first + size] for first in range(0, len(rows), size)]
    return [
        (
            make_batch([row for row, _ in part], pad),
            torch.tensor([label for _, labels in part for label in labels]),
        )
        for part in parts
    ]


def compare(checkpoint, name: str, count: int, most: int, repeats: int, seed: int) -> dict:
    """One task's row of the table."""
    model, tokenizer, config, _ = checkpoint
    task, rng = probes.find_task(name), random.Random(seed)
    probe = probes.VProbe(model, tokenizer, probes.ProbeConfig(name)).to(model.head.weight.device)
    for x in probe.learned().values():
        torch.nn.init.normal_(x, std=0.1)
    packed, naive = [], []
    for problem in draw_problems(config.problem, count, seed):
        queries = task.queries(problem)
        queries = rng.sample(queries, min(len(queries), most))
        labels = [query.label for query in queries]
        packed.append((probes.packed_row(tokenizer, problem, task, queries), labels))
        rows = probes.naive_rows(tokenizer, problem, task, queries)
        naive += [(row, [label]) for row, label in zip(rows, labels, strict=True)]
    naive.sort(key=lambda pair: len(pair[0].ids))
    ways = {"packed": batched(packed, count, tokenizer.pad)}
    ways |= {size: batched(naive, size, tokenizer.pad) for size in SEQUENCES}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats):
        for way, batches in ways.items():
            best[way] = min(best[way], run(probe, batches)[0])
    n = len(naive)
    slow = min(SEQUENCES, key=best.get)
    return {
        "task": name,
        "queries": n / count,
        "packed/s": n / best["packed"],
        "naive/s": n / best[slow],
        "at once": slow,
        "ratio": best[slow] / best["packed"],
        "difference": difference(probe, ways["packed"], packed, naive, tokenizer.pad),
    }


def difference(probe, batches: list, packed: list, naive: list, pad: int) -> float:
    """The largest difference between the sorted logits of the two ways."""
    (_, one), (_, other) = run(probe, batches), run(probe, batched(naive, SEQUENCES[0], pad))
    return float((one.sort(dim=0).values - other.sort(dim=0).values).abs().max())


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="pocket")
    parser.add_argument("--problems", type=int, default=8, help="at once")
    parser.add_argument("--queries", type=int, default=40, help="of a problem, at most")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the problems")
    args = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(args.checkpoint, pick_device().device)
    shape = (args.problems, args.queries, args.repeats, args.seed)
    rows = [compare(checkpoint, name, *shape) for name in probes.TASKS]
    columns = ("task", "queries", "packed/s", "naive/s", "at once", "ratio", "difference")
    print("".join(f"{column:>12}" for column in columns))
    for row in rows:
        cells = [row[column] for column in columns]
        form = ("12", "12.1f", "12.0f", "12.0f", "12", "12.1f", "12.1e")
        print("".join(f"{cell:>{f}}" for cell, f in zip(cells, form, strict=True)))
    print(json.dumps({**vars(args), "rows": rows}))


if __name__ == "__main__":
    main()
