"""The one table of scales: every size that depends on the machine stands here and nowhere else."""

from dataclasses import dataclass, replace
from typing import Any

from course_lib.igsm import ProblemConfig
from course_lib.lm import ModelConfig, Tokenizer, TrainConfig
from course_lib.probes import ProbeConfig
from course_lib.studio.paper import paper_training


@dataclass(frozen=True)
class Scale:
    """A row of the table, `lesson.settings` in a notebook."""

    name: str
    purpose: str
    cell_timeout: int  # seconds that one cell of a lesson may take
    first_training: TrainConfig  # lesson 00: about a minute, its curve is watched
    problems: int  # lessons 01, 02 and 04: drawn to measure laws, solvers and repeats
    templates: int  # lesson 02: problems drawn to count their solution templates
    live_training: TrainConfig  # lesson 04: the one that is watched
    training: TrainConfig  # lesson 04: the model that the lesson asks about
    eval_problems: int  # lessons 00, 04, 05 and 06: problems behind every accuracy
    probe: ProbeConfig  # lesson 05: how each probe is trained
    hardest_op: int  # lesson 04: how far beyond the training problems it is tested
    sweep_steps: int  # lesson 07: for so many a cell is trained at a time


def training(
    problem: ProblemConfig,
    layers: int,
    heads: int,
    width: int,
    context: int,
    *,
    head_start: bool = False,
    **settings: Any,
) -> TrainConfig:
    """A training run whose model has the vocabulary of its problems."""
    model = ModelConfig(len(Tokenizer(problem)), layers, heads, width, context)
    if head_start:
        model = replace(model, look_back=tuple(range(1, heads + 1)), match=MATCH)
    return TrainConfig(problem, model, **settings)


MATCH = 0.16  # of the head starts: weak enough to be unlearned, strong enough to be felt (LOG.md)
POCKET, MED = ProblemConfig.preset("pocket"), ProblemConfig.preset("med")
CONTEXTS = {"pocket": 512, "med": 768, "hard": 1024}  # tokens; the paper's for med and hard
LOOK_UP = replace(POCKET, max_op=2, max_edges=4)  # lesson 04: little to plan, but to be found
QUICK: dict[str, Any] = dict(batch_size=8, steps=40, warmup=10, eval_every=20, eval_problems=8)
MUON: dict[str, Any] = dict(optimizer="muon", warmup=300)
BRANCHED: dict[str, Any] = dict(questions=4, lr=3e-3, head_start=True, **MUON)

POCKET_TRAINING = training(  # the best recipe so far (LOG.md): three rounds, later ones harder
    POCKET,
    layers=8,
    heads=6,
    width=96,
    context=CONTEXTS["pocket"],
    name="pocket",
    batch_size=16,
    steps=38_500,
    eval_every=2000,
    decay="linear",
    fall=0.7,
    restarts=((19_000, 2e-3), (28_500, 2e-3)),
    curriculum=(  # until so many problems
        (6_000, dict(max_op=2, max_edges=4)),
        (12_000, dict(max_op=4, max_edges=6)),
        (304_000, dict()),
        (616_000, dict(op_law="uniform", letters="rotated")),
    ),
    **BRANCHED,
)
# The world of lesson 00: everything the paper's has, but short, and with fewer names.
TINY = replace(LOOK_UP, modulus=5, chains=4, names=4, solution_order="fixed")
SWEEP = training(  # of lesson 07: the depth grid; its world is TINY with more to plan
    replace(TINY, max_op=4, max_edges=6, op_law="uniform"),
    layers=4,
    heads=4,
    width=64,
    context=CONTEXTS["pocket"],
    batch_size=16,
    questions=4,
    steps=2500,
    eval_problems=60,
    optimizer="muon",
    lr=6e-3,
    warmup=100,
    head_start=True,
)
PROBE = ProbeConfig("nece", steps=1200, balanced=True)  # as shipped, for all tasks
BRIEF_PROBE = replace(PROBE, steps=250)  # of `course probe`: all tasks in a quarter of an hour

SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            "smoke",
            purpose="tests and a first look: everything really trains, just tiny",
            cell_timeout=120,
            first_training=training(TINY, 2, 2, 32, 512, **QUICK),
            problems=300,
            templates=500,
            live_training=training(LOOK_UP, 2, 2, 32, 512, **QUICK),
            training=training(POCKET, 2, 2, 32, 512, **QUICK),
            eval_problems=20,
            probe=replace(PROBE, steps=12, batch_size=4),
            hardest_op=7,
            sweep_steps=20,
        ),
        Scale(
            "laptop",
            purpose="learning: each lesson within ten minutes on two cores",
            cell_timeout=1200,
            first_training=training(
                TINY,
                layers=3,
                heads=4,
                width=64,
                context=512,
                batch_size=32,
                steps=800,
                lr=6e-3,
                eval_every=200,
                eval_problems=60,
                **MUON,
            ),
            problems=5000,
            templates=20_000,
            live_training=training(
                LOOK_UP,
                layers=4,
                heads=6,
                width=96,
                context=512,
                batch_size=8,
                steps=800,
                eval_every=50,
                eval_problems=60,
                **BRANCHED,
            ),
            training=POCKET_TRAINING,
            eval_problems=200,
            probe=PROBE,
            hardest_op=9,
            sweep_steps=500,
        ),
        Scale(
            "gpu",
            purpose="one GPU: each lesson within half an hour",
            cell_timeout=3600,
            first_training=training(TINY, 4, 4, 128, 512, batch_size=128, **MUON),
            problems=20_000,
            templates=100_000,
            live_training=training(LOOK_UP, 4, 4, 128, 512, batch_size=128, **MUON),
            training=training(POCKET, 8, 8, 512, 512, batch_size=256, steps=10_000, **MUON),
            eval_problems=1000,
            probe=replace(PROBE, steps=5000),
            hardest_op=12,
            sweep_steps=2500,
        ),
        Scale(
            "paper",
            purpose="full size: many GPUs and days",
            cell_timeout=30 * 24 * 3600,
            first_training=training(MED, 12, 12, 768, 768, batch_size=512, steps=1000),
            problems=100_000,
            templates=1_000_000,
            live_training=training(MED, 12, 12, 768, 768, batch_size=512, steps=1000, seed=1),
            training=paper_training("med"),
            eval_problems=4096,
            probe=replace(PROBE, steps=100_000, batch_size=64, lr=2e-3),
            hardest_op=23,
            sweep_steps=2500,
        ),
    )
}
