"""Reads one SPF record into its terms (RFC 7208, section 4.6.1 and its grammar in section 12).

In: the text of a TXT record. Out: its terms, or what is wrong with it. What the terms point to is read elsewhere.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias

_TERM = re.compile(r"([-+~?]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=/])(.*))?", re.DOTALL)

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a record. `sign` is what follows from a match, `+` where none is written, "" for a modifier."""

    sign: str
    name: str
    value: str = ""


def is_spf(text: str) -> bool:
    """RFC 7208, section 4.5: the version, then a space or nothing."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def read_spf(text: str) -> list[Term] | str:
    """The terms of a record, in their order, or what is wrong with it (RFC 7208, section 4.6.1: then all of it is)."""
    terms: list[Term] = []
    for word in text.split(" ")[1:]:
        if not word:
            continue
        term = _term(word)
        if isinstance(term, str):
            return term
        if term.name in ("redirect", "exp") and any(t.name == term.name for t in terms):
            return f"{term.name}= stands twice"
        terms.append(term)
    return terms


def _term(word: str) -> Term | str:
    parts = _TERM.fullmatch(word)
    if parts is None or not word.isascii() or not word.isprintable():
        return f'"{_shown(word)}" is no term of SPF'
    sign, name, mark, value = parts[1], parts[2].lower(), parts[3] or "", parts[4] or ""
    if mark == "=":
        return (
            f'"{_shown(word)}" is no term of SPF' if sign or not _modifier_fits(name, value) else Term("", name, value)
        )
    wants_value = name in ("include", "exists", "ip4", "ip6")
    takes_value = wants_value or name in ("a", "mx", "ptr")
    if not (takes_value or name == "all"):
        return f'"{_shown(word)}" is no term of SPF'
    if (wants_value and (mark != ":" or not value)) or (mark and not takes_value) or (mark == ":" and not value):
        return f'"{_shown(word)}" is not complete'
    value = f"/{value}" if mark == "/" else value
    if name in ("ip4", "ip6") and network(name, value) is None:
        return f'"{_shown(word)}" names no network'
    if mark == "/" and name not in ("a", "mx"):
        return f'"{_shown(word)}" is no term of SPF'
    return Term(sign or "+", name, value)


def _modifier_fits(name: str, value: str) -> bool:
    return bool(value) if name in ("redirect", "exp") else True


def network(name: str, value: str) -> Network | None:
    """The network of an `ip4` or `ip6`; None for what is none."""
    try:
        return ipaddress.IPv4Network(value, False) if name == "ip4" else ipaddress.IPv6Network(value, False)
    except ValueError:
        return None


def _shown(word: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in word)
    return plain if len(plain) <= 40 else f"{plain[:39]}…"
