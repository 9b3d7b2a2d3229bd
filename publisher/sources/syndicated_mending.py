"""A feed's text that is not well-formed in, the nearest text that is out, where a plain slip is what is wrong.

Each mend is one of the slips that feeds are known for: HTML's entities, a bare `&`, a prefix nobody declared, a
download that stopped, a second document behind the first. What needs more than that is left to `syndicated_loose`.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from html.entities import html5

from publisher.sources.syndicated_names import ADDRESSES

_OPENINGS = re.compile(r"<!\[CDATA\[|<!--")
_CLOSINGS = {"<![CDATA[": "]]>", "<!--": "-->"}
_XML_OWN = {"amp", "lt", "gt", "quot", "apos"}
_AMPERSAND = re.compile(r"&(?:#(\d{1,7});|#[xX]([0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{1,31});)?")
_PREFIX = re.compile(r"</?([A-Za-z][\w.-]{0,30}):[A-Za-z]|\s([A-Za-z][\w.-]{0,30}):[A-Za-z][\w.-]{0,40}\s*=\s*[\"']")
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?(?:rss|feed|RDF)\b", re.I)
_ITEM_END = re.compile(r"</((?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry))\s*>", re.I)
_ROOT_END = re.compile(r"</((?:[A-Za-z][\w.-]{0,30}:)?(?:rss|feed|RDF))\s*>", re.I)
_CHANNEL = re.compile(r"<((?:[A-Za-z][\w.-]{0,30}:)?channel)\b", re.I)


def with_references(text: str) -> str:
    """HTML's entities as the characters they name, and a bare `&` as one: outside CDATA, where they mean themselves."""
    return _outside(text, lambda piece: _AMPERSAND.sub(_reference, piece))


def _reference(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        is_character = (
            code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        )
        return found.group() if is_character else ""
    if name is None or name in _XML_OWN:
        return found.group() if name else "&amp;"
    meant = html5.get(f"{name};")
    return meant if meant and meant not in "&<>" else f"&amp;{name};"


def with_declarations(text: str) -> str:
    """The usual namespaces declared on the root, where prefixes are used that nobody declares."""
    root = _ROOT.search(text)
    if not root:
        return text
    markup = "".join(piece for changes, piece in _pieces(text) if changes)
    used = {element or attribute for element, attribute in _PREFIX.findall(markup)}
    missing = sorted(prefix for prefix in used - {"xml", "xmlns"} if f"xmlns:{prefix}" not in text)
    known = {prefix: ADDRESSES.get(prefix, f"urn:undeclared:{prefix}") for prefix in missing[:50]}
    declared = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in known.items())
    return text[: root.end()] + declared + text[root.end() :]


def whole_items(text: str) -> str | None:
    """A download that stopped, up to its last whole item and closed there; None where its root is closed.

    A CDATA section that nothing closes swallows the rest, as if the download had stopped there.
    """
    unclosed = text.rfind("<![CDATA[")
    if unclosed > text.rfind("]]>"):
        text = text[:unclosed]
    elif _ROOT_END.search(text, max(0, len(text) - 20_000)):
        return None
    root = _ROOT.search(text)
    end = next(iter(deque(_ITEM_END.finditer(text), maxlen=1)), None)
    if not root or not end:
        return None
    name = root.group()[1:]
    channel = _CHANNEL.search(text)
    is_open = channel and f"</{channel[1]}" not in text[: end.end()]
    return text[: end.end()] + (f"</{channel[1]}>" if channel and is_open else "") + f"</{name}>"


def first_document(text: str) -> str | None:
    """The text up to the end of its first root, where something follows."""
    end = _ROOT_END.search(text)
    return text[: end.end()] if end and text[end.end() :].strip() else None


def _outside(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(piece) if changes else piece for changes, piece in _pieces(text))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The text in order, parted into what is markup and text (True) and what is CDATA or a comment (False)."""
    at = 0
    while opening := _OPENINGS.search(text, at):
        end = text.find(_CLOSINGS[opening.group()], opening.end())
        if end < 0:
            break
        end += 3
        yield True, text[at : opening.start()]
        yield False, text[opening.start() : end]
        at = end
    yield True, text[at:]
