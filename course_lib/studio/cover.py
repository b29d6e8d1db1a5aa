"""The picture of README.md: `python -m course_lib.studio.cover` draws it anew."""

from dataclasses import replace

from matplotlib.figure import Figure

from course_lib import lm, probes
from course_lib.igsm import sample_problem
from course_lib.paths import DATA
from course_lib.studio.diagnosing import load_probes
from course_lib.studio.xray import draw_xray

PATH = DATA / "pictures" / "xray.png"
SEED, OP, STEP = 3, 5, 2  # as in lesson 05, after two sentences


def main() -> None:
    """Draws what the shipped model takes for computable while it writes."""
    found = lm.load_checkpoint("pocket")
    world = replace(found.config.problem, split="test", op=OP)
    written = probes.trace(found.model, found.tokenizer, sample_problem(world, SEED))
    moments = probes.beliefs_along(load_probes(found)["can_next"], found.tokenizer, written)
    figure = Figure()
    draw_xray(written, moments[STEP], ax=figure.add_subplot())
    figure.savefig(PATH, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
