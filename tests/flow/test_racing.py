"""Twelve processes want to make the same issue at the same moment: the database lets one of them."""

import multiprocessing
from collections import Counter
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

import pytest

from publisher.digest.period import slots_after
from publisher.records import Issue
from publisher.store import issues, open_database
from tests.conftest import KEYS, NOW, newsletter

pytestmark = pytest.mark.long

PROCESSES, PERIODS = 12, 10
SECONDS = 120


Winners: TypeAlias = "SimpleQueue[tuple[str, int]]"


def race(url: str, folder: Path, periods: list[str], start: Barrier, won: Winners, me: int) -> None:
    database = open_database(url, folder, KEYS.fingerprint)
    try:
        for period in periods:
            seen = {"after": NOW, "cut_off": NOW, "drafted_at": NOW}
            issue = Issue(newsletter="weekly", period=period, state="draft", reason=str(me), **seen)
            start.wait(SECONDS)
            with database.write() as connection:
                if issues.add(connection, issue, "scheduler", "drafted"):
                    won.put((period, me))
    finally:
        database.close()


def test_of_twelve_processes_one_wins_each_of_ten_periods(database_url: str, tmp_path: Path) -> None:
    open_database(database_url, tmp_path, KEYS.fingerprint).close()
    coming = slots_after(newsletter(), NOW - timedelta(days=7))
    periods = [next(coming).name for _ in range(PERIODS)]
    together = multiprocessing.get_context("spawn")
    start, won = together.Barrier(PROCESSES), together.SimpleQueue()
    racers = [
        together.Process(target=race, args=(database_url, tmp_path, periods, start, won, me)) for me in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(SECONDS)
    assert [racer.exitcode for racer in racers] == [0] * PROCESSES
    winners = []
    while not won.empty():
        winners.append(won.get())
    assert Counter(period for period, _ in winners) == dict.fromkeys(periods, 1)
    database = open_database(database_url, tmp_path, KEYS.fingerprint)
    with database.read() as connection:
        kept = {issue.period: issue for issue in issues.every(connection)}
        rows = [(issue.period, len(issues.changes(connection, issue))) for issue in kept.values()]
    database.close()
    assert {(period, int(kept[period].reason or "")) for period in kept} == set(winners)
    assert rows == [(period, 1) for period in reversed(periods)]
