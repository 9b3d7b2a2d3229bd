"""A folder on an IMAP server (RFC 3501).

In: where the server is and who we are there. Out: what is unread in the folder.
"""

import contextlib
import imaplib
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from publisher.errors import MailboxError
from publisher.subscribers.mailboxes.files import MOST_BYTES, Message
from publisher.subscribers.mailboxes.wire import Server, Tls

_NONSENSE = "gave an answer that makes no sense; check that it is an IMAP server"


class Imap:
    """A folder on an IMAP server (RFC 3501): what lacks the flag \\Seen is unread. A context manager.

    `timeout` is how many seconds one answer may take, `patience` how many all of a poll may; the time the caller takes
    for a message does not count. The certificate is always checked, by `ca_file` where that is given.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        folder: str = "INBOX",
        tls: Tls = "tls",
        ca_file: Path | None = None,
        timeout: float = 20,
        most: int = 500,
        patience: float = 60,
    ) -> None:
        self._at = f"{host}:{port}"
        if tls == "none" and not _is_loopback(host):
            raise MailboxError(f'{self._at}: only a server on this machine is read without TLS; set tls to "tls"')
        if any(not text or not text.isprintable() for text in (user, password, folder)) or not folder.isascii():
            raise MailboxError(f"{self._at}: name, password and folder must be plain lines, the folder in ASCII")
        self._host, self._port, self._user, self._password = host, port, user, password
        self._folder, self._tls, self._ca_file, self._most = folder, tls, ca_file, most
        self._timeout, self._patience = timeout, patience
        self._server: Server | None = None

    def __enter__(self) -> Self:
        with self._told():
            context = self._context()
            server = Server(self._host, self._port, context, self._tls, self._timeout, self._patience)
        try:
            with self._told("refused the name or the password; check them"):
                self._log_in(server)
        except MailboxError:
            server.say_goodbye()
            raise
        self._server = server
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.say_goodbye()
            self._server = None

    def unread(self) -> Iterator[Message]:
        """The oldest first. The flags stay as they are. Raises MailboxError, also in the middle."""
        server = self._opened()
        with self._told(f'has no folder "{self._folder}" that we may change; check the name and the rights'):
            if server.select(f'"{_quoted(self._folder)}"')[0] != "OK":
                raise imaplib.IMAP4.error("select")
        with self._told():
            numbers = _numbers(server.uid("SEARCH", "UNSEEN", "UNDELETED")[1])
        for number in numbers[: self._most]:
            with self._told():
                data = _body(server.uid("FETCH", number, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")[1])
            if data is not None:
                yield f"uid-{number}", data

    def done(self, name: str) -> None:
        number = name.removeprefix("uid-")
        if not number.isascii() or not number.isdigit():
            raise MailboxError(f"{self._at}: a message of another mailbox cannot be marked here")
        with self._told():
            if self._opened().uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")[0] != "OK":
                raise imaplib.IMAP4.error("store")

    def _opened(self) -> Server:
        if self._server is None:
            raise RuntimeError("an Imap is used as a context manager")
        return self._server

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _log_in(self, server: Server) -> None:
        if "AUTH=PLAIN" in server.capabilities:
            secret = f"\0{self._user}\0{self._password}".encode()
            server.authenticate("PLAIN", lambda _: secret)
        else:
            server.login(f'"{_quoted(self._user)}"', self._password)

    @contextlib.contextmanager
    def _told(
        self, refusal: str = "gave an answer that makes no sense; check that it is an IMAP server"
    ) -> Iterator[None]:
        """Every failure as one line. Nothing of what the server said is in it: servers repeat names and addresses."""
        try:
            yield
        except ssl.SSLCertVerificationError as exc:
            reason = f"its certificate is not trusted ({exc.verify_message.rstrip('.')})"
            raise MailboxError(f"{self._at}: {reason}; check the host name, or set ca_file") from None
        except ssl.SSLError:
            raise MailboxError(
                f"{self._at}: no TLS could be agreed on; check the port and the setting of tls"
            ) from None
        except TimeoutError:
            raise MailboxError(f"{self._at}: the server took too long to answer; it is tried again later") from None
        except OSError as exc:
            reason = exc.strerror or "no connection"
            raise MailboxError(f"{self._at}: the server cannot be read ({reason}); check host and port") from None
        except imaplib.IMAP4.readonly:
            raise MailboxError(f"{self._at}: the server {refusal}") from None
        except imaplib.IMAP4.abort:
            reason = "the server broke off, or offers no TLS where it must"
            raise MailboxError(f"{self._at}: {reason}; check the settings, it is tried again later") from None
        except (imaplib.IMAP4.error, ValueError, LookupError, TypeError, AttributeError):
            raise MailboxError(f"{self._at}: the server {refusal}") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _numbers(answer: list[bytes | None]) -> list[str]:
    """The message numbers in the answer to SEARCH, in order."""
    words = [word for line in answer if line for word in line.split()]
    return [str(number) for number in sorted(int(word) for word in words if len(word) < 11)]


def _body(answer: list[object]) -> bytes | None:
    """The literal in the answer to FETCH; None when the message went away meanwhile."""
    for piece in answer:
        if isinstance(piece, tuple) and b"BODY[" in piece[0].upper():
            return bytes(piece[1][:MOST_BYTES])
    return None
