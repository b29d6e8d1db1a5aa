"""The depth grid of lesson 07: which shapes, how often, and how each is trained (paper §6)."""

from dataclasses import dataclass, replace

from course_lib.errors import CourseError
from course_lib.lm import TrainConfig
from course_lib.studio.scales import SWEEP

SMALL = ((1, 8, 128), (2, 6, 96), (4, 4, 64), (8, 4, 48))  # layers, heads, width
LARGE = ((1, 12, 192), (2, 8, 128), (4, 6, 96), (8, 4, 64))
ENDS = SMALL[1:3]  # between these, layers are a gain that a plan might replace
ROWS = {  # shapes, seeds, and what is written before a solution
    "small": (SMALL, 3, "none"),
    "large": (LARGE, 1, "none"),
    "backward": (ENDS, 3, "backward"),
    "filler": (ENDS, 3, "filler"),
}


@dataclass(frozen=True)
class Cell:
    """One training of the grid."""

    row: str
    layers: int
    heads: int
    width: int
    seed: int = 0

    @property
    def shape(self) -> str:
        """Its name without the row and the seed."""
        return f"d{self.layers:02}_w{self.width:03}"

    @property
    def name(self) -> str:
        """Row, shape and seed."""
        return f"{self.row}_{self.shape}_s{self.seed}"


def cells_of(row: str) -> list[Cell]:
    """The cells of a row, seed by seed; of "all" those of all rows."""
    if row == "all":
        return [cell for name in ROWS for cell in cells_of(name)]
    if row not in ROWS:
        raise CourseError(f"There is no row {row!r}; choose all or one of {', '.join(ROWS)}.")
    shapes, seeds, _ = ROWS[row]
    return [Cell(row, *shape, seed) for seed in range(seeds) for shape in shapes]


def find_cell(name: str) -> Cell:
    """The cell of this name."""
    cells = {cell.name: cell for cell in cells_of("all")}
    if name not in cells:
        raise CourseError(f"There is no cell {name!r}; choose one of {', '.join(cells)}.")
    return cells[name]


def training_of(cell: Cell, rate: float, steps: int = SWEEP.steps) -> TrainConfig:
    """The training of a cell: `SWEEP` in another shape."""
    return replace(
        SWEEP,
        problem=replace(SWEEP.problem, plan=ROWS[cell.row][2]),
        model=replace(SWEEP.model, layers=cell.layers, heads=cell.heads, width=cell.width),
        lr=rate,
        seed=cell.seed,
        steps=steps,
        eval_every=max(steps // 5, 1),
        name=f"sweep_{cell.name}_{rate:g}_{steps}",
    )
