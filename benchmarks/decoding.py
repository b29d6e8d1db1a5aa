"""Problems per second in decoding: ours against transformers' `generate` with the exported model.

    python benchmarks/decoding.py [--checkpoint pocket] [-n 1000] [--batch 256] [--repeats 5]

Both write greedy solutions to the same problems, as many rows at once, with a cache, in float32
and one thread. Transformers is used as its users do: prompts in the order they come, padded on the
left, with an attention mask; a batch goes on until its last row has ended. Ours takes prompts of
similar length together, and rows that have ended leave; a second row for transformers has the
prompts sorted by length too. The three take turns, and the best of the repeats is printed. On a CPU
its own seconds count, not the clock's. Tokens are compared up to `<end>`. Where two differ, the
distance between their logits is printed: a tie is decided by the last rounding.
"""

import argparse
import json

import torch
from clock import clock

from course_lib.lm import draw_problems, generate, load_checkpoint, pick_device
from course_lib.lm.export import to_gpt_neox


def generate_theirs(exported, tokenizer, prompts, limit, batch_size) -> list[list[int]]:
    """The same as `lm.generate`, by transformers."""
    written = []
    for first in range(0, len(prompts), batch_size):
        rows = prompts[first : first + batch_size]
        T = max(map(len, rows))
        ids = torch.tensor([[tokenizer.pad] * (T - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (T - len(row)) + [1] * len(row) for row in rows])
        tokens = exported.generate(
            ids.to(exported.device),
            attention_mask=mask.to(exported.device),
            max_new_tokens=limit,
            do_sample=False,
            use_cache=True,
        )
        for row in tokens[:, T:].tolist():
            end = row.index(tokenizer.end) + 1 if tokenizer.end in row else limit
            written.append(row[:end])
    return written


@torch.no_grad()
def logit_gap(model, prompt: list[int], ours: list[int], theirs: list[int]) -> float:
    """How far apart the logits of the first two tokens that differ are."""
    place = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
    ids = torch.tensor([prompt + ours[:place]], device=model.head.weight.device)
    logits = model(ids)[0, -1]
    return abs(float(logits[ours[place]] - logits[theirs[place]]))


def main() -> None:
    """Print the table, what differs, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="pocket")
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the problems")
    args = parser.parse_args()
    torch.set_num_threads(1)
    device = pick_device().device
    model, tokenizer, config, _ = load_checkpoint(args.checkpoint, device)
    exported = to_gpt_neox(model)
    problems = draw_problems(config.problem, args.n, args.seed)
    pairs = [tokenizer.encode_problem(problem) for problem in problems]
    prompts = [prompt for prompt, _ in pairs]
    by_length = sorted(prompts, key=len)
    limit = 2 * max(len(target) for _, target in pairs)
    loops = {
        "ours": lambda: generate(model, tokenizer, prompts, limit, batch_size=args.batch),
        "transformers": lambda: generate_theirs(exported, tokenizer, prompts, limit, args.batch),
        "transformers, sorted": lambda: generate_theirs(
            exported, tokenizer, by_length, limit, args.batch
        ),
    }
    best, written = dict.fromkeys(loops, float("inf")), {}
    for _ in range(args.repeats):
        for name, loop in loops.items():
            begin = clock(device)
            written[name] = loop()
            best[name] = min(best[name], clock(device) - begin)
    rows = [
        {"loop": name, "problems/s": args.n / seconds, "ours is faster by": seconds / best["ours"]}
        for name, seconds in best.items()
    ]
    print(f"{args.checkpoint}, {device.type}, {args.n} problems, {args.batch} at once")
    print(f"{'loop':22}{'problems/s':>12}{'ours is faster by':>20}")
    for row in rows:
        print(f"{row['loop']:22}{row['problems/s']:12.0f}{row['ours is faster by']:20.2f}")
    both = zip(prompts, written["ours"], written["transformers"], strict=True)
    gaps = [logit_gap(model, *row) for row in both if row[1] != row[2]]
    print(f"equal tokens: {args.n - len(gaps)} of {args.n}" + "".join(f"; {x:.1e}" for x in gaps))
    tokens = sum(map(len, written["ours"])) / args.n
    print(json.dumps({**vars(args), "tokens": tokens, "rows": rows, "gaps": gaps}))


if __name__ == "__main__":
    main()
