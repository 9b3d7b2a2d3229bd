"""The address that mail which cannot be delivered comes back to: another for each copy (VERP), with a MAC in it.

`bounces+<issue>-<public id>-<key id><MAC>@domain`: a relay that turns a copy down tells with this alone whose it was,
and nobody can make one up. All in small letters and digits, for some relays change case, and at most 64 octets before
the @ (RFC 5321, section 4.5.3.1.1).
"""

import hmac
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass

from publisher.keys import Keyring, hmac_of

LONGEST_NAME = 10
"""So long may be what stands before the + in the base address: the rest takes up to 54 of the 64 octets."""

_MAC_LETTERS = 16
_TOKEN = re.compile(rf"(0|[1-9][0-9]{{0,7}})-([a-z2-7]{{26}})-([0-9]{{1,2}})-([a-z2-7]{{{_MAC_LETTERS}}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Copy:
    """Which copy came back: the number of the issue and the subscriber's public id."""

    issue: int
    public_id: str


class ReturnPaths:
    """Return paths below one base address, like `bounces@news.example.org`."""

    def __init__(self, base: str, keys: Keyring) -> None:
        self._name, _, self._domain = base.lower().partition("@")
        self._keys = keys

    def make(self, copy: Copy) -> str:
        key_id, secret = self._keys.newest("return-path")
        who = _letters(bytes.fromhex(copy.public_id))
        mac = _mac(secret, key_id, copy.issue, who)
        return f"{self._name}+{copy.issue}-{who}-{key_id}-{mac}@{self._domain}"

    def read(self, address: str) -> Copy | None:
        """The copy whose return path this is, if one of our keys made it; else None, whatever was sent."""
        name, _, domain = address.strip().lower().rpartition("@")
        base, _, token = name.partition("+")
        parts = _TOKEN.fullmatch(token)
        # A few letters that are not ASCII have a small form that is: those are no change of case by a relay.
        if parts is None or not address.isascii() or (base, domain) != (self._name, self._domain):
            return None
        issue, who, key_id, mac = parts.groups()
        secret = self._keys.find("return-path", key_id)
        if secret is None or not hmac.compare_digest(mac, _mac(secret, key_id, int(issue), who)):
            return None
        return Copy(int(issue), b32decode(f"{who.upper()}======").hex())


def _letters(value: bytes) -> str:
    return b32encode(value).rstrip(b"=").decode("ascii").lower()


def _mac(secret: bytes, key_id: str, issue: int, who: str) -> str:
    return _letters(hmac_of(secret, f"{key_id}\0{issue}\0{who}")[: _MAC_LETTERS * 5 // 8])
