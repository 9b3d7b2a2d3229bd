"""Five weeks of the service at high speed: a relay with faults, five kills, and every copy accounted for."""

import json
import queue
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from signal import SIGTERM

import pytest

from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.app import App
from publisher.config import load
from publisher.feeds.lint import check
from publisher.store import deliveries, issues
from tests.conftest import KEYS, ROOT, article_file, quick, take_in
from tests.delivery.relay import Rule, ScriptedRelay, Visit, kill
from tests.faults.trial import settle_in
from tests.flow.soaking import FastClock

pytestmark = pytest.mark.long

PEOPLE = 60
WEEKS = ["2026-W49", "2026-W50", "2026-W51", "2026-W52", "2026-W53"]
BEGIN, FIRST_SLOT = datetime(2026, 11, 29, 12, tzinfo=UTC), datetime(2026, 11, 30, 15, tzinfo=UTC)
SPEED = 30_000
NOBODY, CAREFUL = "reader7@example.org", ("reader1", "reader4", "reader8")
SECONDS = 400


class Soak:
    """The site, its relay, and the service that is started again each time it was killed."""

    def __init__(self, site: Path) -> None:
        self.site, self.kills = site, 0
        self._chance = random.Random(7)
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.told: list[str] = []
        self.wrong: list[str] = []
        self._ends = 0
        self._kill_at = [week * PEOPLE + self._chance.randint(5, PEOPLE - 10) for week in range(len(WEEKS))]
        self.relay = ScriptedRelay(
            Rule("rcpt", recipient=NOBODY, reply="550 5.1.1 no such person"),
            Rule("rcpt", recipient=lambda who: who.startswith(CAREFUL), reply="450 4.2.1 later", each=2),
            Rule("banner", reply="421 4.3.2 come back later", after=6, times=2),
            Rule("end", after=20, times=1, drop="before", keep=True),
            Rule("end", after=90, times=1, drop="before", keep=False),
            Rule("end", after=150, times=1, reply="452 4.3.1 no room just now"),
            Rule("end", do=self._strike),
            most_messages=20,
        )

    def _strike(self, visit: Visit) -> None:
        """Kill the service at the moments drawn by lot: the end has come, and nothing is said yet."""
        self._ends += 1
        if self._kill_at and self._ends >= self._kill_at[0]:
            self._kill_at.pop(0)
            self.kills += 1
            assert self._process
            kill(self._process.pid)(visit)

    @contextmanager
    def running(self, clock: FastClock) -> Iterator[None]:
        """Until the end of the block it is started again whenever it was killed."""
        ending = threading.Event()

        def keep() -> None:
            while not ending.is_set():
                words = [sys.executable, "-m", "tests.flow.soaking", str(self.site), str(clock), str(clock.speed)]
                with subprocess.Popen(
                    words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
                ) as self._process:
                    assert self._process.stdout
                    for line in self._process.stdout:
                        self._lines.put(line.rstrip())
                self.wrong += wrong_feeds(self.site, clock())

        keeper = threading.Thread(target=keep, name="keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            ending.set()
            if self._process:
                self._process.send_signal(SIGTERM)
            keeper.join(60)
            assert not keeper.is_alive()

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process else None

    def wait_for_all(self) -> None:
        """Until the service has said of each week that every copy is accounted for."""
        wanted, deadline = set(WEEKS), time.monotonic() + SECONDS
        while wanted:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not finished: {sorted(wanted)}\n" + "\n".join(self.told[-40:])) from None
            self.told.append(line)
            wanted -= {week for week in wanted if week in line and "every copy accounted for" in line}


def wrong_feeds(site: Path, now: datetime) -> list[str]:
    """What is wrong with the feeds as they lie there, in the middle of whatever was under way."""
    files = [file for file in (site / "feeds").rglob("*") if file.suffix in (".rss", ".atom", ".json", ".opml")]
    found = [(file, one) for file in files for one in check(file.read_bytes(), now=now)]
    return [f"{file.name}: {one.place}: {one.mend}" for file, one in found if one.severity != "note"]


def prepared(site: Path, relay: ScriptedRelay) -> None:
    for number, week in enumerate(WEEKS):
        date = FIRST_SLOT + timedelta(days=7 * number - 2)
        article_file(site, week.lower(), headline=f"News of week {number + 1}", date=date.isoformat())
    (site / "people.csv").write_text("address\n" + "".join(f"reader{n}@example.org\n" for n in range(PEOPLE)))
    smtp = f'[delivery.smtp]\nhost = "{relay.host}"\nport = {relay.port}\nencryption = "none"\n'
    # Of a lease of an hour a tenth of a second is left at this speed.
    delivery = f'transport = "smtp"\nconnections = 3\nbatch = 5\nlease_seconds = 3600\n\n{smtp}'
    settle_in(site, "sqlite:///publisher.db", delivery)
    settings = site / "publisher.toml"
    # A service that was killed needs days of this time to start, and more on a machine with much else to do.
    patient = 'approval = "automatic"\ncatch_up_hours = 120'
    settings.write_text(settings.read_text().replace('approval = "automatic"', patient))
    app = App(quick(load(site)), clock=lambda: BEGIN, keys=KEYS)
    try:
        collect(app)
        take_in(app, site / "people.csv")
    finally:
        app.close()


def test_five_weeks_with_five_kills_add_up(site: Path) -> None:
    soak = Soak(site)
    with soak.relay as relay:
        prepared(site, relay)
        clock = FastClock(BEGIN, time.time(), SPEED)
        with soak.running(clock):
            soak.wait_for_all()
    assert soak.exit_code == 0, "\n".join(soak.told[-20:])
    assert soak.kills == 5
    assert "Traceback" not in "\n".join(soak.told)
    assert not soak.wrong
    app = App(quick(load(site)), clock=clock, keys=KEYS)
    try:
        # The last tick may have come before the last copy.
        build_feeds(app)
        with app.database.read() as connection:
            made = {issue.period: issue for issue in issues.every(connection)}
            certificates = {period: deliveries.certificate(connection, issue) for period, issue in made.items()}
            in_question = {
                period: {copy.address: copy for copy in deliveries.in_question(connection, issue.id)}
                for period, issue in made.items()
            }
    finally:
        app.close()
    assert sorted(period for period in made if made[period].state == "sent") == WEEKS == sorted(made)
    past = (site / "feeds" / "newsletters" / "health-weekly.json").read_bytes()
    assert len(json.loads(past)["items"]) == len(WEEKS) and not wrong_feeds(site, clock())
    arrived = Counter((week_of(one.raw, made), one.recipient) for one in relay.kept)
    for week in WEEKS:
        assert certificates[week].holds and certificates[week].recipients == PEOPLE
        for number in range(PEOPLE):
            who = f"reader{number}@example.org"
            copy = in_question[week].get(who)
            if who == NOBODY:
                assert copy and copy.state == "refused" and not arrived[week, who]
            elif copy is None:
                assert arrived[week, who] == 1, f"{who} has {arrived[week, who]} copies of {week}, and nothing says so"
            else:
                assert arrived[week, who] <= 2
                assert arrived[week, who] >= 1 or copy.state == "uncertain", f"{who} got nothing in {week}"


def week_of(raw: bytes, made: dict[str, object]) -> str:
    """Of which week a message is: by its Date, which is the issue's."""
    told = message_from_bytes(raw)["Date"]
    date = datetime.strptime(told, "%a, %d %b %Y %H:%M:%S %z").astimezone(UTC)
    year, week, _ = date.isocalendar()
    return f"{year}-W{week:02}"
