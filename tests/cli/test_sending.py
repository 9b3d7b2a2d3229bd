"""issue send, status, certificate and what steers them, as people call them: what is said and asked, and exit codes."""

import fcntl
import json
import os
import pty
import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from signal import SIGTERM

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.store.schema import HEAD
from tests.cli.test_commands import publisher, told
from tests.conftest import article_file, opened, take_in
from tests.delivery.relay import Rule, ScriptedRelay
from tests.faults.trial import settle_in
from tests.flow.test_processes import PUBLISHER

PEOPLE = [f"reader{number}@example.org" for number in range(6)]
TERMINAL = {"TERM": "dumb", "COLUMNS": "120"}


class Office:
    """A site whose issue of this week is approved, and the commands for it."""

    def __init__(self, site: Path, relay: ScriptedRelay) -> None:
        self.site, self.relay = site, relay
        # Mail that leaves by a relay takes no --now, so all of this happens today.
        now = datetime.now(UTC)
        article_file(site, "one", headline="One", date=f"{now - timedelta(days=3):%Y-%m-%d}")
        (site / "people.csv").write_text("address\n" + "".join(f"{address}\n" for address in PEOPLE))
        smtp = f'[delivery.smtp]\nhost = "{relay.host}"\nport = {relay.port}\nhello = "news.example.org"\n'
        delivery = f'transport = "smtp"\nconnections = 1\n\n{smtp}encryption = "none"\n'
        settle_in(site, "sqlite:///publisher.db", delivery)
        with opened(site, now) as app:
            collect(app)
            take_in(app, site / "people.csv")
            self.period = draft_issue(app, app.newsletter(None)).issue.period
            approve_issue(app, app.newsletter(None), self.period, who="ana")

    def words(self, command: str, *more: str | Path) -> list[str | Path]:
        return ["issue", command, "--week", self.period, "--site", self.site, *more]

    def do(self, command: str, *more: str | Path, code: int = 0) -> str:
        return publisher(*self.words(command, *more), code=code).output

    def told(self, command: str, *more: str | Path, code: int = 0):  # type: ignore[no-untyped-def]
        return told(*self.words(command, *more), code=code)

    def start(self, command: str, *more: str) -> subprocess.Popen[str]:
        program = [*PUBLISHER, *map(str, self.words(command, *more))]
        return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def typed(self, command: str, *more: str, answer: str) -> tuple[int, str]:
        """In a terminal of its own, where this is typed at the first question; the exit code and all it showed."""
        program = [*PUBLISHER, *map(str, self.words(command, *more))]
        child, terminal = pty.fork()
        if child == 0:
            os.execve(program[0], program, os.environ | TERMINAL)
        shown = b""
        try:
            while not shown.endswith((b"go on: ", b"[y/N]: ")):
                shown += os.read(terminal, 1)
            os.write(terminal, f"{answer}\n".encode())
            while more_shown := os.read(terminal, 4096):
                shown += more_shown
        except OSError:  # Linux tells the end of a terminal by an error
            pass
        finally:
            os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


@pytest.fixture
def open_office(site: Path) -> Iterator[Callable[..., Office]]:
    with ScriptedRelay() as relay:

        def open_it(*rules: Rule) -> Office:
            relay.rules[:] = rules
            return Office(site, relay)

        yield open_it


OpenOffice = Callable[..., Office]


@contextmanager
def a_sender_that_waits(office: Office, answer: threading.Event) -> Iterator[subprocess.Popen[str]]:
    """At work, and kept waiting for the relay's answer until the event."""
    process = office.start("send", "--yes")
    try:
        office.relay.wait_for("end", 3, seconds=60)
        yield process
    finally:
        answer.set()
        process.communicate(timeout=60)


# The first live send --------------------------------------------------------------------------------------------------


def test_a_dry_run_says_where_the_mail_would_go_and_sends_none(open_office: OpenOffice) -> None:
    office = open_office()
    shown = office.do("send", "--dry-run")
    assert f"would go to 6 subscribers, by 127.0.0.1:{office.relay.port}" in shown
    assert "This list never got mail by a relay before." in shown and "Nothing was sent" in shown
    facts = office.told("send", "--dry-run")
    assert (facts["waiting"], facts["first_live"], facts["state"]) == (6, True, "approved")
    assert office.relay.connections == 0


