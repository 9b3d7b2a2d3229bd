"""The site's secret keys: made at first use with mode 0600 beside the database, one for each purpose, rotatable.

In: the path of the key file. Out: a Keyring. The newest key of a purpose signs, every key of it verifies, so that a
link in an old mail works after a rotation. Tests hand in a Keyring of their own.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import StoreError

PURPOSES = ("links", "message-id")


@dataclass(frozen=True, slots=True)
class Keyring:
    """`keys[purpose]` is a tuple of (key id, 32 secret bytes), newest first."""

    keys: dict[str, tuple[tuple[str, bytes], ...]]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(f'{purpose}: {len(of)}' for purpose, of in self.keys.items())})"

    def newest(self, purpose: str) -> tuple[str, bytes]:
        return self.keys[purpose][0]

    def find(self, purpose: str, key_id: str) -> bytes | None:
        return next((secret for known, secret in self.keys[purpose] if known == key_id), None)


def open_keys(path: Path) -> Keyring:
    """The keys in `path`, made now if there are none. Raises StoreError when the file is damaged or not private."""
    if not path.exists():
        _make(path)
    try:
        if path.stat().st_mode & 0o077:
            raise StoreError(f"{path}: others may read this key file; run `chmod 600 {path.name}` beside it")
        held = json.loads(path.read_text(encoding="ascii"))
        if not all(held[purpose] for purpose in PURPOSES):
            raise ValueError("a purpose without a key")
        return Keyring({p: tuple((k["id"], bytes.fromhex(k["secret"])) for k in held[p]) for p in PURPOSES})
    except OSError as exc:
        raise StoreError(f"{path}: the key file cannot be read ({exc.strerror}); mend its owner or rights") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise StoreError(f"{path}: the key file is damaged; restore it from the backup of this site folder") from exc


def _make(path: Path) -> None:
    """Write new keys under another name and link it into place: of two first users, one wins and both read the same."""
    fresh = {purpose: [{"id": "1", "secret": secrets.token_hex(32)}] for purpose in PURPOSES}
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(fresh, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
