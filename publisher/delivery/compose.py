"""Splices one subscriber's values into pre-encoded pieces of an edition: a message is a join, not a rendering.

Each edition is cut at its tokens and quoted-printable-encoded once (RFC 2045, section 6.7); each piece ends with a
soft break, so that a value can stand between two of them, and a block can be left out. What a choice of topics leaves
of it is joined once for all readers of that choice. Same edition and same subscriber give the same bytes.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from email import message_from_bytes
from email.header import Header
from email.message import Message
from email.utils import format_datetime, quote
from typing import TypeAlias

from publisher.errors import IssueError
from publisher.keys import hmac_of
from publisher.languages import fitting
from publisher.links import Links
from publisher.records import HEADERS, Delivery, Edition, Token, as_html, blocks_for, left_for

_SOFT_BREAK = b"=\r\n"
_LONGEST_NAME = 60

_AS_IT_IS = re.compile(r"(?!From )[!-<>-~](?<!\.)(?:[ -<>-~]{0,73}[!-<>-~])?", re.ASCII).fullmatch
"""Short plain text, as most personal values are: quoted-printable leaves it alone."""

SIGNATURE = "DKIM-Signature"
"""The one header field that may stand above ours."""

Pieces: TypeAlias = tuple[bytes | Token, ...]
"""bytes are ready to send, a Token names the personal value that stands there."""

_CHOICES_KEPT = 512
"""So many different choices of topics are kept ready; a copy for any other is made of the pieces again."""


class Composer:
    """Composes the messages of one issue, from nothing but its editions: `name` is the issue's, `list_name` its
    newsletter's, `key` the Message-ID key."""

    def __init__(self, editions: Sequence[Edition], name: str, list_name: str, links: Links, key: bytes) -> None:
        self._editions, self._name, self._links, self._key = editions, name, links, key
        self._newsletter = list_name
        self._languages = tuple(edition.language for edition in editions)
        self._letters = [_Letter(edition, list_name) for edition in editions]

    def message(self, delivery: Delivery) -> bytes:
        """The whole message, CRLF line ends, at most 76 columns in the body (RFC 5322, RFC 2045).

        Its header is ASCII, but for an address that has other letters (RFC 6532).
        """
        return b"\r\n".join(self.parts(delivery))

    def parts(self, delivery: Delivery) -> tuple[bytes, bytes]:
        """Header and body of the message, which an empty line stands between."""
        letter = self._letters[self._number(delivery)]
        values = self.values(delivery)
        text, html = letter.chosen(delivery.topics)
        head = b"".join([piece if isinstance(piece, bytes) else values[piece].encode() for piece in letter.head])
        body = [letter.first, *_filled(text, values), letter.between, *_filled(html, values, as_html), letter.last]
        return head, b"".join(body)

    def values(self, delivery: Delivery) -> dict[str, str]:
        """The personal values of one subscriber, by the names of their tokens."""
        edition = self._editions[self._number(delivery)]
        name = delivery.name[:_LONGEST_NAME] if delivery.name else None
        return {
            "GREETING": edition.greeting_named.replace("{name}", name) if name else edition.greeting,
            "EMAIL": delivery.address,
            "UNSUBSCRIBE": self._links.personal("unsubscribe", delivery.public_id, self._newsletter),
            "PREFERENCES": self._links.personal("preferences", delivery.public_id),
            "MESSAGEID": self.message_id(delivery.public_id),
        }

    def _number(self, delivery: Delivery) -> int:
        """Which of the editions this reader gets."""
        return fitting(delivery.language, self._languages)

    def message_id(self, public_id: str) -> str:
        """Stable over attempts, unguessable, and without a name in it."""
        told = f"{self._name}\0{public_id}"
        return f"<{hmac_of(self._key, told).hex()[:32]}@{self._editions[0].domain}>"

    def verify(self, message: bytes, delivery: Delivery) -> None:
        """Read a message back as a stranger would. Raises IssueError when it says anything but what was frozen.

        Some Pythons decode encoded words in a subject into new headers (CVE-2024-6923); this looks at the result.
        """
        read = message_from_bytes(message)
        names = [name for name in read if name != SIGNATURE]
        if names != list(HEADERS):
            raise IssueError(f"the message has the headers {', '.join(names)}; nothing was sent: check the subject")
        edition = self._editions[self._number(delivery)]
        values = self.values(delivery)
        written = (edition.text_for(delivery.topics, values), edition.html_for(delivery.topics, values))
        found = tuple(_decoded(one) for one in read.get_payload()) if read.is_multipart() else ()
        if found != written:
            raise IssueError("the message does not say what was approved; nothing was sent: draft the issue again")


