"""What each command does: `course sample`, `verify`, `train`, `eval`, `probe`, ..."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from course_lib.errors import CourseError
from course_lib.paths import RUNS

# torch and the notebooks' machinery take seconds to import: only the commands that need them do.


def run_sample(options: Namespace) -> int:
    """Writes problems to the standard output."""
    from course_lib.igsm import ProblemConfig
    from course_lib.igsm.stream import sample_lines

    config = replace(ProblemConfig.preset(options.preset), op=options.op, split=options.split)
    for line in sample_lines(config, options.n, options.seed, options.workers):
        print(line)
    return 0


def run_verify(options: Namespace) -> int:
    """Writes a verdict a line and the count to the standard error."""
    from course_lib.igsm.stream import verify_lines

    correct = total = 0
    with open_lines(options.path) as lines:
        for verdict in verify_lines(lines):
            print(json.dumps(verdict))
            total += 1
            correct += verdict["correct"]
    print(f"{correct} of {total} correct", file=sys.stderr)
    return int(correct < total)


@contextmanager
def open_lines(path: str) -> Iterator:
    """The lines of a file, or of the standard input for "-"."""
    place = sys.stdin.fileno() if path == "-" else path
    try:  # Windows may put a mark first
        file = open(place, encoding="utf-8-sig", errors="replace", closefd=path != "-")
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield file


def run_train(options: Namespace) -> int:
    """Trains, and says where the model lies."""
    from course_lib.studio.train import run

    return run(options)


def run_eval(options: Namespace) -> int:
    """Prints accuracies by the verifier, as a table or as JSON."""
    from course_lib import lm
    from course_lib.studio.evaluation_report import evaluation_table

    with loaded(options) as (model, tokenizer, problem):
        figures = lm.evaluate(model, tokenizer, problem, options.n, options.seed, note=note)
    show(figures, evaluation_table, options)
    return 0


def run_errors(options: Namespace) -> int:
    """Prints errors by kind of token and by first wrong step, as tables or as JSON."""
    from course_lib.lm.errors_by_token import find_errors
    from course_lib.studio.evaluation_report import errors_table

    with loaded(options) as (model, tokenizer, problem):
        problem = replace(problem, split=options.split)
        figures = find_errors(model, tokenizer, problem, options.n, options.seed)
    show(figures, errors_table, options)
    return 0


def run_probe(options: Namespace) -> int:
    """Trains probes with their controls and prints how often they are right."""
    from course_lib.studio.probe_report import probe_table
    from course_lib.studio.probing import run

    show(run(options, note), probe_table, options)
    return 0


def run_layers(options: Namespace) -> int:
    """Prints how much of the plan each layer shows, near the question and far from it."""
    from course_lib.studio.layerwise import layers_table, run

    show(run(options, note), layers_table, options)
    return 0


def run_diagnose(options: Namespace) -> int:
    """Prints both tables of Result 6, what explains the errors, and the warning lights."""
    from course_lib.studio.diagnosing import run
    from course_lib.studio.diagnosis_report import diagnosis_table

    show(run(options, note), diagnosis_table, options)
    return 0


def run_sweep(options: Namespace) -> int:
    """Trains the cells that are missing; prints all that are done and draws them."""
    from course_lib.studio.sweep import run
    from course_lib.studio.sweep_report import save_figure, sweep_table

    figures = run(options, note)
    print(json.dumps(figures) if options.json else sweep_table(figures))
    if options.report and figures["cells"]:
        path = save_figure(figures["cells"], options.figure or RUNS / "depth.png")
        note(f"The figure: {path}")
    return 0


def run_ship(options: Namespace) -> int:
    """Writes the weights, rounded, and what they reach."""
    from course_lib.studio.ship import ship

    return ship(options, note)


@contextmanager
def loaded(options: Namespace) -> Iterator[tuple]:
    """Model, tokenizer and problem config of a checkpoint, computing as precisely as training."""
    from course_lib import lm

    device = lm.pick_device(options.device).device
    found = lm.load_checkpoint(options.checkpoint, device)
    with lm.pick_device(device.type, found.config.precision).autocast():
        yield found.model, found.tokenizer, found.config.problem


def note(line: str) -> None:
    """Tells how far a command is, apart from what it prints."""
    print(line, file=sys.stderr, flush=True)


def show(figures: dict, table: Callable[[dict], str], options: Namespace) -> None:
    """Prints figures as one JSON object or as a table."""
    figures = {"checkpoint": options.checkpoint, **figures}
    print(json.dumps(figures) if options.json else table(figures))


def run_doctor(options: Namespace) -> int:
    """Prints what is well here, and what mends what is not."""
    from course_lib.doctor import examine

    code = 0
    for finding in examine():
        print("well" if finding.well else "MEND", finding.text, sep="  ", flush=True)
        code |= not finding.well
    return int(code)


def run_lessons(options: Namespace) -> int:
    """Runs the lessons and prints their table."""
    from course_lib.studio.lesson_runner import run

    return int(not run(options.scale, options.only, options.wishes, options.out))


COMMANDS = {
    "sample": run_sample,
    "verify": run_verify,
    "train": run_train,
    "eval": run_eval,
    "errors": run_errors,
    "probe": run_probe,
    "layers": run_layers,
    "diagnose": run_diagnose,
    "sweep": run_sweep,
    "ship": run_ship,
    "run": run_lessons,
    "doctor": run_doctor,
}
