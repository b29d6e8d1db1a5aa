"""The depth grid: matched shapes, cells that are made once, rates, the table, a cluster."""

import json
import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.lm.config import to_dict
from course_lib.studio import grid, sweep
from course_lib.studio.depth_panel import DepthGrid, draw_by_depth
from course_lib.studio.scales import SWEEP
from course_lib.studio.sweep_report import PLANS, draw_plans, paper_rows, sweep_table

CELL = "small_d02_w096_s1"


def options(folder, **wishes):
    plain = dict(row="small", only=None, tune=False, report=False, steps=2, n=2)
    plain |= dict(workers=1, cluster=None, out=str(folder))
    return SimpleNamespace(**plain | wishes)


def test_shapes_of_a_row_have_about_the_same_size():
    for shapes, wanted in ((grid.SMALL, 212_000), (grid.LARGE, 424_000)):
        for layers, heads, width in shapes:
            assert 12 * layers * width**2 == pytest.approx(wanted, rel=0.1)
            assert width % heads == 0 and (width // heads) % 2 == 0
    names = [cell.name for cell in grid.cells_of("all")]
    assert len(set(names)) == len(names)


def test_cells_differ_in_shape_and_seed_alone():
    one, other = (
        grid.training_of(grid.find_cell(f"small_{x}"), 1e-3) for x in ("d01_w128_s0", "d08_w048_s2")
    )
    changed = {"model.layers", "model.heads", "model.width", "seed", "name"}
    assert set(one.diff(other)) == changed
    planned = grid.training_of(grid.find_cell("backward_d02_w096_s0"), 1e-3)
    assert planned.problem.plan == "backward" and planned.steps == SWEEP.steps


@pytest.mark.parametrize("wish", ["--row wide", "--only small_d03_w100_s0"])
def test_unknown_rows_and_cells_are_refused(wish, tmp_path, capsys):
    assert main(f"sweep {wish} --out {tmp_path}".split()) == 2
    assert "choose" in capsys.readouterr().err


def test_a_cell_is_made_once_and_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("course_lib.lm.training.RUNS", tmp_path / "runs")
    command = f"sweep --only {CELL} --steps 2 -n 2 --workers 1 --out {tmp_path}".split()
    assert main(command) == 0
    path = tmp_path / f"{CELL}.json"
    result, written = json.loads(path.read_text()), path.stat().st_mtime_ns
    assert (result["layers"], result["width"], result["seed"]) == (2, 96, 1)
    assert result["problems"] == 2 * SWEEP.batch_size and result["law"]["n"] == 2
    assert result["parameters"] == pytest.approx(12 * 2 * 96**2, rel=0.02)
    assert main(command) == 0 and path.stat().st_mtime_ns == written
    assert main([word if word != "2" else "3" for word in command]) == 2  # other settings
    assert main(f"sweep --only {CELL} --steps 2 -n 3 --out {tmp_path}".split()) == 2
    capsys.readouterr()
    figure = tmp_path / "figures" / "depth.png"
    assert main(f"sweep --report --out {tmp_path} --figure {figure}".split()) == 0
    text = capsys.readouterr().out
    assert f"course sweep --only {CELL}" in text and figure.stat().st_size > 10_000
    assert "576" in text and "54.5" in text  # the paper's 20 × 576, and its 4 × 1344 at op 23


def test_the_rate_with_the_least_loss_is_taken(tmp_path, monkeypatch):
    losses = dict(zip(sweep.RATES, (0.5, 0.3, 0.4, None), strict=True))
    asked = []

    def pretend(cell, config, n):
        rate = config.lr
        asked.append((cell.shape, rate, config.steps))
        result = {"cell": cell.name, **vars(cell), "rate": rate, "config": to_dict(config)}
        return result | (
            {"error": "Training broke down."} if losses[rate] is None else {"loss": losses[rate]}
        )

    monkeypatch.setattr(sweep, "run_cell", pretend)
    told = []
    sweep.run(options(tmp_path, only=CELL, tune=True, steps=50), told.append)
    assert asked == [("d02_w096", rate, 50) for rate in sweep.RATES]
    assert sweep.read_rates(tmp_path) == {"2": sweep.RATES[1]}
    assert [*sweep.read_trials(tmp_path)["2"]] == [f"{rate:g}" for rate in sweep.RATES]
    sweep.run(options(tmp_path, only=CELL, tune=True, steps=50), told.append)
    assert len(asked) == len(told) == len(sweep.RATES)  # nothing is tried twice
    sweep.run(options(tmp_path, only=CELL, steps=50), told.append)
    assert asked[-1] == ("d02_w096", sweep.RATES[1], 50)


def test_rates_tried_in_a_folder_of_ones_own_leave_the_shipped_ones_of_other_depths(tmp_path):
    (tmp_path / "rates.json").write_text(json.dumps({"2": {"0.5": 0.1}}))
    two, four = (grid.find_cell(f"small_{shape}_s0") for shape in ("d02_w096", "d04_w064"))
    assert sweep.rate_of(two, tmp_path) == 0.5 != sweep.rate_of(two)
    assert sweep.rate_of(four, tmp_path) == sweep.rate_of(four) != SWEEP.lr


def test_a_cell_that_breaks_down_is_named_and_the_others_are_kept(tmp_path, monkeypatch):
    def pretend(cell, config, n):
        result = {"cell": cell.name, **vars(cell)}
        return result | ({"error": "Broke."} if cell.layers == 8 else {"loss": 0.1})

    monkeypatch.setattr(sweep, "run_cell", pretend)
    with pytest.raises(CourseError, match="small_d08_w048_s0: Broke"):
        sweep.run(options(tmp_path), lambda line: None)
    kept = {path.stem for path in tmp_path.glob("small_*.json")}
    assert kept == {c.name for c in grid.cells_of("small") if c.layers != 8}


def test_the_panel_shows_a_dot_for_each_seed():
    def cell(layers, seed, share):
        by_op = {str(op): {"accuracy": share / op} for op in (1, 2)}
        return {"row": "small", "layers": layers, "width": 64, "seed": seed, "by_op": by_op}

    cells = [cell(2, 0, 0.4), cell(2, 1, 0.6), cell(8, 0, 0.9), cell(8, 1, 0.9)]
    panel = DepthGrid(cells, op=1)
    assert "2 layers 50%; 8 layers 90%" in panel.summary.value
    panel.knobs["op"].slider.value = 2
    assert "2 layers 25%; 8 layers 45%" in panel.summary.value
    ax = draw_by_depth(cells, "small", 1, Figure().add_subplot())
    dots = [y for line in ax.lines[1:] for y in line.get_ydata()]
    assert dots == [0.4, 0.6, 0.9, 0.9] and ax.lines[0].get_ydata().tolist() == [0.5, 0.9]


def test_plans_are_drawn_where_they_were_tried():
    def cell(row, layers, share):
        return {"row": row, "layers": layers, "width": 64, "law": {"accuracy": share}}

    small = [cell("small", 1, 0.1), cell("small", 2, 0.2), cell("small", 4, 0.5)]
    plans = [cell("backward", 2, 0.6), cell("backward", 2, 0.8), cell("backward", 4, 0.9)]
    ax = draw_plans([*small, *plans], Figure().add_subplot())
    shares = {bars.get_label(): bars.lines[0].get_ydata().tolist() for bars in ax.containers}
    nothing, filler, plan = (label for label, _ in PLANS.values())
    assert shares == {nothing: [0.2, 0.5], filler: [], plan: [pytest.approx(0.7), 0.9]}


def test_an_empty_report_says_so_and_tells_the_rates(tmp_path):
    (tmp_path / "rates.json").write_text(
        json.dumps({"2": {"0.003": 0.25}, "8": {"0.003": None, "0.006": None}})
    )
    figures = sweep.run(options(tmp_path, report=True), print)
    table = sweep_table(figures)
    assert "No cell is done" in table and "0.250" in table and "broke" in table
    assert sweep.read_rates(tmp_path) == {"2": 3e-3}
    assert sweep.rate_of(grid.find_cell("large_d02_w128_s0"), tmp_path) == 3e-3  # as in the small
    assert sweep.rate_of(grid.find_cell("small_d08_w048_s0"), tmp_path) == SWEEP.lr


def test_a_cell_can_be_trained_after_its_rate_was_tried(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("course_lib.lm.training.RUNS", tmp_path / "runs")
    monkeypatch.setattr(sweep, "RATES", (3e-3,))
    command = f"sweep --only small_d02_w096_s0 --steps 4 -n 2 --workers 1 --out {tmp_path}"
    assert main(f"{command} --tune".split()) == 0
    assert sweep.read_trials(tmp_path)["2"]["0.003"] > 0
    assert main(command.split()) == 0
    result = json.loads((tmp_path / "small_d02_w096_s0.json").read_text())
    assert result["config"]["steps"] == 4 and result["rate"] == 3e-3
    assert main(command.replace("--steps 4", "--steps 5").split()) == 2
    assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize("wish", ["--report --tune", "--row small --only x", "--workers 0"])
def test_contradicting_options_are_refused(wish, capsys):
    assert main(f"sweep {wish}".split()) == 2
    assert capsys.readouterr().err.startswith("course: ")


def test_the_papers_cells():
    rows = paper_rows()
    assert rows[1, 20, 576]["23"] == 86.3 and rows[1, 16, 640]["20"] == 94.6
    assert (1, 16, 576) not in rows


def test_a_cluster_that_loses_a_worker_finishes(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))  # of the workers
    cells = [grid.Cell("small", *grid.SMALL[1], seed) for seed in range(4)]
    monkeypatch.setattr(sweep, "cells_of", lambda row: cells)
    killed = []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:

        def kill() -> None:  # as soon as something has been written by a training
            while not list((tmp_path / "runs").glob("*/log.jsonl")):
                time.sleep(0.05)
            worker = next(iter(cluster.workers.values()))
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        wish = options(tmp_path, cluster=cluster.scheduler_address)
        figures = sweep.run(wish, lambda line: None)
        killer.join(timeout=60)
    assert killed and [cell["cell"] for cell in figures["cells"]] == [c.name for c in cells]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "localhost"])
def test_no_scheduler_is_told(address, tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(CourseError, match="No Dask scheduler"):
        sweep.run(options(tmp_path, cluster=address), print)
