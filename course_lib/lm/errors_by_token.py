"""Where a model errs: by kind of token under teacher forcing, and by first wrong step.

The kinds of a solution's tokens, by their place in its grammar:

* "owner", "owned": the two names of the parameter that is defined next.
* "letter": a new letter.
* "step": "; " or "; so ", whether an intermediate result comes first.
* "constant": a number that stands in the description.
* "operand": the letter of an earlier result.
* "operator": what follows the first operand, a sign or nothing more.
* "value": the number that an operand stands for.
* "result": of the arithmetic.
* "end": " Define " or "<answer>", whether another parameter comes.
* "answer": the number after "<answer>".
* "form": all that is fixed by what has just been written.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import torch

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig
from course_lib.igsm.config import LETTERS
from course_lib.igsm.english import DEFINE, SO, STOP, THEN
from course_lib.lm.evaluation import APART, Attempt, attempt, draw_problems, tested_ops
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import ANSWER, Tokenizer

HEAD = ("end", "owner", "owned", "form", "letter")  # Define A's B as x
TAIL = ("end", "answer", "form")  # <answer> 5 <end>
RIGHT_SIDES = {  # by length; what stands behind "x ="
    1: ("operand",),  # 5
    3: ("operand", "operator", "value"),  # a = 5
    9: ("operand", "operator", "operand", "form", "value", "form", "value", "form", "result"),
}
KINDS = (
    *("owner", "owned", "letter", "step", "constant", "operand"),
    *("operator", "value", "result", "end", "answer", "form"),
)


def token_kinds(pieces: Sequence[str]) -> list[str]:
    """The kind of each piece of a right solution, with or without its "<answer>" part."""
    kinds: list[str] = []
    for sentence in _cut(pieces, (DEFINE, ANSWER)):
        if sentence[0] == ANSWER:
            kinds += TAIL
            continue
        kinds += HEAD
        for equation in _cut(sentence[len(HEAD) :], (THEN, SO)):
            kinds += _equation_kinds(equation)
    return kinds


def _equation_kinds(equation: Sequence[str]) -> list[str]:
    sign, _, _, *right = equation
    end = []
    if right[-1] == STOP:
        right.pop()
        end = ["form" if len(right) > 1 else "operator"]
    places = zip(right, RIGHT_SIDES[len(right)], strict=True)
    kinds = ["constant" if k == "operand" and x.isdecimal() else k for x, k in places]
    return ["step", "letter" if sign == THEN else "form", "form", *kinds, *end]


def _cut(pieces: Sequence[str], heads: Container[str]) -> Iterator[Sequence[str]]:
    """Parts that begin with one of the heads each."""
    starts = [place for place, piece in enumerate(pieces) if piece in heads]
    for start, stop in zip(starts, [*starts[1:], len(pieces)], strict=True):
        yield pieces[start:stop]


def right_choices(problem: Problem, kinds: Sequence[str]) -> list[set[str]]:
    """For each token of a solution all pieces that are as right as the one that stands there.

    Any necessary parameter that is ready may be the next, any unused letter is a new one, and the
    terms of an abstract parameter have no order of their own. All else counts as written, also
    where the verifier would take a + b for b + a.
    """
    letters: dict[int, str] = {}  # of the parameters defined so far
    used: set[str] = set()  # letters of the solution, and in the sentence as operands
    spoken: set[str] = set()
    order, choices = iter(problem.order), []
    for piece, kind in zip(problem.solution_pieces, kinds, strict=False):
        right = {piece}
        if kind == "owner":
            current, spoken = next(order), set()
            ready = [problem.labels[p] for p in _ready(problem, letters)]
            right = {owner for owner, _ in ready}
        elif kind == "owned":
            right = {owned for owner, owned in ready if owner == problem.labels[current][0]}
        elif kind == "letter":
            right = set(LETTERS) - used
            letters.setdefault(current, piece)
            used.add(piece)
        elif kind == "operand":
            terms = problem.definitions[current].terms if current >= problem.ip else ()
            first = {letters[term[0]] for term in terms} - spoken
            right = first if piece in first else right
            spoken.add(piece)
        choices.append(right)
    return choices


def _ready(problem: Problem, defined: Container[int]) -> Iterator[int]:
    for p in problem.order:
        if p not in defined and all(q in defined for q in problem.definitions[p].operands):
            yield p


def token_errors(
    model: GPT, tokenizer: Tokenizer, problems: Iterable[Problem]
) -> dict[str, dict[str, dict[str, float]]]:
    """Share of wrong tokens (`error`, of `n`) by kind and op, each given all tokens before it.

    A token is right if it is one of `right_choices`.
    """
    wrong: Counter[tuple[str, int]] = Counter()
    seen: Counter[tuple[str, int]] = Counter()
    problems = list(problems)
    pairs = [tokenizer.encode_problem(problem) for problem in problems]
    for problem, (_, target), said in zip(
        problems, pairs, _predictions(model, tokenizer, pairs), strict=True
    ):
        pieces = [tokenizer.pieces[number] for number in target]
        kinds = token_kinds(pieces)
        choices = right_choices(problem, kinds)
        choices += [{piece} for piece in pieces[len(choices) :]]
        for kind, right, number in zip(kinds, choices, said, strict=True):
            seen[kind, problem.op] += 1
            wrong[kind, problem.op] += tokenizer.pieces[number] not in right
    table: dict[str, dict] = {kind: {} for kind in KINDS}
    for (kind, op), n in sorted(seen.items()):
        table[kind][str(op)] = {"error": round(wrong[kind, op] / n, 4), "n": n}
    return table


@torch.no_grad()
def _predictions(model: GPT, tokenizer: Tokenizer, pairs, batch_size=64) -> Iterator[list[int]]:
    """The likeliest number at each place of each target."""
    for first in range(0, len(pairs), batch_size):
        rows = pairs[first : first + batch_size]
        T = max(len(prompt) + len(target) for prompt, target in rows)
        blanks = [tokenizer.pad] * T
        ids = [(prompt + target + blanks)[:T] for prompt, target in rows]
        hidden = model(torch.tensor(ids, device=model.embedding.weight.device), return_hidden=True)
        for row, (prompt, target) in zip(hidden, rows, strict=True):
            before = row[len(prompt) - 1 : len(prompt) + len(target) - 1]
            yield model.head(before).argmax(-1).tolist()


def first_errors(attempts: Iterable[Attempt]) -> dict[str, dict[str, int]]:
    """How many attempts of each op are "right", or have this kind of first wrong step.

    The kinds are the verifier's; "wrong number" means a right solution whose value is not the
    number after "<answer>".
    """
    table: dict[str, Counter] = {}
    for one in attempts:
        fault = one.verdict.first_error
        kind = fault.kind if fault else "right" if one.correct else "wrong number"
        table.setdefault(kind, Counter())[str(one.problem.op)] += 1
    return {kind: dict(table[kind]) for kind in sorted(table)}


def find_errors(
    model: GPT, tokenizer: Tokenizer, config: ProblemConfig, n: int, seed: int
) -> dict[str, dict]:
    """`token_errors` and `first_errors` of n problems, shared evenly among `tested_ops`.

    A share is rounded up, and an op that the split does not have is left out. CourseError for a
    model that writes a plan, or whose context is too short.
    """
    if config.plan != "none":
        raise CourseError("The tokens of a plan have no kinds: take a model without one.")
    ops, problems = tested_ops(config), []
    for op in ops:
        with suppress(CourseError):  # the split may have none with this op
            problems += draw_problems(replace(config, op=op), -(-n // len(ops)), seed + APART)
    return {
        "tokens": token_errors(model, tokenizer, problems),
        "first_errors": first_errors(attempt(model, tokenizer, problems)),
    }
