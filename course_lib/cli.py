"""The command line: `course`, its commands and their options (what they do: commands.py)."""

import argparse
import os
import sys

from course_lib.commands import COMMANDS
from course_lib.errors import CourseError


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence, like all others here."""

    def error(self, message: str):
        """Raises CourseError instead of printing the usage."""
        raise CourseError(f"{message} (see {self.prog} --help)")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0, 1 (something is wrong or failed), 2 (misuse)."""
    try:
        options = build_parser().parse_args(arguments)
        code = COMMANDS[options.command](options)
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


def build_parser() -> Parser:
    """All commands with their options."""
    parser = Parser("course", description="A laptop-sized Physics of Language Models.")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="command", parser_class=Parser
    )

    sample = commands.add_parser("sample", help="write problems as JSON lines")
    sample.add_argument("--preset", default="pocket", help="pocket (default), med or hard")
    sample.add_argument("-n", type=natural, default=10, help="how many problems (default 10)")
    sample.add_argument("--seed", type=natural, default=0, help="which problems (default 0)")
    sample.add_argument("--op", type=positive, help="operations of every solution (default: drawn)")
    sample.add_argument("--split", default="all", help="train, test or all (default)")
    sample.add_argument("--workers", type=positive, default=1, help="processes (default 1)")

    verify = commands.add_parser("verify", help="check solutions given as JSON lines")
    verify.add_argument("path", help='a file, or "-" for the standard input')

    train = commands.add_parser("train", help="train a model, or go on with it")
    train.epilog = "What is not given is as in the preset or the scale."
    train_options(train)

    evaluate = commands.add_parser("eval", help="how often a trained model is right")
    checkpoint_options(evaluate)
    figure_options(evaluate)

    errors = commands.add_parser("errors", help="what a trained model gets wrong")
    checkpoint_options(errors)
    figure_options(errors)
    errors.add_argument("--split", default="test", help="train, test (default) or all")

    probe = commands.add_parser("probe", help="what a trained model believes, with controls")
    checkpoint_options(probe, n=300)
    probe_options(probe)

    layers = commands.add_parser("layers", help="in which layer the plan can be read")
    checkpoint_options(layers, n=300)
    layers.add_argument("--op", type=positive, help="of the problems (default: the largest)")
    layers.add_argument("--steps", type=positive, help="of each probe (default: as in probe)")
    layers.add_argument("--workers", type=positive, help="probes at once (default: processors)")
    layers.add_argument("--ship", action="store_true", help="put the figures into data/results")
    report_options(layers)

    diagnose = commands.add_parser("diagnose", help="what a trained model believed where it erred")
    checkpoint_options(diagnose, n=500)
    report_options(diagnose)

    sweep = commands.add_parser("sweep", help="depth against width, a grid of small trainings")
    sweep_options(sweep)

    ship = commands.add_parser("ship", help="put a trained model into data/checkpoints")
    checkpoint_options(ship)

    run = commands.add_parser("run", help="run all lessons headless")
    run.add_argument("--scale", default="laptop", help="smoke, laptop (default), gpu or paper")
    run.add_argument("--only", default="", help="lessons by number, such as 01,05")
    run.add_argument("-p", action="append", default=[], metavar="name=value", dest="wishes")
    run.add_argument("--out", help="folder for executed notebooks (default runs/lessons-SCALE)")

    commands.add_parser("doctor", help="is everything here, and what mends what is not")
    return parser


def train_options(train: Parser) -> None:
    """The options of `course train`; those not given are the preset's or scale's."""
    world = train.add_mutually_exclusive_group()
    world.add_argument("--preset", help="pocket (default), med or hard")
    world.add_argument("--scale", help="or the training of lesson 04 at this scale")
    train.add_argument("--name", help="of the run (default: made from the settings)")
    train.add_argument("--steps", type=positive, help="of the whole run")
    for size in ("layers", "heads", "width"):
        train.add_argument(f"--{size}", type=positive, help="of the model")
    train.add_argument("--batch", type=positive, help="problems a step")
    train.add_argument("--questions", type=positive, help="about each problem")
    train.add_argument("--optimizer", help="adamw or muon")
    train.add_argument("--lr", type=above_zero, help="peak of the learning rate")
    train.add_argument("--seed", type=natural, help="of weights and problems")
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


def checkpoint_options(command: Parser, n: int = 1000) -> None:
    """Which model, and on which problems."""
    command.add_argument("--checkpoint", required=True, help="name of a run, or its folder")
    command.add_argument("-n", type=positive, default=n, help=f"how many problems ({n})")
    command.add_argument("--seed", type=natural, default=0, help="which problems (default 0)")


def probe_options(probe: Parser) -> None:
    """Which probes, and how they are trained."""
    probe.add_argument("--task", default="all", help="all (default), or one of the six")
    probe.add_argument("--layer", type=positive, help="whose stream is read (default: the last)")
    probe.add_argument("--steps", type=positive, help="of each training (250; shipped: 1200)")
    probe.add_argument("--workers", type=positive, help="probes at once (default: processors)")
    probe.add_argument("--ship", action="store_true", help="put them into data/probes")
    report_options(probe)


def sweep_options(sweep: Parser) -> None:
    """Which cells, where they run, and where their results lie."""
    which, what, where = (sweep.add_mutually_exclusive_group() for _ in range(3))
    which.add_argument("--row", help="small, large, backward, filler or all (default)")
    which.add_argument("--only", metavar="CELL", help="one cell by its name")
    what.add_argument("--tune", action="store_true", help="try learning rates at each depth")
    what.add_argument("--report", action="store_true", help="train nothing: table and figure")
    where.add_argument("--workers", type=positive, help="cells at once (default: processors)")
    where.add_argument("--cluster", metavar="ADDRESS", help="run them on this Dask cluster")
    sweep.add_argument("--steps", type=positive, help="of each training (default: the preset's)")
    sweep.add_argument("-n", type=positive, default=300, help="problems behind a figure (300)")
    sweep.add_argument("--out", help="folder of the results (default data/results/depth)")
    sweep.add_argument("--figure", help="where --report draws it (default runs/depth.png)")
    sweep.add_argument("--json", action="store_true", help="print one JSON object, no table")


def figure_options(command: Parser) -> None:
    """Where figures are computed and how they are told."""
    command.add_argument("--device", help="cpu, cuda or mps (default: cuda where there is one)")
    report_options(command)


def report_options(command: Parser) -> None:
    """How figures are told."""
    command.add_argument("--json", action="store_true", help="print one JSON object, no table")
    command.add_argument("--report", action="store_true", help="print the table (the default)")


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
