"""Everything that decides what a training run becomes, as one value that JSON can hold."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, is_dataclass
from itertools import pairwise

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig
from course_lib.igsm.sampling import check_seed
from course_lib.lm.model import ModelConfig


@dataclass(frozen=True)
class TrainConfig:
    """A training run; equal configs make equal models (bit for bit on one kind of CPU)."""

    problem: ProblemConfig  # training always draws from its train split
    model: ModelConfig
    batch_size: int = 32  # problems
    questions: int = 1  # about each problem, as branches over its shared description
    steps: int = 1000
    optimizer: str = "adamw"  # or "muon"
    lr: float = 2e-3  # peak
    warmup: int = 100  # steps
    decay: str = "cosine"  # or "linear"
    fall: float = 1.0  # share of the steps in which the rate falls, at the end
    restarts: tuple[tuple[int, float], ...] = ()  # (step, peak): it rises and falls anew (SGDR)
    weight_decay: float = 0.05
    loss_on: str = "solution"  # and answer; or "all" tokens (paper)
    curriculum: tuple[tuple[int, dict], ...] = ()  # (until so many problems, changes to `problem`)
    precision: str = "auto"  # or "fp32" or "bf16"
    eval_every: int = 500  # steps
    eval_problems: int = 200
    seed: int = 0
    name: str = ""  # of the run; made from the rest where empty

    def __post_init__(self) -> None:
        """Refuses unknown choices with a plain sentence."""
        choices = {
            "optimizer": ("adamw", "muon"),
            "decay": ("cosine", "linear"),
            "loss_on": ("solution", "all"),
            "precision": ("auto", "fp32", "bf16"),
        }
        for field, allowed in choices.items():
            if getattr(self, field) not in allowed:
                raise CourseError(
                    f"{field} must be one of {allowed}, not {getattr(self, field)!r}."
                )
        for field in ("batch_size", "questions", "steps", "eval_every"):
            if getattr(self, field) < 1:
                raise CourseError(f"{field} must be at least 1.")
        self._check_schedule()
        if self.questions > 1 and self.problem.form == "qp":
            raise CourseError("With the question first (form='qp') questions must be 1.")
        check_seed(self.seed)
        if not re.fullmatch(r"(\w[\w.-]*)?", self.name):  # it becomes a folder
            raise CourseError(f"name must be of letters, digits, '_', '-', '.', not {self.name!r}.")

    def _check_schedule(self) -> None:
        for _, changes in self.curriculum:
            from_dict(ProblemConfig, {**asdict(self.problem), **changes})
        if not 0 < self.fall <= 1:
            raise CourseError("fall is a share of the steps: above 0, at most 1.")
        ends = [end for _, end, _ in self.rounds]
        if ends[0] < 1 or any(a >= b for a, b in pairwise(ends)):
            raise CourseError("restarts must be (step, peak) pairs in order, before the last step.")

    @property
    def run_name(self) -> str:
        """`name`, or depth, width, seed and four letters of a hash of everything."""
        digest = hashlib.sha256(json.dumps(to_dict(self)).encode()).hexdigest()[:4]
        model = self.model
        return self.name or f"d{model.layers:02}_w{model.width}_s{self.seed}_{digest}"

    @property
    def rounds(self) -> list[tuple[int, int, float]]:
        """First step, end and peak of each rise and fall of the learning rate."""
        starts = [(0, self.lr), *self.restarts]
        ends = [*(step for step, _ in self.restarts), self.steps]
        return [(begin, end, peak) for (begin, peak), end in zip(starts, ends, strict=True)]

    def diff(self, other: "TrainConfig") -> dict[str, tuple]:
        """The settings that differ: `{"model.layers": (mine, other's)}`."""
        mine, theirs = _flat(to_dict(self)), _flat(to_dict(other))
        return {k: (mine[k], theirs[k]) for k in mine if mine[k] != theirs[k]}


def to_dict(config) -> dict:
    """A config as plain JSON values."""
    return json.loads(json.dumps(asdict(config)))


def from_dict(kind: type, values: dict):
    """The config of this kind again; CourseError for settings this version does not know."""
    if not isinstance(values, dict):
        raise CourseError(f"{kind.__name__} must be given by its settings, not by {values!r}.")
    known = {field.name: field.type for field in fields(kind)}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise CourseError(f"{kind.__name__} has no setting {unknown[0]!r}: update course_lib.")
    try:
        return kind(**{name: _revive(known[name], value) for name, value in values.items()})
    except TypeError:
        raise CourseError(f"A setting of {kind.__name__} is missing or of a wrong type.") from None


def _revive(kind, value):
    if is_dataclass(kind):
        return from_dict(kind, value)
    return _tuples(value)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _flat(values: dict, prefix: str = "") -> dict:
    flat = {}
    for key, value in values.items():
        nested = isinstance(value, dict)
        flat.update(_flat(value, f"{prefix}{key}.") if nested else {prefix + key: value})
    return flat
