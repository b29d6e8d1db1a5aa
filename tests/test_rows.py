"""Questions as branches over one description: the same losses and gradients as one by one."""

import random
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.igsm.problem import ask
from course_lib.lm import GPT, ModelConfig, Stream, Tokenizer
from course_lib.lm.batches import batches, other_questions
from course_lib.lm.rows import branched_row, make_batch, plain_row
from course_lib.lm.training import prediction_loss

PROBLEM = replace(ProblemConfig.preset("pocket"), split="train")
TOKENIZER = Tokenizer(PROBLEM)
MODEL = ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=400)
CPU = torch.device("cpu")


def loss_and_gradient(rows):
    model = GPT(MODEL)
    loss = prediction_loss(model, *make_batch(rows, TOKENIZER.pad).tensors(CPU))
    loss.backward()
    return loss, [weight.grad for weight in model.parameters()]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_branches_teach_what_separate_sequences_teach(seed):
    problem = sample_problem(PROBLEM, seed)
    asked = [problem, *other_questions(problem, 3)]
    pairs = [TOKENIZER.encode_problem(p) for p in asked]
    shared = 1 + len(problem.problem_pieces)
    pairs.append(TOKENIZER.encode_problem(sample_problem(PROBLEM, seed + 100)))
    rows = [plain_row(*pair, loss_on="solution") for pair in pairs]
    packed = loss_and_gradient([branched_row(shared, pairs[:-1], loss_on="solution"), rows[-1]])
    separate = loss_and_gradient(rows)
    assert_close(packed, separate, rtol=1e-4, atol=1e-5)


def test_a_branched_row_holds_its_prefix_once_and_counts_on():
    row = branched_row(2, [([1, 2, 3], [4]), ([1, 2, 5, 6], [7])], loss_on="all")
    assert row.ids == [1, 2, 3, 4, 5, 6, 7]
    assert row.branch == [0, 0, 1, 1, 2, 2, 2]
    assert row.positions == [0, 1, 2, 3, 2, 3, 4]
    assert row.to_predict == [False, True, False, True, False, True, True]
    assert row.length == 5


def test_other_questions_are_other_ones_within_the_law():
    for seed in range(30):
        problem = sample_problem(PROBLEM, seed)
        others = other_questions(problem, 5)
        queries = [problem.query, *(other.query for other in others)]
        assert len(set(queries)) == len(queries) <= 6
        for other in others:
            assert other.problem == problem.problem and other.question != problem.question
            assert other.op <= PROBLEM.max_op and PROBLEM.admits(other.op, other.template_bin)


def test_hard_questions_come_first_where_they_shall_not_be_rare():
    law = replace(PROBLEM, max_op=6, split="train")
    problems = [sample_problem(replace(law, op_law="uniform"), seed) for seed in range(40)]
    assert {problem.op for problem in problems} == set(range(1, 7))
    for problem in problems:
        hard = [other.op for other in other_questions(problem, 3)]
        others = [other.op for other in other_questions(replace(problem, config=law), 99)]
        assert hard == sorted(others, reverse=True)[:3]


def test_a_question_that_needs_more_letters_than_there_are_is_passed_over():
    hard = replace(ProblemConfig.preset("hard"), split="train")
    problem = sample_problem(hard, 42)  # one of its questions takes 61 operations
    with pytest.raises(CourseError, match="more than 52 letters"):
        for query in range(len(problem.definitions)):
            ask(problem, query, random.Random(0))
    assert other_questions(problem, 99)


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_worker_cannot_draw_is_told_in_a_sentence(workers):
    short = Stream(PROBLEM, batch_size=4, seed=0, context=20)
    with pytest.raises(CourseError, match=r"^Only 0 of 128 problems fit"):
        next(batches(short, 0, 1, workers=workers))


def test_a_stream_asks_as_many_questions_as_wanted():
    stream = Stream(PROBLEM, batch_size=4, seed=0, context=400, questions=3)
    for batch in stream.block(0):
        assert batch.branch.max() == 3
        first = batch.branch.argmax(axis=1)  # where the last branch starts
        assert (batch.positions.max(axis=1) < batch.ids.shape[1]).all() and (first > 0).all()
    plain = replace(stream, questions=1).block(0)[0]
    assert plain.tensors(CPU)[2:] == (None, None)
