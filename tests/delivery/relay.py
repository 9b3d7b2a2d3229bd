"""A mail relay on loopback that does what the rules say, remembers what it took, and watches the client's manners.

    with ScriptedRelay() as relay:                                  # takes everything
        send(to=relay.host, port=relay.port)
        assert relay.recipients == ["ann@example.org"]

    ScriptedRelay(Rule("rcpt", recipient="ann@example.org", reply="450 4.2.1 later", times=2))
    ScriptedRelay(Rule("end", recipient=is_odd, reply="450 4.2.1 later", each=2))   # twice for each of these people
    ScriptedRelay(Rule("content", connection=1, at=500, drop="before"))             # hangs up in the middle of the body
    ScriptedRelay(Rule("end", drop="before", keep=True, times=1))                   # took it, and never said so
    ScriptedRelay(Rule("end", silent=True, keep=True, times=1))                     # took it, and says nothing for ever
    ScriptedRelay(Rule("end", after=20, times=1, do=kill(pid)))                     # the end came, no answer yet
    ScriptedRelay(Rule("end", after=20, times=1, then=kill(pid)))                   # just after 250 was said
    ScriptedRelay(Rule("end", hold=released))                                       # until the test sets the Event
    ScriptedRelay(Rule("banner", drip=1.0), Rule("rcpt", reply=b"\\0nonsense"))      # bytes are sent as they are
    ScriptedRelay(tls="starttls", papers=make_papers(tmp_path), users={"office": "secret"})

The first rule that fits a moment decides it; a moment without a rule goes well. Connections and the messages of one
connection are numbered from 1. Everything that was taken is in `kept` (and, with `ledger=path`, one line of JSON a
message in that file, on disk before the answer). `wait_for` waits until so many moments of a phase were reached, or
connections "gone". `stop` and `start` use the same port. Leaving the `with` fails when the client broke a rule of SMTP:
see `offences`.
"""

