"""Probes on disk: found again by what they were made from, or trained."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save_file

from course_lib.lm.checkpoints import read_tensors, write_whole
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.paths import DATA, RUNS
from course_lib.probes.training import train_probe, twin_of
from course_lib.probes.vprobe import ProbeConfig, VProbe

SHELVES = (DATA / "probes", RUNS / "probes")


def train_or_load_probe(model: GPT, tokenizer: Tokenizer, config: ProbeConfig, **options) -> VProbe:
    """The probe of this config and these weights if there is one, else trains it and keeps it.

    The options are those of `train_probe`.
    """
    name = probe_name(model, config)
    for shelf in SHELVES:
        if (shelf / name).is_file():
            return load_probe(shelf / name, model, tokenizer, config)
    probe = train_probe(model, tokenizer, config, **options)
    save_probe(SHELVES[-1] / name, probe)
    return probe


def probe_name(model: GPT, config: ProbeConfig) -> str:
    """The file of a probe: its task, and a hash of its settings and of the model's weights."""
    digest = hashlib.sha256(json.dumps(asdict(config)).encode())
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return f"{config.task}_{digest.hexdigest()[:8]}.safetensors"


def save_probe(path: Path, probe: VProbe) -> None:
    """Writes what the probe has learned, and its config."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: x.detach().cpu().contiguous() for name, x in probe.learned().items()}
    header = {"config": json.dumps(asdict(probe.config))}
    write_whole(path, lambda draft: save_file(tensors, draft, header))


def load_probe(path: Path, model: GPT, tokenizer: Tokenizer, config: ProbeConfig) -> VProbe:
    """A probe as it was saved; CourseError if the file is cut short."""
    tensors, _ = read_tensors(path)
    model = twin_of(model, config.seed) if config.twin else model
    probe = VProbe(model, tokenizer, config).to(model.embedding.weight.device)
    probe.load_state_dict(tensors, strict=False)
    return probe
