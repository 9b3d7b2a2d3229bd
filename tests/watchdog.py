"""Stops what would never end, on any machine. How long things take is measured by `make bench`, never judged here."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

LONG = 60.0
"""Seconds: many times what a busy machine needs for anything under this watch, a small part of what the fault takes."""


class Hangs(BaseException):
    """Not an Exception: what is watched must not take it for a trouble of its own."""


@contextmanager
def ends(seconds: float = LONG) -> Iterator[None]:
    """What is done in here fails the test when it is not over after so long, even in the middle of a wait."""

    def bark(_number: int, _frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except Hangs:
        pytest.fail(f"it was not over after {seconds:g} seconds")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