def test_where_nobody_can_be_asked_a_list_gets_no_first_mail(open_office: OpenOffice) -> None:
    office = open_office()
    shown = office.do("send", code=1)
    assert f"never got mail by 127.0.0.1:{office.relay.port} before: nobody is here to ask" in shown
    assert "add --yes for 6 people from " in shown and "@" in shown.rpartition("from ")[2]
    assert office.relay.connections == 0


@pytest.mark.parametrize("answer", ["5", "", "six", "y"])
def test_another_number_sends_nothing(open_office: OpenOffice, answer: str) -> None:
    office = open_office()
    code, shown = office.typed("send", answer=answer)
    assert code == 1 and f'"{answer}" is not 6; nothing was sent' in shown
    assert office.relay.connections == 0


def test_the_number_of_people_is_typed_once_in_the_life_of_a_list(open_office: OpenOffice) -> None:
    office = open_office()
    code, shown = office.typed("send", "--limit", "2", answer=" 6 ")
    assert code == 4, shown
    for said in ("From:  ", "@", "To:    6 people", "Not finished"):
        assert said in shown
    assert len(office.relay.recipients) == 2
    office.do("send")
    assert sorted(office.relay.recipients) == PEOPLE


def test_a_rehearsal_on_another_clock_sends_no_mail(open_office: OpenOffice) -> None:
    office = open_office()
    assert "--now" in office.do("send", "--yes", "--now", "2026-11-23T15:00:00Z", code=1)
    assert office.relay.connections == 0


# Exit codes and what to do next ---------------------------------------------------------------------------------------


def test_all_went_well(open_office: OpenOffice) -> None:
    office = open_office()
    shown = office.do("send", "--yes")
    assert "6 recipients = 6 accepted" in shown and "certificate" not in shown
    assert sorted(office.relay.recipients) == PEOPLE
    assert "every copy accounted for" in office.do("send")
    assert len(office.relay.recipients) == 6
    assert "Nobody was refused, given up or left in doubt." in office.do("certificate")


def test_who_was_refused_is_named_by_an_id_and_can_be_sent_to_again(open_office: OpenOffice, tmp_path: Path) -> None:
    nobody = Rule("rcpt", recipient=PEOPLE[2], reply="550 5.1.1 no such person", times=1)
    office = open_office(nobody)
    shown = office.do("send", "--yes", code=3)
    assert "5 accepted + 1 refused" in shown
    assert f"publisher issue certificate --period {office.period}" in shown
    document = office.do("certificate", code=3)
    assert "550 5.1.1 no such person" in document and "@example.org" not in document
    file = tmp_path / "certificate.txt"
    assert f"Written to {file}" in office.do("certificate", "--output", file, code=3)
    assert file.read_text() == document
    proof = office.told("certificate", code=3)
    (one,) = proof["in_question"]
    assert (one["state"], one["attempts"]) == ("refused", 1) and one["public_id"] in document
    assert "no copy is uncertain" in office.do("resend", "--uncertain", code=1)
    assert "1 copy waits again" in office.do("resend", "--refused")
    assert office.told("status")["state"] == "sending"
    office.do("send")
    assert sorted(office.relay.recipients) == PEOPLE


def test_readers_of_the_feed_hear_of_a_correction_while_copies_are_sent_again(open_office: OpenOffice) -> None:
    office = open_office(Rule("rcpt", recipient=PEOPLE[2], reply="550 5.1.1 no such person", times=1))

    def entry() -> dict[str, str]:
        publisher("feeds", "build", "--site", office.site)
        items = json.loads((office.site / "feeds" / "newsletters" / "health-weekly.json").read_text())["items"]
        (one,) = (item for item in items if office.period in item["url"])
        return one  # type: ignore[no-any-return]

    office.do("send", "--yes", code=3)
    before = entry()
    office.do("resend", "--refused")
    publisher("articles", "withdraw", "one", "--site", office.site)
    after = entry()
    assert after["id"] == before["id"] and after != before


