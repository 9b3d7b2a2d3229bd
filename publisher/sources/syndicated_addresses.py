"""The addresses of a feed as written, relative or not, in: absolute http(s) addresses out, or nothing."""

import re
from urllib.parse import urljoin

from publisher.sources import clean
from publisher.sources.syndicated_entries import Entry, Link


def address_of(entry: Entry, base: str | None, language: str | None) -> str | None:
    """Where the article stands: the original behind a counting service, its page in the feed's language, its guid."""
    pages = [link for link in entry.links if link.rel == "alternate" and _is_page(link)]
    pages.sort(key=lambda link: _distance(link, language))
    written = [entry.original, *(link.href for link in pages), *([entry.id] if entry.is_permalink else [])]
    if not pages and re.match(r"https?://", entry.id) and not entry.is_permalink:
        written += [link.href for link in entry.links if link.rel in ("canonical", "self") and _is_page(link)]
    found = (absolute(base, one) for one in written if one and _may_be_address(one, entry))
    return next((address for address in found if address), None)


def _is_page(link: Link) -> bool:
    return not link.type or "html" in link.type or link.type.startswith("text/")


def _distance(link: Link, language: str | None) -> int:
    """Pages in the feed's language first, then those that state none; the feed's order among equals."""
    if not link.hreflang:
        return 1
    return 0 if language and link.hreflang.split("-")[0].lower() == language.split("-")[0].lower() else 2


def _may_be_address(written: str, entry: Entry) -> bool:
    """An id is an address only if it says so itself: `news-17` is none, though it would resolve to one."""
    return (
        written != entry.id
        or bool(re.match(r"https?://", written, re.I))
        or any(link.href == written for link in entry.links)
    )


def absolute(base: str | None, written: str) -> str | None:
    """An http(s) address from `base`; None for any other scheme and where a browser would have to guess."""
    if not written.strip():
        return None
    try:
        address = written.strip().replace(" ", "%20").replace("&amp;", "&")  # escaped twice
        if re.match(r"www\.[\w-]+\.[\w.-]+(?:[/?#:]|$)", address, re.I):  # a host, which nobody meant for a path
            address = f"http://{address}"
        if not address.startswith(("http://", "https://")):
            address = urljoin(base or "", address)
    except ValueError:
        return None
    return clean.web_address(clean.line(address))


def based(base: str | None, further: str | None) -> str | None:
    if not further:
        return base
    return absolute(base, further) or base
