"""Exercises of lesson 06: what explains an error, precision and recall, the area under a curve."""

from course_lib.studio.exercises import Exercise


def why_wrong(slip: bool, beliefs: list[tuple[bool, bool]]) -> str:
    """The first false "yes" that speaks for writing it, if the choice was at fault at all."""
    if slip:
        return "slip"
    for (true, said), reason in zip(beliefs, ("believed ready", "believed next"), strict=True):
        if said and not true:
            return reason
    return "not believed"


def _next_first(slip, beliefs):
    ready, following = beliefs
    if not slip and following == (False, True):
        return "believed next"
    return why_wrong(slip, beliefs)


def _any_wrong_belief(slip, beliefs):
    if slip:
        return "slip"
    for (true, said), reason in zip(beliefs, ("believed ready", "believed next"), strict=True):
        if said != true:
            return reason
    return "not believed"


def _no_slips(slip, beliefs):
    return why_wrong(False, beliefs)


def _slips_last(slip, beliefs):
    found = why_wrong(False, beliefs)
    return "slip" if slip and found == "not believed" else found


def _beliefs_alone(slip, beliefs):
    if slip:
        return "slip"
    for (_, said), reason in zip(beliefs, ("believed ready", "believed next"), strict=True):
        if said:
            return reason
    return "not believed"


def precision_and_recall(
    brightness: list[float], wrong: list[bool], threshold: float
) -> tuple[float | None, float | None]:
    """Of the alarms those that are right, and of the mistakes those that are found."""
    lit = [value >= threshold for value in brightness]
    hits = sum(on and bad for on, bad in zip(lit, wrong, strict=True))
    return (hits / sum(lit) if any(lit) else None), (hits / sum(wrong) if any(wrong) else None)


def _exchanged(brightness, wrong, threshold):
    return precision_and_recall(brightness, wrong, threshold)[::-1]


def _accuracy(brightness, wrong, threshold):
    lit = [value >= threshold for value in brightness]
    return sum(on == bad for on, bad in zip(lit, wrong, strict=True)) / len(lit), None


def _right_of_all(brightness, wrong, threshold):
    recall = precision_and_recall(brightness, wrong, threshold)[1]
    return _accuracy(brightness, wrong, threshold)[0], recall


def _dark(brightness, wrong, threshold):
    return precision_and_recall([-value for value in brightness], wrong, -threshold)


def _above(brightness, wrong, threshold):
    return precision_and_recall([value - 1e-12 for value in brightness], wrong, threshold)


def _zero_for_nothing(brightness, wrong, threshold):
    return tuple(x or 0.0 for x in precision_and_recall(brightness, wrong, threshold))


def _of_all(brightness, wrong, threshold):
    lit = [value >= threshold for value in brightness]
    hits = sum(on and bad for on, bad in zip(lit, wrong, strict=True))
    return hits / len(lit), hits / len(lit)


def area_of_pairs(brightness: list[float], wrong: list[bool]) -> float | None:
    """Pairs of one mistake and one right sentence in which the mistake is brighter."""
    bad = [x for x, is_bad in zip(brightness, wrong, strict=True) if is_bad]
    good = [x for x, is_bad in zip(brightness, wrong, strict=True) if not is_bad]
    if not bad or not good:
        return None
    better = sum((x > y) + 0.5 * (x == y) for x in bad for y in good)
    return better / (len(bad) * len(good))


def _ties_win(brightness, wrong):
    bad = [x for x, is_bad in zip(brightness, wrong, strict=True) if is_bad]
    good = [x for x, is_bad in zip(brightness, wrong, strict=True) if not is_bad]
    return sum(x >= y for x in bad for y in good) / (len(bad) * len(good)) if bad and good else None


def _ties_lose(brightness, wrong):
    bad = [x for x, is_bad in zip(brightness, wrong, strict=True) if is_bad]
    good = [x for x, is_bad in zip(brightness, wrong, strict=True) if not is_bad]
    return sum(x > y for x in bad for y in good) / (len(bad) * len(good)) if bad and good else None


def _other_way(brightness, wrong):
    found = area_of_pairs(brightness, wrong)
    return None if found is None else 1 - found


def _all_pairs(brightness, wrong):
    found = area_of_pairs(brightness, wrong)
    n, bad = len(wrong), sum(wrong)
    return None if found is None else found * bad * (n - bad) / (n * (n - 1) / 2)


PAIRS = [(true, said) for true in (False, True) for said in (False, True)]

EXERCISES = (
    Exercise(
        "why_wrong",
        [
            (slip, [ready, following])
            for slip in (False, True)
            for ready in PAIRS
            for following in PAIRS
            if ready[0] or not following[0]  # what is next is ready
        ],
        why_wrong,
        (
            (_next_first, "where both are falsely believed, the first reason is readiness."),
            (
                _any_wrong_belief,
                "a false 'no' does not speak for writing it: only a false 'yes' explains.",
            ),
            (_slips_last, "a slip is a slip, whatever was believed: ask for it first."),
            (_no_slips, "at a slip the choice was allowed, whatever was believed about it."),
            (_beliefs_alone, "a belief that is true is no mistake: compare it with the truth."),
        ),
    ),
    Exercise(
        "precision_and_recall",
        (
            ([0.9, 0.2, 0.7, 0.1], [True, True, False, False], 0.5),
            ([0.9, 0.8, 0.7, 0.1, 0.5], [True, False, False, False, True], 0.5),
            ([0.3, 0.2], [True, False], 0.5),
            ([0.3, 0.8], [False, False], 0.5),
            ([0.6, 0.6, 0.6], [True, True, False], 0.6),
        ),
        precision_and_recall,
        (
            (
                _exchanged,
                "the two are exchanged: precision is about alarms, recall about mistakes.",
            ),
            (_accuracy, "that is accuracy, which a light that never shines would win."),
            (_right_of_all, "precision is a share of the alarms, not of all sentences."),
            (_dark, "the light is on where the number is high."),
            (_above, "a number that equals the threshold switches the light on."),
            (_zero_for_nothing, "where there is no alarm, or no mistake, the answer is None."),
            (_of_all, "divide by the alarms or by the mistakes, not by all sentences."),
        ),
    ),
    Exercise(
        "area_of_pairs",
        (
            ([0.9, 0.5, 0.5, 0.1], [True, True, False, False]),
            ([0.1, 0.2, 0.3], [True, False, False]),
            ([0.4, 0.4], [True, False]),
            ([0.4, 0.6], [True, True]),
            ([0.9, 0.1, 0.8, 0.3, 0.3], [True, False, True, True, False]),
        ),
        area_of_pairs,
        (
            (_ties_win, "where both are equally bright the pair counts half."),
            (_ties_lose, "where both are equally bright the pair counts half."),
            (_other_way, "count the pairs in which the mistake is the brighter one."),
            (_all_pairs, "only pairs of a mistake and a right sentence count."),
        ),
    ),
)
