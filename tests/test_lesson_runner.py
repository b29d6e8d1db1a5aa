"""`course run`: every lesson is run, failures are told, wrong wishes are refused beforehand."""

import os

import nbformat
import pytest
from notebook_writer import write_notebook

from course_lib.errors import CourseError
from course_lib.studio import lesson_runner

GOOD = "print(SCALE, SEED, RATE, DEEP, os.environ['COURSE_QUIET'])"
SLIDER = "import ipywidgets\nipywidgets.IntSlider(description='a slider')"


@pytest.fixture
def folder(tmp_path):
    more = "\nRATE: float = 0.5  # how fast\nDEEP: bool = False  # or flat"
    write_notebook(
        tmp_path / "00_good.ipynb", "# [Next](01_bad.ipynb)", GOOD, SLIDER, parameters=more
    )
    write_notebook(tmp_path / "01_bad.ipynb", "print(SEED)\n1 / 0")
    return tmp_path


def printed(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return "".join(output.get("text", "") for output in outputs)


def test_good_and_failing_lessons(folder, capsys):
    before = dict(os.environ)
    out = folder / "out"
    wishes = ("SEED=9", "RATE=1", "DEEP=true")
    assert not lesson_runner.run("smoke", wishes=wishes, out=out, folder=folder)
    assert os.environ == before

    assert printed(out / "00_good.ipynb") == "smoke 9 1.0 True 1\n"
    assert printed(out / "01_bad.ipynb") == "9\n"  # no RATE here, and none was given
    table = capsys.readouterr().out.partition("lesson ")[2].splitlines()
    assert table[1].split()[0::2] == ["00_good", "ok"]
    assert "cell [3]: ZeroDivisionError: division by zero" in table[2]
    assert table[-1].endswith(str(out))

    page = (out / "00_good.html").read_text(encoding="utf-8")
    assert 'href="01_bad.html"' in page
    assert "<script src" not in page and "<link" not in page  # nothing is fetched
    assert "IntSlider" in page and "value=0" not in page  # the code stays, the widget's text goes
    assert "ZeroDivisionError" in (out / "01_bad.html").read_text(encoding="utf-8")


def test_a_lesson_that_hangs_is_stopped(tmp_path):
    write_notebook(tmp_path / "00_slow.ipynb", "import time\ntime.sleep(100)")
    outcome = lesson_runner.execute(
        tmp_path / "00_slow.ipynb", tmp_path / "out.ipynb", {}, timeout=1
    )
    assert "Timeout" in outcome.error and outcome.seconds < 50


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (dict(wishes=["SEDE=3"]), "no chosen lesson has a parameter 'SEDE'"),
        (dict(wishes=["RATE=1"], only="1"), "no chosen lesson has a parameter 'RATE'"),
        (dict(wishes=["SEED=x"]), "SEED must be of type int, not 'x'"),
        (dict(wishes=["SEED=3.5"]), "SEED must be of type int"),
        (dict(wishes=["RATE=fast"]), "RATE must be of type float"),
        (dict(wishes=["DEEP=1"]), "DEEP must be of type bool"),
        (dict(wishes=["SEED"]), "name=value"),
        (dict(wishes=["SCALE=gpu"]), "--scale"),
        (dict(only="01,07"), "no lesson '07'; there are 00, 01"),
        (dict(scale="huge"), "no scale 'huge'; choose one of smoke, laptop, gpu, paper"),
    ],
)
def test_wrong_wishes_are_refused_before_anything_runs(folder, options, sentence):
    with pytest.raises(CourseError, match=f"(?i){sentence}"):
        lesson_runner.run(**dict(scale="smoke") | options, out=folder / "out", folder=folder)
    assert not (folder / "out").exists()


def test_lessons_are_chosen_by_number(folder):
    assert [path.stem for path in lesson_runner.choose(folder, "1, 00")] == ["00_good", "01_bad"]
    assert [path.stem for path in lesson_runner.choose(folder, "01,")] == ["01_bad"]
    with pytest.raises(CourseError, match="no lessons"):
        lesson_runner.choose(folder / "nowhere")
