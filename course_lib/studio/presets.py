"""The one table of scales: every size that depends on the machine stands here and nowhere else."""

from dataclasses import dataclass

from course_lib.igsm import ProblemConfig
from course_lib.lm import ModelConfig, Tokenizer, TrainConfig


@dataclass(frozen=True)
class Scale:
    """A row of the table, `lesson.settings` in a notebook."""

    name: str
    purpose: str
    cell_timeout: int  # seconds that one cell of a lesson may take
    first_training: TrainConfig  # lesson 00: about a minute, its curve is watched
    problems: int  # lessons 01 and 02: drawn to measure laws and compare solvers
    templates: int  # lesson 02: problems drawn to count their solution templates
    training: TrainConfig  # lesson 04: the model that the lesson asks about
    eval_problems: int  # lesson 04: problems behind every accuracy


def training(
    problem: ProblemConfig, layers: int, heads: int, width: int, context: int, **settings
) -> TrainConfig:
    """A training run whose model has the vocabulary of its problems."""
    vocabulary = len(Tokenizer(problem))
    return TrainConfig(problem, ModelConfig(vocabulary, layers, heads, width, context), **settings)


POCKET, MED = ProblemConfig.preset("pocket"), ProblemConfig.preset("med")
CONTEXTS = {"pocket": 400, "med": 768, "hard": 1024}  # tokens; the paper's for med and hard

# First choices that run; the authors of lessons 00 and 04 settle the training settings.
SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            "smoke",
            purpose="tests and a first look: everything really trains, just tiny",
            cell_timeout=120,
            first_training=training(
                POCKET, 2, 2, 32, 400, batch_size=8, steps=40, eval_every=20, eval_problems=8
            ),
            problems=300,
            templates=500,
            training=training(
                POCKET, 2, 2, 32, 400, batch_size=8, steps=80, eval_every=40, eval_problems=16
            ),
            eval_problems=20,
        ),
        Scale(
            "laptop",
            purpose="learning: each lesson within ten minutes on two cores",
            cell_timeout=1200,
            first_training=training(
                POCKET, 4, 4, 64, 400, batch_size=16, steps=400, eval_every=100, eval_problems=50
            ),
            problems=5000,
            templates=20_000,
            training=training(
                POCKET, 4, 4, 64, 400, batch_size=16, steps=3000, eval_every=500, eval_problems=100
            ),
            eval_problems=200,
        ),
        Scale(
            "gpu",
            purpose="one GPU: each lesson within half an hour",
            cell_timeout=3600,
            first_training=training(POCKET, 4, 4, 128, 400, batch_size=128, steps=1000),
            problems=20_000,
            templates=100_000,
            training=training(POCKET, 8, 8, 512, 400, batch_size=256, steps=10_000),
            eval_problems=1000,
        ),
        Scale(
            "paper",
            purpose="full size: many GPUs and days",
            cell_timeout=30 * 24 * 3600,
            first_training=training(MED, 12, 12, 768, 768, batch_size=512, steps=1000),
            problems=100_000,
            templates=1_000_000,
            training=training(
                MED, 12, 12, 768, 768, batch_size=512, steps=100_000, loss_on="all", eval_every=5000
            ),
            eval_problems=4096,
        ),
    )
}
