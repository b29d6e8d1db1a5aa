"""One token per meaning, and nothing lost on the way."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import Tokenizer

PRESETS = ("pocket", "med", "hard")
TOKENIZERS = {name: Tokenizer(ProblemConfig.preset(name)) for name in PRESETS}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PRESETS), st.integers(0, 2**40), st.sampled_from(("pq", "qp")))
def test_problems_survive_the_way_to_tokens_and_back(preset, seed, form):
    tokenizer = TOKENIZERS[preset]
    problem = sample_problem(replace(tokenizer.config, form=form), seed)
    prompt, target = tokenizer.encode_problem(problem)
    assert tokenizer.encode(problem.prompt) == prompt[1:-1]
    assert tokenizer.decode(prompt[1:-1]) == problem.prompt
    assert tokenizer.decode_solution(target) == (problem.solution, problem.answer)
    assert tokenizer.encode(tokenizer.decode(prompt + target)) == prompt + target


@pytest.mark.parametrize("plan", ["backward", "filler"])
@pytest.mark.parametrize("seed", range(5))
def test_a_plan_is_written_first_and_is_no_part_of_the_solution(plan, seed):
    problem = sample_problem(replace(ProblemConfig.preset("pocket"), plan=plan, op=5), seed)
    tokenizer = Tokenizer(problem.config)
    prompt, target = tokenizer.encode_problem(problem)
    assert tokenizer.decode_solution(target) == (problem.solution, problem.answer)
    text = tokenizer.decode(target)
    assert text.startswith(f"<start>{problem.parameters[problem.query]}<mid>")
    assert tokenizer.encode(text) == target
    pieces = [tokenizer.pieces[number] for number in target]
    names = [f"{a}'s {b}" for a, b in zip(pieces[1::3], pieces[2::3], strict=False)]
    names = names[: pieces.index("<stop>") // 3]
    assert pieces[0] == "<start>" and set(pieces[3 : pieces.index("<stop>") : 3]) <= {"<mid>"}
    question = str(problem.parameters[problem.query])
    assert len(names) == len(problem.order)
    if plan == "filler":
        assert set(names) == {question}
        return
    assert set(names) == set(problem.necessary)
    graph = problem.dependency_graph()
    for place, name in enumerate(names[1:], start=1):
        assert any(user in graph.successors(name) for user in names[:place])
    assert names[0] == question


def test_presets_of_one_world_share_a_vocabulary():
    assert TOKENIZERS["med"].pieces == TOKENIZERS["hard"].pieces
    assert len(set(TOKENIZERS["med"].pieces)) == len(TOKENIZERS["med"])


def test_unknown_words_are_named():
    tokenizer = TOKENIZERS["pocket"]
    with pytest.raises(CourseError, match="Unicorn"):
        tokenizer.encode("The number of each Unicorn")
    foreign = sample_problem(ProblemConfig.preset("med"), 1)
    with pytest.raises(CourseError, match="vocabulary"):
        tokenizer.encode_problem(foreign)


def test_a_solution_without_an_answer_has_none():
    tokenizer = TOKENIZERS["pocket"]
    ids = [tokenizer.ids[" Define "], tokenizer.end]
    assert tokenizer.decode_solution(ids) == ("Define", None)
    assert tokenizer.decode_solution([tokenizer.answer, tokenizer.ids["."]]) == ("", None)
    two_numbers = [tokenizer.answer, tokenizer.ids["0"], tokenizer.ids["3"], tokenizer.end]
    assert tokenizer.decode_solution(two_numbers) == ("", None)
