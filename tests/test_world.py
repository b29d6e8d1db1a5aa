"""The item names of the world: counts, form, and names that cannot be confused in a text."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

WORLD = Path(__file__).parents[1] / "data" / "world"
CHAINS = {
    "district.json": ["District", "Supermarket", "Product", "Ingredient"],
    "zoo.json": ["Zoo", "Enclosure", "Animal", "Bone"],
    "school.json": ["School", "Classroom", "Backpack", "Stationery"],
    "ecosystems.json": ["Ecosystems", "Creatures", "Organs", "Cells"],
}
SENTENCE_WORDS = set(
    "the number of each equals more than sum difference and times as much "
    "how many does have define so".split()
)


def read_categories(filename):
    return json.loads((WORLD / filename).read_text(encoding="ascii"))["categories"]


@pytest.fixture(scope="module")
def names():
    categories = [c for filename in CHAINS for c in read_categories(filename)]
    items = [item for c in categories for sub in c["subcategories"] for item in sub["items"]]
    return [c["name"] for c in categories] + items


def test_every_file_is_a_known_chain():
    assert {path.name for path in WORLD.glob("*.json")} == set(CHAINS)


@pytest.mark.parametrize("filename", CHAINS)
def test_chain_has_its_categories_of_five_by_twenty(filename):
    categories = read_categories(filename)
    assert [c["name"] for c in categories] == CHAINS[filename]
    for category in categories:
        assert [len(sub["items"]) for sub in category["subcategories"]] == [20] * 5


def test_subcategory_names_are_distinct():
    categories = [c for filename in CHAINS for c in read_categories(filename)]
    subcategories = [sub["name"] for c in categories for sub in c["subcategories"]]
    assert len(set(subcategories)) == len(subcategories)


def test_names_are_one_to_three_capitalised_words(names):
    assert [n for n in names if not re.fullmatch(r"[A-Z][a-z]+( [A-Z][a-z]+){0,2}", n)] == []


def test_names_share_no_word_with_the_sentences(names):
    assert [n for n in names if SENTENCE_WORDS & set(n.lower().split())] == []


def test_no_name_begins_or_repeats_another(names):
    # In sorted order a name's extensions follow it directly, so neighbours are enough.
    assert [(a, b) for a, b in pairwise(sorted(names)) if b.startswith(a)] == []
