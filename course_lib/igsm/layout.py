"""What the text of a problem leaves unsaid: which item owns which, on what layer, of what category.

The second mind's world knowledge is here: the chains of category names and, where the text leaves
several readings, the likeness of its items to those of our own world.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import chain

from course_lib.errors import CourseError
from course_lib.igsm.world import Category, load_world

Pair = tuple[str, str]  # owner, owned: ("Coral Reef", "Yeti") of "Coral Reef's Yeti"
Layers = tuple[tuple[str, ...], ...]  # item names, the top layer first

MAX_NAME = 200  # characters
MAX_UNCLEAR = 300  # names, as the search among them takes quadratic time


@cache
def category_names() -> frozenset[str]:
    """The names of all categories; no item has one of them."""
    return frozenset(category.name for categories in load_world().chains for category in categories)


def split_names(names: Iterable[str], clear: dict[str, Pair]) -> dict[str, Pair]:
    """Owner and owned of each name, so that there are as few different items as possible.

    "Sam's Club's Tea" belongs to Sam or to Sam's Club. Greedy: next is the reading with the fewest
    new items, then with those most other unclear names may hold, then with those of our own world.
    Names in `clear` are known.
    """
    ways = {name: [clear[name]] if name in clear else _ways_to_split(name) for name in names}
    pairs = {name: choices[0] for name, choices in ways.items() if len(choices) == 1}
    unclear = {name: choices for name, choices in ways.items() if name not in pairs}
    if len(unclear) > MAX_UNCLEAR:
        raise CourseError("Too many names hold more than one \"'s\" to know what owns what.")
    known = set(category_names()).union(*pairs.values())
    holders = Counter(x for choices in unclear.values() for x in set(chain(*choices)))

    def cost(choice: tuple[str, Pair]) -> tuple[int, int, int]:
        items = choice[1]
        new = sum(item not in known for item in items)
        return new, -sum(holders[x] for x in items), -sum(x in _own_items() for x in items)

    while unclear:
        name, pair = min(((n, pair) for n, choices in unclear.items() for pair in choices), key=cost)
        del unclear[name]
        pairs[name] = pair
        known.update(pair)
    return {name: pairs[name] for name in ways}


def find_layers(edges: list[Pair], owners: Iterable[str]) -> Layers:
    """Items by layer: at the top what nothing owns, below each layer what it owns.

    `owners` are mentioned as owners of abstract parameters; at the top they may own no item.
    """
    owned_by: dict[str, list[str]] = {}
    for owner, owned in edges:
        owned_by.setdefault(owner, []).append(owned)
    items = dict.fromkeys(chain(*edges, owners))
    below = {owned for _, owned in edges}
    layer = tuple(item for item in items if item not in below)
    layers: Layers = ()
    placed: set[str] = set()
    while layer and placed.isdisjoint(layer):
        layers += (layer,)
        placed.update(layer)
        layer = tuple(dict.fromkeys(x for item in layer for x in owned_by.get(item, ())))
    if layer or len(placed) < len(items):
        raise CourseError("The items form no layers: one of them would lie in two.")
    return layers


def find_categories(layers: Layers, abstract: list[Pair]) -> list[tuple[str, ...]]:
    """The categories that the layers can have by the abstract names, the likeliest first."""
    depth = {item: i for i, layer in enumerate(layers) for item in layer}
    fits = [
        part
        for part in _parts_of_chains(len(layers))
        if all(any(c.name == name for c in part[depth[owner] + 1 :]) for owner, name in abstract)
    ]
    if not fits:
        raise CourseError("The categories in the text fit no chain of categories.")
    if len(fits) > 1:  # nothing abstract, or of three layers only the top one's third category
        fits.sort(key=lambda part: sum(map(_strangeness, part, layers)))
    return [tuple(category.name for category in part) for part in fits]


def _ways_to_split(name: str) -> list[Pair]:
    words = name.split("'s ") if len(name) <= MAX_NAME else []
    ways = [("'s ".join(words[:i]), "'s ".join(words[i:])) for i in range(1, len(words))]
    ways = [(owner, owned) for owner, owned in ways if owner and owned]
    if not ways:
        raise CourseError(f"'{name[:60]}' is not a name of the form 'Owner's Owned'.")
    return ways


@cache
def _parts_of_chains(length: int) -> list[tuple[Category, ...]]:
    chains = load_world().chains
    return [c[start : start + length] for c in chains for start in range(len(c) - length + 1)]


def _strangeness(category: Category, items: tuple[str, ...]) -> float:
    """How little the items look like our own of this category: 0 for each of ours, at most 2."""
    own, words = _own_names(category)
    unlike = [item.split() for item in items if item not in own]
    return sum(2 - len(words.intersection(item)) / len(item) for item in unlike)


@cache
def _own_names(category: Category) -> tuple[frozenset[str], frozenset[str]]:
    items = frozenset(chain(*category.subcategories))
    return items, frozenset(word for item in (category.name, *items) for word in item.split())


@cache
def _own_items() -> frozenset[str]:
    return frozenset(item for c in chain(*load_world().chains) for item in chain(*c.subcategories))
