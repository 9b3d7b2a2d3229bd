"""Judges one mail address: is it one, how it is written to, and what counts for sameness.

email-validator has the last word, and costs 20 µs. Nearly every address of a real list is plain ASCII at a plain
domain, and for those the same answer is given here in 1 µs; whatever is not surely plain is handed on.
"""

import re
from dataclasses import dataclass

from publisher.subscribers.typos import likelier_domain

_MOST = 254
"""Octets of an address (RFC 5321, erratum 1690)."""
_REASON = 160
_ATOMS = re.compile(r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+(?:\.[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+)*").fullmatch
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?=[A-Za-z0-9-]*[A-Za-z]\Z){_LABEL}").fullmatch
_NOT_FOR_MAIL = ("arpa", "invalid", "local", "localhost", "onion")
_ROLES = frozenset({
    "abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster", "sales", "security", "support",
    "usenet", "uucp", "webmaster", "www",
})  # fmt: skip
"""RFC 2142: these are the same in capitals and in small letters, so they are written small."""
_MOST_DOMAINS = 20_000
_domains: dict[str, str] = {}
"""Domain as met -> as we write it, or "" where only email-validator can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`written` is what we send to (NFC, domain as ASCII in lower case); `key` is what counts for sameness."""

    written: str
    key: str


def parse(text: str) -> Address | str:
    """The address, or why it is none in one short sentence (RFC 5321 and 6531, without asking the network)."""
    judged = judge(text)
    return judged if isinstance(judged, str) else Address(written=judged[0], key=judged[1])


def judge(text: str) -> tuple[str, str] | str:
    """`parse` for lists: the written form and the key as a plain pair, or why it is none."""
    return plain(text) or _judged_slowly(text.strip())


def plain(text: str) -> tuple[str, str] | None:
    """The written form and the key of a plain ASCII address; None says nothing either way."""
    local, _, domain = text.partition("@")
    known = _domains.get(domain)
    if known is None:
        known = _judged_domain(domain)
    if not known or not local.isascii() or not (local.isalnum() or _ATOMS(local)) or len(text) > _MOST:
        return None
    low = local.lower()
    key = f"{low}@{known}"
    return key if low == local or low in _ROLES else f"{local}@{known}", key


def suggestion(address: str) -> str | None:
    """The address that was probably meant, where the domain looks like a slip of a well-known one."""
    local, _, domain = address.strip().rpartition("@")
    likelier = likelier_domain(domain.lower())
    if likelier is None:
        return None
    better = parse(f"{local}@{likelier}")
    return better.written if isinstance(better, Address) else None


def _judged_domain(domain: str) -> str:
    if len(domain) > _MOST:
        return ""
    sure = len(domain) <= 253 and bool(_DOMAIN(domain)) and domain.lower().rpartition(".")[2] not in _NOT_FOR_MAIL
    if len(_domains) >= _MOST_DOMAINS:
        _domains.clear()
    return _domains.setdefault(domain, domain.lower() if sure else "")


def _judged_slowly(text: str) -> tuple[str, str] | str:
    if len(text) > _MOST:
        return f"it has {len(text):,} characters, and an address has at most {_MOST}"
    if "\ufffd" in text:
        return "a letter of it was lost on the way; write it anew"
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as exc:
        reason = str(exc).rstrip(".")
        return reason if len(reason) <= _REASON else reason[: _REASON - 1] + "…"
    written = f"{found.local_part}@{found.ascii_domain}"
    return written, written.casefold()
