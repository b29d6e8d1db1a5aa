"""`course doctor` finds what is wrong and says what mends it."""

import shutil
import sys
from collections import namedtuple
from importlib import metadata

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from course_lib import doctor
from course_lib.cli import main

Spec = namedtuple("Spec", "argv")


def test_all_is_well_where_the_tests_run(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 8 and all(line.startswith("well  ") for line in lines)


@pytest.mark.parametrize(
    "version, told",
    [(None, "einops is missing: pip install"), ("0.1", "einops is 0.1, the course needs")],
)
def test_a_package_that_is_missing_or_too_old_is_named_and_others_are_not_asked(
    version, told, monkeypatch, capsys
):
    def pretend(name, real=metadata.version):
        if name == "einops" and version is None:
            raise metadata.PackageNotFoundError(name)
        return version if name == "einops" else real(name)

    monkeypatch.setattr(metadata, "version", pretend)
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert f"MEND  {told}" in text and text.count("MEND") == 1 and "kernel" not in text
    assert "GB of memory" not in text and "free for runs" in text  # memory takes a package


def test_a_system_without_torch_is_told_so(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert any("There is no torch" in finding.text for finding in doctor.packages())


def test_another_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert not doctor.python().well and "3.11 to 3.13" in doctor.python().text


@pytest.mark.parametrize("program", ["python", sys.executable, "/another/bin/python", None])
def test_the_kernel_must_be_this_python(program, monkeypatch):
    def spec(self, name):
        if program is None:
            raise NoSuchKernel(name)
        return Spec([program])

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", spec)
    found = doctor.kernel()
    assert found.well == (program in ("python", sys.executable))
    assert found.well or "ipykernel install" in found.text


def test_runs_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(doctor, "RUNS", tmp_path / "file")
    assert not doctor.disk().well and "COURSE_RUNS" in doctor.disk().text


def test_little_memory_and_a_full_disk(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("M", "total")(2**30))
    assert not doctor.memory().well and "scale smoke" in doctor.memory().text
    monkeypatch.setattr(shutil, "disk_usage", lambda place: namedtuple("D", "free")(2**20))
    assert not doctor.disk().well and "delete old folders" in doctor.disk().text
