"""What each layer shows of the plan: distances, recall, precision, and the command."""

import json
from dataclasses import replace

import networkx as nx
import pytest
from matplotlib.figure import Figure

from course_lib import probes
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import checkpoints, training
from course_lib.probes import layers
from course_lib.probes.layers import distances, recall_and_precision
from course_lib.studio import layerwise, read_result

POCKET = ProblemConfig.preset("pocket")


@pytest.mark.parametrize("seed", range(8))
def test_distances_are_shortest_ways_to_the_question(seed):
    problem = sample_problem(replace(POCKET, op=6), seed)
    graph, question = problem.dependency_graph(), problem.necessary[-1]
    found = {str(problem.parameters[p]): t for p, t in distances(problem).items()}
    assert set(found) == set(problem.necessary)
    assert found == {name: nx.shortest_path_length(graph, name, question) for name in found}


def test_recall_is_by_distance_and_precision_over_all_that_is_believed():
    problems = (sample_problem(replace(POCKET, op=6), seed) for seed in range(100))
    problem = next(p for p in problems if len(p.order) < len(p.parameters))
    far = max(distances(problem).items(), key=lambda pair: pair[1])
    vain = next(p for p in range(len(problem.parameters)) if p not in problem.order)

    def belief(p, answer):
        truth = int(p in problem.order)
        return probes.Belief("nece", problem, probes.Query(0, (p,), truth), truth, answer, 0.9)

    asked = [belief(problem.query, 1), belief(problem.query, 1), belief(far[0], 0), belief(vain, 1)]
    found = recall_and_precision([*asked, belief(vain, 0)])
    shares = {t: (part["accuracy"], part["n"]) for t, part in found["recall"].items()}
    assert shares == {"0": (1.0, 2), str(far[1]): (0.0, 1)}
    assert (found["precision"]["accuracy"], found["precision"]["n"]) == (
        pytest.approx(2 / 3, 1e-3),
        3,
    )


def test_the_command_reads_every_layer(tmp_path, monkeypatch, capsys):
    for module in (training, checkpoints):
        monkeypatch.setattr(module, "RUNS", tmp_path)
    monkeypatch.setattr(layerwise, "DATA", tmp_path)
    monkeypatch.setenv("COURSE_QUIET", "1")
    (tmp_path / "results").mkdir()
    main("train --scale smoke --layers 2 --heads 1 --width 8 --steps 2 --name tiny".split())
    capsys.readouterr()
    command = f"layers --checkpoint {tmp_path / 'tiny'} --steps 2 -n 5 --op 4 --workers 1 --ship"
    assert main(command.split()) == 0
    table = capsys.readouterr().out
    stored = json.loads((tmp_path / "results" / "tiny-layers.json").read_text())
    assert list(stored["layers"]) == ["1", "2"] and stored["op"] == 4 and stored["machine"]
    assert stored["layers"]["1"]["recall"]["0"]["n"] == 5  # the question's own parameter
    assert "t = 0" in table and "precision" in table
    assert stored["probe"]["steps"] == 2 and stored["probe"]["task"] == "nece"
    silent = stored["layers"]["2"] | {"precision": layers.recall_and_precision([])["precision"]}
    figures = stored | {"layers": stored["layers"] | {"2": silent}}
    assert "–" in layerwise.layers_table(figures)
    ax = layerwise.draw_layers(figures, Figure().add_subplot())
    assert ax.get_xlabel() and len(ax.containers) == len(stored["layers"]["1"]["recall"])


def test_the_papers_curves_are_drawn():
    ax = layerwise.draw_paper_layers(ax=Figure().add_subplot())
    curves = [line for line in ax.lines if len(line.get_xdata()) == 20]
    assert len(curves) == 8 and all(0 <= y <= 1.01 for line in curves for y in line.get_ydata())


@pytest.mark.parametrize("wish", ["--checkpoint nowhere", "--checkpoint pocket --op 60 -n 2"])
def test_misuse_is_told_in_a_sentence(wish, capsys):
    assert main(f"layers {wish} --workers 1".split()) == 2
    assert capsys.readouterr().err.startswith("course: ")


def test_a_result_that_is_not_there_is_told():
    assert read_result("pocket")["run"] == "pocket"
    with pytest.raises(CourseError, match="no pockets.json"):
        read_result("pockets")
