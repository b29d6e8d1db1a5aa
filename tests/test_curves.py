"""The picture that follows a training."""

import pytest
from tiny import TINY

from course_lib.lm import train
from course_lib.studio import LiveCurve, curves

PNG = b"\x89PNG"


class Screen:
    """Stands in for IPython's `display` and its handle."""

    def __init__(self):
        self.shown, self.updates = [], []

    def __call__(self, image, display_id):
        self.shown.append(image.data)
        return self

    def update(self, image):
        self.updates.append(image.data)


@pytest.fixture
def screen(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(curves, "display", screen)
    return screen


def test_one_picture_is_drawn_anew_and_stays_at_the_end(tmp_path, monkeypatch, screen):
    monkeypatch.setenv("COURSE_QUIET", "0")
    run = train(TINY, tmp_path, on_progress=LiveCurve(seconds=0))
    assert len(screen.shown) == 1 and len(screen.updates) == 2
    assert screen.updates[-1] == curves.draw_training(run) != screen.shown[0][:4] == PNG
    train(TINY, tmp_path, resume=False, on_progress=LiveCurve(seconds=1000))
    assert len(screen.shown) == 2 and len(screen.updates) == 3  # the first and the last


def test_headless_there_is_only_the_last_picture(tmp_path, screen):
    curve = LiveCurve(seconds=0)
    run = train(TINY, tmp_path, on_progress=curve)
    assert screen.shown == [curves.draw_training(run)] and not screen.updates
