"""The paper's set-up, and the papers' numbers as copied from their figures and tables."""

import csv
from typing import Any

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig
from course_lib.lm import ModelConfig, Tokenizer, TrainConfig
from course_lib.paths import DATA

RECIPES: dict[str, dict[str, Any]] = {  # appendix F.1
    "med": dict(context=768, batch_size=512, steps=100_000, weight_decay=0.05),
    "hard": dict(context=1024, batch_size=256, steps=200_000, weight_decay=0.03),
}


def paper_training(preset: str = "med") -> TrainConfig:
    """The paper's training of GPT2-12-12 on "med" or "hard".

    Ours in two respects: a token a name, and a problem a row instead of windows cut from a stream.
    """
    if preset not in RECIPES:
        raise CourseError(f"The paper trained on {' and '.join(RECIPES)}, not on {preset!r}.")
    problem, recipe = ProblemConfig.preset(preset), dict(RECIPES[preset])
    vocab_size, context = len(Tokenizer(problem)), recipe.pop("context")
    model = ModelConfig.from_depth(12, vocab_size=vocab_size, context=context)
    return TrainConfig(
        problem, model, lr=2e-3, warmup=1000, loss_on="all", eval_every=5000, **recipe
    )


def read_paper(table: str) -> list[dict[str, str]]:
    """The rows of a CSV table in `data/paper`, cells as text; CourseError lists the tables."""
    path = DATA / "paper" / table
    if not path.is_file():
        tables = ", ".join(sorted(p.name for p in path.parent.glob("*.csv")))
        raise CourseError(f"There is no table {table!r} in data/paper; there are {tables}.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
