"""Finds mail addresses in fields and sentences that strangers wrote.

In: text of any kind. Out: plain addresses, the domain in lower case. This only recognises the shape (RFC 5321, section
4.1.2); whether we know an address is asked elsewhere.
"""

import re
from collections.abc import Iterator

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_\u0080-\U0010ffff-]*[A-Za-z0-9_\u0080-\U0010ffff])?"
_ADDRESS = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^"\\\x00-\x1f]+")@{_LABEL}(?:\.{_LABEL})*')
_ENDS_LOCAL = frozenset(' \t\r\n\f\v<>()[],;:"\\@\xa0')
_IN_DOMAIN = re.compile(r"[^\s<>()\[\],;:\"'\\@/?&=]{1,255}")
_TYPE = re.compile(r"\s*(?:rfc822|utf-8|smtp|internet|local|unknown|dns|x-[a-z0-9-]{1,30})\s*[;:]", re.IGNORECASE)
_ROUTE = re.compile(r"@[^:]{1,200}:")
_COMMENT = re.compile(r"\s\(.*")
_LONGEST = 320
_MOST_LOOKED_AT = 500


def as_address(text: str) -> str | None:
    """`text` as one address, without brackets and what mail programs put around it; None where it is none."""
    bare = text.strip().strip("<>'").strip().rstrip(".,;:")
    bare = _ROUTE.sub("", bare, count=1) if bare.startswith("@") else bare
    bare = bare.removeprefix("mailto:")
    if len(bare) > _LONGEST or not _ADDRESS.fullmatch(bare):
        return None
    local, _, domain = bare.rpartition("@")
    return f"{local}@{domain.lower()}"


def typed(value: str) -> str | None:
    """The address in a field like Final-Recipient (RFC 3464, section 2.3.2): a type, a semicolon, an address.

    Some write the type twice, none at all, brackets around the address, or a comment after it.
    """
    rest = value[: 2 * _LONGEST]
    while match := _TYPE.match(rest):
        rest = rest[match.end() :]
    plain = _COMMENT.sub("", rest).strip()
    inner = re.search(r"<([^<>]{1,320})>", plain)
    return as_address(_unescaped(inner[1] if inner else plain))


def without_xtext(address: str) -> str:
    """RFC 3461, section 4: plus and equals signs may stand as +2B and +3D; other codes do not occur in addresses."""
    return address.replace("+2B", "+").replace("+3D", "=")


def addresses_in(text: str) -> Iterator[str]:
    """Every address in a text, each once; at most 500 at-signs are looked at."""
    seen: set[str] = set()
    at = text.find("@")
    for _ in range(_MOST_LOOKED_AT):
        if at < 0:
            return
        address = _around(text, at)
        if address and address not in seen:
            seen.add(address)
            yield address
        at = text.find("@", at + 1)


def in_header(value: str) -> tuple[str, ...]:
    """The addresses of a header like To, without those inside of quoted display names."""
    unquoted = re.sub(r'"[^"@]*@[^"]*"(?!@)', " ", value[:20_000])
    return tuple(addresses_in(unquoted))


def _around(text: str, at: int) -> str | None:
    start = at
    if start and text[start - 1] == '"':
        opening = text.rfind('"', max(0, at - 66), at - 1)
        start = opening if opening >= 0 else start
    else:
        while start > max(0, at - 128) and text[start - 1] not in _ENDS_LOCAL:
            start -= 1
    domain = _IN_DOMAIN.match(text, at + 1)
    return as_address(text[start:at] + "@" + domain[0].rstrip(".-!?*'`")) if domain else None


def _unescaped(address: str) -> str:
    """RFC 6533, section 3: letters beyond ASCII may stand as their code points."""
    return re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", lambda found: _letter(int(found[1], 16)), address)


def _letter(code: int) -> str:
    return chr(code) if 0x20 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
