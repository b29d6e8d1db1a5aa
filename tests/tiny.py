"""The smallest training that still is one, and processes to try it in."""

import sys
from dataclasses import replace
from multiprocessing import get_context

from course_lib.igsm import ProblemConfig
from course_lib.lm import ModelConfig, Tokenizer, TrainConfig

PROBLEM = replace(ProblemConfig.preset("pocket"), max_op=3)
TOKENIZER = Tokenizer(PROBLEM)
MODEL = ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=300)
TINY = TrainConfig(PROBLEM, MODEL, batch_size=4, steps=12, warmup=2, eval_every=6, eval_problems=4)

FORKS = get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    # Imported once for all processes; optimisers take two seconds to import the second.
    FORKS.set_forkserver_preload(["course_lib.lm", "torch._dynamo"])


def weights(run):
    return run.model.state_dict()
