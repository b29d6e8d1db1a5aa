"""The language model: tokens, batches, transformer, training, decoding and evaluation."""

from course_lib.lm.attention import Cache
from course_lib.lm.batches import Stream, batches
from course_lib.lm.checkpoints import load_checkpoint, save_checkpoint
from course_lib.lm.config import TrainConfig
from course_lib.lm.decoding import generate
from course_lib.lm.device import pick_device
from course_lib.lm.errors_by_token import find_errors, first_errors, token_errors
from course_lib.lm.evaluation import (
    Attempt,
    accuracy,
    attempt,
    by_op,
    draw_problems,
    evaluate,
    judge,
    redundancy,
    smaller_world,
    wilson,
)
from course_lib.lm.export import to_gpt_neox
from course_lib.lm.memoriser import Memoriser
from course_lib.lm.model import GPT, ModelConfig
from course_lib.lm.tokenizer import Tokenizer
from course_lib.lm.training import Run, train, train_or_load

__all__ = [
    "GPT",
    "Attempt",
    "Cache",
    "Memoriser",
    "ModelConfig",
    "Run",
    "Stream",
    "Tokenizer",
    "TrainConfig",
    "accuracy",
    "attempt",
    "batches",
    "by_op",
    "draw_problems",
    "evaluate",
    "find_errors",
    "first_errors",
    "generate",
    "judge",
    "load_checkpoint",
    "pick_device",
    "redundancy",
    "save_checkpoint",
    "smaller_world",
    "to_gpt_neox",
    "token_errors",
    "train",
    "train_or_load",
    "wilson",
]
