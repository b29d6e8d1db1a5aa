"""The clock of the benchmarks that compare two ways on one device."""

import time

import torch


def clock(device: torch.device) -> float:
    """Seconds: of this process on a CPU, of the wall on another device when it is done."""
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
