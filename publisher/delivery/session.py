"""From nothing to a session that mail may be sent in: connect | greet | encrypt | log in.

In: a Relay as configured. Out: a Session, or RelayAway (later it may work) or RelayRefuses (a person must mend
something). smtplib does the talking. Nothing is said in clear that should be encrypted, and a password is tried once.
"""

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from publisher.delivery import replies
from publisher.delivery.replies import Broken, Reply
from publisher.delivery.wire import Wire
from publisher.errors import RelayAway, RelayRefuses


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where mail goes, and how. `ca_file`: an authority of one's own, beside none other. `hello`: the name we give in
    EHLO, None for the machine's. `clear_text`: it may be spoken to without TLS even if it is another machine."""

    host: str
    port: int
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    hello: str | None = None
    clear_text: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds for each whole step, never shorter by default than RFC 5321, section 4.5.3.2, asks.

    `connect`: TCP and the handshake of TLS, each. `command`: an answer to any command but DATA. `block`: to hand over
    256 KB of content. `end`: the answer to the end; giving up early there makes second copies.
    """

    connect: float = 30
    command: float = 300
    data: float = 120
    block: float = 180
    end: float = 600


class Door:
    """One relay's; any number of threads may go through it."""

    def __init__(self, relay: Relay, timeouts: Timeouts) -> None:
        self._relay, self._timeouts = relay, timeouts

    def open(self) -> "Session":
        """Raises RelayAway when it may work later, RelayRefuses when a person must mend something."""
        relay = self._relay
        if relay.encryption == "none" and not (relay.clear_text or _is_loopback(relay.host)):
            raise RelayRefuses(
                f'{relay}: encryption = "none" would send mail readably over the network; set encryption = "starttls"'
                ' or "tls" in [delivery.smtp], or allow it with clear_text = true; nothing was sent'
            )
        with self._troubles():
            session = self._connect()
            try:
                self._greet(session)
                if relay.encryption == "starttls":
                    self._encrypt(session)
                if relay.user is not None:
                    self._log_in(session, relay.user, relay.password or "")
                return session
            except BaseException:
                session.close()
                raise

    def _connect(self) -> "Session":
        relay = self._relay
        if relay.encryption == "tls":
            session: Session = _EncryptedSession(relay, self._timeouts, self._context)
        else:
            session = Session(relay, self._timeouts)
        session.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return session

    def _greet(self, session: "Session") -> None:
        code, said = session.ehlo()
        if not 200 <= code < 300:
            self._turned_away(Reply(code, tuple(said.split(b"\n"))), "does not want us", "check `hello`")

    def _encrypt(self, session: "Session") -> None:
        """RFC 3207. What came before is forgotten, and asked again; a relay that does not offer it hears no more."""
        if not session.has_extn("starttls"):
            raise RelayRefuses(
                f"{self._relay}: it does not offer to encrypt (STARTTLS), or someone in between took that away; try"
                ' port 465 with encryption = "tls" in [delivery.smtp], or ask who runs the relay; nothing was sent'
            )
        code, said = session.starttls(context=self._context)
        if code != 220:
            self._turned_away(Reply(code, tuple(said.split(b"\n"))), "does not encrypt now", "ask who runs the relay")
        self._greet(session)

    def _log_in(self, session: "Session", user: str, password: str) -> None:
        """RFC 4954, by PLAIN (RFC 4616) or LOGIN; once, for a second try may lock the account."""
        offered = session.esmtp_features.get("auth", "").upper().replace("=", " ").split()
        if "PLAIN" in offered:
            code, said = session.docmd("AUTH PLAIN", _base64(f"\0{user}\0{password}"))
        elif "LOGIN" in offered:
            code, said = session.docmd("AUTH LOGIN")
            for answer in (user, password):
                if code == 334:
                    code, said = session.docmd(_base64(answer))
        else:
            ways = f"only by {replies.printable(' '.join(offered).encode())}" if offered else "not at all"
            raise RelayRefuses(
                f"{self._relay}: it lets nobody log in by PLAIN or LOGIN ({ways}); take `user` out of [delivery.smtp]"
                " if it knows this machine by its address, or ask who runs the relay; nothing was sent"
            )
        if code != 235:
            reply = Reply(code, tuple(said.split(b"\n")))
            self._turned_away(reply, "does not let us log in", "check `user` and `password`")

    def _turned_away(self, reply: Reply, what: str, mend: str) -> None:
        if 400 <= reply.code < 500:
            raise RelayAway(f"{self._relay}: it {what} just now ({reply}); mail waits and is tried again")
        raise RelayRefuses(f"{self._relay}: it {what} ({reply}); {mend} in [delivery.smtp]; nothing was sent")

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Everything that opening may raise, as ours."""
        try:
            yield
        except (RelayAway, RelayRefuses):
            raise
        except ssl.SSLCertVerificationError as exc:
            raise RelayRefuses(
                f"{self._relay}: its certificate is not right ({exc.verify_message.rstrip('.')}); have it renewed, or"
                " correct `host` or `ca_file` in [delivery.smtp]; nothing was sent"
            ) from exc
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
            raise RelayAway(f"{self._relay}: it hung up while encryption began; mail waits and is tried again") from exc
        except ssl.SSLError as exc:
            why = (exc.reason or "unknown").replace("_", " ").lower()
            raise RelayRefuses(
                f"{self._relay}: no encryption could be agreed on ({why}); check `port` and `encryption` in"
                " [delivery.smtp], it must speak TLS 1.2 or newer; nothing was sent"
            ) from exc
        except smtplib.SMTPResponseException as exc:
            said = exc.smtp_error if isinstance(exc.smtp_error, bytes) else str(exc.smtp_error).encode()
            self._turned_away(Reply(exc.smtp_code, tuple(said.split(b"\n"))), "does not want us", "ask who runs it")
        except UnicodeError as exc:
            mend = "correct `host` or `hello` in [delivery.smtp]"
            raise RelayRefuses(f"{self._relay}: that is no name of a host; {mend}; nothing was sent") from exc
        except (OSError, Broken) as exc:
            lost = ConnectionError() if isinstance(exc, smtplib.SMTPServerDisconnected) else exc
            raise RelayAway(f"{self._relay}: {replies.why(lost)}; mail waits and is tried again") from exc

    @cached_property
    def _context(self) -> ssl.SSLContext:
        relay = self._relay
        try:
            context = ssl.create_default_context(cafile=relay.ca_file)
        except OSError as exc:  # ssl.SSLError is one too
            raise RelayRefuses(
                f"{relay.ca_file}: cannot be read as certificates; correct `ca_file` in [delivery.smtp]"
            ) from exc
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class Session(smtplib.SMTP):
    """smtplib, but that a reply must be whole in time, has limits, and is the only one: nothing may be slipped in
    before encryption begins (CVE-2021-38371)."""

    def __init__(self, relay: Relay, timeouts: Timeouts, **more: Any) -> None:
        self._timeouts = timeouts
        super().__init__(relay.host, relay.port, relay.hello or _own_name(), timeout=timeouts.connect, **more)

    @property
    def connection(self) -> socket.socket:
        if self.sock is None:
            raise Broken("the relay hung up")
        return self.sock

    def getreply(self) -> tuple[int, bytes]:
        try:
            wire = Wire(self.connection)
            reply = wire.hear(self._timeouts.command)
            wire.expect_nothing_more()
            self.connection.settimeout(self._timeouts.connect)  # of a handshake that may follow
        except Broken:
            self.close()
            raise
        return reply.code, b"\n".join(reply.lines)


class _EncryptedSession(Session, smtplib.SMTP_SSL):
    def __init__(self, relay: Relay, timeouts: Timeouts, context: ssl.SSLContext) -> None:
        super().__init__(relay, timeouts, context=context)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() in ("localhost", "localhost.localdomain")


@cache
def _own_name() -> str:
    """For EHLO: a name with a dot, else the address form (RFC 5321, section 4.1.4). Asked once: DNS may be slow."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")
