"""Splices one subscriber's values into pre-encoded pieces of the edition: a message is a join, not a rendering.

The edition is cut at its tokens and quoted-printable-encoded once (RFC 2045, section 6.7); each piece ends with a
soft break, so that a value can stand between two of them. Same edition and same subscriber give the same bytes.
"""

import binascii
import hmac
import re
from collections.abc import Sequence
from email.header import Header
from email.parser import BytesHeaderParser
from email.utils import format_datetime, quote
from hashlib import sha256
from html import escape
from typing import TypeAlias

from publisher.errors import IssueError
from publisher.links import Links
from publisher.records import Delivery, Edition

_SOFT_BREAK = b"=\r\n"
_HEADERS = [
    "Date",
    "From",
    "To",
    "Message-ID",
    "Subject",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Precedence",
    "MIME-Version",
    "Content-Type",
]
_LONGEST_NAME = 60

Pieces: TypeAlias = tuple[bytes | str, ...]
"""Alternating: bytes are ready to send, a str names the personal value that stands there."""


class Composer:
    """Composes the messages of one edition, from nothing else: `name` is the issue's, `list_name` its newsletter's,
    `key` the Message-ID key."""

    def __init__(self, edition: Edition, name: str, list_name: str, links: Links, key: bytes) -> None:
        self._edition, self._name, self._links, self._key = edition, name, links, key
        boundary = f"=_{edition.hash[:32]}"
        token = re.compile(edition.token("([A-Z]+)"))
        self._head = _header(edition, list_name, boundary)
        self._text = _cut(edition.text, token)
        self._html = _cut(edition.html, token)
        self._between = _part(boundary, "text/html")
        self._first = b"\r\n" + _part(boundary, "text/plain")[2:]
        self._last = f"\r\n--{boundary}--\r\n".encode("ascii")

    def message(self, delivery: Delivery) -> bytes:
        """The whole message, CRLF line ends, at most 76 columns in the body (RFC 5322, RFC 2045)."""
        values = self._values(delivery)
        return b"".join(
            [
                *(part if isinstance(part, bytes) else values[part].encode("ascii") for part in self._head),
                self._first,
                *(part if isinstance(part, bytes) else _encoded(values[part]) for part in self._text),
                self._between,
                *(part if isinstance(part, bytes) else _encoded(escape(values[part])) for part in self._html),
                self._last,
            ]
        )

    def _values(self, delivery: Delivery) -> dict[str, str]:
        name = delivery.name[:_LONGEST_NAME] if delivery.name else None
        return {
            "GREETING": self._edition.greeting_named.replace("{name}", name) if name else self._edition.greeting,
            "EMAIL": delivery.address,
            "UNSUBSCRIBE": self._links.personal("unsubscribe", delivery.public_id),
            "PREFERENCES": self._links.personal("preferences", delivery.public_id),
            "MESSAGEID": self.message_id(delivery.public_id),
        }

    def message_id(self, public_id: str) -> str:
        """Stable over attempts, unguessable, and without a name in it."""
        told = f"{self._name}\0{public_id}".encode()
        return f"<{hmac.digest(self._key, told, sha256).hex()[:32]}@{self._edition.domain}>"

    def verify(self, message: bytes) -> None:
        """Read a message back as a stranger would. Raises IssueError when it has other headers than we wrote.

        Some Pythons decode encoded words in a subject into new headers (CVE-2024-6923); this looks at the result.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        names = BytesHeaderParser().parsebytes(head + b"\r\n\r\n").keys()
        if names != _HEADERS or not body:
            raise IssueError(f"the message has the headers {', '.join(names)}; nothing was sent: check the subject")


def _header(edition: Edition, list_name: str, boundary: str) -> Pieces:
    lines: Sequence[tuple[str, str]] = [
        ("Date", format_datetime(edition.date)),
        ("From", f"{_phrase(edition.sender_name)} <{edition.sender_address}>"),
        ("To", "\0EMAIL\0"),
        ("Message-ID", "\0MESSAGEID\0"),
        ("Subject", _unstructured("Subject", edition.subject)),
        ("List-Id", f"{_phrase(edition.title)} <{list_name}.{edition.domain}>"),
        ("List-Unsubscribe", "<\0UNSUBSCRIBE\0>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    whole = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return tuple(part if i % 2 else part.encode("ascii") for i, part in enumerate(whole.split("\0")))


def _phrase(name: str) -> str:
    """A display name (RFC 5322, section 3.2.5): quoted when ASCII, an encoded word otherwise."""
    return f'"{quote(name)}"' if _is_plain(name) else Header(name, "utf-8").encode(linesep="\r\n")


def _unstructured(header: str, value: str) -> str:
    """ASCII as it is, folded; the rest, and what could be taken for an encoded word, as encoded words (RFC 2047)."""
    charset = "us-ascii" if _is_plain(value) else "utf-8"
    return Header(value, charset, header_name=header, maxlinelen=76).encode(linesep="\r\n")


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and "=?" not in value


def _part(boundary: str, kind: str) -> bytes:
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    return f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode("ascii")


def _cut(document: str, token: re.Pattern[str]) -> Pieces:
    parts = token.split(document)
    return tuple(part if i % 2 else _encoded(part) for i, part in enumerate(parts) if part or i % 2)


def _encoded(text: str) -> bytes:
    """Quoted-printable, ended by a soft break. No line begins with a dot or `From `, which relays may change."""
    # The letter behind the text keeps room for the soft break in the last line; it is taken off again.
    encoded = binascii.b2a_qp((text + "A").replace("\n", "\r\n").encode("utf-8"), istext=True)[:-1]
    # Where the text has no line end of its own, b2a_qp breaks lines with a bare LF.
    encoded = encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if b"." in encoded or b"From " in encoded:
        encoded = _guarded(encoded)
    return encoded if encoded.endswith(_SOFT_BREAK) else encoded + _SOFT_BREAK


def _guarded(encoded: bytes) -> bytes:
    while (guarded := re.sub(rb"(?m)^\.", b"=2E=\r\n", encoded)) != encoded:
        encoded = guarded
    return re.sub(rb"(?m)^From ", b"=46=\r\nrom ", encoded)
