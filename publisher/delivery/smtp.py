"""Mail leaves through a relay, by SMTP (RFC 5321) with everything of one copy in one round trip (RFC 2920).

In: a Relay as configured, then envelopes and finished messages. Out: what the relay answered, as an Outcome. The end of
one message leaves together with the offer of the next, and nothing is ever called unsent whose end may have arrived.
How a session begins is session.py's, what a reply means is in replies.py, and what becomes of the copy is the engine's.
"""

import socket
import ssl
import struct
from contextlib import suppress
from typing import Any

from publisher.delivery import replies
from publisher.delivery.replies import Broken, Reply
from publisher.delivery.session import Door, Relay as Relay, Session, Timeouts as Timeouts
from publisher.delivery.wire import Wire
from publisher.records import Barred, Envelope, Outcome, Refused, Uncertain, Unsent

_END = b".\r\n"  # the content before it ends in CRLF
_GOODBYE_SECONDS = 2.0


class SmtpTransport:
    """A relay, and how to reach it. The same message sent twice is two copies."""

    repeatable = False

    def __init__(self, relay: Relay, timeouts: Timeouts | None = None) -> None:
        self.relay = str(relay)
        self._timeouts = timeouts or Timeouts()
        self._door = Door(relay, self._timeouts)

    def open(self) -> "SmtpCourier":
        """A courier on a connection of its own. The password is tried once.

        Raises RelayAway when it may work later, RelayRefuses when a person must mend something.
        """
        return SmtpCourier(self._door.open(), self._timeouts)


