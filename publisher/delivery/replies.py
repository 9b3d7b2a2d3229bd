"""What a relay says: read within limits, and sorted into what it means for one copy, or for all.

In: bytes from a relay. Out: Replies; and of a Reply the Outcome that the ledger stores. A relay that hangs up, is
late, or says what is no reply ends in Broken, whatever came before. Who talks, and what then becomes of the copy whose
end had been sent, is smtp.py's.
"""

import socket
import ssl
from dataclasses import dataclass

from publisher.records import Accepted, Barred, Deferred, Outcome, Refused, Unsent

_LONGEST_LINE = 2048
_MOST_LINES = 200
_LONGEST_TEXT = 300

# Enhanced codes (RFC 3463 and IANA's registry of them) that speak of whoever sends, so that every other copy would
# fare alike: a person must look. What may as well mean this recipient (5.7.1, 5.2.x, 5.6.x) is not among them.
_ABOUT_US = frozenset(
    {
        "1.7",  # the sender's address is malformed
        "1.8",  # the sender's domain does not exist or takes no mail
        "3.4",  # too large for the relay (for the mailbox: 5.2.3)
        "3.5",  # the relay is set up wrongly
        "4.5",  # a limit of the sender is used up (Google: daily limit)
        "7.8",  # user name or password no longer valid
        "7.9",  # the way of logging in is too weak
        "7.10",  # encryption wanted
        "7.11",  # encryption wanted for this way of logging in
        "7.12",  # the password must be changed
        "7.14",  # the relay does not trust us
        *("7.20", "7.21", "7.22"),  # DKIM: no signature, none that passes, none of the author
        *("7.23", "7.24"),  # SPF failed, SPF cannot be read
        "7.25",  # our address has no name
        "7.26",  # several checks of the sender failed
        "7.27",  # the sender's domain says that it takes no mail
        "7.28",  # too much mail of ours
        "1.90",  # Microsoft 365: the day's limit of recipients is used up
        *("7.57", "7.60"),  # the same: not logged in, not allowed to send as this sender
        *("7.501", "7.502", "7.503", "7.508", "7.509", "7.511"),  # the same: banned, over its rate, no DMARC
        *("7.705", "7.708", "7.750"),  # the same: tenant over its limit, address barred, domain not registered
    }
)
_NOT_LOGGED_IN = (530, 534, 535, 538)  # RFC 4954, section 6


class Broken(Exception):
    """The connection is of no more use; the message says why, for people, without addresses."""


@dataclass(frozen=True, slots=True)
class Reply:
    """RFC 5321, section 4.2: three digits, and the text of each line without them."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def status(self) -> str:
        """The enhanced code without its class, like "1.1" of "550 5.1.1 …" (RFC 2034); empty where there is none."""
        given, _, detail = self.lines[0].partition(b" ")[0].decode("ascii", "replace").partition(".")
        is_code = given == str(self.code)[0] and detail.replace(".", "", 1).isdecimal()
        return detail if is_code else ""

    def __str__(self) -> str:
        """One line of printable ASCII, at most 300 characters; an enhanced code is not repeated for each line."""
        first, *others = self.lines
        if others and (status := self.status):
            repeated = f"{str(self.code)[0]}.{status}".encode()
            others = [line.removeprefix(repeated) for line in others]
        text = b" ".join([b"%d" % self.code, first, *(line.strip() for line in others)]).strip()
        return printable(text)


def printable(raw: bytes) -> str:
    """What is not printable ASCII as \\xNN; cut where it is long."""
    if not (raw.isascii() and (text := raw.decode("ascii")).isprintable()):
        text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[:_LONGEST_TEXT])
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


class Reader:
    """Bytes in, in any pieces; whole Replies out, in order."""

    def __init__(self) -> None:
        self._buffer = b""
        self._code = b""
        self._lines: list[bytes] = []

    @property
    def has_more(self) -> bool:
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> Reply | None:
        """The next whole reply, or None until more has come. Raises Broken where it is none."""
        while (end := self._buffer.find(b"\n")) >= 0:
            line = self._buffer[:end].removesuffix(b"\r")
            self._buffer = self._buffer[end + 1 :]
            if self._add(line):
                reply = Reply(int(self._code), tuple(self._lines))
                self._lines.clear()
                return reply
        if len(self._buffer) > _LONGEST_LINE:
            raise Broken("the relay's answer has a line without end")
        return None

    def _add(self, line: bytes) -> bool:
        """Whether that was the last line of a reply (RFC 5321, section 4.2.1: a space after the digits, or nothing)."""
        code, mark = line[:3], line[3:4]
        if not (len(code) == 3 and code.isdigit() and b"200" <= code < b"600" and mark in (b" ", b"-", b"")):
            raise Broken("the relay said what is no answer of a mail server")
        if self._lines and code != self._code:
            raise Broken("the relay changed its answer half-way")
        if len(line) > _LONGEST_LINE or len(self._lines) == _MOST_LINES:
            raise Broken("the relay's answer is too long")
        self._code = code
        self._lines.append(line[4:])
        return mark != b"-"


def after_sender(reply: Reply) -> Barred | None:
    """Of MAIL FROM: None where the sender may write. Raises Broken for a 4xx, which is the relay's own trouble."""
    if reply.code < 300:
        return None
    if reply.code < 500:
        raise Broken(str(reply))
    return Barred(reply=str(reply))


def after_recipient(reply: Reply) -> Outcome | None:
    """Of RCPT TO, or of DATA: None where the relay wants to go on (251 and 252 are promises too).

    Raises Broken for what makes no sense there: the two sides no longer speak of the same (503).
    """
    if reply.code < 300:
        return None
    if reply.code < 400 or reply.code in (421, 503):
        raise Broken(str(reply))
    return _turned_down(reply)


def after_end(reply: Reply) -> Outcome:
    """Of the end of the content (RFC 5321, section 4.2.5). Raises Broken for what is neither yes nor no."""
    if reply.code < 300:
        return Accepted(reply=str(reply))
    if reply.code < 400:
        raise Broken(str(reply))
    return _turned_down(reply)


def _turned_down(reply: Reply) -> Outcome:
    text = str(reply)
    if reply.code == 421:
        return Unsent(reply=text)
    if reply.code < 500:
        return Deferred(reply=text)
    if reply.code in _NOT_LOGGED_IN or reply.status in _ABOUT_US:
        return Barred(reply=text)
    return Refused(reply=text)


def why(exc: Exception) -> str:
    """What went wrong with a connection, for people."""
    match exc:
        case Broken():
            return str(exc)
        case TimeoutError():
            return "the relay did not answer in time"
        case ConnectionRefusedError():
            return "nothing answers at this port"
        case socket.gaierror():
            return "there is no such host, or the name servers do not answer"
        case ConnectionError() | ssl.SSLError():
            return "the connection to the relay was lost"
        case _:
            return f"the connection failed ({getattr(exc, 'strerror', None) or type(exc).__name__})"
