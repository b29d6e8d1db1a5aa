import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import PROBLEM, PUBLISHED, QUESTION, needs_published, spoiled

from course_lib.errors import CourseError
from course_lib.igsm.formula import Formula
from course_lib.igsm.reading import parse_problem
from course_lib.igsm.world import load_world

EACH = "The number of each "


def test_reads_every_form_of_sentence():
    reading = parse_problem(PROBLEM, QUESTION)
    assert reading.formulas["Oak High's Film Studio"] == Formula(4)
    assert reading.formulas["Film Studio's Cycling Pack"] == Formula(
        products=(("Film Studio's Canvas Pack",),)
    )
    assert reading.formulas["Elm High's Dance Hall"] == Formula(
        9, "*", (("Film Studio's Canvas Pack",), ("Oak High's Dance Hall",)), "-"
    )
    assert reading.formulas["Dance Hall's Cycling Pack"] == Formula(
        5, "+", (("Oak High's Classroom",), ("Film Studio's Canvas Pack",))
    )
    assert reading.formulas["Elm High's Backpack"] == Formula(
        products=(("Elm High's Dance Hall", "Dance Hall's Backpack"),)
    )


def test_solves():
    reading = parse_problem(PROBLEM, QUESTION)
    assert (reading.answer, reading.op, reading.ip) == (4, 12, 6)
    assert reading.categories == ("School", "Classroom", "Backpack")
    assert [set(layer) for layer in reading.layers] == [
        {"Oak High", "Elm High"},
        {"Film Studio", "Dance Hall"},
        {"Canvas Pack", "Cycling Pack"},
    ]
    assert len(reading.formulas) == 6 + 2 * 2 + 2
    assert reading.values["Elm High's Dance Hall"] == 9 * (6 - 12) % 23
    assert "Elm High's Dance Hall" not in reading.necessary
    assert reading.necessary[-1] == reading.query == "Oak High's Backpack"
    assert reading.solution.count(";") == reading.op


def test_modulus_counts():
    assert parse_problem(PROBLEM, QUESTION, 101).answer == (4 * 12 + 12 * 27) % 101


def test_dependency_graph_says_who_needs_whom():
    graph = parse_problem(PROBLEM, QUESTION).dependency_graph()
    assert set(graph.predecessors("Elm High's Dance Hall")) == {
        "Film Studio's Canvas Pack",
        "Oak High's Dance Hall",
    }
    assert [x for x, query in graph.nodes(data="query") if query] == ["Oak High's Backpack"]
    assert sum(necessary for _, necessary in graph.nodes(data="necessary")) == 9
    assert sum(abstract for _, abstract in graph.nodes(data="abstract")) == 6


@pytest.mark.parametrize(
    ("question", "answer", "op"),
    [
        ("How many Film Studio does Oak High have?", 4, 1),
        (" How many Canvas Pack does Film Studio have? ", 6, 2),
        ("How many Classroom does Ash High have?", 0, 1),  # owns nothing, so it is at the top
    ],
)
def test_other_questions(question, answer, op):
    reading = parse_problem(PROBLEM, question)
    assert (reading.answer, reading.op) == (answer, op)


@pytest.mark.parametrize(
    ("names", "question", "items"),
    [
        (["Sam's Club's Tea", "Sam's Club's Rice", "Lidl's Tea"], "Rice Lidl", "Sam's Club"),
        (
            ["East End's Sam's Club", "Sam's Club's Tea", "East End's Lidl"],
            "Tea Lidl",
            "Sam's Club",
        ),
        (["Lidl's Tea", "Mayor's District's Lidl"], "Tea Lidl", "Mayor's District"),
        (["Mayor's District's Joe's", "West End's Joe's"], "Joe's West_End", "Mayor's District"),
        (
            ["West End's Jim's Food Hall", "Jim's Food Hall's Tea"],
            "Product West_End",
            "Jim's Food Hall",
        ),
        (["King's Gate's Joe's", "Joe's's Tea"], "Product King's_Gate", "King's Gate"),
    ],
)
def test_names_that_hold_an_apostrophe(names, question, items):
    owned, owner = question.replace("_", " ").split(" ", 1)
    names = dict.fromkeys([*names, *([] if owned == "Product" else [f"{owner}'s {owned}"])])
    problem = " ".join(f"{EACH}{name} equals 1." for name in names)
    reading = parse_problem(problem, f"How many {owned} does {owner} have?")
    assert items in [item for layer in reading.layers for item in layer]


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("chain", load_world().chains, ids=lambda chain: chain[0].name)
def test_items_of_our_world_tell_their_categories(chain, start):
    """Three layers and only the third category of the chain: two starts fit the text."""
    a, b, c = (category.subcategories[0][0] for category in chain[start : start + 3])
    problem = f"{EACH}{a}'s {b} equals 2. {EACH}{b}'s {c} equals 3."
    reading = parse_problem(problem, f"How many {chain[2].name} does {a} have?")
    assert reading.categories == tuple(category.name for category in chain[start : start + 3])
    assert reading.answer == (2 if start else 6)


