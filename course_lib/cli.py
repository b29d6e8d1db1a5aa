"""The command line: `course sample | verify | train | eval | errors | ship | run`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from course_lib.errors import CourseError

# torch and the notebooks' machinery take seconds to import: only the commands that need them do.


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0, 1 (something is wrong or failed), 2 (misuse)."""
    try:
        options = build_parser().parse_args(arguments)
        code = options.command(options)
        sys.stdout.flush()
        return code
    except CourseError as error:
        print(f"course: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a folder that is a file, no permission, a full disk
        print(f"course: {error.filename or 'The system'}: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("course: stopped", file=sys.stderr)
        return 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence, like all others here."""

    def error(self, message: str):
        """Raises CourseError instead of printing the usage."""
        raise CourseError(f"{message} (see {self.prog} --help)")


def build_parser() -> Parser:
    """All commands with their options."""
    parser = Parser("course", description="A laptop-sized Physics of Language Models.")
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=Parser)

    sample = commands.add_parser("sample", help="write problems as JSON lines")
    sample.set_defaults(command=run_sample)
    sample.add_argument("--preset", default="pocket", help="pocket (default), med or hard")
    sample.add_argument("-n", type=natural, default=10, help="how many problems (default 10)")
    sample.add_argument("--seed", type=natural, default=0, help="which problems (default 0)")
    sample.add_argument("--op", type=positive, help="operations of every solution (default: drawn)")
    sample.add_argument("--split", default="all", help="train, test or all (default)")
    sample.add_argument("--workers", type=positive, default=1, help="processes (default 1)")

    verify = commands.add_parser("verify", help="check solutions given as JSON lines")
    verify.set_defaults(command=run_verify)
    verify.add_argument("path", help='a file, or "-" for the standard input')

    train = commands.add_parser("train", help="train a model, or go on with it")
    train.set_defaults(command=run_train)
    train_options(train)

    evaluate = commands.add_parser("eval", help="how often a trained model is right")
    evaluate.set_defaults(command=run_eval)
    checkpoint_options(evaluate)
    figure_options(evaluate)
    evaluate.add_argument("--report", action="store_true", help="print the table (the default)")

    errors = commands.add_parser("errors", help="what a trained model gets wrong")
    errors.set_defaults(command=run_errors)
    checkpoint_options(errors)
    figure_options(errors)
    errors.add_argument("--split", default="test", help="train, test (default) or all")

    ship = commands.add_parser("ship", help="put a trained model into data/checkpoints")
    ship.set_defaults(command=run_ship)
    checkpoint_options(ship)

    run = commands.add_parser("run", help="run all lessons headless")
    run.set_defaults(command=run_lessons)
    run.add_argument("--scale", default="laptop", help="smoke, laptop (default), gpu or paper")
    run.add_argument("--only", default="", help="lessons by number, such as 01,05")
    run.add_argument("-p", action="append", default=[], metavar="name=value", dest="wishes")
    run.add_argument("--out", help="folder for executed notebooks (default runs/lessons-SCALE)")
    return parser


def train_options(train: Parser) -> None:
    """The options of `course train`; those not given are the preset's or scale's."""
    world = train.add_mutually_exclusive_group()
    world.add_argument("--preset", help="pocket (default), med or hard")
    world.add_argument("--scale", help="or the training of lesson 04 at this scale")
    train.add_argument("--name", help="of the run (default: made from the settings)")
    train.add_argument("--steps", type=positive, help="of the whole run (1000)")
    for size, default in (("layers", 4), ("heads", 4), ("width", 128)):
        train.add_argument(f"--{size}", type=positive, help=f"({default})")
    train.add_argument("--batch", type=positive, help="problems a step (32)")
    train.add_argument("--questions", type=positive, help="about each problem (1)")
    train.add_argument("--optimizer", help="adamw (default) or muon")
    train.add_argument("--lr", type=above_zero, help="peak of the learning rate (0.002)")
    train.add_argument("--seed", type=natural, help="of weights and problems (0)")
    train.add_argument("--minutes", type=above_zero, default=float("inf"), help="then stop, saved")
    train.add_argument("--device", help="cpu, cuda or mps (default: cuda where there is one)")
    helpers = int((os.cpu_count() or 1) > 1)  # one keeps the model fed
    train.add_argument(
        "--workers", type=natural, default=helpers, help=f"processes that draw problems ({helpers})"
    )
    train.add_argument(
        "--threads", type=positive, help="of the processor (1, best for small models)"
    )
    train.add_argument("--micro-batch", type=positive, help="problems at once, to save memory")
    train.add_argument(
        "--dry-run",
        action="store_true",
        help="take two steps of the paper's training on med or hard, or of a scale's, "
        "and say how long the rest would take here",
    )


def checkpoint_options(command: Parser) -> None:
    """Which model, and on which problems."""
    command.add_argument("--checkpoint", required=True, help="name of a run, or its folder")
    command.add_argument("-n", type=positive, default=1000, help="how many problems (1000)")
    command.add_argument("--seed", type=natural, default=0, help="which problems (default 0)")


def figure_options(command: Parser) -> None:
    """Where figures are computed and how they are told."""
    command.add_argument("--device", help="cpu, cuda or mps (default: cuda where there is one)")
    command.add_argument("--json", action="store_true", help="print one JSON object, no table")


def natural(text: str) -> int:
    """A whole number from 0."""
    return _whole_number(text, 0)


def positive(text: str) -> int:
    """A whole number from 1."""
    return _whole_number(text, 1)


def above_zero(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _whole_number(text: str, low: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= low):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low}")
    return int(text)


def run_sample(options: argparse.Namespace) -> int:
    """Writes problems to the standard output."""
    from course_lib.igsm import ProblemConfig
    from course_lib.igsm.stream import sample_lines

    config = replace(ProblemConfig.preset(options.preset), op=options.op, split=options.split)
    for line in sample_lines(config, options.n, options.seed, options.workers):
        print(line)
    return 0


def run_verify(options: argparse.Namespace) -> int:
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


def run_train(options: argparse.Namespace) -> int:
    """Trains, and says where the model lies."""
    from course_lib.studio.train import run

    return run(options)


def run_eval(options: argparse.Namespace) -> int:
    """Prints accuracies by the verifier, as a table or as JSON."""
    from course_lib import lm
    from course_lib.studio.report import evaluation_table

    with loaded(options) as model:
        figures = lm.evaluate(*model, options.n, options.seed, note=note)
    show(figures, evaluation_table, options)
    return 0


def run_errors(options: argparse.Namespace) -> int:
    """Prints errors by kind of token and by first wrong step, as tables or as JSON."""
    from course_lib.lm.error_kinds import find_errors
    from course_lib.studio.report import errors_table

    with loaded(options) as (model, tokenizer, problem):
        problem = replace(problem, split=options.split)
        figures = find_errors(model, tokenizer, problem, options.n, options.seed)
    show(figures, errors_table, options)
    return 0


def run_ship(options: argparse.Namespace) -> int:
    """Writes the weights, rounded, and what they reach."""
    from course_lib.studio.ship import ship

    return ship(options, note)


@contextmanager
def loaded(options: argparse.Namespace) -> Iterator[tuple]:
    """Model, tokenizer and problem config of a checkpoint, computing as precisely as training."""
    from course_lib import lm

    device = lm.pick_device(options.device).device
    found = lm.load_checkpoint(options.checkpoint, device)
    with lm.pick_device(device.type, found.config.precision).autocast():
        yield found.model, found.tokenizer, found.config.problem


def note(line: str) -> None:
    """Tells how far a command is, apart from what it prints."""
    print(line, file=sys.stderr, flush=True)


def show(figures: dict, table: Callable[[dict], str], options: argparse.Namespace) -> None:
    """Prints figures as one JSON object or as a table."""
    figures = {"checkpoint": options.checkpoint, **figures}
    print(json.dumps(figures) if options.json else table(figures))


def run_lessons(options: argparse.Namespace) -> int:
    """Runs the lessons and prints their table."""
    from course_lib.studio.runner import run

    return int(not run(options.scale, options.only, options.wishes, options.out))
