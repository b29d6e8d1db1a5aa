"""What kind of problems to draw: sizes, vocabulary, split and rendering."""

from dataclasses import dataclass
from typing import Any

from course_lib.errors import CourseError
from course_lib.igsm.world import World, world_of

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_MODULUS = 1000
HASH_BINS = 23
TRAIN_BINS = range(0, 16)  # the published code's 16 : 7; the paper's text says 17 : 6
TEST_BINS = range(16, 23)
CHOICES = {
    "op_law": ("paper", "uniform"),
    "split": ("all", "train", "test"),
    "form": ("pq", "qp"),
    "shuffle": (0, 1, 2, 3, 4, 5, 6, None),
    "letters": ("random", "sequential", "rotated"),
    "solution_order": ("random", "fixed"),
    "plan": ("none", "backward", "filler"),
}


@dataclass(frozen=True)
class ProblemConfig:
    """A distribution of problems (paper §2; `dataclasses.replace` changes one wish).

    `op`, `layers`, `items` and `edges` are drawn by the paper's law when None.
    """

    modulus: int = 23
    max_op: int = 15  # operations of a solution
    max_edges: int = 20  # edges of the structure graph = instance parameters (the paper's ip)
    op_law: str = "paper"  # the smaller of two uniform draws; or "uniform": one draw
    op: int | None = None  # forced; may exceed max_op (out of distribution)
    layers: int | None = None  # 2 to 4
    items: int | None = None  # items in every layer, 2 to 4
    edges: int | None = None
    chains: int = 4  # vocabulary: the first chains of the world,
    subcategories: int = 5  # their first sub-categories,
    names: int = 20  # and the first names of each
    split: str = "all"  # by hash of the solution template,
    shared_op: int = 0  # but shapes of so few operations are in all splits: there are too few
    form: str = "pq"  # question after ("pq") or before ("qp") the problem
    shuffle: int | None = 5  # of sentences: 0-4 nearly sorted, 5 uniform (paper), 6 none
    letters: str = "random"  # paper; "sequential": a, b, c, ...; "rotated": or x, y, z, A, ...
    solution_order: str = "random"  # any topological order (paper); or "fixed": depth first
    plan: str = "none"  # paper; what a model writes first: see `Tokenizer.encode_problem`

    def __post_init__(self) -> None:
        """Refuse impossible wishes with a plain sentence."""
        for field, allowed in CHOICES.items():
            if getattr(self, field) not in allowed:
                raise CourseError(
                    f"{field} must be one of {allowed}, not {getattr(self, field)!r}."
                )
        for field, low, high in (
            ("modulus", 2, MOST_MODULUS),
            ("max_op", 1, len(LETTERS)),
            ("max_edges", 2, 48),
            ("op", 1, len(LETTERS)),  # every operation needs a letter of its own
            ("shared_op", 0, len(LETTERS)),
            ("layers", 2, 4),
            ("items", 2, 4),
            ("edges", 2, 48),
            ("chains", 1, 4),
            ("subcategories", 1, 5),
            ("names", 4, 20),
        ):
            value = getattr(self, field)
            if value is None and field in ("op", "layers", "items", "edges"):
                continue
            if type(value) is not int or not low <= value <= high:  # True is no number
                raise CourseError(f"{field} must be a whole number from {low} to {high}.")
        if self.plan != "none" and self.letters == "rotated":
            raise CourseError("A plan goes with letters='random' or 'sequential' only.")
        self._check_edges()

    def _check_edges(self) -> None:
        for layers in [self.layers] if self.layers else (2, 3, 4):
            low, high = (self.items or 2), (self.items or 4)
            least, most = (layers - 1) * low, (layers - 1) * high**2
            if least <= (self.edges or self.max_edges) and (self.edges or most) <= most:
                return
        wish = ", ".join(
            f"{n}={v}" for n in ("layers", "items", "edges") if (v := getattr(self, n))
        )
        raise CourseError(
            f"{wish or 'These sizes'} cannot be: from a layer of w items to the next lie w to w*w "
            f"edges, and at most max_edges={self.max_edges} in all unless edges is given."
        )

    def admits(self, op: int, template_bin: int) -> bool:
        """Whether a solution of this op and template hash is in the split."""
        bins = {"train": TRAIN_BINS, "test": TEST_BINS, "all": range(HASH_BINS)}[self.split]
        return op <= self.shared_op or template_bin in bins

    @property
    def world(self) -> World:
        """The slice of the world these problems speak of."""
        return world_of(self.chains, self.subcategories, self.names)

    @classmethod
    def preset(cls, name: str) -> "ProblemConfig":
        """The named distribution: `med` and `hard` are the paper's, `pocket` fits a laptop."""
        if name not in PRESETS:
            raise CourseError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
        return cls(**PRESETS[name])


PRESETS: dict[str, dict[str, Any]] = {
    "pocket": dict(
        modulus=7,
        max_op=6,
        max_edges=9,
        shared_op=3,
        chains=1,
        subcategories=1,
        names=6,
        letters="sequential",
    ),
    "med": dict(),
    "hard": dict(max_op=21, max_edges=28),
}
