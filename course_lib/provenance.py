"""Where a result comes from: the code and the machine."""

import os
import platform
import subprocess
from contextlib import suppress

from course_lib.paths import ROOT


def provenance() -> dict[str, str]:
    """The commit that is checked out ("-dirty" where files differ) and the kind of machine."""
    command, commit = ["git", "describe", "--always", "--dirty", "--exclude=*"], ""
    with suppress(OSError):  # no git here
        commit = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    return {"commit": commit, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}
