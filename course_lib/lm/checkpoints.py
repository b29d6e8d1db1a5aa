"""Models and training states on disk: safetensors and JSON, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from course_lib.errors import CourseError
from course_lib.lm.config import TrainConfig, from_dict, to_dict
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.paths import DATA, RUNS

FORMAT = 1  # raise when older code could no longer read what is written here
SAVE_EVERY = 60.0  # seconds between two states of a training


class Checkpoint(NamedTuple):
    """A trained model with all that is needed to use it."""

    model: GPT
    tokenizer: Tokenizer
    config: TrainConfig
    metrics: dict


def save_checkpoint(folder: Path, model: GPT, config: TrainConfig, metrics: dict, dtype=None):
    """Writes `model.safetensors` (as `dtype`, such as torch.bfloat16) and `config.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach().to("cpu", dtype) for name, weight in _weights(model).items()}
    _write_tensors(folder / "model.safetensors", weights, {})
    card = {"format": FORMAT, "train": to_dict(config), "metrics": metrics}
    text = json.dumps(card, indent=1) + "\n"
    write_whole(folder / "config.json", lambda path: path.write_text(text, encoding="utf-8"))


def load_checkpoint(name: str | Path, device: str | torch.device = "cpu") -> Checkpoint:
    """A model by folder, or by its name in `data/checkpoints` or `runs`."""
    folder = find_checkpoint(name)
    try:
        card = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError:
        raise CourseError(f"{folder}/config.json is damaged: fetch or train it anew.") from None
    _check_format(card, folder / "config.json")
    config = from_dict(TrainConfig, card["train"])
    model = GPT(config.model)
    _fill(model, read_tensors(folder / "model.safetensors")[0], folder)
    return Checkpoint(model.to(device), Tokenizer(config.problem), config, card.get("metrics", {}))


def find_checkpoint(name: str | Path) -> Path:
    """The folder of a checkpoint; CourseError lists the names there are."""
    for folder in (Path(name), DATA / "checkpoints" / name, RUNS / name):
        if (folder / "config.json").is_file():
            return folder
    shelves = (DATA / "checkpoints", RUNS)
    found = sorted({card.parent.name for shelf in shelves for card in shelf.glob("*/config.json")})
    raise CourseError(f"There is no checkpoint {str(name)!r}; known: {', '.join(found) or 'none'}.")


def save_state(
    path: Path, model: GPT, optimizers: list[Optimizer], step: int, config: TrainConfig
) -> None:
    """One file with all that resuming needs: weights, optimisers, and the step as data position."""
    tensors = {f"model.{name}": weight for name, weight in _weights(model).items()}
    for number, optimizer in enumerate(optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{index}.{key}": x for key, x in state.items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    card = {"format": FORMAT, "step": step, "train": to_dict(config)}
    _write_tensors(path, tensors, {"state": json.dumps(card)})


def load_state(path: Path, model: GPT, optimizers: list[Optimizer], config: TrainConfig) -> int:
    """Fills model and optimisers as they were and returns the step."""
    tensors, header = read_tensors(path)
    card = json.loads(header.get("state", "{}"))
    _check_format(card, path)
    changes = config.diff(from_dict(TrainConfig, card["train"]))
    if changes:
        name, (mine, theirs) = next(iter(changes.items()))
        raise CourseError(
            f"{path.parent} holds a run with {name} = {theirs}, not {mine}: "
            "choose another folder or name, or start anew with resume=False."
        )
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        owner, rest = name.split(".", 1)
        groups.setdefault(owner, {})[rest] = tensor
    _fill(model, groups["model"], path)
    for number, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in groups.get("optimizer", {}).items():
            owner, index, key = name.split(".")
            if int(owner) == number:
                state.setdefault(int(index), {})[key] = tensor
        optimizer.load_state_dict(
            {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
        )
    return card["step"]


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the header of a safetensors file; CourseError where it cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: fetch or train it anew.") from None
    except (SafetensorError, OSError):
        raise CourseError(f"{path} is cut short or damaged: fetch or train it anew.") from None


def _weights(model: GPT) -> dict[str, Tensor]:
    tied = {"head.weight"} if model.config.tied else set()
    return {name: weight for name, weight in model.state_dict().items() if name not in tied}


def _fill(model: GPT, weights: dict[str, Tensor], source: Path) -> None:
    own = _weights(model)
    if {k: w.shape for k, w in own.items()} != {k: w.shape for k, w in weights.items()}:
        raise CourseError(f"The weights in {source} are not those of the model in its config.")
    model.load_state_dict(weights, strict=False)


def _check_format(card: dict, source: Path) -> None:
    version = card.get("format") if isinstance(card, dict) else None
    if not isinstance(version, int) or "train" not in card:
        raise CourseError(f"{source} was not written by this course.")
    if version > FORMAT:
        raise CourseError(
            f"{source} has format {version}, this course reads up to {FORMAT}: update course_lib."
        )


def _write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    try:
        write_whole(path, lambda target: save_file(tensors, target, header))
    except SafetensorError as error:  # a full disk, for one
        raise CourseError(f"{path} cannot be written: {error}.") from None


def write_whole(path: Path, write) -> None:
    """Writes beside `path` first, so that a kill leaves the old file or the new one."""
    draft = path.with_name(path.name + ".tmp")
    write(draft)
    os.replace(draft, path)
