"""Reports: the golden folder, any bytes at all, and what may never be blamed."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from publisher.subscribers.bounces import Report, is_address_dead, read
from publisher.subscribers.bounces.addresses import addresses_in, as_address, in_header, typed
from tests.watchdog import ends

SAMPLES = Path(__file__).parents[1] / "data" / "bounces"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
FROM_A_SYSTEM = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: Undeliverable mail\n"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def shown(report: Report) -> bytes:
    fields = {**asdict(report), "dead": is_address_dead(report)}
    return (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_read_as_what_it_is(name: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(SAMPLES / f"{name}.json", shown(read(sample(name))))


def test_the_corpus_is_there() -> None:
    assert len(NAMES) >= 75
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("auto-", "other-"))])
def test_what_is_no_report_blames_nobody(name: str) -> None:
    report = read(sample(name))
    assert report.kind == ("auto-reply" if name.startswith("auto-") else "other")
    assert report.recipients == () and report.returned == () and not report.permanent


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_make_no_difference(name: str) -> None:
    plain = sample(name).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert read(plain.replace(b"\n", b"\r\n")) == read(plain.replace(b"\n", b"\r")) == read(plain)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("standard-", "sentences-", "complaint-"))])
def test_the_keyed_places_are_handed_on(name: str) -> None:
    report = read(sample(name))
    assert report.addressed_to[0].startswith(("bounce+1.7f3a9c20d4e15b68.Qm9x_Ky2@", "fbl@alderbay.example"))
    if b"List-Unsubscribe: <https" in sample(name) and not name.endswith("-and-cut") and report.kind != "other":
        assert report.returned == ("https://news.alderbay.example/unsubscribe/1.7f3a9c20d4e15b68.Zt4-pLw9",)


@pytest.mark.parametrize("name", NAMES)
def test_the_reason_holds_no_address(name: str) -> None:
    report = read(sample(name))
    assert "@" not in report.why and len(report.why) <= 200 and report.why.isprintable()
    for word in ("ottilie", "wren", "castellan", "oduya"):
        assert word not in report.why.lower()


def test_a_name_without_its_domain_is_left_out_of_the_reason_as_well() -> None:
    body = "Final-Recipient: rfc822; ottilie.wren@example.org\nAction: failed\nStatus: 5.1.1\n"
    body += (
        "Diagnostic-Code: smtp; 550 5.1.1 Ottilie.Wren: no such user, see http://example.org/?u=wren%40example.org\n"
    )
    report = read(FROM_A_SYSTEM + b"Content-Type: message/delivery-status\n\n" + body.encode())
    assert report.why == "550 5.1.1 …: no such user, see …"


def test_where_several_fail_the_mildest_reason_speaks_for_all() -> None:
    report = read(sample("standard-iis-two-recipients"))
    assert len(report.recipients) == 2 and report.status == "5.2.2" and not is_address_dead(report)


@pytest.mark.parametrize("between", ["\n", ""], ids=["a blank line between", "none"])
def test_recipients_are_told_apart_in_whatever_order_their_fields_stand(between: str) -> None:
    told = "Diagnostic-Code: smtp; 550 5.1.1 {0}\nStatus: 5.1.1\nFinal-Recipient: rfc822; {0}\nAction: {1}\n"
    groups = told.format("a@example.org", "delayed") + between + told.format("b@example.org", "failed")
    report = read(FROM_A_SYSTEM + b"Content-Type: message/delivery-status\n\n" + groups.encode())
    assert report.recipients == ("b@example.org",) and not report.delayed


def test_a_list_of_recipients_in_a_notice_is_read() -> None:
    notice = (
        b"Your message could not be delivered because of\n\n550 5.1.1 User unknown\n\nThese recipients are affected:\n"
    )
    assert read(FROM_A_SYSTEM + b"\n" + notice + b"    a@example.org\n").recipients == ("a@example.org",)


@pytest.mark.parametrize(
    ("status", "why", "dead"),
    [
        ("5.1.1", "550 5.1.1 User unknown", True),
        ("5.1.1", "", True),
        ("5.1.3", "501 bad syntax", True),
        ("5.1.6", "551 moved", True),
        ("5.1.10", "556 the domain takes no mail", True),
        ("5.2.1", "550 the account is disabled", True),
        ("5.0.0", "550 no such user here", True),
        (None, "Sorry, no mailbox here by that name. (#5.1.1)", True),
        (None, "550 …: user does not exist", True),
        ("5.1.2", "550 Host unknown", False),
        ("5.2.2", "552 mailbox full", False),
        ("5.3.4", "552 too big", False),
        ("5.4.4", "name server error", False),
        ("5.5.0", "550 not taken", False),
        ("5.7.1", "550 5.7.1 no such user", False),
        ("5.1.1", "550 5.1.1 blocked by our blacklist", False),
        ("5.2.1", "550 5.2.1 receiving mail at a rate that is too high", False),
        ("5.0.0", "550 5.7.1 unknown user", False),
        ("5.0.0", "550 relaying denied: unknown user", False),
        ("4.1.1", "450 user unknown", False),
        (None, "554 Service unavailable", False),
        (None, "", False),
    ],
)
def test_only_what_says_that_the_mailbox_is_gone_kills_an_address(status: str | None, why: str, dead: bool) -> None:
    report = Report(kind="bounce", permanent=not (status or "5").startswith("4"), status=status, why=why)
    assert is_address_dead(report) is dead


def test_a_delay_or_a_complaint_kills_no_address() -> None:
    assert not is_address_dead(Report(kind="bounce", delayed=True, status="5.1.1"))
    assert not is_address_dead(Report(kind="complaint", permanent=True, status="5.1.1"))


def test_neither_its_sender_nor_its_reader_is_blamed() -> None:
    told = b"<MAILER-DAEMON@mx.example.org>:\n550 user unknown\n<us@example.net>:\n550 user unknown\n"
    intro = b"I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
    report = read(FROM_A_SYSTEM + b"To: us@example.net\n\nThis is the qmail-send program.\n" + intro + told)
    assert report.kind == "bounce" and report.recipients == ()


def test_addresses_in_the_message_that_came_back_are_not_blamed() -> None:
    text = sample("sentences-names-nobody") + b"\n--- Below this line is a copy of the message.\n\n"
    report = read(text + b"To: a@example.org\n\n<friend@example.org>:\n550 user unknown\n")
    assert report.recipients == ()


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; a.b@Example.ORG", "a.b@example.org"),
        ("rfc822;a@example.org", "a@example.org"),
        ("RFC822 ;  <a@example.org>", "a@example.org"),
        ("rfc822; rfc822;a@example.org", "a@example.org"),
        ("<a@example.org>", "a@example.org"),
        ("a@example.org", "a@example.org"),
        ("rfc822; a@example.org (moved)", "a@example.org"),
        ("rfc822; <@relay.example.net:a@example.org>", "a@example.org"),
        ("rfc822; a@example.org.", "a@example.org"),
        ('rfc822; "a b"@example.org', '"a b"@example.org'),
        ("utf-8; r\\x{FC}beli@example.org", "rübeli@example.org"),
        ("utf-8; rübeli@bücher.example", "rübeli@bücher.example"),
        ("SMTP:a@example.org", "a@example.org"),
        ("LOCAL; a", None),
        ("x400; /S=a/PRMD=b/", None),
        ("rfc822; <>", None),
        ("rfc822; a...@example.org", None),
        ("rfc822; a@#example.org", None),
        ("", None),
        (f"rfc822; {'a' * 320}@example.org", None),
    ],
)
def test_a_recipient_is_read_however_it_is_written(field: str, address: str | None) -> None:
    assert typed(field) == address


def test_addresses_are_found_in_sentences_but_not_in_display_names() -> None:
    text = 'Write to <a@example.org>, "b c"@example.org or d@example.org. Not to x@ or @y or https://u:p@host/'
    assert list(addresses_in(text))[:3] == ["a@example.org", '"b c"@example.org', "d@example.org"]
    assert in_header('"spoof@example.com" <a@example.org>, b@example.org') == ("a@example.org", "b@example.org")
    assert as_address("mailto:a@example.org") == "a@example.org"


def test_at_most_fifty_recipients_are_kept() -> None:
    groups = "".join(
        f"\nFinal-Recipient: rfc822; a{n}@example.org\nAction: failed\nStatus: 5.1.1\n" for n in range(500)
    )
    report = read(FROM_A_SYSTEM + b"Content-Type: message/delivery-status\n\n" + groups.encode())
    assert len(report.recipients) == 50


HUGE = {
    "25 MB": FROM_A_SYSTEM + b"\n" + b"x" * 25_000_000,
    "10,000 parts": FROM_A_SYSTEM + b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\na@b.org\n" * 10_000,
    "1,000 levels": FROM_A_SYSTEM
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000))
    + b"\n"
    + b"x\n" * 200_000,
    "1,000 messages in one another": FROM_A_SYSTEM + b"Content-Type: message/rfc822\n\n" * 1000,
    "a million at-signs": FROM_A_SYSTEM + b"\n" + b"a@" * 1_000_000,
    "a header without end": b"To: x\n" + b" y\n" * 600_000,
    "brackets": b"From: " + b"(" * 100_000 + b"\n" + FROM_A_SYSTEM + b"\n" + b"<" * 1_000_000,
    "base64": FROM_A_SYSTEM + b"Content-Transfer-Encoding: base64\n\n" + b"A=" * 1_000_000,
    "words": FROM_A_SYSTEM + b"\n" + b"user mailbox account mail delivery delayed " * 40_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_nothing_holds_the_reading_up(name: str) -> None:
    with ends():
        report = read(HUGE[name])
    assert len(report.recipients) <= 50


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_report(data: bytes) -> None:
    check(read(data))
    check(read(FROM_A_SYSTEM + data))
    check(read(FROM_A_SYSTEM + b"Content-Type: multipart/report; boundary=b\n\n--b\n" + data))


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_report_gives_a_report(name: str, data: st.DataObject) -> None:
    whole = sample(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 200)))
    check(read(whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]))


@given(st.text(max_size=300), st.sampled_from(["From", "To", "Subject", "Content-Type", "List-Unsubscribe"]))
@settings(max_examples=200, deadline=None)
def test_any_header_gives_a_report(value: str, header: str) -> None:
    check(read(f"{header}: {value}\n".encode("utf-8", "replace") + FROM_A_SYSTEM + b"\nUndeliverable\n"))


def check(report: Report) -> None:
    assert len(report.recipients) <= 50 and len(report.why) <= 200 and "@" not in report.why
    assert all(len(address) <= 320 and re.fullmatch(r"\S.*@\S+", address) for address in report.recipients)
    assert report.kind in ("bounce", "complaint") or not (report.recipients or report.permanent or report.returned)
