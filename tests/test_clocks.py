"""The clocks of lesson 03: the hands turn as the model turns its queries."""

import math

import pytest
import torch

from course_lib.lm.attention import rotary_angles, rotate
from course_lib.studio.clocks import HEAD_WIDTH, RotaryClocks, clock_angles


@pytest.mark.parametrize("distance", [0, 1, 44])
def test_the_score_of_the_clocks_is_the_models(distance):
    """One pair's arrow has length 1: the model's score of equal query and key at this distance."""
    x = torch.cat((torch.ones(HEAD_WIDTH // 2), torch.zeros(HEAD_WIDTH // 2))).expand(1, 1, 2, -1)
    q, k = rotate(x, *rotary_angles(torch.tensor([[100 + distance, 100]]), HEAD_WIDTH))[0, 0]
    score = sum(math.cos(angle) for angle in clock_angles([distance])[0])
    assert score == pytest.approx(float(q @ k), abs=1e-3)


def test_slider_and_number_move_the_query():
    clocks = RotaryClocks(distance=0)
    before = clocks.views["clocks"].value
    assert "score 4.00 of 4" in clocks.summary.value
    clocks.knobs["distance"].number.value = 44
    assert clocks.knobs["distance"].slider.value == 44
    assert "Distance 44: the pairs have turned by 1°, 252°, 25°, 3°" in clocks.summary.value
    assert clocks.views["clocks"].value != before
