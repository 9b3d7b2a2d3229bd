"""Every subscriber exactly one copy: what the outbox holds is what the certificate says, whatever happens between."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.config import load
from publisher.delivery.files import FileTransport, MaildirTransport
from publisher.delivery.patience import Patience, settle
from publisher.errors import Busy, StoreError
from publisher.records import Accepted, Certificate, Deferred, Envelope, Issue, Suppression
from publisher.store import Connection, deliveries, issues, suppressions
from tests.conftest import KEYS, NOW, article_file, take_in

pytestmark = pytest.mark.long

Open = Callable[..., App]
WEEK = "2026-W48"


def approved(site: Path, open_app: Open, people: int, database_url: str | None = None) -> App:
    article_file(site, "one", headline="One", date="2026-11-20")
    rows = "".join(f"reader{n}@example.org\n" for n in range(people))
    (site / "people.csv").write_text("address\n" + rows)
    app = open_app(site, database_url=database_url)
    collect(app)
    take_in(app, site / "people.csv")
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), WEEK, who="ana")
    return app


def begun(connection: Connection) -> Issue:
    """The approved issue as a sender leaves it that stops right after freezing its recipients."""
    issue = issues.find(connection, "health-weekly", WEEK)
    assert issue
    moved = issues.move(connection, issue, "sending", at=NOW, who="test")
    assert moved
    deliveries.freeze_recipients(connection, moved, NOW)
    return moved


def received(site: Path) -> Counter[str]:
    files = (site / "outbox").rglob("*.eml")
    return Counter(str(message_from_bytes(file.read_bytes())["To"]) for file in files)


def send(app: App) -> Certificate:
    return send_issue(app, app.newsletter(None), WEEK).certificate


def test_everyone_gets_one_copy_and_the_certificate_says_so(site: Path, open_app: Open, database_url: str) -> None:
    app = approved(site, open_app, 250, database_url)
    certificate = send(app)
    assert certificate.holds
    assert str(certificate) == (
        "health-weekly 2026-W48: 250 recipients = 250 accepted + 0 refused + 0 expired + 0 skipped + 0 uncertain; "
        "every copy accounted for"
    )
    assert received(site) == Counter({f"reader{n}@example.org": 1 for n in range(250)})


def reader_1_left() -> Suppression:
    return Suppression(fingerprint=KEYS.fingerprint("reader1@example.org"), reason="unsubscribed", at=NOW)


def test_sending_again_sends_nothing(site: Path, open_app: Open, database_url: str) -> None:
    app = approved(site, open_app, 3, database_url)
    send(app)
    times = {p: p.stat().st_mtime_ns for p in (site / "outbox").rglob("*.eml")}
    assert send(app).counts == {"accepted": 3}
    assert {p: p.stat().st_mtime_ns for p in (site / "outbox").rglob("*.eml")} == times


def test_a_reader_who_left_before_gets_nothing(site: Path, open_app: Open, database_url: str) -> None:
    app = approved(site, open_app, 3, database_url)
    with app.database.write() as connection:
        suppressions.add(connection, reader_1_left())
    assert send(app).recipients == 2
    assert set(received(site)) == {"reader0@example.org", "reader2@example.org"}


def test_a_reader_who_left_meanwhile_gets_nothing(site: Path, open_app: Open, database_url: str) -> None:
    app = approved(site, open_app, 4, database_url)
    with app.database.write() as connection:
        begun(connection)
        suppressions.add(connection, reader_1_left())
    certificate = send(app)
    assert certificate.counts == {"accepted": 3, "skipped": 1}
    assert certificate.holds
    assert "reader1@example.org" not in received(site)


def test_a_copy_claimed_by_a_sender_whose_lease_is_over_is_not_sent_by_it(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = approved(site, open_app, 2, database_url)
    with app.database.write() as connection:
        issue = begun(connection)
        taken, claimed = deliveries.claim(connection, issue, "zombie", NOW, timedelta(seconds=60), 10)
    assert (taken, len(claimed)) == (2, 2)
    later = NOW + timedelta(seconds=61)
    with app.database.write() as connection:
        assert deliveries.intend(connection, issue, claimed, "zombie", later) == []
        deliveries.recover(connection, issue.id, later, ["zombie"], again=True, repeatable=True)
        assert deliveries.certificate(connection, issue).counts == {"waiting": 2}
    with app.database.write() as connection:
        assert deliveries.intend(connection, issue, claimed, "zombie", NOW) == []


@pytest.mark.parametrize(
    ("repeatable", "again", "states"),
    [
        (True, False, ["waiting", "waiting"]),
        (False, False, ["uncertain", "uncertain"]),
        (False, True, ["waiting", "uncertain"]),
    ],
)
def test_what_a_dead_sender_may_have_sent_is_repeated_once_or_where_that_leaves_one_copy(
    site: Path, open_app: Open, database_url: str, repeatable: bool, again: bool, states: list[str]
) -> None:
    app = approved(site, open_app, 1, database_url)
    with app.database.write() as connection:
        issue = begun(connection)
        for state in states:
            _, claimed = deliveries.claim(connection, issue, "dead", NOW, timedelta(seconds=60), 10)
            assert len(deliveries.intend(connection, issue, claimed, "dead", NOW)) == 1
            later = NOW + timedelta(seconds=61)
            deliveries.recover(connection, issue.id, later, [], again=again, repeatable=repeatable)
            assert deliveries.certificate(connection, issue).counts == {state: 1}
            if state == "uncertain" and not again:
                assert deliveries.resend(connection, issue.id, "uncertain") == 1


def test_a_copy_that_was_deferred_is_tried_at_the_next_sending(site: Path, open_app: Open, database_url: str) -> None:
    app = approved(site, open_app, 2, database_url)
    with app.database.write() as connection:
        issue = begun(connection)
        _, claimed = deliveries.claim(connection, issue, "first", NOW, timedelta(seconds=60), 1)
        (sent,) = deliveries.intend(connection, issue, claimed, "first", NOW)
        deferred = settle(sent, Deferred(reply="451 later"), NOW, Patience(), "resend")
        deliveries.settle(connection, [deferred], NOW)
        waiting = deliveries.certificate(connection, issue)
    assert not waiting.holds
    assert str(waiting).endswith("+ 0 uncertain + 2 open; not finished")
    assert send(app).counts == {"accepted": 1, "deferred": 1}
    app.clock = lambda: NOW + timedelta(seconds=361)
    assert send(app).counts == {"accepted": 2}


def test_an_outbox_that_cannot_be_written_leaves_the_issue_to_be_sent_again(site: Path, open_app: Open) -> None:
    app = approved(site, open_app, 5)
    (site / "outbox").write_text("a file is in the way")
    stopped = send_issue(app, app.newsletter(None), WEEK)
    assert stopped.ending and stopped.ending.why == "away" and "cannot be made" in stopped.ending.said
    assert (stopped.issue.state, stopped.certificate.counts) == ("sending", {"waiting": 5})
    (site / "outbox").unlink()
    assert send(app).counts == {"accepted": 5}
    assert set(received(site).values()) == {1}


def test_keys_that_are_gone_after_mail_was_sent_are_not_made_anew(site: Path, open_app: Open) -> None:
    send(approved(site, open_app, 1))
    app = App(load(site), clock=lambda: NOW)
    with pytest.raises(StoreError, match="the key file is gone, and its keys were used"):
        app.keyring  # noqa: B018
    app.database.close()
    assert not (site / "publisher.keys").exists()


def test_only_one_process_sends_on_sqlite(site: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = approved(site, open_app, 3)
    seen: list[int] = []

    def try_another(done: int) -> None:
        with pytest.raises(Busy, match="another process is sending already"):
            send(app)
        seen.append(done)

    assert send_issue(app, app.newsletter(None), WEEK, progress=try_another).certificate.counts == {"accepted": 3}
    assert sum(seen) == 3


def envelope(name: str, sender: str = "bounces@bay.example") -> Envelope:
    return Envelope(name=name, sender=sender, recipient="ana@example.org", size=5)


@pytest.mark.parametrize(
    ("transport", "where", "name"), [(FileTransport, "", "a.eml"), (MaildirTransport, "new", "a.publisher")]
)
def test_a_message_is_accepted_only_once_it_is_whole(
    tmp_path: Path, transport: type[FileTransport] | type[MaildirTransport], where: str, name: str
) -> None:
    courier = transport(tmp_path).open()
    for _ in range(2):
        assert courier.exchange(envelope("a")) == (None, None)
        assert courier.put(b"first") is None
        assert courier.exchange(None) == (Accepted(reply=f"written to {name}"), None)
    files = [(p.name, p.read_bytes()) for p in (tmp_path / where).iterdir()]
    assert files == [(name, b"Return-Path: <bounces@bay.example>\r\nfirst")]


def test_what_was_put_without_its_end_is_no_message(tmp_path: Path) -> None:
    courier = FileTransport(tmp_path).open()
    courier.exchange(envelope("a"))
    courier.put(b"first")
    courier.withdraw()
    assert not courier.is_open
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_a_mail_program_took_already_is_not_put_there_again(tmp_path: Path) -> None:
    courier = MaildirTransport(tmp_path).open()
    for _ in range(2):
        courier.exchange(envelope("a"))
        courier.put(b"first")
        courier.exchange(None)
        (tmp_path / "new" / "a.publisher").exists() and (tmp_path / "new" / "a.publisher").rename(
            tmp_path / "cur" / "a.publisher:2,S"
        )
    assert [p.name for p in tmp_path.rglob("a.*")] == ["a.publisher:2,S"]


KILLED_AT = """
import itertools, os, signal, sys
from pathlib import Path
from publisher.app import App
from publisher.config import load
from publisher.actions.sending import send_issue
from publisher.delivery import engine
from publisher.delivery.files import FileCourier
from publisher.store import deliveries
from tests.conftest import KEYS, NOW

