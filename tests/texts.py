"""Problems and solutions as text, written by hand or published, and ways to spoil them."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import strategies as st

PROBLEM = (
    "The number of each Dance Hall's Cycling Pack equals 5 more than the sum of each Oak High's "
    "Classroom and each Film Studio's Canvas Pack. "
    "The number of each Oak High's Film Studio equals 4. "
    "The number of each Elm High's Dance Hall equals 9 times as much as the difference of each "
    "Film Studio's Canvas Pack and each Oak High's Dance Hall. "
    "The number of each Film Studio's Cycling Pack equals each Film Studio's Canvas Pack. "
    "The number of each Oak High's Dance Hall equals 3 times as much as each Oak High's Film "
    "Studio. "
    "The number of each Film Studio's Canvas Pack equals 2 more than each Oak High's Film Studio."
)
QUESTION = "How many Backpack does Oak High have?"
SOLUTION = (
    "Define Oak High's Film Studio as a; so a = 4. "
    "Define Oak High's Dance Hall as b; so b = 3 * a = 3 * 4 = 12. "
    "Define Film Studio's Canvas Pack as c; so c = 2 + a = 2 + 4 = 6. "
    "Define Oak High's Classroom as d; so d = a + b = 4 + 12 = 16. "
    "Define Film Studio's Cycling Pack as e; so e = c = 6. "
    "Define Dance Hall's Cycling Pack as f; g = d + c = 16 + 6 = 22; so f = 5 + g = 5 + 22 = 4. "
    "Define Film Studio's Backpack as h; so h = c + e = 6 + 6 = 12. "
    "Define Dance Hall's Backpack as i; so i = f = 4. "
    "Define Oak High's Backpack as j; k = a * h = 4 * 12 = 2; l = b * i = 12 * 4 = 2; "
    "so j = k + l = 2 + 2 = 4."
)


def _published() -> list[dict]:
    """The published generator's problems: no part of the course, in COURSE_SAMPLES or beside it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "samples"
    path = Path(os.environ.get("COURSE_SAMPLES", beside)) / "published_generator.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PUBLISHED = _published()
needs_published = pytest.mark.skipif(not PUBLISHED, reason="no published samples here")


def reworded(problem: str, modulus: int = 23) -> list[tuple[str, str, str]]:
    """The problem with one sentence's meaning changed: (parameter, kind of the change, problem)."""
    sentences = problem.removesuffix(".").split(". ")
    changes = []
    for i, sentence in enumerate(sentences):
        name, _, right = sentence.removeprefix("The number of each ").partition(" equals ")
        number = re.match("[0-9]+", right)
        variants = [
            (
                "wrong constant",
                number and f"{(int(number[0]) + 1) % modulus}{right[number.end() :]}",
            ),
            ("wrong operator", right.replace("more than", "times as much as")),
            ("wrong operator", right.replace("times as much as", "more than")),
            ("wrong operator", right.replace("difference", "sum")),
            (
                "wrong operand",
                re.sub("(difference of )(each .+)( and )(each .+)", r"\1\4\3\2", right),
            ),
        ]
        for kind, variant in variants:
            if variant and variant != right:
                changed = f"The number of each {name} equals {variant}"
                text = ". ".join([*sentences[:i], changed, *sentences[i + 1 :]])
                changes.append((name, kind, text + "."))
    return changes


@st.composite
def spoiled(draw, text: str) -> str:
    """The text with a few pieces cut out, repeated, moved, or replaced by rubbish."""
    for _ in range(draw(st.integers(1, 3))):
        a, b, c = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 3)))
        rubbish = draw(st.sampled_from(["", " ", ".", "; ", "'s ", "each ", "7", "-", "so ", "é"]))
        kind = draw(st.sampled_from(["cut", "stop", "repeat", "swap", "rubbish"]))
        text = {
            "cut": text[:a] + text[b:],
            "stop": text[:b],
            "repeat": text[:b] + text[a:],
            "swap": text[:a] + text[b:c] + text[a:b] + text[c:],
            "rubbish": text[:a] + rubbish + text[min(a + 1, b) :],
        }[kind]
    return text
