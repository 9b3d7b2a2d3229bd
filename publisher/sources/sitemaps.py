"""A sitemap in (sitemaps.org 0.9: urlset, sitemapindex or plain text, gzip'd or not), its pages and children out.

Entries stay in the order of the file. What is broken is read as far as whole entries go; what is hostile is refused.
Fetching the sitemap, its children and its pages is left to others.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree

from publisher.records import Finding, Stated, is_language
from publisher.sources import clean
from publisher.sources.page_dates import is_likely, machine_date

MOST_BYTES = 50 * 1024 * 1024
"""What the protocol allows one sitemap to have, unpacked."""

MOST_ENTRIES = 50_000
_MOST_RATIO = 200
_NEWS = "http://www.google.com/schemas/sitemap-news/"
_IMAGE = "http://www.google.com/schemas/sitemap-image/"
_MOST_NOTES = 20
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:url|sitemap)\s*>")
_ROOTS = ("urlset", "sitemapindex")
_FEEDS = ("rss", "feed", "RDF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """One page that a sitemap lists. `title`, `published` and `language` are of a news sitemap, `image` its first."""

    loc: str
    lastmod: Stated = None
    title: str | None = None
    published: Stated = None
    language: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A sitemap that a sitemap index lists."""

    loc: str
    lastmod: Stated = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one sitemap lists, each address once, and what was wrong with it."""

    pages: tuple[Located, ...] = ()
    children: tuple[Child, ...] = ()
    problems: tuple[Finding, ...] = ()


def read_sitemap(data: bytes, *, base: str) -> Sitemap:
    """unpack | refuse | parse | entries -> Sitemap. `base` is the sitemap's own absolute URL. Never raises.

    Only http(s) addresses on the host of `base` count (sitemaps.org, "Sitemap file location"); others are noted.
    """
    if data[:2] == b"\x1f\x8b":
        unpacked = _unpacked(data)
        if unpacked is None:
            mend = "it is damaged, or unpacks to far more than a sitemap may have (50 MB); make it anew"
            return _refused("sitemap-packed", base, mend)
        data = unpacked
    if len(data) > MOST_BYTES:
        return _refused("sitemap-too-large", base, "it has more than 50 MB, which no sitemap may have; split it")
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return _refused("sitemap-empty", base, "it is empty; check its address")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _from_xml(data, base)
    return _from_text(data, base)


def _refused(code: str, base: str, mend: str) -> Sitemap:
    return Sitemap(problems=(Finding(code=code, severity="error", place=base, mend=mend),))


def _unpacked(data: bytes) -> bytes | None:
    """The bytes of a gzip file within limits: some kilobytes can be packed from gigabytes."""
    most = min(MOST_BYTES, max(100_000, len(data) * _MOST_RATIO))
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(data, most + 1)
    except zlib.error:
        return None
    return plain if len(plain) <= most and unpacking.eof else None


# --- XML


def _from_xml(data: bytes, base: str) -> Sitemap:
    if _DECLARATION.search(data) or _DECLARATION.search(data.replace(b"\x00", b"")):
        return _refused(
            "sitemap-doctype", base, "it declares a DOCTYPE or entities, which no sitemap needs; remove them"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return _refused("sitemap-broken", base, "no XML could be read from it; make it anew")
    name = _name(root)
    if name in _FEEDS:
        return _refused("sitemap-feed", base, 'this is a feed, not a sitemap; use kind = "feed"')
    if name.lower() in ("html", "body"):
        return _refused("sitemap-html", base, "this is a web page, not a sitemap; look for the sitemap in /robots.txt")
    if name not in _ROOTS:
        return _refused(
            "sitemap-unknown",
            base,
            f"its root element is <{clean.shortened(name, 40)}>, not <urlset> or <sitemapindex>",
        )
    gathering = _Gathering(base)
    if len(parser.error_log):
        gathering.note(
            "sitemap-broken", "warning", "its XML is broken; it was read as far as whole entries go: make it anew"
        )
    entries = [element for element in root if isinstance(element.tag, str) and _name(element) in ("url", "sitemap")]
    if len(parser.error_log) and len(entries) > len(_CLOSED.findall(data)):
        entries.pop()  # torn in the middle of it: half an address is no address
    for element in entries:
        if not gathering.add_xml(element):
            break
    return gathering.made()


def _name(element: etree._Element) -> str:
    """Its name without namespace or prefix. Broken XML has names that are none, on which lxml's QName raises."""
    return str(element.tag).rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def _space(element: etree._Element) -> str:
    return str(element.tag)[1:].split("}")[0] if str(element.tag).startswith("{") else ""


def _texts(element: etree._Element) -> dict[str, str]:
    """The texts of the children in the sitemap's namespace or none, by name."""
    found: dict[str, str] = {}
    for child in element:
        if isinstance(child.tag, str) and not _space(child).startswith((_NEWS, _IMAGE)):
            found.setdefault(_name(child), clean.line((child.text or "")[:3000]))
    return found


def _extension(element: etree._Element, space: str, name: str) -> str | None:
    for below in element.iterdescendants() if len(element) > 1 else ():
        if isinstance(below.tag, str) and _name(below) == name and _space(below).startswith(space):
            return clean.line((below.text or "")[:3000]) or None
    return None


