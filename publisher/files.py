"""Puts a finished file in its place: whole or not at all, and not touched when nothing changed."""

import os
import secrets
from pathlib import Path
from typing import Literal

from publisher.errors import FileError

Written = Literal["written", "unchanged"]


def put(path: Path, document: bytes) -> Written:
    """Write through a file beside it, made durable and renamed over; equal bytes keep the file and its time."""
    try:
        if path.is_file() and path.read_bytes() == document:
            return "unchanged"
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with draft.open("wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as exc:
        raise FileError(f"{path}: cannot be written ({exc.strerror}); the file there before still stands") from exc
    return "written"
