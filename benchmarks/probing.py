"""Queries per second of training probes: packed into one pass a problem, against one a sequence.

    python benchmarks/probing.py [--checkpoint pocket] [--problems 8] [--repeats 2]

Both take one forward and backward pass over the same queries of the same problems, in float32 and
one thread: all queries of a problem as branches over its text, two problems at once; or each query
behind a copy of the text up to its moment (the paper's way), as many sequences at once as suits it
best of 32, 64 and 128. Both are sorted by length. They take turns, and the best of the repeats is
printed. On a CPU its own seconds count, not the clock's. Last column: the largest difference
between their logits.
"""

import argparse
import json

import torch
from clock import clock
from torch.nn import functional as F

from course_lib import probes
from course_lib.lm import draw_problems, load_checkpoint, pick_device
from course_lib.lm.rows import make_batch

SEQUENCES = (32, 64, 128)  # at once, one query each
PROBLEMS = 2  # at once, with all their queries: more would be padded to the longest


def run(probe, batches: list) -> tuple[float, list]:
    """Seconds of a pass forward and backward over (arguments, labels), and the logits."""
    begin, logits = clock(probe.marks.device), []
    for arguments, labels in batches:
        out = probe(*arguments)
        F.cross_entropy(out, labels, reduction="sum").backward()
        logits.append(out.detach())
    return clock(probe.marks.device) - begin, torch.cat(logits)


def parts(rows: list, size: int) -> list[list]:
    """Rows in batches of `size`."""
    return [rows[first : first + size] for first in range(0, len(rows), size)]


def packed_batches(tokenizer, task, asked: list, device) -> list:
    """All queries of some problems a batch."""
    rows = [(probes.bundle(tokenizer, p, task, queries), queries) for p, queries in asked]
    rows.sort(key=lambda row: row[0].length)
    batches = []
    for part in parts(rows, PROBLEMS):
        x = probes.pack([row for row, _ in part], tokenizer.pad, device)
        labels = torch.tensor([query.label for _, queries in part for query in queries])
        batches.append(((x.ids, x.places, x.positions, x.attend), labels.to(device)))
    return batches


def naive_batches(tokenizer, task, asked: list, device, size: int) -> list:
    """One query a sequence."""
    rows = [
        pair
        for problem, queries in asked
        for bundle in [probes.bundle(tokenizer, problem, task, queries)]
        for pair in zip(probes.naive_rows(bundle), queries, strict=True)
    ]
    rows.sort(key=lambda pair: len(pair[0].ids))
    batches = []
    for part in parts(rows, size):
        ids, places, *_ = make_batch([row for row, _ in part], tokenizer.pad).tensors(device)
        labels = torch.tensor([query.label for _, query in part])
        batches.append(((ids, places), labels.to(device)))
    return batches


def compare(checkpoint, name: str, count: int, repeats: int, seed: int) -> dict:
    """One task's row of the table."""
    model, tokenizer, config, _ = checkpoint
    task, device = probes.find_task(name), model.head.weight.device
    probe = probes.VProbe(model, tokenizer, probes.ProbeConfig(name)).to(device)
    for x in probe.learned().values():
        torch.nn.init.normal_(x, std=0.1)
    problems = draw_problems(config.problem, count, seed)
    asked = [(problem, task.queries(problem)) for problem in problems]
    ways = {"packed": packed_batches(tokenizer, task, asked, device)}
    ways |= {size: naive_batches(tokenizer, task, asked, device, size) for size in SEQUENCES}
    best, logits = dict.fromkeys(ways, float("inf")), {}
    for _ in range(repeats):
        for way, batches in ways.items():
            seconds, logits[way] = run(probe, batches)
            best[way] = min(best[way], seconds)
    n, slow = len(logits["packed"]), min(SEQUENCES, key=best.get)
    ordered = [logits[way].sort(dim=0).values for way in ("packed", slow)]
    return {
        "task": name,
        "queries": n / count,
        "packed/s": n / best["packed"],
        "naive/s": n / best[slow],
        "at once": slow,
        "ratio": best[slow] / best["packed"],
        "difference": float((ordered[0] - ordered[1]).abs().max()),
    }


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="pocket")
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the problems")
    args = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(args.checkpoint, pick_device().device)
    shape = (args.problems, args.repeats, args.seed)
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