def _decoded(part: object) -> str:
    """The text of a part, with the line ends of the edition."""
    assert isinstance(part, Message)
    return bytes(part.get_payload(decode=True)).decode("utf-8").replace("\r\n", "\n")


class _Letter:
    """One edition, ready to be spliced."""

    def __init__(self, edition: Edition, list_name: str) -> None:
        boundary = f"=_{edition.hash[:32]}"
        self.head = _header(edition, list_name, boundary)
        self.first = part(boundary, "text/plain")[2:]
        self.between = part(boundary, "text/html")
        self.last = f"\r\n--{boundary}--\r\n".encode("ascii")
        self._blocks = edition.blocks
        self._text = _pieces(edition.cut(edition.text))
        self._html = _pieces(edition.cut(edition.html))
        self._chosen: dict[frozenset[int], tuple[Pieces, Pieces]] = {}

    def chosen(self, topics: Sequence[str]) -> tuple[Pieces, Pieces]:
        """Text and HTML with the blocks that stand for this choice: by which blocks stand, for many choices are one."""
        stands = blocks_for(self._blocks, topics)
        held = self._chosen.get(stands)
        if held is None:
            held = _joined(left_for(self._text, stands)), _joined(left_for(self._html, stands))
            if len(self._chosen) < _CHOICES_KEPT:
                self._chosen[stands] = held
        return held


def _header(edition: Edition, list_name: str, boundary: str) -> Pieces:
    lines: Sequence[tuple[str, str]] = [
        ("Date", format_datetime(edition.date)),
        ("From", f"{phrase(edition.sender_name)} <{edition.sender_address}>"),
        ("To", "\0EMAIL\0"),
        ("Message-ID", "\0MESSAGEID\0"),
        ("Subject", unstructured("Subject", edition.subject)),
        ("List-Id", f"{phrase(edition.title)} <{list_name}.{edition.domain}>"),
        ("List-Unsubscribe", "<\0UNSUBSCRIBE\0>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    whole = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return tuple(Token(piece) if i % 2 else piece.encode("ascii") for i, piece in enumerate(whole.split("\0")))


def phrase(name: str) -> str:
    """A display name (RFC 5322, section 3.2.5): quoted when ASCII, an encoded word otherwise."""
    return f'"{quote(name)}"' if _is_plain(name) else Header(name, "utf-8").encode(linesep="\r\n")


def unstructured(header: str, value: str) -> str:
    """ASCII as it is, folded; the rest, and what could be taken for an encoded word, as encoded words (RFC 2047)."""
    charset = "us-ascii" if _is_plain(value) else "utf-8"
    return Header(value, charset, header_name=header, maxlinelen=76).encode(linesep="\r\n")


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and "=?" not in value


def part(boundary: str, kind: str) -> bytes:
    """How a part of this media type begins (RFC 2046, section 5.1)."""
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    return f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode("ascii")


def _pieces(cut: Sequence[str]) -> Pieces:
    """The pieces of a cut document, ready to send but for its tokens."""
    return tuple(piece if isinstance(piece, Token) else encoded(piece) for piece in cut if piece)


def _filled(pieces: Pieces, values: Mapping[str, str], shown: Callable[[str], str] = str) -> list[bytes]:
    """The pieces with the values in place, as they are `shown` there, ready to send."""
    return [piece if isinstance(piece, bytes) else encoded(shown(values[piece])) for piece in pieces]


def _joined(pieces: Iterable[bytes | Token]) -> Pieces:
    """The same with neighbours joined."""
    joined: list[bytes | Token] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


def encoded(text: str) -> bytes:
    """Quoted-printable, ended by a soft break. No line begins with a dot or `From `, which relays may change."""
    if _AS_IT_IS(text):
        return text.encode("ascii") + _SOFT_BREAK
    # The letter behind the text keeps room for the soft break in the last line; it is taken off again.
    made = binascii.b2a_qp((text + "A").replace("\n", "\r\n").encode("utf-8"), istext=True)[:-1]
    # Where the text has no line end of its own, b2a_qp breaks lines with a bare LF.
    made = made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if made.startswith((b".", b"From ")) or b"\n." in made or b"\nFrom " in made:
        made = _guarded(made)
    return made if made.endswith(_SOFT_BREAK) else made + _SOFT_BREAK


def _guarded(made: bytes) -> bytes:
    while (guarded := re.sub(rb"(?m)^\.", b"=2E=\r\n", made)) != made:
        made = guarded
    return re.sub(rb"(?m)^From ", b"=46=\r\nrom ", made)