def test_what_was_put_off_is_not_finished(open_office: OpenOffice) -> None:
    office = open_office(Rule("rcpt", recipient=PEOPLE[0], reply="451 4.7.1 come back later"))
    shown = office.do("send", "--yes", code=4)
    assert "Not finished: " in shown and "1 copy is tried again from" in shown
    assert "`publisher run` goes on by itself" in shown
    assert "Copies that the relay put off are tried again from" in office.do("status")
    assert office.told("certificate", code=4)["counts"]["deferred"] == 1
    assert len(office.relay.recipients) == 5


def test_beside_a_sender_at_work_there_is_nothing_to_do(open_office: OpenOffice) -> None:
    office = open_office()
    office.do("send", "--yes", "--limit", "1", code=4)
    with (office.site / "publisher.db.sender").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shown = office.do("send")
    assert "sends" in shown or "sending" in shown
    assert len(office.relay.recipients) == 1


def test_told_to_stop_it_finishes_what_is_under_way(open_office: OpenOffice) -> None:
    answer = threading.Event()
    office = open_office(Rule("end", after=2, times=1, hold=answer), Rule("end", delay=0.7))
    with a_sender_that_waits(office, answer) as process:
        process.send_signal(SIGTERM)
        assert process.stdout and process.stdout.readline() == "Stopping after what is under way …\n"
        answer.set()
        shown, _ = process.communicate(timeout=60)
        assert process.returncode == 4 and "Not finished" in shown
    counts = office.told("certificate", code=4)["counts"]
    assert counts.keys() == {"accepted", "waiting"} and 3 <= counts["accepted"] == len(office.relay.recipients)
    office.do("send")
    assert sorted(office.relay.recipients) == PEOPLE


