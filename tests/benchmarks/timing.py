"""Seconds of one piece of work, and the median of several runs."""

import statistics
import time
from collections.abc import Callable

RUNS = 7


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(measure: Callable[[int], float]) -> float:
    return statistics.median(measure(number) for number in range(RUNS))
