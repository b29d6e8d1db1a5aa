"""Exercises of lesson 07: equal size, steps to the question, recall beside precision."""

import math

from course_lib.studio.exercises import Exercise


def equal_width(layers: int, width: int, other_layers: int, head: int) -> int:
    """Blocks hold 12 * layers * width ** 2 numbers: the width falls with the root of depth."""
    return max(round(width * math.sqrt(layers / other_layers) / head), 1) * head


def _in_proportion(layers, width, other_layers, head):
    return max(round(width * layers / other_layers / head), 1) * head


def _wider(layers, width, other_layers, head):
    return equal_width(other_layers, width, layers, head)


def _cut_off(layers, width, other_layers, head):
    return max(int(width * math.sqrt(layers / other_layers) / head), 1) * head


def _any_width(layers, width, other_layers, head):
    return round(width * math.sqrt(layers / other_layers))


def steps_to_question(operands: dict[str, list[str]], question: str) -> dict[str, int]:
    """Breadth first from the question: whoever is met first is met on a shortest way."""
    steps, waiting = {question: 0}, [question]
    for name in waiting:
        for operand in operands[name]:
            if operand not in steps:
                steps[operand] = steps[name] + 1
                waiting.append(operand)
    return steps


def _longest(operands, question):
    steps = {}

    def go(name, far):
        steps[name] = max(far, steps.get(name, 0))
        for operand in operands[name]:
            go(operand, far + 1)

    go(question, 0)
    return steps


def _as_met(operands, question):
    steps = {}

    def go(name, far):
        if name not in steps:
            steps[name] = far
            for operand in operands[name]:
                go(operand, far + 1)

    go(question, 0)
    return steps


def _from_one(operands, question):
    return {name: far + 1 for name, far in steps_to_question(operands, question).items()}


def _without_the_question(operands, question):
    steps = steps_to_question(operands, question)
    return {name: far for name, far in steps.items() if name != question}


def recall_by_distance(
    beliefs: list[tuple[int | None, bool]],
) -> tuple[dict[int, float], float | None]:
    """Recall wants what is true, precision what is said."""
    near: dict[int, list[bool]] = {}
    for distance, said in beliefs:
        if distance is not None:
            near.setdefault(distance, []).append(said)
    true = [distance is not None for distance, said in beliefs if said]
    recall = {t: sum(near[t]) / len(near[t]) for t in sorted(near)}
    return recall, (sum(true) / len(true) if true else None)


def _accuracy_for_precision(beliefs):
    right = [(distance is not None) == said for distance, said in beliefs]
    return recall_by_distance(beliefs)[0], (sum(right) / len(right) if right else None)


def _precision_of_all(beliefs):
    hits = [distance is not None and said for distance, said in beliefs]
    return recall_by_distance(beliefs)[0], (sum(hits) / len(hits) if hits else None)


def _shares_of_all(beliefs):
    recall, precision = recall_by_distance(beliefs)
    necessary = sum(distance is not None for distance, _ in beliefs)
    near = {t: sum(d == t and said for d, said in beliefs) / necessary for t in recall}
    return near, precision


def _zero_for_nothing(beliefs):
    recall, precision = recall_by_distance(beliefs)
    return recall, precision or 0.0


def _with_none(beliefs):
    recall, precision = recall_by_distance(beliefs)
    others = [said for distance, said in beliefs if distance is None]
    return recall | ({None: sum(others) / len(others)} if others else {}), precision


CHAIN = {"A": ["B"], "B": ["C"], "C": []}
LATE = {"A": ["B", "D"], "B": ["C"], "C": ["D"], "D": ["E"], "E": [], "F": ["A"]}  # D by a detour
EARLY = {"A": ["C", "B"], "B": ["C"], "C": []}  # C first on the short way, then by a detour

EXERCISES = (
    Exercise(
        "equal_width",
        ((4, 64, 1, 16), (4, 64, 8, 16), (12, 768, 4, 64), (12, 768, 20, 64), (2, 96, 4, 4)),
        equal_width,
        (
            (_in_proportion, "the numbers of a block grow with the square of its width."),
            (_wider, "a deeper model must be narrower, not wider."),
            (_cut_off, "take the nearest multiple of the head's width, not the one below."),
            (_any_width, "a width is a whole number of heads."),
        ),
    ),
    Exercise(
        "steps_to_question",
        ((CHAIN, "A"), (CHAIN, "B"), (CHAIN, "C"), (LATE, "A"), (LATE, "B"), (EARLY, "A")),
        steps_to_question,
        (
            (_longest, "where two ways lead to the question, the shortest counts."),
            (_as_met, "going down one way to its end first finds detours: go breadth first."),
            (_from_one, "the question's own parameter is at 0."),
            (_without_the_question, "the question's own parameter belongs to it, at 0."),
        ),
    ),
    Exercise(
        "recall_by_distance",
        (
            ([(0, True), (1, True), (1, False), (None, False), (None, True)],),
            ([(0, True), (2, False), (2, False), (1, True)],),
            ([(0, False), (None, False)],),
            ([(None, True), (None, False), (3, True)],),
        ),
        recall_by_distance,
        (
            (_accuracy_for_precision, "precision asks only about what was said to be necessary."),
            (_precision_of_all, "divide by the number of times that it said yes."),
            (_shares_of_all, "recall at t divides by what is necessary at t, not anywhere."),
            (_zero_for_nothing, "a probe that never says yes has no precision: None."),
            (_with_none, "what is not necessary has no distance, and no recall."),
        ),
    ),
)
