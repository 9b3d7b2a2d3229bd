"""OPML 1 and 2: the head, and every outline with its addresses."""

import re
from collections.abc import Iterator

from publisher.feeds.lint import addresses, dates
from publisher.feeds.lint.elements import Context, Element, attribute, children, label, name, stray_text, text
from publisher.feeds.lint.names import names
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.records import Finding

_VERSIONS = ("1.0", "1.1", "2.0")
_HEAD = names("title dateCreated dateModified ownerName ownerEmail ownerId docs expansionState vertScrollState "
    "windowTop windowLeft windowBottom windowRight")  # fmt: skip
_OUTLINE = names("category created description htmlUrl isBreakpoint isComment language text title type url version "
    "xmlUrl")  # fmt: skip
_FEED_ATTRIBUTES = ("description", "htmlUrl", "language", "title", "version", "xmlUrl")
_FEED_VERSIONS = ("RSS", "RSS1", "RSS2", "scriptingNews")


def opml(root: Element, context: Context) -> Iterator[Finding]:
    version = attribute(root, "version")
    if version not in _VERSIONS:
        yield found("version-unknown", "document", f'there is no OPML "{shown(version or "")}"; write version="2.0"')
    yield from stray_text(root, "document")
    head, body = root.find("head"), root.find("body")
    for child in children(root):
        if child not in (head, body) and not name(child)[0]:
            yield found("element-unknown", "document", f"there is no <{shown(name(child)[1])}> in OPML; leave it out")
    if head is None:
        yield found("opml-part", "head", "there is no head; add one with a title")
    else:
        yield from _head(head, context)
    if body is None or body.find("outline") is None:
        yield found("opml-part", "body", "there is no outline in a body; list the feeds there")
        return
    yield from stray_text(body, "body")
    for number, outline in enumerate(body.iter("outline"), 1):
        yield from _outline(outline, label("outline", number, attribute(outline, "text") or ""), context, version or "")


def _head(head: Element, context: Context) -> Iterator[Finding]:
    seen = set()
    for child in children(head):
        namespace, local = name(child)
        place = f"head {shown(local)}"
        if namespace:
            continue
        if local not in _HEAD:
            yield found("element-unknown", place, f"there is no <{shown(local)}> in the head of OPML; leave it out")
        elif local in seen:
            yield found("element-duplicate", place, f"<{local}> stands twice; keep one")
        seen.add(local)
        yield from at(place, _head_flaws(local, text(child), context))


def _head_flaws(local: str, value: str, context: Context) -> tuple[Flaw, ...]:
    if local in ("dateCreated", "dateModified"):
        return dates.rfc822(value, context.now).flaws
    if local == "ownerEmail":
        return addresses.mail(value)
    if local in ("ownerId", "docs"):
        return addresses.web_address(value)
    if local in ("title", "ownerName"):
        return plain(value)
    if local == "expansionState" and not re.fullmatch(r"(?:[0-9]+(?:,\s*[0-9]+)*)?", value, re.ASCII):
        return (("opml-value", "expansionState is a list of line numbers like 1, 3, 17; correct it"),)
    if local.startswith(("window", "vert")):
        return addresses.number(value, 1)
    return ()


def _outline(outline: Element, place: str, context: Context, version: str) -> Iterator[Finding]:
    given = {str(key): str(value) for key, value in outline.attrib.items() if "}" not in str(key)}
    for key in sorted(given.keys() - _OUTLINE):
        yield found("attribute-unknown", place, f"an outline has no attribute {shown(key)}; leave it out")
    if "text" not in given:
        yield found("outline-text-missing", f"{place} text", "the outline has no text; write what readers shall see")
    elif not given["text"].strip():
        yield found("title-empty", f"{place} text", "the text is empty; write what readers shall see")
    yield from at(f"{place} type", _type(given, version))
    yield from at(place, _values(given, context))
    yield from stray_text(outline, place)


def _type(given: dict[str, str], version: str) -> Iterator[Flaw]:
    kind = given.get("type", "").lower()
    if kind == "rss":
        for key in ("xmlUrl", "title"):
            if key not in given:
                yield "outline-address", f"an outline of a feed has no {key}; add it"
    elif kind == "link":
        if "url" not in given:
            yield "outline-address", "an outline of a link has no url; add it"
    elif kind and version.startswith("1."):
        yield "outline-type", f'OPML 1 knows the types rss and link, not "{shown(kind)}"; use one of them'
    elif not kind and any(key in given for key in _FEED_ATTRIBUTES):
        yield "outline-type", 'an outline of a feed does not say so; add type="rss"'
    if "version" in given and given["version"] not in _FEED_VERSIONS:
        yield (
            "outline-type",
            f'"{shown(given["version"])}" is no version of a feed; use one of {", ".join(_FEED_VERSIONS)}',
        )


def _values(given: dict[str, str], context: Context) -> Iterator[Flaw]:
    for key in ("xmlUrl", "htmlUrl", "url"):
        if key in given:
            yield from addresses.web_address(given[key])
    for key in ("isComment", "isBreakpoint"):
        if given.get(key, "true").lower() not in ("true", "false"):
            yield "opml-value", f"{key} must be true or false; correct it"
    if "created" in given:
        yield from dates.rfc822(given["created"], context.now).flaws
    if "language" in given:
        yield from addresses.language(given["language"])
    for key in ("text", "title"):
        yield from plain(given.get(key, ""))