where, after = sys.argv[2], int(sys.argv[3])
module, name = (FileCourier, "_finish") if where == "finish" else (deliveries, where)
real, calls = getattr(module, name), itertools.count(1)

def counted(*args, **kwargs):
    call = next(calls)
    result = real(*args, **kwargs)
    if call == after:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(module, name, counted)
app = App(load(Path(sys.argv[1])), clock=lambda: NOW, keys=KEYS)
send_issue(app, app.newsletter(None), "2026-W48")
"""


@pytest.mark.parametrize(
    ("where", "after"),
    [
        ("freeze_recipients", 1),
        ("claim", 1),
        ("claim", 2),
        ("intend", 1),
        ("intend", 2),
        ("settle", 1),
        ("finish", 1),
        ("finish", 120),
    ],
)
def test_killed_anywhere_the_next_run_completes_with_one_copy_each(
    site: Path, open_app: Open, where: str, after: int
) -> None:
    app = approved(site, open_app, 250)
    app.database.close()
    command = [sys.executable, "-c", KILLED_AT, str(site), where, str(after)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], timeout=60, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    certificate = send(open_app(site))
    assert certificate.counts == {"accepted": 250}
    assert certificate.holds
    assert received(site) == Counter({f"reader{n}@example.org": 1 for n in range(250)})
