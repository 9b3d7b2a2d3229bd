"""The site's secret keys: made at first use with mode 0600 beside the database, one for each purpose, rotatable.

In: the path of the key file. Out: a Keyring. The newest key of a purpose signs, every key of it verifies, so that a
link in an old mail works after a rotation. Tests hand in a Keyring of their own.
"""

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from publisher.errors import StoreError
from publisher.files import put

PURPOSES = ("links", "message-id", "return-path", "staff", "suppression")
ROTATABLE = ("links", "return-path", "staff")
"""A copy that is sent again has the same Message-ID for ever, so that its key stays. The suppression list is made with
its key and cannot be made again: whom it names is known to nobody."""

_FIRST = ("links", "message-id")
"""Those that every key file has; the others came later and are added to an older file."""

_BYTES = 32


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

    def fingerprint(self, address_key: str) -> bytes:
        """16 bytes that tell an address and do not name it: BLAKE2b with the suppression key (RFC 7693)."""
        return self.fingerprinter()(address_key)

    def fingerprinter(self) -> Callable[[str], bytes]:
        """`fingerprint` for a million addresses: it looks its key up once."""
        begin = _keyed(self.keys["suppression"][0][1]).copy

        def fingerprint(address_key: str) -> bytes:
            hashed = begin()
            hashed.update(address_key.encode())
            return hashed.digest()

        return fingerprint


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> blake2b:
    """The hash that has taken in its key: that is half the work, and the same for each of a million addresses."""
    return blake2b(key=key, digest_size=16)


def hmac_of(key: bytes, told: str) -> bytes:
    """HMAC-SHA256 (RFC 2104), 32 bytes.

    Made from a copy of what the key alone gives: that is quicker than to begin anew, and lets no other thread in
    between, which costs a sender with many threads more than the hash.
    """
    hashed = _keyed_sha256(key).copy()
    hashed.update(told.encode())
    return hashed.digest()


@lru_cache(maxsize=16)
def _keyed_sha256(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=sha256)


def open_keys(path: Path) -> Keyring:
    """The keys in `path`, made now if there are none. Raises StoreError when the file is damaged or not private."""
    if not path.exists():
        _make(path)
    try:
        if path.stat().st_mode & 0o077:
            raise StoreError(f"{path}: others may read this key file; run `chmod 600 {path.name}` beside it")
        held = json.loads(path.read_text(encoding="ascii"))
        _read(held, _FIRST)
        if any(purpose not in held for purpose in PURPOSES):
            held = _changed(path, lambda keys: {purpose: [_fresh("1")] for purpose in PURPOSES} | keys)
        return Keyring(_read(held, PURPOSES))
    except OSError as exc:
        raise StoreError(f"{path}: the key file cannot be read ({exc.strerror}); mend its owner or rights") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise StoreError(f"{path}: the key file is damaged; restore it from the backup of this site folder") from exc


def _read(held: dict[str, Any], purposes: Sequence[str]) -> dict[str, tuple[tuple[str, bytes], ...]]:
    """The keys of these purposes. Raises ValueError, KeyError or TypeError where one has no whole key."""
    keys = {p: tuple((str(key["id"]), bytes.fromhex(key["secret"])) for key in held[p]) for p in purposes}
    if not all(of and all(len(secret) == _BYTES for _, secret in of) for of in keys.values()):
        raise ValueError("a purpose without a whole key")
    return keys


def rotate(path: Path, purpose: str) -> str:
    """From now on a new key signs for this purpose; those before still verify. The new key's id."""
    keys = _changed(path, lambda held: held | {purpose: [_fresh(str(len(held[purpose]) + 1)), *held[purpose]]})
    return str(keys[purpose][0]["id"])


def _fresh(key_id: str) -> dict[str, str]:
    return {"id": key_id, "secret": secrets.token_hex(_BYTES)}


def _changed(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The keys after a change, which is whole or not at all; of two who change at once the second waits."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed = change(json.loads(path.read_text(encoding="ascii")))
        put(path, json.dumps(changed).encode("ascii"), mode=0o600)
    return changed


def _make(path: Path) -> None:
    """Write new keys under another name and link it into place: of two first users, one wins and both read the same."""
    fresh = {purpose: [_fresh("1")] for purpose in PURPOSES}
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
