"""Messages as files: one `.eml` for each copy, or a Maildir that a mail server or program reads.

Sending the same copy again replaces the same bytes, so that what a crash interrupted is simply done again.
"""

import os
from pathlib import Path

from publisher.errors import RelayAway
from publisher.files import make_durable
from publisher.records import Accepted, Envelope, Outcome, Unsent


class FileTransport:
    """Writes `<folder>/<name>.eml`, whole or not at all.

    The return path is written above the message, as a last mail server would (RFC 5321, section 4.4): whatever hands
    the file to a relay takes the sender of the envelope from there.
    """

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.relay = f"files in {folder}"

    def open(self) -> "FileCourier":
        return FileCourier(_made(self._folder), ".eml")


class MaildirTransport:
    """Writes into the Maildir `folder` (tmp, new, cur: as Dovecot, Postfix and mutt know it)."""

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.relay = f"Maildir {folder}"

    def open(self) -> "FileCourier":
        tmp, new, cur = (_made(self._folder / name) for name in ("tmp", "new", "cur"))
        return FileCourier(new, ".publisher", drafts=tmp, read=cur)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise RelayAway(f"{folder}: cannot be made ({exc.strerror}); nothing was sent") from exc
    return folder


class FileCourier:
    """Content is written and made durable under another name; its end is the rename."""

    def __init__(self, folder: Path, suffix: str, drafts: Path | None = None, read: Path | None = None) -> None:
        self._folder, self._suffix, self._drafts, self._read = folder, suffix, drafts or folder, read
        self._envelope: Envelope | None = None
        self._draft: Path | None = None
        self.is_open = True

    def exchange(self, envelope: Envelope | None) -> tuple[Outcome | None, Outcome | None]:
        became = self._finish() if self._draft else None
        self._envelope = envelope
        if envelope and not self.is_open:
            return became, Unsent(reply=became.reply if became else "the folder cannot be written")
        return became, None

    def put(self, message: bytes) -> Unsent | None:
        assert self._envelope
        draft = self._drafts / f".{self._envelope.name}.{os.getpid()}.draft"
        above = f"Return-Path: <{self._envelope.sender}>\r\n".encode() if self._envelope.sender else b""
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._draft = draft
            with os.fdopen(descriptor, "wb") as file:
                file.write(above + message)
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            self.withdraw()
            return Unsent(reply=f"{self._folder}: cannot be written ({exc.strerror})")
        return None

    def _finish(self) -> Outcome:
        assert self._envelope and self._draft
        name = f"{self._envelope.name}{self._suffix}"
        try:
            if self._read and any(self._read.glob(f"{name}*")):
                self._draft.unlink()  # a program took it into its own folder already
            else:
                self._draft.replace(self._folder / name)
                make_durable([self._folder])
        except OSError as exc:
            self.withdraw()
            return Unsent(reply=f"{self._folder}: cannot be written ({exc.strerror})")
        self._draft = None
        return Accepted(reply=f"written to {name}")

    def withdraw(self) -> None:
        self.is_open = False
        if self._draft:
            self._draft.unlink(missing_ok=True)
            self._draft = None

    def close(self) -> None:
        self.withdraw()
