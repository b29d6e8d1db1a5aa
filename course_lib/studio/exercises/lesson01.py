"""Exercises of lesson 01: counting parameters, finding the necessary ones, an abstract value."""

from course_lib.studio.exercises import Exercise


def count_parameters(widths: list[int], edges: int) -> int:
    """Edges, and for each item one abstract parameter per deeper layer."""
    deepest = len(widths) - 1
    return edges + sum(width * (deepest - layer) for layer, width in enumerate(widths))


def _one_per_item(widths: list[int], edges: int) -> int:
    return edges + sum(widths[:-1])


def _only_abstract(widths: list[int], edges: int) -> int:
    return count_parameters(widths, 0)


def _counts_own_layer(widths: list[int], edges: int) -> int:
    return count_parameters(widths, edges) + sum(widths)


def _upside_down(widths: list[int], edges: int) -> int:
    return count_parameters(widths[::-1], edges)


def find_necessary(operands: dict[str, list[str]], query: str) -> set[str]:
    """The query and all it depends on."""
    found, todo = set(), [query]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += operands[name]
    return found


def _only_direct(operands: dict[str, list[str]], query: str) -> set[str]:
    return {query, *operands[query]}


def _two_steps(operands: dict[str, list[str]], query: str) -> set[str]:
    return {query, *operands[query], *(q for p in operands[query] for q in operands[p])}


def _without_query(operands: dict[str, list[str]], query: str) -> set[str]:
    return find_necessary(operands, query) - {query}


def _what_needs_it(operands: dict[str, list[str]], query: str) -> set[str]:
    return {name for name in operands if query in find_necessary(operands, name)}


def _as_list(operands: dict[str, list[str]], query: str) -> list[str]:
    return sorted(find_necessary(operands, query))


def count_things(
    owned: dict[str, dict[str, int]], category_of: dict[str, str], item: str, category: str
) -> int:
    """An abstract parameter: through each owned item, count times what that one has."""
    total = 0
    for child, count in owned.get(item, {}).items():
        here = category_of[child] == category
        total += count * (1 if here else count_things(owned, category_of, child, category))
    return total


def _only_children(owned, category_of, item, category) -> int:
    children = owned.get(item, {}).items()
    return sum(count for child, count in children if category_of[child] == category)


def _adds_instead(owned, category_of, item, category) -> int:
    children = owned.get(item, {}).items()
    return sum(
        n if category_of[child] == category else _adds_instead(owned, category_of, child, category)
        for child, n in children
    )


def _kinds_not_things(owned, category_of, item, category) -> int:
    ones = {parent: dict.fromkeys(children, 1) for parent, children in owned.items()}
    return count_things(ones, category_of, item, category)


def _on_a_clock(owned, category_of, item, category) -> int:
    return count_things(owned, category_of, item, category) % 23


CHAIN = {"d": ["b", "c"], "c": ["b"], "b": ["a"], "a": [], "e": ["d", "x"], "x": []}
OWNED = {
    "Oak School": {"Lab": 2, "Gym": 3},
    "Lab": {"Red Bag": 4, "Blue Bag": 1},
    "Gym": {"Blue Bag": 5},
    "Blue Bag": {"Pen": 2, "Glue": 3},
    "Elm School": {},
}
CATEGORY_OF = {
    **dict.fromkeys(("Oak School", "Elm School"), "School"),
    **dict.fromkeys(("Lab", "Gym"), "Classroom"),
    **dict.fromkeys(("Red Bag", "Blue Bag"), "Backpack"),
    **dict.fromkeys(("Pen", "Glue"), "Stationery"),
}

EXERCISES = (
    Exercise(
        "count_parameters",
        (([2, 2], 3), ([3, 2], 6), ([2, 2, 2], 5), ([4, 3, 2, 2], 17), ([2, 3, 4, 2], 12)),
        count_parameters,
        (
            (
                _one_per_item,
                "an item has one abstract parameter for every deeper layer, not only one.",
            ),
            (_only_abstract, "these are the abstract parameters; where are the instance ones?"),
            (_upside_down, "the top layer comes first: its items have the most below them."),
            (_counts_own_layer, "an item owns nothing of its own category, only of deeper ones."),
        ),
    ),
    Exercise(
        "find_necessary",
        ((CHAIN, "d"), (CHAIN, "c"), (CHAIN, "e"), (CHAIN, "b"), (CHAIN, "x")),
        find_necessary,
        (
            (_only_direct, "what the query needs needs something itself: follow it all the way."),
            (_two_steps, "go on until nothing new is found, not only for two steps."),
            (_without_query, "the query is necessary too."),
            (_what_needs_it, "this goes the wrong way: it finds what needs the query."),
            (_as_list, "the names are right; return them as a set."),
        ),
    ),
    Exercise(
        "count_things",
        tuple(
            (OWNED, CATEGORY_OF, item, category)
            for item, category in (
                *(("Gym", "Backpack"), ("Lab", "Stationery"), ("Oak School", "Classroom")),
                *(("Oak School", "Backpack"), ("Oak School", "Stationery")),
                *(("Red Bag", "Stationery"), ("Elm School", "Backpack")),
            )
        ),
        count_things,
        (
            (_only_children, "things may lie deeper: ask each owned item what it has in turn."),
            (
                _adds_instead,
                "two labs with four bags each are eight bags: multiply on the way down.",
            ),
            (_on_a_clock, "here nothing wraps around: plain whole numbers."),
            (_kinds_not_things, "this counts kinds of things; how many there are of each matters."),
        ),
        raised=(KeyError, "an item may be missing from `owned`, and then it owns nothing."),
    ),
)
