"""What the text of a problem leaves unsaid: which item owns which, on what layer, of what category.

The second mind's world knowledge is here: the chains of category names and, where the text leaves
several readings, the likeness of its items to those of our own world.
"""

from collections import Counter
from collections.abc import Container, Iterable
from functools import cache
from itertools import chain

from course_lib.errors import CourseError
from course_lib.igsm.world import load_world

Pair = tuple[str, str]  # owner, owned: ("Coral Reef", "Yeti") of "Coral Reef's Yeti"
Layers = tuple[tuple[str, ...], ...]  # item names, the top layer first

MAX_NAME = 200  # characters
MAX_UNCLEAR = 200  # names, as the search among them takes quadratic time


def split_names(
    names: Iterable[str], described: Container[str], clear: dict[str, Pair]
) -> dict[str, Pair]:
    """Owner and owned of each name, so that there are as few different items as possible.

    "Sam's Club's Tea" belongs to Sam or to Sam's Club. Greedy: the next choice adds the fewest new
    items, then has those that most other unclear names may have, then those most like our own.
    Instance parameters are those described by a sentence; the names in `clear` are known.
    """
    ways = {name: _ways_to_split(name, name in described, clear.get(name)) for name in names}
    pairs = {name: choices[0] for name, choices in ways.items() if len(choices) == 1}
    unclear = {name: choices for name, choices in ways.items() if name not in pairs}
    if len(unclear) > MAX_UNCLEAR:
        raise CourseError("Too many names can be split in several ways.")
    known = set(chain(*pairs.values()))
    holders = Counter(x for choices in unclear.values() for x in set(chain(*choices)))

    def cost(choice: tuple[str, Pair]) -> tuple[int, int, float]:
        items = choice[1]
        new = sum(item not in known for item in items)
        return new, -sum(holders[item] for item in items), -_likeness(items)

    while unclear:
        name, pair = min(((n, p) for n, choices in unclear.items() for p in choices), key=cost)
        del unclear[name]
        pairs[name] = pair
        known.update(pair)
    return {name: pairs[name] for name in ways}


def items_of_owners(edges: Iterable[Pair]) -> dict[str, list[str]]:
    """What each owner owns."""
    owned_by: dict[str, list[str]] = {}
    for owner, owned in edges:
        owned_by.setdefault(owner, []).append(owned)
    return owned_by


def find_layers(edges: list[Pair], owners: Iterable[str]) -> Layers:
    """Items by layer: at the top what nothing owns, below each layer what it owns.

    `owners` are mentioned as owners of abstract parameters; at the top they may own no item.
    """
    owned_by = items_of_owners(edges)
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
        if all(category in part[depth[owner] + 1 :] for owner, category in abstract)
    ]
    if not fits:
        raise CourseError("The categories in the text fit no chain of categories.")
    if len(fits) > 1:  # nothing abstract, or of three layers only the top one's third category
        fits.sort(key=lambda part: -sum(map(_likeness, layers, part)))
    return fits


def _ways_to_split(name: str, instance: bool, clear: Pair | None) -> list[Pair]:
    words = name.split("'s ") if len(name) <= MAX_NAME else []
    pairs = [("'s ".join(words[:i]), "'s ".join(words[i:])) for i in range(1, len(words))]
    ways = [
        (owner, owned)
        for owner, owned in ([clear] if clear else pairs)
        if owner.strip() and owned.strip() and (owned in _category_names()) != instance
    ]
    if not ways:
        fault = "not an item of another" if instance else "described by no sentence"
        raise CourseError(f"'{name[:60]}' is {fault}.")
    return ways


@cache
def _category_names() -> frozenset[str]:
    return frozenset(category.name for category in chain(*load_world().chains))


@cache
def _parts_of_chains(length: int) -> list[tuple[str, ...]]:
    chains = [tuple(category.name for category in c) for c in load_world().chains]
    return [c[start : start + length] for c in chains for start in range(len(c) - length + 1)]


def _likeness(items: tuple[str, ...], category: str = "") -> float:
    """How like our own of a category, or of any, the items are: 2 if equal, up to 1 by words."""
    own, words = _own_names(category)
    shares = (len(words.intersection(item.split())) / len(item.split()) for item in items)
    return sum(2 if item in own else share for item, share in zip(items, shares, strict=True))


@cache
def _own_names(category: str) -> tuple[frozenset[str], frozenset[str]]:
    categories = [c for c in chain(*load_world().chains) if category in ("", c.name)]
    items = frozenset(item for c in categories for item in chain(*c.subcategories))
    return items, frozenset(word for name in (*items, category) for word in name.split())
