"""SpamAssassin is asked on this machine only, with a time limit; whatever it does is an answer or one clear line."""

import os
import select
import tempfile
from pathlib import Path

import pytest

from publisher.errors import ProgramError
from publisher.programs import SpamReport, spam_report

PLAIN = (
    b"Date: Mon, 23 Nov 2026 15:00:00 +0000\r\nFrom: N <n@example.org>\r\nTo: <reader@example.org>\r\n"
    b"Message-ID: <a1b2c3d4@example.org>\r\nSubject: The harbor garden reopens\r\n\r\n"
    b"The garden opens again on Saturday, with a path for everyone.\r\n"
)
# The line that every spam filter must take for spam (SpamAssassin's GTUBE).
SPAM = PLAIN + b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"


def program(folder: Path, script: str) -> dict[str, str]:
    """An environment in which `spamassassin` is this script."""
    path = folder / "spamassassin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:{os.defpath}"}


def is_gone(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def scored(message: bytes) -> SpamReport:
    report = spam_report(message)
    if not report:
        pytest.skip("SpamAssassin is not installed: apt-get install spamassassin")
    return report


def test_an_ordinary_message_is_below_the_limit() -> None:
    report = scored(PLAIN)
    assert report.limit == 5
    assert report.score < 1


def test_the_rules_make_up_the_score_and_say_what_they_look_for() -> None:
    report = scored(SPAM)
    assert report.score >= 1000
    assert report.score == pytest.approx(sum(rule.points for rule in report.rules), abs=0.1)
    worst = report.rules[0]
    assert (worst.name, worst.points) == ("GTUBE", 1000)
    assert worst.meaning == "BODY: Generic Test for Unsolicited Bulk Email"


def test_what_a_message_says_of_its_own_score_does_not_count() -> None:
    lying = b"X-Spam-Publisher-Score: -99.0 5.0 WELCOME=-99\r\nX-Spam-Publisher-Rules: * -99 WELCOME x\r\n" + SPAM
    assert scored(lying).score >= 1000


def test_the_same_message_has_the_same_report() -> None:
    assert scored(PLAIN) == scored(PLAIN)


def test_no_bytes_are_too_strange_to_be_judged() -> None:
    assert scored(b"").score > 5
    assert scored(b"\xff\x00\r\n\r\n" + bytes(range(256)) * 40).rules


def test_nothing_is_written_to_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    scored(PLAIN)
    assert [*home.iterdir(), *scratch.iterdir()] == []


def test_where_it_is_not_installed_there_is_no_report(tmp_path: Path) -> None:
    assert spam_report(PLAIN, environment={"PATH": str(tmp_path)}) is None


def test_a_program_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    slow = program(tmp_path, f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(ProgramError) as told:
        spam_report(PLAIN, seconds=1, environment=slow)
    assert str(told.value) == f"{tmp_path}/spamassassin: no score after 1 seconds; check the message without it"
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = program(tmp_path, "cat > /dev/null; echo 'config: no rules were found!' >&2; exit 2")
    with pytest.raises(ProgramError, match=r"no score \(config: no rules were found!\); try it by hand"):
        spam_report(PLAIN, environment=broken)


def test_a_program_that_reads_nothing_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"no score \(it said nothing\)"):
        spam_report(PLAIN * 10_000, environment=program(tmp_path, "exit 1"))


def test_a_program_that_cannot_be_started_is_one_clear_line(tmp_path: Path) -> None:
    environment = program(tmp_path, "")
    (tmp_path / "spamassassin").write_bytes(b"\x7fELF, but broken")
    with pytest.raises(ProgramError, match="it cannot be started"):
        spam_report(PLAIN, environment=environment)
