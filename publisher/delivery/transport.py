"""How a finished message leaves. A Transport says what became of it; it raises only when nothing can leave at all."""

import os
from pathlib import Path
from typing import Protocol

from publisher.errors import FileError, TransportError
from publisher.files import put
from publisher.records import Accepted, Outcome


class Transport(Protocol):
    """`repeatable`: sending the same message twice leaves one copy, so that an interrupted one may be sent again."""

    repeatable: bool

    def send(self, name: str, message: bytes, return_path: str | None = None) -> Outcome:
        """`return_path` is where it comes back to when it cannot be delivered; it is no part of the message."""

    def flush(self) -> None:
        """Make everything accepted so far durable; results are stored only after this."""


class FileTransport:
    """Writes `<folder>/<name>.eml`, whole or not at all; the same name again replaces the same bytes.

    The return path is written above the message, as a last mail server would (RFC 5321, section 4.4): whatever hands
    the file to a relay takes the sender of the envelope from there.
    """

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise TransportError(f"{folder}: cannot be made ({exc.strerror}); nothing was sent") from exc

    def send(self, name: str, message: bytes, return_path: str | None = None) -> Outcome:
        path = self._folder / f"{name}.eml"
        above = f"Return-Path: <{return_path}>\r\n".encode() if return_path else b""
        try:
            put(path, above + message)
        except FileError as exc:
            raise TransportError(f"{exc}; the issue waits, send it again") from exc
        return Accepted(reply=f"written to {path.name}")

    def flush(self) -> None:
        """A rename is durable once its folder is."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
