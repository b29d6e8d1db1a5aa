"""Where the repository's files lie, whatever the working directory."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
# Whole, since notebooks run elsewhere; tests set it to an empty folder.
RUNS = Path(os.environ.get("COURSE_RUNS") or ROOT / "runs").expanduser().resolve()
