"""The service on a clock that runs thousands of times too fast, as a process of its own that can be killed.

    python -m tests.flow.soaking SITE START SPEED    # START: "<moment>@<time.time() when it was that moment>"

All that `publisher run` starts is started: ticks, sender, alarms, web. Only the clock is not the machine's, ticks come
as much oftener as the clock is faster, and waits on the relay are short.
"""

import logging
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from publisher import schedule
from publisher.app import App
from publisher.config import load
from publisher.schedule import Done
from publisher.service import services
from publisher.web.server import listening
from tests.conftest import KEYS, quick
from tests.faults.trial import hurried

TICKS_SECONDS = 0.2


class FastClock:
    """It was `moment` when `time.time()` was `at`, and goes `speed` times as fast: the same in all processes."""

    def __init__(self, moment: datetime, at: float, speed: float) -> None:
        self.moment, self.at, self.speed = moment, at, speed

    def __call__(self) -> datetime:
        return self.moment + timedelta(seconds=(time.time() - self.at) * self.speed)

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}@{self.at}"

    @classmethod
    def read(cls, told: str, speed: str) -> "FastClock":
        moment, _, at = told.partition("@")
        return cls(datetime.fromisoformat(moment), float(at), float(speed))


def main(site: Path, clock: FastClock) -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    schedule._TICK_SECONDS = TICKS_SECONDS  # the one wait that no setting shortens
    app = App(quick(load(site)), clock=clock, keys=KEYS)

    def tell(one: Done) -> None:
        print(f"{clock():%Y-%m-%d %H:%M} {one.line}", flush=True)

    with listening("127.0.0.1", 0) as (listener, url), hurried():
        print(f"serving {url}", flush=True)
        with services(app, tell, listener) as keep_on:
            keep_on()


if __name__ == "__main__":
    main(Path(sys.argv[1]), FastClock.read(sys.argv[2], sys.argv[3]))