class SmtpCourier:
    """One connection that is through with its greetings.

    `offers`: the names of the relay's extensions; `size_limit`: the most octets it takes, None when it did not say;
    `tls`: the version and the relay's certificate (as of ssl), None without encryption.
    """

    def __init__(self, session: Session, timeouts: Timeouts) -> None:
        self._socket, self._timeouts = session.connection, timeouts
        self.offers = frozenset(name.upper() for name in session.esmtp_features)
        limit = session.esmtp_features.get("size", "").strip()
        # RFC 1870, section 4: 0 means no fixed limit.
        self.size_limit = int(limit) or None if limit.isascii() and limit.isdecimal() else None
        self.tls: tuple[str, dict[str, Any]] | None = None
        if isinstance(self._socket, ssl.SSLSocket):
            self.tls = (self._socket.version() or "", dict(self._socket.getpeercert() or {}))
        self._pipelining = "PIPELINING" in self.offers
        self._wire = Wire(self._socket)
        self._broken: str | None = None
        self._in_content = self._is_put = self._must_reset = self._dotless = False

    @property
    def is_open(self) -> bool:
        return self._broken is None

    def exchange(self, envelope: Envelope | None) -> tuple[Outcome | None, Outcome | None]:
        """See Courier. What was put is uncertain from the moment its end is written until the answer to it is whole."""
        unfit = self._unfit(envelope) if envelope and self.is_open else None
        offered = None if unfit else envelope
        self._dotless = envelope is not None and envelope.dotless
        had_end, asked, last, unwanted = self._is_put, False, None, unfit
        try:
            commands = self._commands(offered)
            self._expect_silence()
            self._is_put, self._in_content, asked = False, False, True
            if self._pipelining and commands:
                self._wire.say(b"".join(commands), self._timeouts.block)
            if had_end:
                reply = self._ask(_END, self._timeouts.end)
                last = replies.after_end(reply)
                _check_goodbye(reply)
            if offered:
                unwanted = self._offer(*commands[-3:])
            self._wire.expect_nothing_more()
        except Broken as exc:
            self._break(str(exc))
            if had_end and last is None:
                last = Uncertain(reply=str(exc)) if asked else Unsent(reply=str(exc))
            if offered and unwanted is None:
                unwanted = Unsent(reply=str(exc))
        return last, unwanted

    def put(self, message: bytes) -> Unsent | None:
        """See Courier. A line that begins with a dot gets a second (RFC 5321, section 4.5.2)."""
        if self._broken is not None:
            return Unsent(reply=self._broken)
        if not self._dotless and (b"\n." in message or message.startswith(b".")):
            message = (b"\n" + message).replace(b"\n.", b"\n..")[1:]
        if not message.endswith(b"\r\n"):
            message += b"\r\n"
        try:
            self._wire.say(message, self._timeouts.block)
        except Broken as exc:
            self._break(str(exc))
            return Unsent(reply=str(exc))
        self._is_put = True
        return None

    def withdraw(self) -> None:
        """See Courier: a reset, so that nothing more of it reaches the relay. It must not take what has no end."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._break("the connection was broken off")

    def close(self) -> None:
        if self._broken is not None:
            return
        if self._in_content:
            self.withdraw()
            return
        with suppress(Broken):
            self._wire.say(b"QUIT\r\n", _GOODBYE_SECONDS)
            self._wire.hear(_GOODBYE_SECONDS)
        self._break("the connection was closed")

    def _unfit(self, envelope: Envelope) -> Outcome | None:
        """Why the relay need not be asked."""
        if self.size_limit is not None and envelope.size > self.size_limit:
            return Barred(reply=f"a copy has {envelope.size} octets, and the relay takes {self.size_limit} at most")
        if not _is_sayable(envelope.sender):
            return Barred(reply="the return path holds characters that cannot be said to a mail server")
        if not _is_sayable(envelope.recipient):
            return Refused(reply="the address holds characters that cannot be said to a mail server")
        if envelope.smtputf8 and "SMTPUTF8" not in self.offers:
            text = "the address has letters beyond ASCII, and the relay takes none of these (it offers no SMTPUTF8)"
            return Refused(reply=text) if envelope.sender.isascii() else Barred(reply=text)
        return None

    def _commands(self, envelope: Envelope | None) -> list[bytes]:
        """What is to be said now, in order: the end, if there is one to send, and the offer."""
        commands = [_END] if self._is_put else []
        if envelope is None:
            return commands
        parameters = f" SIZE={envelope.size}" if "SIZE" in self.offers else ""
        if envelope.smtputf8:  # RFC 6531, section 3.4: bodies and headers are then UTF-8
            parameters += f"{' BODY=8BITMIME' if '8BITMIME' in self.offers else ''} SMTPUTF8"
        commands += [b"RSET\r\n"] if self._must_reset else []
        commands.append(f"MAIL FROM:<{envelope.sender}>{parameters}\r\n".encode())
        commands.append(f"RCPT TO:<{envelope.recipient}>\r\n".encode())
        commands.append(b"DATA\r\n")
        return commands

    def _offer(self, mail: bytes, rcpt: bytes, data: bytes) -> Outcome | None:
        """Why the message is not wanted; None when its content may be put."""
        if self._must_reset:
            reply = self._ask(b"RSET\r\n", self._timeouts.command)
            if reply.code >= 300:
                raise Broken(str(reply))
        self._must_reset = True
        barred = replies.after_sender(self._ask(mail, self._timeouts.command))
        unwanted = barred or replies.after_recipient(self._ask(rcpt, self._timeouts.command))
        if unwanted is not None:
            if self._pipelining:
                self._hear_out(has_heard_of_recipient=barred is None)
            return unwanted
        reply = self._ask(data, self._timeouts.data)
        if reply.code == 354:
            self._in_content, self._must_reset = True, False
            return None
        unwanted = replies.after_recipient(reply)
        if unwanted is None:
            raise Broken("the relay answered out of step")
        return unwanted

    def _hear_out(self, *, has_heard_of_recipient: bool) -> None:
        """What the relay says to the rest of a group after a refusal, which stands whatever comes now.

        Told to go on in spite of it, a client sends an empty message (RFC 2920, section 3.1), but only where nobody
        would get it.
        """
        try:
            is_for_nobody = has_heard_of_recipient or self._wire.hear(self._timeouts.command).code >= 300
            reply = self._wire.hear(self._timeouts.data)
            if reply.code == 354 and not is_for_nobody:
                raise Broken("the relay answered out of step")
            if reply.code == 354:
                self._wire.say(_END, self._timeouts.block)
                reply = self._wire.hear(self._timeouts.end)
            _check_goodbye(reply)
        except Broken as exc:
            self._break(str(exc))

    def _ask(self, command: bytes, seconds: float) -> Reply:
        """The answer to a command, which in a group was sent already."""
        if not self._pipelining:
            self._wire.say(command, self._timeouts.block)
        return self._wire.hear(seconds)

    def _expect_silence(self) -> None:
        """Raises Broken where no end may leave now.

        This keeps copies from becoming uncertain: an end that was never sent cannot have arrived.
        """
        if self._broken is not None:
            raise Broken(self._broken)
        if self._in_content and not self._is_put:
            raise Broken("a message was offered and its content never came")
        self._wire.expect_silence()

    def _break(self, why: str) -> None:
        self._broken = self._broken or why
        self._is_put = self._in_content = False
        self._socket.close()


def _check_goodbye(reply: Reply) -> None:
    if reply.code == 421:
        raise Broken(str(reply))


def _is_sayable(address: str) -> bool:
    """Whether it stays inside its <> on one line."""
    return address.isprintable() and not set(address) & set("<> ")
