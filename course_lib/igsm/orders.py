"""Topological orders: of a solution, and of the sentences of a problem."""

from collections.abc import Iterable, Sequence
from random import Random

from course_lib.igsm.structure import draw_some


def depth_first(targets: Iterable[int], definitions: Sequence) -> list[int]:
    """The targets and all they depend on, operands first, in a fixed order."""
    order: dict[int, None] = {}

    def visit(parameter: int) -> None:
        if parameter not in order:
            for operand in definitions[parameter].operands:
                visit(operand)
            order[parameter] = None

    for target in targets:
        visit(target)
    return list(order)


def breadth_first(target: int, definitions: Sequence) -> list[int]:
    """The target, then what it depends on, then what those do: each after one that needs it."""
    order = {target: None}
    for parameter in (queue := [target]):
        for operand in definitions[parameter].operands:
            if operand not in order:
                order[operand] = None
                queue.append(operand)
    return list(order)


def random_order(parameters: Iterable[int], definitions: Sequence, rng: Random) -> list[int]:
    """A random topological order: each next one uniform among those that are ready.

    `parameters` must contain the operands of each of them.
    """
    waiting = {p: set(definitions[p].operands) for p in parameters}
    users: dict[int, list[int]] = {p: [] for p in waiting}
    for p, operands in waiting.items():
        for operand in operands:
            users[operand].append(p)
    missing = {p: len(operands) for p, operands in waiting.items()}
    ready = [p for p, count in missing.items() if not count]
    order = []
    while ready:
        p = ready.pop(int(rng.random() * len(ready)))
        order.append(p)
        for user in users[p]:
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    return order


def sentence_order(
    described: Sequence[int], definitions: Sequence, level: int | None, rng: Random
) -> list[int]:
    """Instance parameters in the order in which the text describes them (igsm law, perm_level).

    5 shuffles uniformly (the paper's choice), 6 keeps the order of `described`, 0 to 4 shift each
    place of a random topological order by up to that much, None draws the level.
    """
    if level is None:
        level = rng.randrange(7)
    sentences = list(described)
    if level == 6:
        return sentences
    if level == 5:
        return draw_some(sentences, len(sentences), rng.random)
    spoken_of = depth_first(described, definitions)
    keys = [
        (place + rng.randint(0, level), rng.random(), p)
        for place, p in enumerate(random_order(spoken_of, definitions, rng))
    ]
    instances = set(described)
    return [p for *_, p in sorted(keys) if p in instances]
