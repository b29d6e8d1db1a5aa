"""Exercises of lesson 05: labels of nece_next, the mask of branches, a wrong belief explained."""

import torch
from torch import Tensor

from course_lib.studio.exercises import Exercise
from course_lib.studio.exercises.lesson03 import same_tensor


def next_labels(
    needs: dict[str, list[str]], necessary: list[str], computed: list[str]
) -> dict[str, bool]:
    """True for what is necessary, not computed, and ready."""
    return {
        name: name in necessary and name not in computed and set(operands) <= set(computed)
        for name, operands in needs.items()
    }


def _again(needs, necessary, computed):
    return {n: n in necessary and set(ops) <= set(computed) for n, ops in needs.items()}


def _can_next(needs, necessary, computed):
    return {n: n not in computed and set(ops) <= set(computed) for n, ops in needs.items()}


def _not_ready(needs, necessary, computed):
    return {n: n in necessary and n not in computed for n in needs}


def _some_operand(needs, necessary, computed):
    ready = {n: not ops or bool(set(ops) & set(computed)) for n, ops in needs.items()}
    return {n: ready[n] and n in necessary and n not in computed for n in needs}


def _only_true(needs, necessary, computed):
    return {n: True for n, found in next_labels(needs, necessary, computed).items() if found}


def packed_mask(prefix: int, branches: list[int]) -> Tensor:
    """Each token reads the prefix, as far as it came before, and what came before in its branch."""
    lengths = torch.tensor([prefix, *branches])
    branch = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    causal = torch.ones(len(branch), len(branch), dtype=torch.bool).tril()
    return causal & ((branch[:, None] == branch) | (branch == 0))


def _causal(prefix, branches):
    T = prefix + sum(branches)
    return torch.ones(T, T, dtype=torch.bool).tril()


def _without_prefix(prefix, branches):
    lengths = torch.tensor([prefix, *branches])
    branch = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    return _causal(prefix, branches) & (branch[:, None] == branch)


def _reads_ahead(prefix, branches):
    mask = packed_mask(prefix, branches)
    return mask | mask.T & (torch.arange(len(mask)) >= prefix)[:, None]


def _prefix_reads_ahead(prefix, branches):
    mask = packed_mask(prefix, branches)
    mask[:prefix, :prefix] = True
    return mask


def _no_order(prefix, branches):
    mask = packed_mask(prefix, branches)
    return mask | mask.T & packed_mask(prefix, [len(mask) - prefix]).T & _same(prefix, branches)


def _same(prefix, branches):
    lengths = torch.tensor([prefix, *branches])
    branch = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    return branch[:, None] == branch


def _turned(prefix, branches):
    return packed_mask(prefix, branches).T


def _hides(prefix, branches):
    return ~packed_mask(prefix, branches)


def _numbers(prefix, branches):
    return packed_mask(prefix, branches).float()


def culprits(
    name: str, needs: dict[str, list[str]], computed: list[str], believed: list[str]
) -> list[str]:
    """Operands that are not computed, though the model believes so."""
    return [p for p in needs[name] if p not in computed and p in believed]


def _all_missing(name, needs, computed, believed):
    return [p for p in needs[name] if p not in computed]


def _all_believed(name, needs, computed, believed):
    return [p for p in needs[name] if p in believed]


def _of_anyone(name, needs, computed, believed):
    return [p for p in believed if p not in computed]


def _their_order(name, needs, computed, believed):
    return [p for p in believed if p in culprits(name, needs, computed, believed)]


def _all_or_nothing(name, needs, computed, believed):
    missing = _all_missing(name, needs, computed, believed)
    return missing if set(missing) <= set(believed) else []


def _doubted(name, needs, computed, believed):
    return [p for p in needs[name] if p in computed and p not in believed]


CHAIN = {"a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["d", "c"], "f": ["e"]}
WIDE = {"sum": ["x", "y", "z"], "x": [], "y": ["x"], "z": [], "other": ["z"]}

EXERCISES = (
    Exercise(
        "next_labels",
        (
            (CHAIN, ["a", "b", "c", "d", "e"], []),
            (CHAIN, ["a", "b", "c", "d", "e"], ["a", "d"]),
            (CHAIN, ["d"], ["a"]),
            (WIDE, ["x", "y", "z", "sum"], ["x", "z"]),
            (WIDE, ["z", "other"], ["z", "other"]),
        ),
        next_labels,
        (
            (_again, "what is computed already need not be written again."),
            (_can_next, "some of these can be computed, but the answer does not need them."),
            (_not_ready, "some of these are needed, but something they need is still missing."),
            (_some_operand, "one computed operand does not make a parameter ready: all must be."),
            (_only_true, "a probe also learns from the others: label every parameter."),
        ),
    ),
    Exercise(
        "packed_mask",
        ((3, [2]), (2, [2, 2]), (4, [1, 3, 2]), (1, [1, 1]), (3, [])),
        packed_mask,
        (
            (_causal, "your branches read each other: the second would see the first's question."),
            (_without_prefix, "your branches do not see the text that they ask about."),
            (_reads_ahead, "within a branch, too, nobody reads what comes later."),
            (_prefix_reads_ahead, "in the text, too, nobody reads what comes later."),
            (_no_order, "nobody reads what comes later, neither in the text nor in a branch."),
            (_turned, "readers are rows and what is read are columns; yours are exchanged."),
            (_hides, "True means that a reader may look, not that it may not."),
            (_numbers, "the table is right; make them True and False instead of numbers."),
        ),
        same_tensor,
    ),
    Exercise(
        "culprits",
        (
            ("e", CHAIN, ["d"], ["d", "c", "f"]),
            ("sum", WIDE, [], ["x", "z", "other"]),
            ("sum", WIDE, ["x"], ["x", "y"]),
            ("sum", WIDE, [], ["z", "x", "y"]),
            ("b", CHAIN, ["a"], []),
            ("a", CHAIN, [], ["f"]),
        ),
        culprits,
        (
            (_all_missing, "of these, the model knows of some that they are missing."),
            (
                _all_believed,
                "of some of these the model is right to believe that they are computed.",
            ),
            (_their_order, "keep the order of the operands."),
            (
                _all_or_nothing,
                "a false belief may explain a part of it: name those that are believed.",
            ),
            (_of_anyone, "some of these are not needed here: only operands count."),
            (_doubted, "it is the other way round: not computed, but believed to be."),
        ),
    ),
)
