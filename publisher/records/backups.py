"""What a backup holds: one tar file whose first member is a list of the others with their hashes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """When a backup was taken, of which site and schema; `files` are the SHA-256 of each member by its path in the site
    folder, `database` the one that is a SQLite file, `dump` the one that pg_restore reads."""

    taken_at: datetime
    publisher: str
    site: str
    schema: str
    database: str | None
    dump: str | None
    keys: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup that was made, or looked at: its file, what it holds, and its size in bytes."""

    path: Path
    manifest: Manifest
    size: int
