"""`course train`: from options to a run."""

import os
from argparse import Namespace
from dataclasses import replace

import torch

from course_lib.igsm import ProblemConfig
from course_lib.lm import TrainConfig, train_or_load
from course_lib.lm.dry_run import dry_run
from course_lib.studio.lesson import find_scale
from course_lib.studio.paper import paper_training
from course_lib.studio.scales import CONTEXTS, POCKET_TRAINING, training


def run(options: Namespace) -> int:
    """Trains, and says where the model lies; or only tries it out."""
    config = chosen(options)
    if options.threads or not options.dry_run:  # as in lessons, whose models lose time with more
        torch.set_num_threads(options.threads or 1)
    if options.dry_run:
        dry_run(config, device=options.device, micro_batch=options.micro_batch)
        return 0
    run = train_or_load(
        config,
        device=options.device,
        workers=options.workers,
        micro_batch=options.micro_batch,
        max_seconds=60 * options.minutes,
    )
    if os.environ.get("RANK", "0") == "0":
        print(f"{run.step} of {config.steps} steps in {run.folder}")
    return 0


def chosen(options: Namespace) -> TrainConfig:
    """The training of the preset or scale, with the settings that were given."""
    preset = options.preset or "pocket"
    if options.scale:
        config = find_scale(options.scale).training
    elif options.dry_run:
        config = paper_training(preset)
    elif preset == "pocket":
        config = POCKET_TRAINING
    else:
        config = training(ProblemConfig.preset(preset), 4, 4, 128, CONTEXTS[preset])
    shape = given(options, "layers", "heads", "width")
    settings = given(options, "steps", "questions", "optimizer", "lr", "seed", "name")
    if options.batch:
        settings["batch_size"] = options.batch
    return replace(config, model=replace(config.model, **shape), **settings)


def given(options: Namespace, *names: str) -> dict:
    """Those of these options that were given."""
    return {name: vars(options)[name] for name in names if vars(options)[name] is not None}
