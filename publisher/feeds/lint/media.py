"""Media RSS in an item or entry: the picture, its size and its words."""

from collections.abc import Iterator

from publisher.feeds.lint import addresses, html
from publisher.feeds.lint.elements import Element, attribute, children, name, text
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import Flaw, at, shown
from publisher.feeds.lint.vocabulary import MEDIA
from publisher.records import Finding

_MEDIUMS = ("image", "audio", "video", "document", "executable")
_EXPRESSIONS = ("sample", "full", "nonstop")
_COUNTS = {"fileSize": 1, "width": 1, "height": 1, "channels": 0}
_AMOUNTS = ("bitrate", "duration", "framerate", "samplingrate")
_CONTENT = frozenset({"url", "type", "medium", "isDefault", "expression", "lang", *_COUNTS, *_AMOUNTS})
_ATTRIBUTES = {
    "content": _CONTENT,
    "thumbnail": frozenset({"url", "width", "height", "time"}),
    "title": frozenset({"type"}),
    "description": frozenset({"type"}),
    "text": frozenset({"type", "lang", "start", "end"}),
    "credit": frozenset({"role", "scheme"}),
    "category": frozenset({"scheme", "label"}),
    "copyright": frozenset({"url"}),
    "player": frozenset({"url", "width", "height"}),
}
_NEED_URL = ("thumbnail", "player")


def media(parent: Element, place: str) -> Iterator[Finding]:
    """Of all media: elements directly in `parent`, and of what stands in them."""
    for child in children(parent):
        namespace, local = name(child)
        if namespace != MEDIA:
            continue
        here = f"{place} media:{shown(local, 30)}"
        yield from at(here, _flaws(child, local))
        if local in ("content", "group"):
            yield from media(child, here)


def _flaws(element: Element, local: str) -> Iterator[Flaw]:
    for key in element.attrib:
        if local in _ATTRIBUTES and "}" not in str(key) and key not in _ATTRIBUTES[local]:
            yield "attribute-unknown", f"media:{local} has no attribute {shown(str(key))}; leave it out"
    yield from _address(element, local)
    for key, least in _COUNTS.items():
        if (value := attribute(element, key)) is not None and local in ("content", "thumbnail", "player"):
            yield from ((code, f"{key}: {mend}") for code, mend in addresses.number(value, least))
    if local == "content":
        yield from _content(element)
    elif local in ("title", "description", "text"):
        yield from _words(element, local)
    elif local == "credit" and (role := attribute(element, "role") or "") != role.lower():
        yield "media-value", f'the role "{shown(role)}" must be in small letters; correct it'
    elif local == "group" and sum(name(child) == (MEDIA, "content") for child in children(element)) < 2:
        mend = "a group is for one picture or film in several forms; put a single media:content into the item itself"
        yield "media-group", mend
    elif local == "adult":
        yield "media-adult", "media:adult is outdated; leave it out, or use media:rating"


def _address(element: Element, local: str) -> Iterator[Flaw]:
    url = attribute(element, "url")
    if url is None:
        if local in _NEED_URL:
            yield "attribute-missing", f"media:{local} has no url; give the whole address"
        return
    yield from addresses.address(url)
    if local in ("content", "thumbnail"):
        yield from addresses.unsafe(url, "picture")


def _content(element: Element) -> Iterator[Flaw]:
    medium, kind = attribute(element, "medium"), attribute(element, "type")
    if attribute(element, "url") is None and not any(name(child) == (MEDIA, "player") for child in children(element)):
        yield "attribute-missing", "media:content has neither url nor a player; give the whole address"
    if medium is not None and medium not in _MEDIUMS:
        yield "media-value", f'"{shown(medium)}" is no medium; use one of {", ".join(_MEDIUMS)}'
    if kind is not None:
        yield from addresses.media_type(kind)
    elif medium is None:
        yield "media-type-missing", "neither type nor medium says what this is; add type, for example image/jpeg"
    if (value := attribute(element, "expression")) is not None and value not in _EXPRESSIONS:
        yield "media-value", f'"{shown(value)}" is no expression; use one of {", ".join(_EXPRESSIONS)}'
    if (value := attribute(element, "isDefault")) is not None and value not in ("true", "false"):
        yield "media-value", "isDefault must be true or false"
    if (value := attribute(element, "lang")) is not None:
        yield from addresses.language(value)
    for key in _AMOUNTS:
        if (value := attribute(element, key)) is not None and addresses.number(value.replace(".", "", 1)):
            yield "number-invalid", f'{key} "{shown(value)}" must be a number; write plain digits'


def _words(element: Element, local: str) -> Iterator[Flaw]:
    kind = attribute(element, "type")
    if kind not in (None, "plain", "html"):
        yield "media-value", f'the type of media:{local} must be plain or html, not "{shown(kind or "")}"'
    elif kind == "html":
        yield from html.read(text(element)).flaws
    else:
        yield from plain(text(element))
