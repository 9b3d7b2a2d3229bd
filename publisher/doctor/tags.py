"""Reads the lists of tags in DKIM and DMARC records, `v=DKIM1; k=rsa; p=…` (RFC 6376, section 3.2)."""

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SPACE = " \t\r\n"


def read_tags(text: str) -> dict[str, str] | str:
    """The values by tag, in their order, or what is wrong with the list. A value may be empty; a tag stands once."""
    tags: dict[str, str] = {}
    parts = text.split(";")
    if not parts[-1].strip(_SPACE):
        parts.pop()
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip(_SPACE)
        if not equals or not _NAME.fullmatch(name):
            return f'"{_shown(part)}" is not of the form tag=value'
        if name in tags:
            return f"the tag {name}= stands twice"
        tags[name] = value.strip(_SPACE)
    return tags or "it is empty"


def _shown(part: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in part.strip(_SPACE))
    return plain if len(plain) <= 40 else f"{plain[:39]}…"
