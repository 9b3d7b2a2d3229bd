"""A spliced message, read back by a stranger, says what was meant."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, strategies as st

from publisher.delivery.compose import Composer, encoded
from publisher.errors import IssueError
from publisher.links import Links
from publisher.records import Delivery, Edition
from tests.conftest import KEYS

TOKENS = "ZQabcGREETINGQZ ZQabcEMAILQZ ZQabcUNSUBSCRIBEQZ ZQabcPREFERENCESQZ"


def edition(html: str = f"<p>{TOKENS}</p>", text: str = f"{TOKENS}\n", subject: str = "News") -> Edition:
    return Edition(
        language="en", subject=subject, preheader="", title="Wöchentlich", sender_name='Bay "B" Hospital',
        sender_address="news@bay.example", greeting="Hello.", greeting_named="Hello, {name}.",
        html=html, text=text, nonce="abc", hash="0" * 64, date=datetime(2026, 11, 23, 15, tzinfo=UTC),
    )  # fmt: skip


def delivery(name: str | None = "Inês", public_id: str = "ab" * 16) -> Delivery:
    return Delivery(issue=1, subscriber=1, public_id=public_id, address="ines@example.org", name=name, state="claimed")


def composer(of: Edition) -> Composer:
    return Composer([of], "weekly/2026-W48", "weekly", Links("https://bay.example", KEYS), b"m" * 32)


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default.clone(raise_on_defect=True))
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_message_has_its_headers_and_both_parts() -> None:
    message = read(composer(edition()).message(delivery()))
    assert message["From"] == '"Bay \\"B\\" Hospital" <news@bay.example>'
    assert message["To"] == "ines@example.org"
    assert message["Date"] == "Mon, 23 Nov 2026 15:00:00 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@bay\.example>", message["Message-ID"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Id"]).endswith("<weekly.bay.example>")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_personal_values_stand_where_they_belong() -> None:
    message = read(composer(edition()).message(delivery("Inês <b>")))
    unsubscribe = str(message["List-Unsubscribe"]).strip("<>")
    token = unsubscribe.removeprefix("https://bay.example/unsubscribe/")
    assert Links("https://bay.example", KEYS).check("unsubscribe", token, "weekly") == "ab" * 16
    assert "ines" not in unsubscribe
    assert body(message, "plain").startswith(
        f"Hello, Inês <b>. ines@example.org {unsubscribe} https://bay.example/preferences/"
    )
    assert "Hello, In&#234;s &lt;b&gt;." in body(message, "html")


def test_attempts_are_identical_and_people_are_not() -> None:
    made = composer(edition())
    assert made.message(delivery()) == made.message(delivery()) == composer(edition()).message(delivery())
    other = made.message(delivery(public_id="cd" * 16))
    assert read(other)["Message-ID"] != read(made.message(delivery()))["Message-ID"]


def test_the_unsubscribe_header_is_one_unbroken_address() -> None:
    raw = composer(edition()).message(delivery())
    assert re.search(rb"\r\nList-Unsubscribe: <https://[!-~]+>\r\n", raw)


@given(
    html=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
)
def test_whatever_is_written_arrives_to_the_letter_within_the_line_limits(html: str, name: str) -> None:
    raw = composer(edition(html=f"{html}ZQabcGREETINGQZ{html}", text=html)).message(delivery(name or None))
    _, _, rest = raw.partition(b"\r\n\r\n")
    for line in rest.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
    assert b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    plain = message_from_bytes(raw).get_payload()[0].get_payload(decode=True)
    assert plain.decode().replace("\r\n", "\n") == html


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=200))
def test_no_subject_becomes_another_header(subject: str) -> None:
    made = composer(edition(subject=subject))
    made.verify(made.message(delivery()), delivery())


@pytest.mark.parametrize(
    "subject",
    ["=?utf-8?q?x=0D=0ABcc:_v@evil.example=0D=0A=0D=0AInjected?=", "Über uns", "plain", "a" * 300, "x \u2028 y"],
)
def test_a_subject_reads_back_as_it_was_written(subject: str) -> None:
    message = read(composer(edition(subject=subject)).message(delivery()))
    assert "Bcc" not in message
    assert " ".join(str(message["Subject"]).split()) == " ".join(
        subject.replace("\u2028", " ").split()
    ) or "\u2028" in str(message["Subject"])


def test_a_message_with_other_headers_than_ours_is_refused() -> None:
    made = composer(edition())
    forged = made.message(delivery()).replace(b"Precedence: bulk", b"Bcc: v@evil.example\r\nPrecedence: bulk")
    with pytest.raises(IssueError, match="nothing was sent"):
        made.verify(forged, delivery())


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_a_piece_ends_with_a_soft_break(text: str) -> None:
    assert encoded(text).endswith(b"=\r\n")
