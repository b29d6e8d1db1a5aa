"""`course doctor`: is everything here that the lessons need, and what mends what is not?

It must work where hardly anything does, so every other import waits for its check.
"""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from course_lib.errors import CourseError
from course_lib.paths import ROOT, RUNS

PYTHON = (3, 11), (3, 13)  # the oldest and the newest that will do
MEMORY, DISK = 4, 1  # gigabytes, with room to spare
NO_TORCH = {("Darwin", "x86_64"), ("Windows", "ARM64"), ("Linux", "i686"), ("Windows", "x86")}
INSTALL = "pip install -e '.[export,cluster]'"


class Finding(NamedTuple):
    """One line of the report."""

    well: bool
    text: str


def examine() -> Iterator[Finding]:
    """All findings, those on which others rest first."""
    yield python()
    missing = list(packages())
    yield from missing
    if all(finding.well for finding in missing):
        yield kernel()
        yield widgets()
        yield processor()
        yield model()
        yield memory()
    yield disk()


def python() -> Finding:
    """The version of Python."""
    oldest, newest = PYTHON
    well = oldest <= sys.version_info[:2] <= newest
    told = f"Python {platform.python_version()}"
    mend = f": make the environment with 3.{oldest[1]} to 3.{newest[1]}"
    return Finding(well, told + ("" if well else mend))


def packages() -> Iterator[Finding]:
    """What requirements.txt asks for, or one line if all of it is there."""
    try:
        from packaging.requirements import Requirement  # comes with most packages
    except ImportError:
        yield Finding(False, f"hardly any package is installed: {INSTALL}")
        return
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]
    faults = list(filter(None, map(_fault, wanted)))
    yield from (Finding(False, fault) for fault in faults)
    if not faults:
        yield Finding(True, f"{len(wanted)} packages, all in the wanted versions")


def _fault(wanted) -> str:
    """What is wrong with a package; nothing if it is there."""
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        if wanted.name == "torch" and (platform.system(), platform.machine()) in NO_TORCH:
            return "There is no torch 2.13 for this system: use a Linux container, or another one"
        return f"{wanted.name} is missing: {INSTALL}"
    if wanted.specifier.contains(found, prereleases=True):
        return ""
    return f"{wanted.name} is {found}, the course needs {wanted.specifier}: {INSTALL}"


def kernel() -> Finding:
    """Whether notebooks run with this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    mend = "python -m ipykernel install --sys-prefix"
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(False, f"JupyterLab has no kernel python3: {mend}")
    # Not the files themselves: the pythons of two environments may be links to one.
    folders = (Path(python).parent.resolve() for python in (program, sys.executable))
    own = program in ("python", "python3") or len(set(folders)) == 1
    told = "notebooks run with this Python"
    return Finding(own, told if own else f"notebooks run with another Python, {program}: {mend}")


def widgets() -> Finding:
    """Whether JupyterLab can show the panels."""
    place = Path(sys.prefix, "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager")
    mend = "JupyterLab cannot show panels: pip install --force-reinstall jupyterlab_widgets"
    return Finding(place.is_dir(), "JupyterLab shows panels" if place.is_dir() else mend)


def processor() -> Finding:
    """Where and how precisely trainings compute."""
    from course_lib.lm.device import pick_device

    cores = os.cpu_count() or 1
    return Finding(True, f"{cores} cores; {pick_device().reason}")


def model() -> Finding:
    """Whether the shipped model can be read."""
    from course_lib.lm import load_checkpoint

    try:
        found = load_checkpoint("pocket")
    except CourseError as error:
        return Finding(False, f"{error} Fetch data/checkpoints again")
    return Finding(True, f"the shipped model, {found.config.model.parameter_count():,} numbers")


def memory() -> Finding:
    """Whether there is enough of it."""
    import psutil

    total = psutil.virtual_memory().total / 2**30
    told = f"{total:.0f} GB of memory"
    mend = f", less than {MEMORY}: choose the scale smoke, and close other programs"
    return Finding(total > MEMORY, told + ("" if total > MEMORY else mend))


def disk() -> Finding:
    """Whether runs can be saved."""
    folder = next(place for place in (RUNS, *RUNS.parents) if place.exists())
    free = shutil.disk_usage(folder).free / 2**30
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return Finding(False, f"{folder} cannot be written: set COURSE_RUNS to a folder that can")
    mend = f", less than {DISK}: delete old folders in {RUNS}"
    return Finding(free > DISK, f"{free:.0f} GB free for runs" + ("" if free > DISK else mend))