def test_a_reading_that_goes_round_in_a_circle_is_dropped():
    district, market, product, _ = load_world().chains[0]
    a, b, c = (category.subcategories[0][0] for category in (district, market, product))
    problem = f"{EACH}{a}'s {b} equals 2. {EACH}{b}'s {c} equals each {a}'s {product.name}."
    reading = parse_problem(problem, f"How many {c} does {b} have?")
    assert reading.categories == tuple(category.name for category in load_world().chains[0][1:])
    assert reading.answer == 2


@pytest.mark.parametrize(
    ("problem", "question"),
    [
        ("", QUESTION),
        (PROBLEM, ""),
        (PROBLEM[:-1], QUESTION),
        (PROBLEM, "How many Canvas Pack does Dance Hall have?"),
        (PROBLEM, "How many Zoo does Oak High have?"),
        (PROBLEM, "How many Classroom does Film Studio have?"),
        (PROBLEM.replace("4", "23"), QUESTION),
        (PROBLEM.replace("equals 4", "equals four"), QUESTION),
        (PROBLEM.replace("the difference of", "the product of"), QUESTION),
        (PROBLEM.replace("the difference of ", ""), QUESTION),
        (PROBLEM.replace(" equals 4.", " equals each Oak High's Classroom."), QUESTION),
        (PROBLEM.replace(" equals 4.", " equals each Oak High's Barn."), QUESTION),
        (PROBLEM + f" {EACH}Oak High's Film Studio equals 4.", QUESTION),
        (PROBLEM + f" {EACH}Oak High's Classroom equals 16.", QUESTION),
        (PROBLEM + f" {EACH}Canvas Pack's Oak High equals 1.", QUESTION),
        (PROBLEM + f" {EACH}Oak High's Canvas Pack equals 1.", QUESTION),
        (PROBLEM * 100, QUESTION),
        (" ".join(f"{EACH}a{i}'s b{i}'s c{i} equals 1." for i in range(500)), QUESTION),
        (" ".join(f"{EACH}a{i}'s a{i + 1} equals 1." for i in range(500)), QUESTION),
    ],
)
def test_bad_text_is_refused_with_a_sentence(problem, question):
    with pytest.raises(CourseError, match=r"^[^\n]{10,200}\.$"):
        parse_problem(problem, question)


@pytest.mark.parametrize("modulus", [1, 0, -5, "23", None])
def test_bad_modulus_is_refused(modulus):
    with pytest.raises(CourseError):
        parse_problem(PROBLEM, QUESTION, modulus)


@given(spoiled(PROBLEM) | st.text(), spoiled(QUESTION) | st.just(QUESTION) | st.text())
def test_any_text_is_read_or_refused(problem, question):
    try:
        reading = parse_problem(problem, question)
    except CourseError:
        return
    assert reading.values.keys() == reading.formulas.keys()


@needs_published
@pytest.mark.parametrize("part", range(5))
def test_published_problems_are_read_and_solved(part):
    for sample in PUBLISHED[part::5]:
        reading = parse_problem(sample["problem"], sample["question"])
        assert (reading.answer, reading.op) == (sample["answer"], sample["op"])
        assert (reading.query, reading.ip) == (sample["query"], sample["ip"])
        assert set(reading.necessary) == set(sample["necessary"])
        for name, value in sample["values"].items():  # an item never mentioned cannot be known
            assert reading.values.get(name, value) == value
            assert name in reading.values or name not in sample["problem"]
