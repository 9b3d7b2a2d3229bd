"""One approved issue on trial: its readers, a relay that does what the test says, senders that can be killed.

    with make_trial(Rule("end", after=20, times=1, do=kill(lambda: trial.pid))) as trial:    # see conftest.py
        trial.start()                  # a process of its own, which is killed in the middle
        trial.died()
        trial.later(minutes=12)        # until its lease is over and nobody hears from it any more
        trial.send()                   # the next sender, in this process
        trial.account(twice=...)       # what must hold after every fault

Processes are forked from one that has imported everything, so that a start takes a twentieth of a second.
"""

import importlib
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from publisher import failpoints
from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.actions.sending import Sending, send_issue
from publisher.app import App
from publisher.config import load
from publisher.delivery.crew import Manners
from publisher.delivery.ledger import Terms
from publisher.delivery.session import Timeouts
from publisher.errors import Busy, PublisherError
from publisher.records import OPEN, Certificate, Delivery, Issue
from publisher.store import deliveries, issues
from tests.conftest import KEYS, NOW, article_file, quick, take_in
from tests.delivery.relay import Kept, ScriptedRelay

NAME, WEEK = "health-weekly", "2026-W48"
CONNECTIONS = 4
DONE, IN_QUESTION, UNFINISHED, ERROR, BUSY = 0, 3, 4, 1, 5
"""Exit codes of `publisher issue send`; a sender that stands back for another has one of its own here."""

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__, "publisher.delivery.engine", "publisher.delivery.smtp"])


def address(number: int) -> str:
    return f"reader{number}@example.org"


def make_site(site: Path, people: int, url: str) -> None:
    """A site in this folder and database with an approved issue for so many people; it takes a second, so it is made
    once and copied."""
    article_file(site, "one", headline="One", date="2026-11-20")
    rows = "".join(f"{address(number)}\n" for number in range(people))
    (site / "people.csv").write_text("address\n" + rows)
    settle_in(site, url)
    app = App(quick(load(site)), clock=lambda: NOW, keys=KEYS)
    try:
        collect(app)
        take_in(app, site / "people.csv")
        draft_issue(app, app.newsletter(None))
        approve_issue(app, app.newsletter(None), WEEK, who="ana")
    finally:
        app.close()


def settle_in(site: Path, url: str, delivery: str = "") -> None:
    """Write into publisher.toml which database it uses, and its [delivery]."""
    path = site / "publisher.toml"
    text = re.sub(r'^url = "(sqlite|postgresql).*$', f'url = "{url}"', path.read_text(), flags=re.MULTILINE)
    path.write_text(f"{text.partition('[delivery]')[0]}[delivery]\n{delivery}")


@contextmanager
def hurried(**waits: Any) -> Iterator[None]:
    """The waits that the program has by default are short: of Manners, Terms and Timeouts, each by its name."""
    usual = {"reconnect": (0, 0.02, 0.05), "connect": 2.0, "command": 2.0, "data": 2.0, "block": 2.0, "end": 2.0}
    defaults: list[dict[str, Any]] = [kind.__init__.__kwdefaults__ for kind in (Manners, Terms, Timeouts)]
    before = [dict(known) for known in defaults]
    try:
        for known in defaults:
            known.update({name: wait for name, wait in (usual | waits).items() if name in known})
        yield
    finally:
        for known, old in zip(defaults, before, strict=True):
            known.update(old)


def opened(site: Path, clock: Callable[[], datetime], lease: int | None = None) -> App:
    """With a `lease` shorter than publisher.toml may have it, where a test has to wait for its end."""
    config = quick(load(site))
    if lease is not None:
        config = config.model_copy(update={"delivery": config.delivery.model_copy(update={"lease_seconds": lease})})
    return App(config, clock=clock, keys=KEYS)


def _send(site: Path, now: datetime, failpoint: str, lease: int | None, waits: dict[str, Any]) -> None:
    """What a forked sender does: the whole of `publisher issue send`, on a clock that begins at `now`."""
    os.environ["PUBLISHER_FAILPOINT"] = failpoint
    importlib.reload(failpoints)
    begun = time.monotonic()
    app = opened(site, lambda: now + timedelta(seconds=time.monotonic() - begun), lease)
    signal.signal(signal.SIGTERM, lambda *_: app.stop.set())
    with hurried(**waits):
        sys.exit(_code(app))


