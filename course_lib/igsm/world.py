"""World knowledge: four chains of categories and the names of the items in each."""

import json
from dataclasses import dataclass
from functools import cache

from course_lib.paths import DATA

CHAIN_FILES = ("district.json", "zoo.json", "school.json", "ecosystems.json")


@dataclass(frozen=True)
class Category:
    """A level of a chain, such as Animal, with its items grouped into sub-categories."""

    name: str
    subcategories: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class World:
    """The chains of categories, each from the top (Zoo) down to the bottom (Bone)."""

    chains: tuple[tuple[Category, ...], ...]

    def slice(self, chains: int, subcategories: int, names: int) -> "World":
        """The smaller world of the first chains, sub-categories and names."""
        return World(
            tuple(
                tuple(
                    Category(c.name, tuple(sub[:names] for sub in c.subcategories[:subcategories]))
                    for c in chain
                )
                for chain in self.chains[:chains]
            )
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every category and item name, in a fixed order."""
        return tuple(
            name
            for chain in self.chains
            for category in chain
            for name in (category.name, *(item for sub in category.subcategories for item in sub))
        )


@cache
def load_world() -> World:
    """The whole world as written in `data/world`."""
    return World(tuple(_read_chain(name) for name in CHAIN_FILES))


@cache
def world_of(chains: int, subcategories: int, names: int) -> World:
    """The slice of the world that a `ProblemConfig` uses."""
    return load_world().slice(chains, subcategories, names)


def _read_chain(filename: str) -> tuple[Category, ...]:
    data = json.loads((DATA / "world" / filename).read_text(encoding="utf-8"))
    return tuple(
        Category(c["name"], tuple(tuple(sub["items"]) for sub in c["subcategories"]))
        for c in data["categories"]
    )
