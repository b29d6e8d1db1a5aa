"""Where to compute and how precisely, with the reason."""

import os
from pathlib import Path
from typing import NamedTuple

import torch

from course_lib.errors import CourseError


class Place(NamedTuple):
    """A device, the precision of its matrix products, and why these."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    def autocast(self) -> torch.autocast:
        """The context that computes with this precision."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.dtype == torch.bfloat16
        )


def pick_device(prefer: str | None = None, precision: str = "auto") -> Place:
    """CUDA where there is one, else CPU; "mps" only when asked, since its numbers vary.

    `precision` is "fp32", "bf16", or "auto": bfloat16 on cards that multiply it fast. On a
    processor it has to be asked for, since it is slower for models as narrow as ours (LOG.md).
    """
    kind = prefer or ("cuda" if torch.cuda.is_available() else "cpu")
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(kind):
        have = ", ".join(name for name, is_there in there.items() if is_there)
        raise CourseError(f"There is no device {kind!r} here; there is: {have}.")
    fast, why = _fast_bfloat16(kind)
    if precision != "auto":
        fast, why = precision == "bf16", "as asked"
    dtype = torch.bfloat16 if fast else torch.float32
    return Place(_own(kind), dtype, f"{kind} with {str(dtype)[6:]}: {why}")


def _own(kind: str) -> torch.device:
    """The device of this kind for this process; of several processes each has its own card."""
    if kind != "cuda":
        return torch.device(kind)
    number, cards = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if number >= cards:
        raise CourseError(f"There are more processes than CUDA devices ({cards}): start fewer.")
    return torch.device(kind, number)


def _fast_bfloat16(kind: str) -> tuple[bool, str]:
    if kind == "mps":
        return False, "asked for; expect small differences from run to run"
    if kind == "cuda":
        fast = torch.cuda.get_device_capability()[0] >= 8
        return fast, f"{torch.cuda.get_device_name()} has {'' if fast else 'no '}bfloat16 units"
    cpu = Path("/proc/cpuinfo")  # other systems than Linux do not tell
    flags = cpu.read_text(encoding="utf-8").split() if cpu.exists() else []
    units = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16"}
    found = [unit for flag, unit in units.items() if flag in flags]
    if not found:
        return False, "the processor has no AMX or AVX512-BF16"
    return False, f"bfloat16 must be asked for, though the processor has {found[0]}"
