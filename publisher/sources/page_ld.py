"""The JSON-LD of a page in (schema.org, as written, often broken), its nodes out as a flat list of plain dicts.

What a page claims of itself here is judged by `page_claims`; this only reads.
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, TypeAlias

from publisher.sources import clean

Node: TypeAlias = dict[str, Any]

# fmt: off
ARTICLES = frozenset({
    "newsarticle", "article", "blogposting", "medicalwebpage", "reportagenewsarticle", "pressrelease",
    "socialmediaposting", "backgroundnewsarticle", "analysisnewsarticle", "medicalscholarlyarticle", "scholarlyarticle",
    "report", "liveblogposting",
})
# fmt: on
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "subjectOf")
_MOST_NODES = 500
_MOST_CHARACTERS = 1_000_000
_TAG = re.compile(r"<[^<>]{0,300}>")
_LOOSE_COMMA = re.compile(r",(\s*[}\]])")


def nodes_of(scripts: tuple[str, ...]) -> tuple[list[Node], bool]:
    """All nodes, outer ones first, and whether some script could not be read."""
    nodes: list[Node] = []
    broken = False
    for script in scripts:
        try:
            nodes += _flat(_parsed(script))
        except (ValueError, RecursionError):
            broken = True
    return nodes[:_MOST_NODES], broken


def _parsed(script: str) -> Any:
    if len(script) > _MOST_CHARACTERS:
        raise ValueError("too long")
    bare = re.sub(r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)", "", script)
    bare = re.sub(r"(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\s*;?\s*$", "", bare).strip().rstrip(";")
    try:
        return json.loads(bare, strict=False)
    except ValueError:
        return json.loads(_LOOSE_COMMA.sub(r"\1", bare), strict=False)


def _flat(value: Any) -> Iterator[Node]:
    waiting = [value]
    count = 0
    while waiting and count < _MOST_NODES:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting[:0] = one[:_MOST_NODES]
        elif isinstance(one, dict):
            count += 1
            yield one
            waiting += [one[name] for name in _INSIDE if isinstance(one.get(name), (dict, list))]


def types_of(node: Node) -> frozenset[str]:
    """Its types in small letters, without the vocabulary's address."""
    said = node.get("@type") or node.get("type") or ()
    many = said if isinstance(said, list) else [said]
    return frozenset(re.split(r"[/:#]", one)[-1].lower() for one in many if isinstance(one, str) and one)


def words(value: Any) -> str | None:
    """A string, or the text of an object in its place, on one line; None where there is none."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = next(
                (value[name] for name in ("@value", "name", "text", "headline", "url", "@id") if value.get(name)), None
            )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return (clean.line(unescape(_TAG.sub("", value[:20_000]))) or None) if isinstance(value, str) else None


def all_words(value: Any) -> list[str]:
    """The strings of a list, an object or a string in their place."""
    many = value if isinstance(value, list) else [value]
    return [said for one in many[:100] if (said := words(one))]


def link(value: Any) -> str | None:
    """An address: a string, or what an object gives as its url or id."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return value.strip() if isinstance(value, str) and value.strip() else None


def number(value: Any) -> int | None:
    """Pixels, however written: 800, "800", "800px", {"value": 800}."""
    if isinstance(value, dict):
        value = value.get("value") or value.get("@value")
    match = re.fullmatch(r"\s*(\d{1,5})(?:\.0+)?\s*(?:px)?\s*", str(value))
    return int(match.group(1)) or None if match else None
