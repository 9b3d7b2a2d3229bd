"""How a finished message leaves. A Transport says what became of it; it never raises for one message."""

import os
from pathlib import Path
from typing import Protocol

from publisher.errors import TransportError
from publisher.records import Accepted, Outcome


class Transport(Protocol):
    """`repeatable`: sending the same message twice leaves one copy, so that an interrupted one may be sent again."""

    repeatable: bool

    def send(self, name: str, message: bytes) -> Outcome: ...

    def flush(self) -> None:
        """Make everything accepted so far durable; results are stored only after this."""


class FileTransport:
    """Writes `<folder>/<name>.eml`, whole or not at all; the same name again replaces the same bytes."""

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise TransportError(f"{folder}: cannot be made ({exc.strerror}); nothing was sent") from exc

    def send(self, name: str, message: bytes) -> Outcome:
        path = self._folder / f"{name}.eml"
        draft = path.with_suffix(".part")
        try:
            with draft.open("wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as exc:
            raise TransportError(f"{path}: cannot be written ({exc.strerror}); the issue waits, send it again") from exc
        return Accepted(reply=f"written to {path.name}")

    def flush(self) -> None:
        """A rename is durable once its folder is."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
