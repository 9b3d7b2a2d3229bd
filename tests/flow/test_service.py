"""`publisher run` as a process: what takes long holds up nothing else, and what breaks comes back."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from publisher.actions.alarms import raise_alarm
from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.schedule import Done
from publisher.service import Teller, ping
from publisher.store import issues
from tests import postgres
from tests.actions.test_alarms import Webhook, served
from tests.cli.test_commands import told
from tests.conftest import article_file, opened, take_in
from tests.delivery.relay import Rule, ScriptedRelay
from tests.faults.trial import settle_in
from tests.flow.test_processes import PUBLISHER
from tests.flow.test_serving import running
from tests.watchdog import ends

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.org" for number in range(6)]


@dataclass
class Running:
    """A service at work. `lines` are what it wrote, as its log came in; `wait_for` waits for one of them."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def wait_for(self, text: str, seconds: float = 60) -> str:
        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, seconds), f"no {text!r} in {self.lines}"
            line = found()
        assert line is not None
        return line

    def ask(self, path: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join(10)
        return code


@contextmanager
def service(site: Path, *words: str, **environment: str) -> Iterator[Running]:
    """`publisher run`, once it is ready."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*PUBLISHER, "run", "--site", str(site), *words],
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"PUBLISHER_WEB__PORT": str(port)} | environment,
    )
    with running(process):
        found = Running(process, url=f"http://127.0.0.1:{port}/")
        found.wait_for("Running; stop with Ctrl-C.")
        yield found


def an_approved_issue(site: Path, relay: ScriptedRelay, url: str = "sqlite:///publisher.db", more: str = "") -> str:
    """Of today, for mail that leaves by a relay takes no --now; its period."""
    now = datetime.now(UTC)
    article_file(site, "one", headline="One", date=f"{now - timedelta(days=3):%Y-%m-%d}")
    (site / "people.csv").write_text("address\n" + "".join(f"{address}\n" for address in PEOPLE))
    smtp = f'[delivery.smtp]\nhost = "{relay.host}"\nport = {relay.port}\nhello = "news.example.org"\n'
    settle_in(site, url, f'transport = "smtp"\nconnections = 1\n\n{smtp}encryption = "none"\n{more}')
    settings = (site / "publisher.toml").read_text()
    # Approved, it leaves with the next tick: its slot was this morning, whatever day it is.
    weekday = f"{now - timedelta(hours=2):%A}".lower()
    settings = re.sub(r'^weekday = ".*"', f'weekday = "{weekday}"', settings, flags=re.MULTILINE)
    settings = re.sub(
        r'^at = ".*"', f'at = "{now - timedelta(hours=2):%H:%M}"\nzone = "UTC"', settings, flags=re.MULTILINE
    )
    (site / "publisher.toml").write_text(settings)
    with opened(site, now) as app:
        collect(app)
        take_in(app, site / "people.csv")
        letter = app.newsletter(None)
        period = draft_issue(app, letter).issue.period
        approve_issue(app, letter, period, who="ana")
    return period


def state(site: Path) -> str:
    with opened(site, datetime.now(UTC)) as app, app.database.read() as connection:
        return issues.every(connection)[0].state


def test_it_is_ready_soon_and_tells_systemd_how_it_is(
    site: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """How soon is printed and kept in the report; a busy machine is no fault of the program."""
    with opened(site) as app:
        assert app.database  # made before: a first start takes a second more for it
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        begun = time.monotonic()
        with service(site, "--log-format", "json", NOTIFY_SOCKET=str(tmp_path / "notify")) as found:
            assert manager.recv(100) == b"READY=1"
            seconds = time.monotonic() - begun
            assert manager.recv(100) == b"WATCHDOG=1"
            status, body = found.ask("/healthz")
            assert (status, json.loads(body)["alive"]) == (200, True)
            assert found.ask("/readyz")[0] == 200
            assert found.ask("/subscribe")[0] == 200
            assert found.stop() == 0
        states = [manager.recv(100)]
        while states[-1] != b"STOPPING=1":
            states.append(manager.recv(100))
    print(f"publisher run was ready after {seconds:.2f} seconds")
    record_property("seconds_to_ready", round(seconds, 2))


def test_told_to_stop_in_the_middle_of_a_send_it_finishes_what_is_in_flight(site: Path) -> None:
    answer = threading.Event()
    # The others are slow, too: whether it is to stop is looked at twice a second.
    with ScriptedRelay(Rule("end", after=2, times=1, hold=answer), Rule("end", delay=1.0)) as relay:
        period = an_approved_issue(site, relay)
        with service(site, "--no-web") as found:
            relay.wait_for("end", 3, seconds=60)
            found.process.send_signal(signal.SIGTERM)
            found.wait_for("stopping after what is under way")
            answer.set()
            assert found.process.wait(60) == 0
        taken = list(relay.recipients)
        assert 3 <= len(taken) < len(PEOPLE)
        certificate = told("issue", "status", "--week", period, "--site", site)["certificate"]
        counts = certificate["counts"]
        assert counts["accepted"] == len(taken) and not counts.get("uncertain") and not counts.get("sending")
        with service(site, "--no-web") as found:
            found.wait_for("every copy accounted for")
            assert found.stop() == 0
        assert sorted(relay.recipients) == PEOPLE
    assert state(site) == "sent"


def test_a_send_that_takes_long_and_a_webhook_that_hangs_hold_up_nothing(site: Path) -> None:
    answer = threading.Event()
    webhook = Webhook(manner="hang")
    with served(webhook), ScriptedRelay(Rule("end", after=2, times=1, hold=answer)) as relay:
        an_approved_issue(site, relay, more=f'\n[alarms]\nwebhook = "{webhook.url}"\n')
        with opened(site, datetime.now(UTC)) as app:
            assert raise_alarm(app, "stopped", "", "", "It stopped. Look at it.")
        with service(site) as found:
            relay.wait_for("end", 3, seconds=60)
            # Copies are on their way and the webhook keeps silent: the tick ends, the feeds are there, the web answers.
            found.wait_for("documents written")
            assert found.ask("/healthz")[0] == 200
            assert found.ask("/feeds/news.json")[0] == 200
            assert state(site) == "sending"
            answer.set()
            found.wait_for("every copy accounted for")
            assert webhook.told and not webhook.over.is_set()
            webhook.over.set()
            assert found.stop() == 0
        assert sorted(relay.recipients) == PEOPLE


def test_what_the_relay_says_of_readers_stands_in_no_log(site: Path) -> None:
    refused = Rule("rcpt", recipient=PEOPLE[0], reply=f"550 5.1.1 <{PEOPLE[0]}> is unknown to office@bay.example")
    closed = Rule("mail", after=3, reply="550 5.7.1 we take nothing for reader3@example.org any more")
    with ScriptedRelay(refused, closed) as relay:
        an_approved_issue(site, relay)
        with service(site, "--no-web", "--log-format", "json") as found:
            found.wait_for("alarm: ")
            assert found.stop() == 0
    logged = [json.loads(line) for line in found.lines if line.startswith("{")]
    assert len(logged) >= 2
    assert {"at", "level", "logger", "message"} <= set(logged[0])
    assert "@" not in "\n".join(found.lines)


def test_a_database_that_goes_away_is_told_of_once_and_used_again_when_it_is_back(site: Path) -> None:
    if not postgres.is_installed():
        pytest.skip(postgres.MISSING)
    with postgres.server() as server:
        with psycopg.connect(server.url.format(name="postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE office")
        url = server.url.format(name="office")
        server.stop()
        settle_in(site, url, 'transport = "file"\n')
        with service(site) as found:
            found.wait_for("it is tried again every few seconds")
            status, body = found.ask("/readyz")
            assert (status, json.loads(body)["database"]) == (503, False)
            assert found.ask("/healthz")[0] == 200
            server.start()
            found.wait_for("the database can be used again")
            assert sum("the database cannot be used" in line for line in found.lines) == 1
            assert found.ask("/readyz")[0] == 200
            assert found.stop() == 0
        assert "Traceback" not in "\n".join(found.lines)


def test_a_database_that_is_locked_for_long_is_told_of_once_and_used_again(site: Path) -> None:
    with opened(site) as app:
        assert app.keyring  # whose mark is in the database from its first use on
        file = app.database.file
    with closing(sqlite3.connect(str(file), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with service(site) as found:
            found.wait_for("it is tried again every few seconds", 120)
            assert found.ask("/healthz")[0] == found.ask("/readyz")[0] == 200  # reading waits for nobody
            other.execute("ROLLBACK")
            found.wait_for("the database can be used again")
            assert sum("database is locked" in line for line in found.lines) == 1
            assert found.stop() == 0


def test_it_wakes_when_an_embargo_ends(site: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    over = now + timedelta(seconds=10)
    article_file(site, "one", headline="One", date=f"{now - timedelta(days=3):%Y-%m-%d}")
    yesterday = f"{now - timedelta(days=1):%Y-%m-%d}"
    article_file(site, "two", headline="Two", date=yesterday, embargo=f"{over:%Y-%m-%dT%H:%M:%SZ}")
    with opened(site, now) as app:
        assert collect(app).problems == []
    with service(site) as found:
        found.wait_for("held: ")  # the issue of this week, for which the feeds were built
        assert "Two" not in found.ask("/feeds/news.json")[1] or datetime.now(UTC) >= over
        found.wait_for("documents written")
        assert "Two" in found.ask("/feeds/news.json")[1]
        # The next tick by the minute would have come too late for this.
        assert datetime.now(UTC) - now < timedelta(seconds=55)
        assert found.stop() == 0


def test_the_dead_man_address_is_asked_after_a_good_tick(site: Path) -> None:
    dead_man = Webhook()
    with served(dead_man), service(site, "--no-web", PUBLISHER_ALARMS__PING=dead_man.url) as found:
        with ends():
            while not dead_man.asked_elsewhere:
                time.sleep(0.02)
        assert dead_man.asked_elsewhere == ["/hook/T0P?sig=s3cr3t"]
        assert found.stop() == 0
    assert "s3cr3t" not in "\n".join(found.lines)


def test_a_dead_man_that_never_answers_delays_nothing(site: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/ping"
        with service(site, PUBLISHER_ALARMS__PING=hanging) as found:
            asked, _ = silent.accept()
            with asked:
                assert found.ask("/healthz")[0] == 200
            assert found.stop() == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:9/secret", "ConnectionRefusedError"), ("http://no-such-host.invalid/secret", "gaierror")],
)
def test_a_ping_that_fails_is_told_of_without_its_address(url: str, said: str) -> None:
    line = ping(url)
    assert line == f"ping of [alarms]: no answer ({said}); check the address and the way there"


def test_what_is_the_same_minute_after_minute_is_told_once() -> None:
    told: list[str] = []
    teller = Teller(lambda done: told.append(done.line))
    for _ in range(3):
        teller(Done(line="weekly 2026-W48: 1 open", well=True))
        teller(Done(line="weekly 2026-W48: the template is broken", well=False))
        teller.away("the database cannot be used: gone; nothing was changed, try again")
        teller(Done(line="feeds: 3 documents written"))
    teller.back()
    teller.back()
    away = "the database cannot be used: gone; nothing was changed; it is tried again every few seconds"
    assert [line for line in told if not line.startswith("feeds")] == [
        "weekly 2026-W48: 1 open",
        "weekly 2026-W48: the template is broken",
        away,
        "the database can be used again",
    ]
    assert told.count("feeds: 3 documents written") == 3


def test_a_port_that_is_taken_is_one_line_with_what_to_do(site: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*PUBLISHER, "run", "--site", str(site)],
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"PUBLISHER_WEB__PORT": port},
        )
    assert done.returncode == 1
    assert done.stderr.endswith("set another port in [web], or leave the web to it with --no-web\n")
    assert done.stderr.count("\n") == 1