# --- Plain text


def _from_text(data: bytes, base: str) -> Sitemap:
    """One address a line, in UTF-8."""
    gathering = _Gathering(base)
    for line in _lines(data):
        if not gathering.add(line, Located(loc="")):
            break
    made = gathering.made()
    if not made.pages and not any("://" in line for line in list(_lines(data))[:100]):
        return _refused(
            "sitemap-unknown", base, "this is no sitemap: neither XML nor a list of addresses; check its address"
        )
    return made


def _lines(data: bytes) -> Iterator[str]:
    for raw in data.decode("utf-8-sig", errors="replace").splitlines():
        line = clean.line(raw[:3000])
        if line and not line.startswith("#"):
            yield line


class _Gathering:
    """Entries as they come, each address once, and the findings: each sort of them once, with its first case."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._host = _host(base)
        self._pages: dict[str, Located] = {}
        self._children: dict[str, Child] = {}
        self._problems: dict[str, Finding] = {}

    def note(self, code: str, severity: str, mend: str) -> None:
        if len(self._problems) < _MOST_NOTES:
            finding = Finding(
                code=code, severity="warning" if severity == "warning" else "note", place=self._base, mend=mend
            )
            self._problems.setdefault(code, finding)

    def made(self) -> Sitemap:
        return Sitemap(
            pages=tuple(self._pages.values()),
            children=tuple(self._children.values()),
            problems=tuple(self._problems.values()),
        )

    def add_xml(self, element: etree._Element) -> bool:
        """Take one entry; False where there is room for no more."""
        texts = _texts(element)
        if not texts.get("loc"):
            self.note("sitemap-entry", "warning", "an entry has no <loc> and was left out; make the sitemap anew")
            return True
        lastmod = self._date(texts.get("lastmod"))
        if _name(element) == "sitemap":
            return self._add_child(texts["loc"], lastmod)
        image = _extension(element, _IMAGE, "loc")
        published = self._date(_extension(element, _NEWS, "publication_date"))
        language = (_extension(element, _NEWS, "language") or "").replace("_", "-")
        entry = Located(
            loc="",
            lastmod=lastmod,
            title=_extension(element, _NEWS, "title"),
            published=published,
            language=language if is_language(language) else None,
            image=clean.web_address(image) if image else None,
        )
        return self.add(texts["loc"], entry)

    def add(self, loc: str, entry: Located) -> bool:
        """Take one page; False where there is room for no more."""
        address = self._address(loc)
        if address is None or address in self._pages:
            return True
        if len(self._pages) >= MOST_ENTRIES:
            self.note("sitemap-too-long", "warning", "it lists more than 50,000 pages; the rest was left out: split it")
            return False
        self._pages[address] = Located(
            loc=address,
            lastmod=entry.lastmod,
            title=entry.title,
            published=entry.published,
            language=entry.language,
            image=entry.image,
        )
        return True

    def _add_child(self, loc: str, lastmod: Stated) -> bool:
        address = self._address(loc)
        if address is not None and address.rstrip("/") == self._base.rstrip("/"):
            self.note("sitemap-itself", "warning", "it lists itself as its child, which was left out; mend the index")
        elif address is not None:
            if len(self._children) >= MOST_ENTRIES:
                self.note("sitemap-too-long", "warning", "it lists more than 50,000 sitemaps; the rest was left out")
                return False
            self._children.setdefault(address, Child(loc=address, lastmod=lastmod))
        return True

    def _address(self, loc: str) -> str | None:
        """The entry's address, if it is one of this host."""
        try:
            address = clean.web_address(urljoin(self._base, loc.split("#")[0].strip()))
        except ValueError:
            address = None
        if address is None:
            self.note(
                "sitemap-entry", "warning", f'"{clean.shortened(loc, 80)}" is no http(s) address and was left out'
            )
            return None
        host = _host(address)
        if host == self._host:
            return address
        if host.endswith(f".{self._host.removeprefix('www.')}") or host == self._host.removeprefix("www."):
            self.note(
                "sitemap-subdomain",
                "note",
                f"pages of {host} were left out: a sitemap speaks for its own host; add the sitemap of that host",
            )
        else:
            self.note(
                "sitemap-other-host",
                "warning",
                f"pages of {clean.shortened(host, 80)} were left out: a sitemap speaks for its own host only",
            )
        return None

    def _date(self, said: str | None) -> Stated:
        stated = w3c_date(said) if said else None
        if said and not is_likely(stated):
            stated = None
        if said and stated is None:
            self.note(
                "sitemap-date", "note", f'"{clean.shortened(said, 40)}" can be no date of a page and was left out'
            )
        return stated


def w3c_date(said: str) -> Stated:
    """A W3C date: a day or a moment; a month or a year alone dates nothing. A time without a zone is UTC."""
    if re.fullmatch(r"\d{4}(?:-\d\d)?", said):
        return None
    stated = machine_date(said, "UTC")
    return stated.astimezone(UTC) if isinstance(stated, datetime) else stated if isinstance(stated, date) else None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
