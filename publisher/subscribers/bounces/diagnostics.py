"""The diagnostic of a report as one short line for a person, with nobody's address in it."""

import re
from collections.abc import Iterable

from publisher.subscribers.bounces.phrases import FAILED, NOBODY, TRANSIENT

_LONGEST = 200
_ADDRESS_LIKE = re.compile(r"[^\s<>()\[\]\"']{0,200}(?:@|%40|=40)[^\s<>()\[\]\"']{0,200}", re.IGNORECASE)
_KIND = re.compile(r"^\s*(?:smtp|x-[a-z0-9-]{1,30}|unix|dns)\s*;\s*", re.IGNORECASE)
_WORDS = frozenset(("user", "recipient", "mailbox", "account", "address", "name", "mail", "email", "not", "unknown"))
_CODE = re.compile(r"(?<![\d.:/#-])[45]\d\d[ -]|#[45]\.\d\.\d")


def short(diagnostic: str, recipients: Iterable[str]) -> str:
    """At most 200 characters. Names of the recipients that stand without their domain are left out as well."""
    line = " ".join("".join(c if c.isprintable() else " " for c in diagnostic[:4000]).split())
    line = _ADDRESS_LIKE.sub("…", _KIND.sub("", line))
    for name in (piece for recipient in recipients for piece in _names(recipient.rpartition("@")[0])):
        line = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", line, flags=re.IGNORECASE)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _names(local: str) -> list[str]:
    """The part before the at-sign, and what in it may be a name; not the words that diagnostics are made of."""
    pieces = [local, *re.split(r"[._+-]", local)]
    return [piece for piece in pieces if len(piece) > 2 and piece.lower() not in _WORDS]


def telling_lines(text: str) -> str:
    """The lines of a notice that give the reason: those with a reply code, else with words that tell of a failure."""
    lines = [line.strip() for line in text[:20_000].split("\n")[:300] if line.strip()]
    for pattern in (_CODE, NOBODY, TRANSIENT, FAILED):
        for number, line in enumerate(lines):
            if pattern.search(line[:1000]):
                return " ".join(lines[number : number + 2])[:1000]
    return ""