def test_a_new_program_and_new_templates_in_mid_issue_change_no_copy(open_office: OpenOffice) -> None:
    """Row 39 of the fault matrix: what was approved leaves to the end; who knows only an older schema sends nothing."""
    office = open_office()
    office.do("send", "--yes", "--limit", "2", code=4)
    own = office.site / "templates" / "email"
    own.mkdir(parents=True)
    (own / "digest.html.j2").write_text("<p>A new look</p>")
    (own / "digest.txt.j2").write_text("A new look")
    settings = office.site / "publisher.toml"
    settings.write_text(settings.read_text().replace('title = "Health Weekly"', 'title = "Another title"'))
    with sqlite3.connect(office.site / "publisher.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer than" in office.do("send", code=1)
    assert len(office.relay.recipients) == 2
    with sqlite3.connect(office.site / "publisher.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (HEAD,))
    database.close()
    office.do("send")
    assert sorted(office.relay.recipients) == PEOPLE
    shown = {re.sub(r"/(unsubscribe|preferences)/[\w.-]+|reader\d@", "", html_of(one.raw)) for one in office.relay.kept}
    assert len(shown) == 1 and "A new look" not in shown.pop()


def html_of(raw: bytes) -> str:
    part = message_from_bytes(raw, policy=default).get_body(("html",))
    assert part
    return str(part.get_content())


# Steering and watching ------------------------------------------------------------------------------------------------


def test_who_watches_sees_it_come_to_its_end(open_office: OpenOffice) -> None:
    answer = threading.Event()
    office = open_office(Rule("end", after=2, times=1, hold=answer))
    with a_sender_that_waits(office, answer):
        facts = office.told("status")
        assert (facts["state"], facts["senders"], facts["certificate"]["holds"]) == ("sending", 1, False)
        watcher = office.start("status", "--watch")
        assert watcher.stdout
        assert "2 accepted, 0 deferred, 0 refused" in watcher.stdout.readline()
        answer.set()
        shown, _ = watcher.communicate(timeout=60)
        assert watcher.returncode == 0 and "6 recipients = 6 accepted" in shown


def test_a_pause_holds_what_waits_until_it_is_resumed(open_office: OpenOffice) -> None:
    answer = threading.Event()
    office = open_office(Rule("end", after=2, times=1, hold=answer))
    with a_sender_that_waits(office, answer) as sender:
        assert "paused, " in office.do("pause")
        answer.set()
        shown, _ = sender.communicate(timeout=60)
        assert sender.returncode == 4 and "publisher issue resume" in shown
    assert len(office.relay.recipients) == 3
    assert "is in state paused" in office.do("send", code=1)
    assert "3 copies wait" in office.do("resume")
    office.do("send")
    assert sorted(office.relay.recipients) == PEOPLE


def test_what_is_given_up_never_leaves(open_office: OpenOffice) -> None:
    office = open_office()
    office.do("send", "--yes", "--limit", "2", code=4)
    assert "cannot be undone; add --yes" in office.do("cancel", code=1)
    code, shown = office.typed("cancel", answer="n")
    assert code == 130 and "for good?" in shown
    assert "given up, 4 copies will never leave" in office.do("cancel", "--yes")
    assert "is in state cancelled" in office.do("send", code=1)
    assert office.told("certificate", code=3)["counts"] == {"accepted": 2, "skipped": 4}
    assert len(office.relay.recipients) == 2


def test_who_may_have_it_already_gets_it_again_only_when_the_number_is_typed(open_office: OpenOffice) -> None:
    lost = Rule("end", recipient=PEOPLE[1], drop="before", keep=True, times=1)
    office = open_office(lost)
    settings = office.site / "publisher.toml"
    settings.write_text(settings.read_text().replace("connections = 1\n", 'connections = 1\nafter_crash = "hold"\n'))
    office.do("send", "--yes", code=3)
    assert "may have arrived already" in office.do("resend", "--uncertain", code=1)
    assert office.typed("resend", "--uncertain", answer="2")[0] == 1
    code, shown = office.typed("resend", "--uncertain", answer="1")
    assert code == 0 and "1 copy waits again" in shown
    office.do("send")
    assert "accepted after a doubt, and may have arrived twice" in office.do("certificate")
    assert sorted(office.relay.recipients) == sorted([*PEOPLE, PEOPLE[1]])
    assert len({one.raw for one in office.relay.kept if one.recipient == PEOPLE[1]}) == 1


def test_one_says_which_copies_are_sent_again(open_office: OpenOffice) -> None:
    assert "--uncertain or --refused" in open_office().do("resend", code=2)


# Pace -----------------------------------------------------------------------------------------------------------------


def test_the_pace_is_changed_and_taken_back(site: Path) -> None:
    def pace(*words: str, code: int = 0) -> str:
        return publisher("pace", *words, "--site", site, code=code).output

    changed = told(
        "pace", "set", "--per-minute", "600", "--hours", "08:00-20:00", "--days", "Tuesday,mon", "--site", site
    )
    assert changed["set_live"] == ["days", "hours", "per_minute"]
    assert (changed["pace"]["per_minute"], changed["pace"]["days"]) == (600, [0, 1])
    shown = pace("show")
    assert "600" in shown and "08:00-20:00" in shown and "mon, tue" in shown and "set live" in shown
    assert "all" in pace("set", "--days", "all")
    assert "set live" not in pace("reset") and "as fast as the relay takes it" in pace("show")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what to change"),
        (("--hours", "8-20"), "write it like 08:00-20:00"),
        (("--hours", "09:00-09:00"), "write it like 08:00-20:00"),
        (("--hours", "09:00"), "write it like 08:00-20:00"),
        (("--days", "mon,never"), "write them like mon,tue,wed, or all"),
        (("--days", ""), "write them like mon,tue,wed, or all"),
        (("--per-minute", "-1"), "-1 is not in the range"),
        (("--connections", "0"), "0 is not in the range"),
    ],
)
def test_a_pace_that_cannot_be_meant_changes_nothing(site: Path, words: tuple[str, ...], said: str) -> None:
    before = json.dumps(told("pace", "show", "--site", site))
    assert said in publisher("pace", "set", *words, "--site", site, code=2).output
    assert json.dumps(told("pace", "show", "--site", site)) == before
