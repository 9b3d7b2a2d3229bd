"""Rows 24 to 26 of the fault matrix: whatever happens to the store, no end leaves that the ledger does not know of."""

import os
import random
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from publisher.errors import StoreError
from tests import postgres
from tests.conftest import NOW
from tests.delivery.relay import Rule, Visit, kill
from tests.faults.conftest import MakeTrial, Models, trial_of
from tests.faults.trial import CONNECTIONS, Trial

pytestmark = pytest.mark.long

PEOPLE = 200
CUTS, RESUMED = 200, 8
RANK = {"waiting": 0, "claimed": 1, "sending": 2, "accepted": 3}


class Disk:
    """A small one of its own, that can be filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def is_full(self) -> bool:
        return self._filler.exists()

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * 4096)

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)  # several threads ask the clock


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("this needs root and the right to mount, for a disk that can be filled")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def clock_that_frees(trial: Trial, disk: Disk, after: int) -> Callable[[], datetime]:
    """A clock that frees the full disk when it was asked for so many times: each try to write asks for the time."""
    asked = iter(range(after))

    def now() -> datetime:
        if disk.is_full and next(asked, None) is None:
            disk.free()
        return trial.now

    return now


def test_on_a_disk_that_is_full_nothing_begins(models: Models, disk: Disk) -> None:
    with trial_of(models, disk.folder / "site", "sqlite", people=PEOPLE) as trial:
        app = trial.app
        disk.fill()
        with pytest.raises(StoreError, match=r"cannot be used: .*disk.* full.*; nothing was changed, try again$"):
            trial.send()
        assert trial.relay.kept == []
        disk.free()
        assert (trial.issue().state, trial.counts()) == ("approved", {})
        app.clock = lambda: NOW
        trial.send()
        assert trial.account().doubted == 0


def test_a_disk_that_fills_up_and_is_freed_in_time_costs_nothing(models: Models, disk: Disk) -> None:
    rule = Rule("end", after=20, times=1, do=lambda visit: disk.fill())
    with trial_of(models, disk.folder / "site", "sqlite", rule, people=PEOPLE) as trial:
        trial.app.clock = clock_that_frees(trial, disk, after=4)
        trial.send()
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": PEOPLE}, 0)


def test_a_disk_that_stays_full_stops_the_sender_before_the_next_end(models: Models, disk: Disk) -> None:
    seen: list[int] = []

    def fill(visit: Visit) -> None:
        disk.fill()
        seen.append(len(trial.relay.kept))

    rule = Rule("end", after=20, times=1, do=fill)
    with trial_of(models, disk.folder / "site", "sqlite", rule, people=PEOPLE) as trial:
        with pytest.raises(StoreError, match="full"):
            trial.send(hold=timedelta(seconds=0.5))
        # What was on its way when the disk filled up has arrived; nothing came after it.
        assert len(trial.relay.kept) <= seen[0] + CONNECTIONS
        disk.free()
        left = trial.counts().get("sending", 0)
        assert left <= CONNECTIONS
        trial.later()
        trial.send()
        assert trial.account(twice=left).doubted <= left


def test_a_database_that_is_locked_for_eight_seconds_is_waited_for(make_trial: MakeTrial) -> None:
    def lock(visit: Visit) -> None:
        held = sqlite3.connect(trial.site / "publisher.db", isolation_level=None, check_same_thread=False, timeout=10)
        held.execute("BEGIN IMMEDIATE")
        threading.Timer(8, held.close).start()

    with make_trial(Rule("end", after=20, times=1, do=lock)) as trial:
        trial.send(command=20.0, end=20.0, data=20.0)
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": 60}, 0)


def test_a_database_server_that_crashes_and_comes_back_costs_nothing(models: Models, tmp_path: Path) -> None:
    if not postgres.is_installed():
        pytest.skip(postgres.MISSING)
    with postgres.server(durable=True) as server:

        def crash(visit: Visit) -> None:
            server.stop()
            server.start()

        twice = [Rule("end", after=number, times=1, do=crash) for number in (40, 120)]
        site = tmp_path / "site"
        with trial_of(models, site, "postgresql", *twice, people=PEOPLE, server=server.url) as trial:
            # A sequence copied from a template logs its next values only after a checkpoint.
            with psycopg.connect(trial.url, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
            trial.send(command=20.0, end=20.0, data=20.0)
            certificate = trial.account()
            assert (certificate.counts, certificate.doubted) == ({"accepted": PEOPLE}, 0)


def test_a_connection_to_the_database_that_is_cut_costs_nothing(make_trial: MakeTrial) -> None:
    cuts: list[int] = []
    alone = threading.Lock()

    def cut(visit: Visit) -> None:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        where = "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        # Two at once would cut each other.
        with alone, psycopg.connect(trial.url, autocommit=True) as connection:
            cuts.append(len(connection.execute(f"{others} {where}").fetchall()))

    one_in_ten = [Rule("end", after=10 * n, times=1, do=cut) for n in range(1, 6)]
    with make_trial(*one_in_ten, kind="postgresql") as trial:
        trial.send(command=20.0, end=20.0, data=20.0)
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": 60}, 0)
    assert len(cuts) == 5 and sum(cuts) >= 5


def test_after_a_power_cut_the_ledger_is_whole_and_as_it_was_at_some_moment(
    make_trial: MakeTrial, tmp_path: Path
) -> None:
    """The journal is cut at two hundred places, as it may be found when the power failed while it was written."""
    rule = Rule("end", after=40, times=1, do=kill(lambda: trial.pid))
    with make_trial(rule, batch=10) as trial:
        trial.start()
        assert trial.died_untouched()
        size = (trial.site / "publisher.db-wal").stat().st_size
        chance = random.Random(26)
        cuts = sorted(chance.sample(range(size), CUTS))
        before: dict[int, int] = {}
        for number, cut in enumerate(cuts):
            ranks = ranks_after_a_cut(trial.site, tmp_path / "cut", cut)
            assert sum(1 for _ in ranks) in (0, 60)
            assert all(ranks[person] >= rank for person, rank in before.items()), f"cut at {cut}, the {number}th"
            before = ranks
        assert max(before.values()) == RANK["accepted"]


@pytest.mark.parametrize("part", range(RESUMED))
def test_after_a_power_cut_the_issue_goes_on(make_trial: MakeTrial, part: int) -> None:
    rule = Rule("end", after=40, times=1, do=kill(lambda: trial.pid))
    with make_trial(rule, batch=10) as trial:
        trial.start()
        assert trial.died_untouched()
        journal = trial.site / "publisher.db-wal"
        os.truncate(journal, random.Random(part).randrange(journal.stat().st_size))
        with closing(sqlite3.connect(trial.site / "publisher.db")) as connection:
            if connection.execute("SELECT begun FROM epoch").fetchone() is None:
                # The file that counts the sends is written once the journal holds the first for good.
                (trial.site / "publisher.epoch").unlink()
        trial.later()
        trial.send()
        assert trial.counts() == {"accepted": 60}
        assert set(trial.relay.recipients) == set(trial.copies())


def ranks_after_a_cut(site: Path, folder: Path, cut: int) -> dict[int, int]:
    """How far each copy is, by person, in the database whose journal ends at this byte."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("publisher.db", "publisher.db-wal"):
        shutil.copy(site / name, folder)
    os.truncate(folder / "publisher.db-wal", cut)
    with closing(sqlite3.connect(folder / "publisher.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {who: RANK[state] for who, state in connection.execute("SELECT subscriber, state FROM delivery")}
