"""Clocks, certificates, rights and room: each judged from what was found, in words that say what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.doctor import nameserver_at
from publisher.doctor.machine import judge_clock, judge_disk, judge_private, judge_site, judge_tls
from publisher.errors import ConfigError
from publisher.programs import clock_is_synchronised

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def certificate(days: float) -> dict[str, str]:
    return {"notAfter": f"{NOW + timedelta(days=days):%b %d %H:%M:%S %Y GMT}"}


@pytest.mark.parametrize(
    ("days", "severity", "told"),
    [
        (60, "ok", "TLSv1.3, and the certificate is valid for this name for 60 days"),
        (14, "ok", "for 14 days"),
        (13, "warning", "but for 13 days only; have it renewed, or nothing leaves any more"),
        (1.5, "warning", "but for 1 day only"),
        (-2, "error", "TLSv1.3; the relay's certificate has expired; have it renewed"),
    ],
)
def test_a_certificate_is_told_before_it_ends(days: float, severity: str, told: str) -> None:
    found = judge_tls("relay:587", ("TLSv1.3", certificate(days)), NOW, is_near=False)
    assert found.severity == severity
    assert told in found.mend


def test_without_tls_only_this_machine_is_near_enough() -> None:
    assert judge_tls("relay:25", None, NOW, is_near=True).severity == "ok"
    far = judge_tls("relay:25", None, NOW, is_near=False)
    assert (far.severity, far.mend) == (
        "warning",
        'nothing is encrypted on the way to the relay; set encryption to "starttls"',
    )


def test_a_certificate_without_an_end_cannot_be_judged() -> None:
    assert judge_tls("relay:25", ("TLSv1.2", None), NOW, is_near=False).severity == "unknown"


@pytest.mark.parametrize(
    ("apart", "synchronised", "severity", "told"),
    [
        (None, True, "ok", "kept right by NTP"),
        (2, True, "ok", "2 seconds from the database server's, kept right by NTP"),
        (-60, True, "ok", "60 seconds from"),
        (61, True, "error", "this machine and the database server are 61 seconds apart; synchronise both (NTP)"),
        (-3600, None, "error", "3600 seconds apart"),
        (0, False, "warning", "but nothing keeps it right: switch on NTP (timedatectl set-ntp true)"),
        (None, None, "unknown", "whether it is kept right cannot be told here; see that NTP runs"),
    ],
)
def test_clocks_may_be_a_minute_apart(apart: int | None, synchronised: bool | None, severity: str, told: str) -> None:
    theirs = None if apart is None else NOW + timedelta(seconds=apart)
    found = judge_clock(NOW, theirs, synchronised)
    assert found.severity == severity
    assert told in found.mend


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ("echo yes", True),
        ("echo no", False),
        ("echo", None),
        ("echo 'Failed to connect to bus' >&2; exit 1", None),
        ("exec sleep 60", None),
    ],
)
def test_systemd_is_asked_whether_the_clock_is_kept_right(tmp_path: Path, script: str, known: bool | None) -> None:
    program = tmp_path / "timedatectl"
    program.write_text(f'#!/bin/sh\n[ "$*" = "show -p NTPSynchronized --value" ] || exit 2\n{script}\n')
    program.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    assert clock_is_synchronised(seconds=0.5, environment={"PATH": path}) is known


def test_without_systemd_nobody_knows_whether_the_clock_is_kept_right(tmp_path: Path) -> None:
    assert clock_is_synchronised(environment={"PATH": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("url", "severity"),
    [
        ("https://news.example.org", "ok"),
        ("https://www.example.org/news", "ok"),
        ("http://news.example.org", "error"),
    ],
)
def test_readers_must_leave_by_https(url: str, severity: str) -> None:
    assert judge_site(url, is_private=False).severity == severity


def test_readers_must_be_able_to_come_there() -> None:
    found = judge_site("https://pc7", is_private=True)
    assert found.severity == "error"
    assert found.mend == "https://pc7 cannot be reached from outside, and every mail leads there; use a public name"


def test_files_with_secrets_are_for_their_owner_alone() -> None:
    assert judge_private("keys", "publisher.keys", 0o100600).severity == "ok"
    assert judge_private("keys", "publisher.keys", None).severity == "ok"
    for mode in (0o640, 0o604, 0o660):
        found = judge_private("keys", "publisher.keys", mode)
        assert found.severity == "error"
        assert found.mend == "others on this machine may read it; run `chmod 600 publisher.keys`"


def test_there_must_be_room_for_three_times_the_largest_list() -> None:
    assert judge_disk("disk", 1_200_000_000, 1_000_000).severity == "ok"
    found = judge_disk("disk", 1_199_000_000, 1_000_000)
    assert found.severity == "error"
    assert found.mend == (
        "1.2 GB free; the largest list, 1,000,000 people, needs 1.2 GB for an issue; make room before the next issue"
    )


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_a_name_server_is_named_by_its_address(text: str, at: tuple[str, int]) -> None:
    assert nameserver_at(text) == at


@given(
    st.text(max_size=20)
    | st.sampled_from(["9.9.9.9:", "9.9.9.9:0", "9.9.9.9:65536", "dns.example.org", "[::1", "1:2:3"])
)
def test_anything_else_is_told_to_be_none(text: str) -> None:
    try:
        host, port = nameserver_at(text)
    except ConfigError as exc:
        assert "is not the address of a name server" in str(exc)
    else:
        assert host and 0 < port < 65536
