"""Leaves other people's servers in peace: a pause between two questions, and longer where they ask for it.

In: each question and each answer, by host. Out: a wait before a question, or NotNow where the host asked us to stay
away for longer. Remembered for one run, in memory; nothing is written down. robots.txt's rules are robots.py's.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from publisher.errors import NotNow

LONGEST_HOLD = 24 * 60 * 60.0
LONGEST_DELAY = 30.0
_TOO_MANY = 60.0
"""Seconds that a 429 without Retry-After stands for (RFC 6585 leaves it open)."""


class Manners:
    """When each host may be asked again. `clock` counts seconds and never goes back; `now` is the time of day."""

    def __init__(
        self,
        *,
        pause: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._pause, self._clock, self._sleep, self._now = pause, clock, sleep, now
        self._delays: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._holds: dict[str, float] = {}

    def wait(self, url: str, host: str) -> None:
        """Until the host's pause is over. Raises NotNow where it asked for more than a pause."""
        moment = self._clock()
        if (hold := self._holds.get(host, moment) - moment) > 0:
            until = self._now() + timedelta(seconds=hold)
            raise NotNow(
                f"{url}: not asked, because {host} asked for a pause until {until:%Y-%m-%d %H:%M:%S} UTC; "
                "try again after that",
                until=until,
            )
        due = self._asked.get(host, -math.inf) + max(self._pause, self._delays.get(host, 0))
        if due > moment:
            self._sleep(due - moment)

    def asked(self, host: str) -> None:
        """A question has just come to its end, whatever came of it: the pause begins."""
        self._asked[host] = self._clock()

    def slow_down(self, host: str, seconds: float) -> None:
        """What its robots.txt asks for between two questions, up to half a minute."""
        self._delays[host] = min(max(seconds, self._delays.get(host, 0)), LONGEST_DELAY)

    def heard(self, host: str, status: int, headers: Mapping[str, str]) -> None:
        """Remember how long a host that has too much to do wants to be left alone."""
        if status not in (429, 503):
            return
        seconds = retry_after(headers.get("retry-after", ""), self._now())
        if seconds is None:
            seconds = _TOO_MANY if status == 429 else 0
        self._holds[host] = self._clock() + seconds


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait, from 0 to a day, by Retry-After: a number or a date; None for anything else.

    Source: RFC 9110, 10.2.3.
    """
    value = value.strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(min(int(value[:9]), LONGEST_HOLD)) if len(value) < 10 else LONGEST_HOLD
    try:
        moment = parsedate_to_datetime(value)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds.total_seconds(), 0), LONGEST_HOLD)