import base64
import json
import os
import select
import signal
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Phase = Literal["banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "content", "end", "rset", "quit"]
_LONGEST_LINE = 998


@dataclass(frozen=True)
class Visit:
    """One moment of one connection: what a rule's `do` and `then` are told."""

    phase: Phase
    connection: int
    message: int
    recipient: str | None


@dataclass(frozen=True, eq=False)
class Rule:
    """What to do at a moment. Without any of `reply`, `drop` and `silent` the ordinary answer is given.

    When it fits: `connection` (its number), `message` (its number in the connection), `recipient` (the address, or a
    question about it); not for the first `after` such moments, then `times` times in all and `each` times for each
    recipient.

    What it does, in this order: keeps the message or not (`keep`, at the end only; else as the reply says; a message
    whose end was never answered is not kept unless this says so), runs `do`, waits for `hold`, for `delay` seconds
    and for more from the client, which is blamed if none comes (`heeds_more`), says nothing for ever (`silent`) or
    hangs up (`drop="before"`), gives the `reply` (lines without their ends, or bytes as they are; `drip` seconds
    between its bytes), runs `then`, hangs up (`drop="after"`). `reset` hangs up with
    a reset. In the phase "content" nothing is said unless `reply` is given; it comes after `at` octets of the body.
    """

    phase: Phase
    _: KW_ONLY
    connection: int | None = None
    message: int | None = None
    recipient: str | Callable[[str], bool] | None = None
    after: int = 0
    times: int | None = None
    each: int | None = None
    reply: str | bytes | None = None
    delay: float = 0
    drip: float = 0
    hold: threading.Event | None = None
    heeds_more: bool = False
    silent: bool = False
    drop: Literal["before", "after"] | None = None
    reset: bool = False
    keep: bool | None = None
    at: int = 1
    do: Callable[[Visit], object] | None = None
    then: Callable[[Visit], object] | None = None

    def fits(self, visit: Visit) -> bool:
        if self.phase != visit.phase or self.connection not in (None, visit.connection):
            return False
        if self.message not in (None, visit.message):
            return False
        if callable(self.recipient):
            return visit.recipient is not None and self.recipient(visit.recipient)
        return self.recipient in (None, visit.recipient)


def kill(process: int | Callable[[], int], with_signal: int = signal.SIGKILL) -> Callable[[Visit], None]:
    """For `do` and `then`: a signal to a process, by its id or by a question for it."""

    def strike(visit: Visit) -> None:
        with suppress(ProcessLookupError):
            os.kill(process() if callable(process) else process, with_signal)

    return strike


@dataclass(frozen=True)
class Kept:
    """A message that was taken: its envelope, the parameters of MAIL FROM, and its bytes without dot-stuffing."""

    recipient: str
    sender: str
    raw: bytes
    message_id: str
    parameters: frozenset[str]
    connection: int
    encrypted: bool
    user: str | None


@dataclass(frozen=True)
class Papers:
    """A server's certificate, its key, and the authority that a client must trust, as PEM files."""

    certificate: Path
    key: Path
    authority: Path


def make_papers(folder: Path, name: str = "127.0.0.1", *, expired: bool = False) -> Papers:
    """A certificate for `name` (a host or an address), signed by an authority of its own."""
    today = datetime.now(UTC)
    ends = today - timedelta(days=1) if expired else today + timedelta(days=30)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Alder Bay Test Authority")])

    def paper(subject: x509.Name, public: ec.EllipticCurvePublicKey, is_authority: bool) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority_name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(today - timedelta(days=9))
        constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
        return builder.not_valid_after(ends).add_extension(constraints, critical=True)

    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    own_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    own = paper(own_name, key.public_key(), False).add_extension(x509.SubjectAlternativeName([alternative]), False)
    papers = Papers(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem")
    pem = serialization.Encoding.PEM
    root = paper(authority_name, authority_key.public_key(), True).sign(authority_key, hashes.SHA256())
    papers.authority.write_bytes(root.public_bytes(pem))
    papers.certificate.write_bytes(own.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    without = serialization.NoEncryption()
    papers.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, without))
    return papers


class ScriptedRelay:
    """See above. `latency`: seconds before the answers to what came in one breath, as a far relay would take.

    `tls`: "starttls" offers it (unless `stripped`, as by someone in between) and wants it before AUTH and MAIL; "tls"
    speaks it from the first byte. `users` (name to password) makes AUTH offered and wanted, by `mechanisms`. `size`:
    the most octets of a message, None to offer no SIZE. `most_messages`: so many for a connection, then 421.
    `keep_bytes=False` for loads: `kept` has no bodies then.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *rules: Rule,
        tls: Literal["starttls", "tls"] | None = None,
        papers: Papers | None = None,
        stripped: bool = False,
        users: dict[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN",
        pipelining: bool = True,
        eightbit: bool = True,
        smtputf8: bool = True,
        size: int | None = 10_000_000,
        most_messages: int | None = None,
        latency: float = 0,
        ledger: Path | None = None,
        keep_bytes: bool = True,
    ) -> None:
        self.rules = list(rules)
        self.tls, self.stripped, self.latency, self.most_messages = tls, stripped, latency, most_messages
        self.users, self.mechanisms, self.pipelining = users or {}, mechanisms, pipelining
        self.eightbit, self.smtputf8, self.size = eightbit, smtputf8, size
        self.ledger, self.keep_bytes = ledger, keep_bytes
        self.kept: list[Kept] = []
        self.heard: list[tuple[int, str]] = []
        self.offences: list[str] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.port = 0
        self.context: ssl.SSLContext | None = None
        if tls:
            assert papers, "a relay with TLS needs papers: make_papers(folder)"
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(papers.certificate, papers.key)
        self._reached: Counter[str] = Counter()
        self._used: Counter[object] = Counter()
        self._changed = threading.Condition()
        self._sessions: dict[threading.Thread, _Session] = {}

    # What tests ask -------------------------------------------------------------------------------------------------

    @property
    def recipients(self) -> list[str]:
        """Of everything that was kept, in order; someone who got two copies stands there twice."""
        with self._changed:
            return [one.recipient for one in self.kept]

    @property
    def commands(self) -> list[str]:
        """Every command line that was heard, of all connections."""
        with self._changed:
            return [line for _, line in self.heard]

    def wait_for(self, phase: Phase | Literal["kept", "gone"], count: int = 1, seconds: float = 10) -> None:
        """Until so many moments of a phase were reached, or messages "kept", or connections "gone"."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._reached[phase] >= count, seconds), f"no {count} x {phase}"

    # Running --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None:
            assert not self.offences, "; ".join(self.offences)

    def start(self) -> None:
        """Listen, on the same port as before."""
        self.stopping = threading.Event()
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Hang up on everyone; from now on connections are refused."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        self._listener.close()
        with self._changed:
            open_now = list(self._sessions.items())
        for thread, session in open_now:
            session.cut()
            thread.join(10)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                session = _Session(self, connection, self.connections)
                thread = threading.Thread(target=self._serve, args=(session,), daemon=True)
                self._sessions[thread] = session
            thread.start()

    def _serve(self, session: "_Session") -> None:
        session.run()
        with self._changed:
            del self._sessions[threading.current_thread()]
        self.reached("gone")

    # What sessions tell and ask -------------------------------------------------------------------------------------

    def rule_for(self, visit: Visit) -> Rule:
        """The first rule that fits, counted; one that changes nothing where none does."""
        with self._changed:
            due = (rule for rule in self.rules if rule.fits(visit) and self._is_due(rule, visit))
            return next(due, Rule(visit.phase))

    def _is_due(self, rule: Rule, visit: Visit) -> bool:
        whose = (rule, visit.recipient)
        self._used[rule, "seen"] += 1
        if self._used[rule, "seen"] <= rule.after:
            return False
        if rule.times is not None and self._used[rule] >= rule.times:
            return False
        if rule.each is not None and self._used[whose] >= rule.each:
            return False
        self._used.update((rule, whose))
        return True

    def reached(self, phase: Phase | Literal["gone"]) -> None:
        with self._changed:
            self._reached[phase] += 1
            self._changed.notify_all()

    def hear(self, connection: int, line: str) -> None:
        with self._changed:
            self.heard.append((connection, line))

    def blame(self, connection: int, what: str) -> None:
        with self._changed:
            self.offences.append(f"connection {connection}: {what}")

    def keep(self, one: Kept) -> None:
        """Durable in the ledger first; only then may the answer be given."""
        with self._changed:
            if self.ledger:
                _append(self.ledger, one)
            self.kept.append(one if self.keep_bytes else replace(one, raw=b""))
            self._reached["kept"] += 1
            self._changed.notify_all()


def _append(ledger: Path, one: Kept) -> None:
    line = {"recipient": one.recipient, "sender": one.sender, "message_id": one.message_id, "size": len(one.raw)}
    line |= {"sha256": sha256(one.raw).hexdigest(), "connection": one.connection}
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Gone(Exception):
    """The connection is over, by a rule or by the client."""


class _Session:
    """One connection: reads commands, asks the rules, answers. `_buffer` holds what came and was not yet looked at."""

    def __init__(self, relay: ScriptedRelay, connection: socket.socket, number: int) -> None:
        self._relay, self._socket, self._number = relay, connection, number
        self._buffer = bytearray()
        self._fresh = False
        self._greeted = self._encrypted = False
        self._user: str | None = None
        self._recipient: str | None = None
        self._message = 1
        self._forget()

    def run(self) -> None:
        with suppress(_Gone, OSError, ssl.SSLError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._relay.tls == "tls":
                self._encrypt()
            self._answer("banner", "220 relay.example ESMTP")
            while True:
                self._command(self._line())
        self._socket.close()

    def cut(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    # Commands -------------------------------------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        self._relay.hear(self._number, line)
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                self._last_of_group(line)
                self._ehlo()
            case "STARTTLS":
                self._last_of_group(line)
                self._starttls()
            case "AUTH":
                self._last_of_group(line)
                self._auth(rest)
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._rcpt(rest)
            case "DATA":
                self._last_of_group(line)
                self._data()
            case "RSET":
                self._forget()
                self._answer("rset", "250 2.0.0 ok")
            case "QUIT":
                self._last_of_group(line)
                self._answer("quit", "221 2.0.0 bye")
                raise _Gone
            case _:
                self._blame(f"unknown command {line[:60]!r}")
                self._send(b"500 5.5.2 what?\r\n")

    def _ehlo(self) -> None:
        relay = self._relay
        offers = ["relay.example"]
        offers += ["PIPELINING"] if relay.pipelining else []
        offers += ["8BITMIME"] if relay.eightbit else []
        offers += ["SMTPUTF8"] if relay.smtputf8 else []
        offers += [f"SIZE {relay.size}".removesuffix(" 0")] if relay.size is not None else []
        offers += ["STARTTLS"] if relay.tls == "starttls" and not relay.stripped and not self._encrypted else []
        offers += [f"AUTH {relay.mechanisms}"] if relay.users and (self._encrypted or not relay.tls) else []
        lines = [f"250-{offer}" for offer in offers]
        lines[-1] = f"250 {offers[-1]}"
        self._greeted = self._answer("ehlo", "\n".join(lines)).startswith(b"250")

    def _starttls(self) -> None:
        if self._answer("starttls", "220 2.0.0 go ahead").startswith(b"220"):
            self._encrypt()

    def _encrypt(self) -> None:
        assert self._relay.context, "STARTTLS without papers"
        # Until the handshake is through, a client that hangs up or hangs must not keep the test waiting.
        self._socket.settimeout(5)
        self._socket = self._relay.context.wrap_socket(self._socket, server_side=True)
        self._socket.settimeout(None)
        # RFC 3207, section 4.2: both sides forget what was said before.
        self._greeted, self._encrypted, self._user = False, True, None

    def _auth(self, rest: str) -> None:
        self._in_order("AUTH")
        mechanism, _, first = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = self._secret(first, b"").split("\0")
        else:
            user, password = self._secret(first, b"Username:"), self._secret("", b"Password:")
        known = self._relay.users.get(user) == password
        said = self._answer("auth", "235 2.7.0 welcome" if known else "535 5.7.8 wrong user name or password")
        self._user = user if said.startswith(b"235") else None

    def _secret(self, given: str, prompt: bytes) -> str:
        if not given:
            self._send(b"334 " + base64.b64encode(prompt) + b"\r\n")
            given = self._line()
        return base64.b64decode(given).decode()

    def _mail(self, rest: str) -> None:
        self._in_order("MAIL")
        relay = self._relay
        path, _, parameters = rest.partition(">")
        self._forget()
        self._sender, self._parameters = path.partition("<")[2], frozenset(parameters.upper().split())
        unoffered = [one for one in self._parameters if not self._offered(one)]
        if unoffered:
            self._blame(f"MAIL with {unoffered}, which was not offered")
        size = next((int(one[5:]) for one in self._parameters if one.startswith("SIZE=")), 0)
        if relay.most_messages is not None and self._message > relay.most_messages:
            self._send(b"421 4.7.0 that is enough for one connection\r\n")
            raise _Gone
        ordinary = "250 2.1.0 ok"
        if relay.users and self._user is None:
            ordinary = "530 5.7.0 authentication required"
        elif relay.size and size > relay.size:
            ordinary = "552 5.3.4 message size exceeds fixed limit"
        self._has_sender = self._answer("mail", ordinary).startswith(b"2")

    def _offered(self, parameter: str) -> bool:
        name = parameter.partition("=")[0]
        known = {"SIZE": self._relay.size is not None, "BODY": self._relay.eightbit, "SMTPUTF8": self._relay.smtputf8}
        return known.get(name, False)

    def _rcpt(self, rest: str) -> None:
        if self._recipient is not None:
            self._blame("a second RCPT for one message")
        self._recipient = rest.partition("<")[2].partition(">")[0]
        ordinary = "250 2.1.5 ok" if self._has_sender else "503 5.5.1 MAIL first"
        self._has_recipient = self._answer("rcpt", ordinary).startswith(b"2")

    def _data(self) -> None:
        ordinary = "354 go on" if self._has_recipient else "503 5.5.1 no valid recipients"
        if not self._answer("data", ordinary).startswith(b"354"):
            return
        raw = self._content()
        if self._has_recipient:
            self._answer("end", self._verdict(raw), self._as_kept(raw))
        else:  # RFC 2920, section 3.1: a client that was told to go on in spite of all sends an empty message
            if raw:
                self._blame("content for nobody")
            self._answer("end", "554 5.5.1 no valid recipients")
        self._message += 1
        self._forget()

    def _content(self) -> bytes:
        """The body up to its end (RFC 5321, section 4.5.2), without the dots that were added."""
        rule, interrupted, searched = self._rule("content"), False, 0
        body = bytearray(b"\r\n")
        while True:
            body += self._take()
            if not interrupted and len(body) - 2 >= rule.at:
                interrupted = True
                self._relay.reached("content")
                self._perform(rule, self._visit("content"), b"")
            end = body.find(b"\r\n.\r\n", searched)
            if end >= 0:
                break
            searched = max(0, len(body) - 4)
        self._buffer += body[end + 5 :]
        self._inspect(bytes(body[2 : end + 2]))
        return bytes(body[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]

    def _inspect(self, raw: bytes) -> None:
        if raw.count(b"\n") != raw.count(b"\r\n") or raw.count(b"\r") != raw.count(b"\r\n"):
            self._blame("a bare CR or LF in the content")
        longest = max(map(len, raw.split(b"\r\n")))
        if longest > _LONGEST_LINE:
            self._blame(f"a line of {longest} octets in the content")

    def _verdict(self, raw: bytes) -> str:
        if self._relay.size and len(raw) > self._relay.size:
            return "552 5.3.4 message size exceeds fixed limit"
        return f"250 2.0.0 queued as {self._number}-{self._message}"

    def _as_kept(self, raw: bytes) -> Kept:
        return Kept(
            recipient=self._recipient or "",
            sender=self._sender,
            raw=raw,
            message_id=str(BytesHeaderParser().parsebytes(raw)["Message-ID"]),
            parameters=self._parameters,
            connection=self._number,
            encrypted=self._encrypted,
            user=self._user,
        )

    def _forget(self) -> None:
        """No message is under way (RFC 5321, section 4.1.1.5)."""
        self._sender, self._parameters = "", frozenset[str]()
        self._recipient = None
        self._has_sender = self._has_recipient = False

    # Manners --------------------------------------------------------------------------------------------------------

    def _in_order(self, verb: str) -> None:
        if not self._greeted:
            self._blame(f"{verb} before EHLO")
        if self._relay.tls and not self._encrypted:
            self._blame(f"{verb} before TLS")

    def _last_of_group(self, line: str) -> None:
        """RFC 2920, section 3.1: what changes the state of the session is the last of its group."""
        if self._buffer:
            self._blame(f"more was sent together with {line.partition(' ')[0]}, before its answer")

    def _blame(self, what: str) -> None:
        self._relay.blame(self._number, what)

    # Answers --------------------------------------------------------------------------------------------------------

    def _visit(self, phase: Phase) -> Visit:
        return Visit(phase, self._number, self._message, self._recipient)

    def _rule(self, phase: Phase) -> Rule:
        return self._relay.rule_for(self._visit(phase))

    def _answer(self, phase: Phase, ordinary: str, message: Kept | None = None) -> bytes:
        """What was said; the client must have waited for it where groups of commands are not offered."""
        rule, visit = self._rule(phase), self._visit(phase)
        reply = _as_bytes(ordinary if rule.reply is None else rule.reply)
        takes = reply.startswith(b"2") and rule.drop != "before" and not rule.silent
        if message and (takes if rule.keep is None else rule.keep):
            self._relay.keep(message)
        self._relay.reached(phase)
        if not self._relay.pipelining and self._more_is_there():
            self._blame(f"did not wait for the answer in the phase {phase}")
        self._perform(rule, visit, reply)
        return reply

    def _perform(self, rule: Rule, visit: Visit, reply: bytes) -> None:
        """The rule's acts in their order; for the body, which is not answered, its own reply alone."""
        if visit.phase == "content":
            reply = b"" if rule.reply is None else _as_bytes(rule.reply)
        if rule.do:
            rule.do(visit)
        while rule.hold and not rule.hold.wait(0.02):
            self._check_whether_over()
        self._relay.stopping.wait(rule.delay)
        self._check_whether_over()
        if rule.heeds_more and not self._buffer and not select.select([self._socket], [], [], 10)[0]:
            self._blame(f"nothing more was sent before the answer in the phase {visit.phase}")
        if rule.silent:
            self._wait_until_the_client_goes()
        if rule.drop == "before":
            self._hang_up(rule.reset)
        for piece in (reply[at : at + 1] for at in range(len(reply))) if rule.drip else (reply,):
            self._send(piece)
            if self._relay.stopping.wait(rule.drip):
                raise _Gone
        if rule.then:
            rule.then(visit)
        if rule.drop == "after":
            self._hang_up(rule.reset)

    def _wait_until_the_client_goes(self) -> None:
        waiting = select.poll()
        waiting.register(self._socket, select.POLLRDHUP)
        while not waiting.poll(50):
            self._check_whether_over()
        raise _Gone

    def _check_whether_over(self) -> None:
        if self._relay.stopping.is_set():
            raise _Gone

    def _hang_up(self, reset: bool) -> None:
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Gone

    # Bytes ----------------------------------------------------------------------------------------------------------

    def _line(self) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            self._buffer += self._more()
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r\n") or line.count(b"\r") > 1 or len(line) > _LONGEST_LINE + 2:
            self._blame(f"a command line is no line of SMTP: {line[:60]!r}")
        return line.rstrip(b"\r\n").decode(errors="backslashreplace")

    def _take(self) -> bytes:
        """What is there already, else what comes next."""
        taken = bytes(self._buffer) or self._more()
        self._buffer.clear()
        return taken

    def _more(self) -> bytes:
        self._fresh = True
        if more := self._socket.recv(65536):
            return more
        raise _Gone

    def _more_is_there(self) -> bool:
        if self._buffer or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
            return True
        if isinstance(self._socket, ssl.SSLSocket) or not select.select([self._socket], [], [], 0)[0]:
            return False
        return bool(self._socket.recv(1, socket.MSG_PEEK))

    def _send(self, data: bytes) -> None:
        if self._fresh and self._relay.latency:
            self._relay.stopping.wait(self._relay.latency)
        self._fresh = False
        if data:
            self._socket.sendall(data)


def _as_bytes(reply: str | bytes) -> bytes:
    return reply if isinstance(reply, bytes) else reply.replace("\n", "\r\n").encode() + b"\r\n"
