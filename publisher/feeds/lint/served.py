"""How a document is served: its Content-Type against what it is."""

import re
from collections.abc import Iterator

from publisher.feeds.lint.document import Document
from publisher.feeds.lint.elements import name
from publisher.feeds.lint.rules import found, shown
from publisher.records import Finding

_RIGHT = {
    "rss": ("application/rss+xml", "application/xml", "text/xml"),
    "feed": ("application/atom+xml", "application/xml", "text/xml"),
    "RDF": ("application/rdf+xml", "application/rss+xml", "application/xml", "text/xml"),
    "opml": ("text/x-opml", "application/xml", "text/xml"),
    "json": ("application/feed+json", "application/json"),
}
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.-]+)", re.ASCII | re.IGNORECASE)


def served(document: Document, media_type: str | None) -> Iterator[Finding]:
    if media_type is None:
        return
    kind = "json" if document.kind == "json" else name(document.root)[1] if document.root is not None else ""
    plain = media_type.partition(";")[0].strip().lower()
    if kind in _RIGHT and plain not in _RIGHT[kind]:
        mend = f'it is served as "{shown(media_type)}"; set the Content-Type to {_RIGHT[kind][0]}'
        yield found("media-type-wrong", "Content-Type", mend)
    elif plain in ("application/xml", "text/xml") and f"<{kind}" not in _beginning(document):
        mend = "the root stands too far down for programs that look only at the beginning; shorten what is before it"
        yield found("media-type-wrong", "Content-Type", mend)
    yield from _charset(document, media_type)


def _beginning(document: Document) -> str:
    """The first half kilobyte, which is all that some look at to tell a feed from other XML."""
    return b"\n".join(document.lines[:512])[:512].replace(b"\x00", b"").decode("latin-1").replace("rdf:", "")


def _charset(document: Document, media_type: str) -> Iterator[Finding]:
    """What the server says of the encoding wins over what the document says, so they must agree."""
    match = _CHARSET.search(media_type)
    if match is None or document.root is None:
        return
    own = (document.root.getroottree().docinfo.encoding or "utf-8").lower()
    if match[1].lower() != own and not {match[1].lower(), own} <= {"utf-8", "us-ascii", "ascii"}:
        mend = f"the server says {shown(match[1])} and the document {own}; make both UTF-8"
        yield found("encoding-mismatch", "Content-Type", mend)
