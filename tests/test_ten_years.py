"""Ten years of an unattended office on a clock that is moved by hand: makers die, machines are off, clocks are wrong.

What is due is decided by the real rule, and the ledger keeps the real records, in memory or in a real SQLite database.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

import pytest

from publisher.digest.period import following, latest_slot, next_slot, period_at, slots_between
from publisher.records import Issue, IssueState, Newsletter, Period
from publisher.schedule import Due, doubt, due
from publisher.store import Database, issues, open_database
from tests.conftest import KEYS, newsletter

pytestmark = pytest.mark.long

ZONES = [
    "America/Los_Angeles", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "UTC",
]  # fmt: skip
BEGIN = {zone: datetime(2026, 1, 5, 12, tzinfo=UTC) for zone in ZONES} | {
    "Pacific/Apia": datetime(2006, 1, 2, 12, tzinfo=UTC)  # without 2011-12-30
}
INTERVALS: dict[str, dict[str, Any]] = {
    "weekly": {},
    "fortnightly": {"starts": date(2026, 1, 5)},
    "monthly": {"which": "last"},
    "daily": {"catch_up_hours": 12},
}
TIMES = [time(0), time(1, 30), time(2, 15), time(2, 30), time(7), time(23, 59)]
HOUR = timedelta(hours=1)
SETTLED = ("sent", "skipped", "missed", "held")


class Crash(Exception):
    """The machine loses its power."""


class Ledger(Protocol):
    def rows(self) -> list[Issue]: ...
    def every(self) -> list[Issue]: ...
    def add(self, issue: Issue) -> Issue | None: ...
    def move(self, issue: Issue, to: IssueState, why: str | None) -> Issue | None: ...


class Records:
    """The rules of the issue table: one row for each period, and who knows an old revision is too late."""

    def __init__(self) -> None:
        self.kept: dict[str, Issue] = {}

    def rows(self) -> list[Issue]:
        latest = sorted(list(self.kept.values())[-60:], key=lambda issue: issue.cut_off)
        return latest[-20:] + [issue for issue in latest[:-20] if issue.state not in SETTLED]

    def every(self) -> list[Issue]:
        return list(self.kept.values())

    def add(self, issue: Issue) -> Issue | None:
        return None if issue.period in self.kept else self.kept.setdefault(issue.period, issue)

    def move(self, issue: Issue, to: IssueState, why: str | None) -> Issue | None:
        if self.kept[issue.period].revision != issue.revision:
            return None
        self.kept[issue.period] = replace(issue, state=to, reason=why, revision=issue.revision + 1)
        return self.kept[issue.period]


class Stored:
    """The issue table itself."""

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name

    def rows(self) -> list[Issue]:
        with self.database.read() as connection:
            return [i for i in issues.open_and_latest(connection, 20) if i.newsletter == self.name]

    def every(self) -> list[Issue]:
        with self.database.read() as connection:
            return list(reversed(issues.every(connection, self.name)))

    def add(self, issue: Issue) -> Issue | None:
        with self.database.write() as connection:
            return issues.add(connection, issue, "scheduler", issue.reason or "drafted")

    def move(self, issue: Issue, to: IssueState, why: str | None) -> Issue | None:
        with self.database.write() as connection:
            return issues.move(connection, issue, to, at=issue.drafted_at, who="scheduler", why=why)


class Office:
    """One newsletter, its ledger, and two schedulers that see the same and act one after the other."""

    def __init__(self, letter: Newsletter, ledger: Ledger, chance: random.Random) -> None:
        self.letter, self.ledger, self.chance = letter, ledger, chance
        self.rate = 0.03 if letter.interval == "daily" else 0.2
        self.off = timedelta()
        self.last_tick: datetime | None = None
        self.newest: datetime | None = None
        self.mails: Counter[str] = Counter()
        self.trouble: Counter[str] = Counter()

    def live(self, begin: datetime, end: datetime) -> None:
        """From tick to tick: at slots, between them, after outages, and again soon where one went wrong."""
        now = begin
        while now < end:
            try:
                well = self.tick(now + self.off)
            except Crash:
                self.trouble["crash"] += 1
                well = False
            now += self.sleep(now) if well else timedelta(minutes=self.chance.uniform(1, 10))
            if self.chance.random() < self.rate:
                self.trouble["clock step"] += 1
                self.off = self.chance.choice([timedelta(), HOUR, -HOUR])
        self.off = timedelta()
        for minutes in range(0, 600, 10):
            with suppress(Crash):
                self.tick(end + timedelta(minutes=minutes))

    def sleep(self, now: datetime) -> timedelta:
        to_slot = next_slot(self.letter, now + self.off).slot - now - self.off
        what = self.chance.random()
        if what < self.rate:
            self.trouble["outage"] += 1
            return HOUR * self.chance.choice([2, 10, 47, 49, 200, 500, 1000])
        if what < self.rate + 0.2:
            return to_slot * self.chance.random() + timedelta(seconds=60)
        return to_slot + timedelta(seconds=self.chance.uniform(0, 60))

    def tick(self, now: datetime) -> bool:
        """Whether all was done, or the clock held it."""
        if doubt(now, self.last_tick, self.newest, lambda: self.chance.random() < 0.7):
            self.trouble["clock held"] += 1
            if self.last_tick and now > self.last_tick and self.chance.random() < 0.5:
                self.last_tick = now  # a person vouches for it
            return False
        for one in due([self.letter], self.ledger.rows(), now):
            for _scheduler in range(2):
                self.act(one, now)
        self.last_tick = now
        return True

    def act(self, one: Due, now: datetime) -> None:
        """One step after another; before each the power may fail."""
        assert one.period.slot <= now or one.what == "on"
        self.newest = now
        if one.what in ("skip", "missed"):
            self.settle(one, now)
            return
        known = self.known(one.period) or self.ledger.add(self.row(one.period, now, "draft", None))
        for before, after in (("draft", "approved"), ("approved", "sending"), ("sending", "sent")):
            self.perhaps_die()
            if known and known.state == before:
                to: IssueState = after
                why = None
                if before == "draft" and self.chance.random() < 0.05:
                    to, why = "skipped", "nothing new to carry"
                known = self.ledger.move(known, to, why)
                self.mails[one.period.name] += known is not None and known.state == "sent"

    def settle(self, one: Due, now: datetime) -> None:
        self.perhaps_die()
        state, why = ("skipped", one.period.skipped) if one.what == "skip" else ("missed", "nobody was there")
        known = self.known(one.period)
        if known is None:
            self.ledger.add(self.row(one.period, now, state, why))
        elif known.state in ("draft", "approved"):
            self.ledger.move(known, "missed", why)

    def known(self, period: Period) -> Issue | None:
        return next((issue for issue in self.ledger.rows() if issue.period == period.name), None)

    def row(self, period: Period, now: datetime, state: IssueState, why: str | None) -> Issue:
        name, slot = self.letter.name, period.slot
        return Issue(
            newsletter=name, period=period.name, state=state, after=slot, cut_off=slot, drafted_at=now, reason=why
        )

    def perhaps_die(self) -> None:
        if self.chance.random() < self.rate / 2:
            raise Crash


def letter(zone: str, interval: str, chance: random.Random, years: range) -> Newsletter:
    """With some holidays, skips and, if chance wants so, a time that the clock jumps over."""
    off = [date(year, chance.randint(1, 12), chance.randint(1, 28)) for year in years for _ in range(12)]
    return newsletter(
        name=f"{interval}-{zone.rpartition('/')[2].lower()}",
        zone=zone,
        interval=interval,
        weekday=chance.randrange(7),
        at=chance.choice(TIMES),
        skip=frozenset(str(day) for day in off[::6]),
        holidays=tuple(sorted(dict.fromkeys(off, "").items())),
        on_holiday="skip" if interval == "daily" else chance.choice(["skip", "before", "after"]),
        **INTERVALS[interval],
    )


def lived(zone: str, interval: str, ledger: Ledger, years: int) -> Office:
    chance = random.Random(f"{zone} {interval}")
    begin = BEGIN[zone]
    end = begin.replace(year=begin.year + years)
    own = letter(zone, interval, chance, range(begin.year, end.year + 1))
    if own.starts:
        monday = begin.date() - timedelta(days=begin.weekday())
        own = replace(own, starts=monday + timedelta(days=own.weekday))
    office = Office(own, ledger, chance)
    office.live(begin, end)
    every_period_is_explained(office, end)
    return office


def every_period_is_explained(office: Office, end: datetime) -> None:
    rows = {issue.period: issue for issue in office.ledger.every()}
    first = min(issue.cut_off for issue in rows.values())
    due_since = slots_between(office.letter, first - timedelta(seconds=1), latest_slot(office.letter, end).slot)
    assert {period.name for period in due_since} <= set(rows)
    assert len(rows) == len(office.ledger.every())
    assert {period: count for period, count in office.mails.items() if count} == {
        issue.period: 1 for issue in rows.values() if issue.state == "sent"
    }
    for period in due_since:
        issue = rows[period.name]
        assert issue.state in SETTLED, f"{period.name} is left {issue.state}"
        assert issue.state == "sent" or issue.reason, f"nobody knows why {period.name} is {issue.state}"
        assert bool(period.skipped) <= (issue.state == "skipped")


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("zone", ZONES)
def test_in_ten_years_each_period_has_one_issue_and_every_gap_its_reason(zone: str, interval: str) -> None:
    office = lived(zone, interval, Records(), years=10)
    states = Counter(issue.state for issue in office.ledger.every())
    least = {"daily": 3000, "weekly": 400, "fortnightly": 200, "monthly": 90}[interval]
    assert states["sent"] + states["skipped"] + states["missed"] >= least
    assert states["sent"] > states["missed"] > 0 and states["skipped"] > 0
    assert all(office.trouble[what] for what in ("crash", "outage", "clock step", "clock held")), office.trouble


@pytest.fixture
def sqlite(tmp_path: Any) -> Iterator[Database]:
    opened = open_database("sqlite:///ten-years.db", tmp_path, KEYS.fingerprint)
    yield opened
    opened.close()


def test_the_same_ten_years_in_a_real_ledger(sqlite: Database) -> None:
    """Daily ones for a year, the others for ten, all in one database."""
    zone = "Australia/Lord_Howe"
    for interval in INTERVALS:
        own = f"{interval}-lord_howe"
        lived(zone, interval, Stored(sqlite, own), years=1 if interval == "daily" else 10)
    with sqlite.read() as connection:
        assert len(issues.newsletters(connection)) == len(INTERVALS)


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_period_follows_the_other_whatever_the_zone_does(interval: str) -> None:
    for zone in ZONES:
        own = letter(zone, interval, random.Random(zone), range(2005, 2016))
        period = period_at(replace(own, starts=own.starts and date(2004, 12, 27)), datetime(2005, 1, 3, 12, tzinfo=UTC))
        for _ in range(400):
            after = following(own, period)
            assert after.slot > period.slot, (zone, after)
            period = after
