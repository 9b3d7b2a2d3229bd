"""What machines ask over HTTP: alive, ready, how much; on a clock that the test moves, and over both databases."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions import run
from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.web.server import answering, listening
from tests.conftest import NOW, article_file, take_in
from tests.flow.test_serving import Answer, ask

Open = Callable[..., App]


class Site:
    """A served site and its clock."""

    def __init__(self, app: App, url: str) -> None:
        self.app, self.url = app, url

    def ask(self, path: str, **headers: str) -> Answer:
        return ask(self.url, path, **headers)

    def told(self, path: str) -> tuple[int, dict[str, object]]:
        answer = self.ask(path)
        return answer.status, json.loads(answer.body)

    def at(self, after: timedelta) -> None:
        self.app.clock = lambda: NOW + after


@contextmanager
def answered(app: App) -> Iterator[Site]:
    with listening("127.0.0.1", 0) as (listener, url), answering(app, listener):
        yield Site(app, url)


@pytest.fixture
def served(site: Path, open_app: Open, database_url: str) -> Iterator[Site]:
    with answered(open_app(site, database_url=database_url)) as found:
        yield found


def test_it_is_alive_while_it_ticks_and_not_when_it_stopped_five_minutes_ago(served: Site) -> None:
    assert served.told("/healthz") == (503, {"alive": False, "last_tick": None})
    run.beat(served.app)
    last = "2026-11-23T15:00:00+00:00"
    assert served.told("/healthz") == (200, {"alive": True, "last_tick": last})
    served.at(timedelta(minutes=4, seconds=59))
    assert served.told("/healthz")[0] == 200
    served.at(timedelta(minutes=5))
    assert served.told("/healthz") == (503, {"alive": False, "last_tick": last})
    served.app.ticked_at = served.app.clock()
    assert served.told("/healthz")[0] == 200


def test_it_is_ready_with_its_schema_and_its_keys(served: Site) -> None:
    all_well = {"ready": True, "database": True, "schema": True, "keys": True}
    assert served.told("/readyz") == (200, all_well)
    with served.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert served.told("/readyz") == (503, all_well | {"ready": False, "schema": False})


def test_without_its_keys_it_is_not_ready(site: Path, open_app: Open) -> None:
    app = open_app(site)
    article_file(site, "one", headline="One", date="2026-11-20")
    sent(app)
    # As a program that starts now finds it: its keys were used, and their file is gone.
    with answered(App(app.config, clock=app.clock)) as found:
        assert found.told("/readyz") == (503, {"ready": False, "database": True, "schema": True, "keys": False})


def sent(app: App) -> None:
    (app.folder / "people.csv").write_text("address,name\nana@example.org,Ana\nbea@example.org,Bea\n")
    collect(app)
    take_in(app, app.folder / "people.csv")
    letter = app.newsletter(None)
    draft_issue(app, letter)
    approve_issue(app, letter, "2026-W48", who="ana")
    send_issue(app, letter, "2026-W48")


def test_the_numbers_are_there_and_name_nobody(served: Site) -> None:
    article_file(served.app.folder, "one", headline="One", date="2026-11-20")
    sent(served.app)
    run.beat(served.app)
    served.at(timedelta(minutes=1))
    answer = served.ask("/metrics")
    text = answer.body.decode()
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        'publisher_issues{newsletter="health-weekly",state="sent"} 1',
        'publisher_deliveries{newsletter="health-weekly",period="2026-W48",state="accepted"} 2',
        'publisher_subscribers{state="active"} 2',
        "publisher_alarms_waiting 0",
        f"publisher_last_tick_timestamp_seconds {int(NOW.timestamp())}",
        f"publisher_last_accepted_timestamp_seconds {int(NOW.timestamp())}",
        'publisher_source_age_seconds{source="articles"} 60',
    ):
        assert line in text.splitlines()
    sample = re.compile(r'publisher_[a-z_]+(\{[a-z]+="[a-zA-Z0-9-]+"(,[a-z]+="[a-zA-Z0-9-]+")*\})? -?\d+')
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in text.splitlines())
    assert not re.search(r"@|[Aa]na|[Bb]ea\b", text)


@pytest.mark.parametrize(
    ("client", "status"), [("127.0.0.1", 200), ("10.1.2.3", 404), ("203.0.113.9", 404), ("::ffff:127.0.0.1", 200)]
)
def test_only_the_networks_that_are_named_may_count(served: Site, client: str, status: int) -> None:
    """The proxy is believed when it says whose request it passes on."""
    answer = served.ask("/metrics", X_Forwarded_For=client)
    assert answer.status == status
    assert status == 200 or answer.body == b"There is nothing at this address.\n"


def test_what_machines_ask_is_kept_nowhere_and_changes_nothing(served: Site) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert served.ask(path).headers["cache-control"] == "no-store"
        assert ask(served.url, path, method="POST").status == 405