def _code(app: App) -> int:
    try:
        certificate = send_issue(app, app.newsletter(None), WEEK).certificate
    except Busy:
        return BUSY
    except PublisherError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return ERROR
    finally:
        app.close()
    return DONE if certificate.everyone_has_one else IN_QUESTION if certificate.holds else UNFINISHED


@dataclass(kw_only=True, eq=False)
class Trial:
    """`now` is the clock of all senders. `doubtful` counts, over all kills, the copies that a sender had begun to let
    go and did not know the answer for: so many may arrive twice, and no more."""

    site: Path
    url: str
    relay: ScriptedRelay
    people: int
    now: datetime = NOW
    process: ForkServerProcess | None = None
    doubtful: int = 0
    kills: int = 0
    _app: App | None = field(default=None, repr=False)

    # Senders ---------------------------------------------------------------------------------------------------------

    def configure(self, **delivery: str | int) -> None:
        """[delivery] of publisher.toml; from then on sites are opened with it."""
        usual: dict[str, str | int] = {"transport": "smtp", "connections": CONNECTIONS}
        given = {**usual, **delivery}
        lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in given.items()]
        smtp = [f'host = "{self.relay.host}"', f"port = {self.relay.port}", 'hello = "news.example.org"']
        if self.relay.context:
            smtp += [f'encryption = "{self.relay.tls}"', f'ca_file = "{self.site / "authority.pem"}"']
        else:
            smtp.append('encryption = "none"')
        smtp += ['user = "office"', 'password = "secret"'] if self.relay.users else []
        settle_in(self.site, self.url, "\n".join([*lines, "", "[delivery.smtp]", *smtp, ""]))
        self.close()

    @property
    def app(self) -> App:
        if self._app is None:
            self._app = opened(self.site, lambda: self.now)
        return self._app

    def close(self) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None

    def send(self, *, by_hand: bool = True, limit: int | None = None, **waits: Any) -> Sending:
        """Send in this process, with short waits."""
        with hurried(**waits):
            return send_issue(self.app, self.app.newsletter(None), WEEK, by_hand=by_hand, limit=limit)

    def start(self, *, failpoint: str = "", lease: int | None = None, **waits: Any) -> ForkServerProcess:
        """Send in a process of its own, that a test may kill or stop."""
        self.close()
        self.process = _SERVER.Process(target=_send, args=(self.site, self.now, failpoint, lease, waits))
        self.process.start()
        return self.process

    @property
    def pid(self) -> int:
        """Of the process started last."""
        while self.process is None or self.process.pid is None:
            time.sleep(0.001)
        return self.process.pid

    def ended(self, process: ForkServerProcess | None = None, *, seconds: float = 30) -> int:
        """The exit code of a sender, of the last one unless another is named."""
        process = process or self.process
        assert process
        process.join(seconds)
        assert process.exitcode is not None, "the sender does not end"
        return process.exitcode

    def stopped(self) -> None:
        """Until the last sender was stopped, all of it."""
        state = Path(f"/proc/{self.pid}/stat")
        deadline = time.monotonic() + 30
        while state.read_text().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < deadline, "the sender does not stop"
            time.sleep(0.001)

    def died_untouched(self) -> bool:
        """Whether the last sender was killed. Nothing of what it left is looked at: its journal stays as it was."""
        killed = self.ended() == -signal.SIGKILL
        self.settled_down()
        return killed

    def died(self) -> bool:
        """Whether the last sender was killed; it may have come to its end before. Counts what it left in doubt."""
        if self.ended() != -signal.SIGKILL:
            return False
        self.kills += 1
        left = self.counts().get("sending", 0)
        assert left <= self.app.pace.connections, f"{left} copies were under way at once"
        self.doubtful += left
        self.settled_down()
        return True

    def later(self, *, minutes: float = 12) -> None:
        """Time goes by, for the database's server too, whose clock tells whether a sender lives."""
        self.now += timedelta(minutes=minutes)
        if not self.app.database.is_sqlite:
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("UPDATE sender SET seen_at = seen_at - make_interval(mins => %s)", [int(minutes)])

    def settled_down(self) -> None:
        """Until the relay has seen to the end of every connection."""
        self.relay.wait_for("gone", self.relay.connections)

    # What became of the copies ---------------------------------------------------------------------------------------

    def issue(self) -> Issue:
        with self.app.database.read() as connection:
            issue = issues.find(connection, NAME, WEEK)
        assert issue
        return issue

    def certificate(self) -> Certificate:
        issue = self.issue()
        with self.app.database.read() as connection:
            return deliveries.certificate(connection, issue)

    def counts(self) -> dict[str, int]:
        return self.certificate().counts

    def in_question(self) -> dict[str, Delivery]:
        """By address: refused, expired, uncertain, or accepted with a doubt."""
        issue = self.issue()
        with self.app.database.read() as connection:
            return {one.address: one for one in deliveries.in_question(connection, issue.id)}

    def copies(self) -> dict[str, Delivery]:
        """All copies by address."""
        issue = self.issue()
        from sqlalchemy import select

        from publisher.store import schema

        query = select(schema.delivery).where(schema.delivery.c.issue == issue.id)
        with self.app.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        names = Delivery.__dataclass_fields__
        return {row["address"]: Delivery(**{name: row[name] for name in names}) for row in rows}

    def resend_uncertain(self) -> int:
        """A person decided that the uncertain ones get it once more."""
        issue = self.issue()
        with self.app.database.write() as connection:
            assert issues.move(connection, issue, "sending", at=self.now, who="ana")
            return deliveries.resend(connection, issue.id, "uncertain")

    @property
    def twice(self) -> list[str]:
        return [who for who, times in Counter(self.relay.recipients).items() if times > 1]

    def account(self, *, twice: int | Collection[str] = 0, finished: bool = True, frozen: bool = True) -> Certificate:
        """What holds after every fault. `twice`: at most so many, or just these people, got a second copy.

        The states sum up to the people; each copy that arrived is accepted or in doubt, and none that is accepted did
        not; second copies are the same bytes, and are named; the issue is `sent` if and only if nothing is open.
        """
        self.settled_down()
        certificate, copies = self.certificate(), self.copies()
        assert sum(certificate.counts.values()) == certificate.recipients == (self.people if frozen else 0)
        assert_same_bytes(self.relay.kept)
        arrived = set(self.relay.recipients)
        for who, copy in copies.items():
            if who in arrived:
                known = copy.state in ("accepted", "uncertain", "sending") or copy.doubts
                assert known, f"{who} got it, and the ledger says {copy.state}"
            else:
                assert copy.state != "accepted", f"{who} did not get it, and the ledger says accepted"
        unnamed = [who for who in self.twice if not (copies[who].doubts and self._is_named(copies[who]))]
        assert not unnamed, f"second copies that nobody is told of: {unnamed}"
        if isinstance(twice, int):
            assert len(self.twice) <= twice and max(Counter(self.relay.recipients).values(), default=0) <= 2
        else:
            assert sorted(self.twice) == sorted(twice)
        assert finished == certificate.holds
        assert (self.issue().state == "sent") == (certificate.holds and certificate.recipients > 0)
        self._is_sound()
        return certificate

    def _is_named(self, copy: Delivery) -> bool:
        return copy.state in OPEN or copy.address in self.in_question()

    def _is_sound(self) -> None:
        if self.app.database.file:
            with sqlite3.connect(self.app.database.file) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            connection.close()


def assert_same_bytes(kept: list[Kept]) -> None:
    """Each copy of a person is the same, to the byte; all have the issue's date, and each person another Message-ID."""
    first: dict[str, Kept] = {}
    dates, ids = set(), set()
    for one in kept:
        known = first.setdefault(one.recipient, one)
        assert (known.raw, known.message_id, known.sender) == (one.raw, one.message_id, one.sender)
        dates.add(BytesHeaderParser().parsebytes(one.raw)["Date"])
        ids.add(one.message_id)
    assert len(dates) == min(1, len(kept))
    assert len(ids) == len(first)


def copied(model: Path, site: Path) -> Path:
    shutil.copytree(model, site)
    return site
