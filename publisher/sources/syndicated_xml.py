"""A well-formed feed's elements in, what they say out: RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0.

Nothing is judged or cleaned here, and nothing outside the document is opened: no entity, no DTD, no address.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import TypeAlias
from urllib.parse import urljoin

from lxml import etree

from publisher.sources.syndicated_bytes import decode
from publisher.sources.syndicated_entries import Document, Entry, Form, Link, Picture, Words
from publisher.sources.syndicated_names import ADDRESSES, short

Element: TypeAlias = etree._Element

_BASE = f"{{{ADDRESSES['xml']}}}base"
_LANGUAGE = f"{{{ADDRESSES['xml']}}}lang"
_ABOUT = f"{{{ADDRESSES['rdf']}}}about"
_RESOURCE = f"{{{ADDRESSES['rdf']}}}resource"
_REGISTRY = "http://www.iana.org/assignments/relation/"
"""A relation may be written with or without it (RFC 4287, section 4.2.7.2)."""

_PUBLISHED = ("pubDate", "published", "issued", "dc:date", "dcterms:issued", "dcterms:created", "created", "pubdate")
_UPDATED = ("updated", "modified", "dcterms:modified")
_SUMMARIES = ("description", "summary", "dc:description", "itunes:summary", "media:description", "itunes:subtitle")
_TITLES = ("title", "dc:title", "itunes:title", "media:title")
_CONTENTS = ("content:encoded", "content", "xhtml:body", "xhtml:div", "fullText", "fullitem", "body")
_AUTHORS = ("dc:creator", "author", "dc:author", "itunes:author")

_CLOSING = re.compile(r"</[a-z][a-z0-9]*\s*>", re.I)


def parse(text: str) -> Element:
    """The root element. Raises etree.XMLSyntaxError where the text is not well-formed."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return _without_strange_namespace(etree.fromstring(text.encode("utf-8"), parser))


def _without_strange_namespace(root: Element) -> Element:
    """A feed whose own names are put in a namespace that is not known, as if they were in none: RSS 2.0 has none."""
    name = short(str(root.tag))
    if name in ("?:rss", "?:feed"):
        strange = str(root.tag).removesuffix(name.removeprefix("?:"))
        for element in root.iter(f"{strange}*"):
            element.tag = str(element.tag).removeprefix(strange)
    return root


def is_feed(root: Element) -> bool:
    return short(str(root.tag)) in ("rss", "rdf:RDF", "feed", "channel", "Channel")


def read(root: Element, most: int) -> Document:
    """The feed below `root`, at most so many entries of it, in its own order."""
    name = short(str(root.tag))
    head = root if name in ("feed", "channel") else next(_named(root, "channel", "Channel"), root)
    base = _joined(root.get(_BASE), head.get(_BASE) if head is not root else None)
    # RSS 0.90 and 1.0 have their items beside the channel, and some RSS 2.0 by mistake.
    places = (head,) if head is root else (head, root)
    items = [item for place in places for item in _named(place, "item", "entry")]
    links = [link for element in _named(head, "link") for link in _links(element)]
    site = next((link.href for link in links if link.rel == "alternate"), "")
    said = _first_text(head, "language", "dc:language")
    language = root.get(_LANGUAGE) or head.get(_LANGUAGE) or said
    people = _people(head) if name == "feed" else ()
    return Document(
        title=next((_words(element) for element in _named(head, "title")), None),
        language=language,
        site=site,
        next_page=_next_page(links),
        # Atom's addresses start from the document (RFC 4287, section 2), those of RSS by custom from its site.
        base=base if base or name == "feed" else site or None,
        entries=tuple(_entry(item, base, people) for item in islice(items, most)),
        withdrawn=tuple((one.get("ref", ""), one.get("when", "")) for one in _named(head, "at:deleted-entry")),
        left_out=max(0, len(items) - most),
    )


def _next_page(links: list[Link]) -> str:
    """Where older entries are: the next page, or the archive before this document (RFC 5005, sections 3 and 4)."""
    named = {link.rel: link.href for link in reversed(links)}
    return named.get("next") or named.get("prev-archive") or ""


def _entry(item: Element, base: str | None, feed_authors: tuple[str, ...]) -> Entry:
    named: dict[str, list[Element]] = {}
    for child in item:
        named.setdefault(short(str(child.tag)), []).append(child)
    own_base = _joined(base, item.get(_BASE))
    own_id, is_permalink = _own_id(item, named)
    summaries = [element for name in _SUMMARIES for element in (*named.get(name, ()), *_of_group(named, name))]
    authors = next((people for name in _AUTHORS if (people := _people_of(named.get(name, ())))), ())
    sources = [people for element in named.get("source", ()) if (people := _people(element))]
    return Entry(
        id=own_id,
        is_permalink=is_permalink,
        links=(
            *(link for name in ("link", "enclosure") for element in named.get(name, ()) for link in _links(element)),
            *(link for element in named.get("content", ()) for link in _content_elsewhere(element)),
        ),
        original=_text_of(named, ("feedburner:origLink",)),
        title=_first_words(named, _TITLES, own_base),
        summary=next((words for element in summaries if (words := _words(element, own_base))), None),
        content=_first_words(named, _CONTENTS, own_base),
        # An entry of Atom without authors has those of the feed it came from, else of this one (RFC 4287, 4.2.1).
        # What names its authors has no others, though it may not say what they are called.
        authors=authors or (sources[0] if sources else () if "author" in named else feed_authors),
        topics=tuple(_topics(named)),
        published=tuple(_texts_of(named, _PUBLISHED)),
        updated=tuple(_texts_of(named, _UPDATED)),
        language=item.get(_LANGUAGE) or _text_of(named, ("dc:language", "language")) or _language_of_texts(named),
        base=own_base,
        pictures=tuple(_pictures(named)),
    )


def _own_id(item: Element, named: dict[str, list[Element]]) -> tuple[str, bool]:
    """The id of an item, and whether it may be its address, as that of RSS 1.0 is."""
    for name in ("guid", "id", "dc:identifier"):
        for element in named.get(name, ()):
            value = _text(element).strip()
            if value:
                return value, name == "guid" and _is_permalink(element)
    about = item.get(_ABOUT, "").strip()
    return about, bool(about)


def _language_of_texts(named: dict[str, list[Element]]) -> str:
    """The language that the texts of an entry state, where they agree on one."""
    texts = [element for name in (*_CONTENTS, *_SUMMARIES, *_TITLES) for element in named.get(name, ())]
    stated = {language for element in texts if (language := element.get(_LANGUAGE))}
    return stated.pop() if len(stated) == 1 else ""


def _is_permalink(guid: Element) -> bool:
    """Whether a guid is an address: it is unless it says otherwise, in whatever capitals."""
    said = (str(value) for name, value in guid.attrib.items() if str(name).lower() == "ispermalink")
    return next(said, "true").strip().lower() != "false"


# --- Texts


def _words(element: Element, base: str | None = None) -> Words | None:
    """What an element says, and whether as text or HTML; None where it is empty or no text at all."""
    base = _joined(base, element.get(_BASE))
    kind = element.get("type", "").split(";")[0].strip().lower()
    if len(element) and (kind in ("", "xhtml", "html") or "html" in kind or element.get("mode") == "xml"):
        is_markup = "xhtml" in kind or element.get("mode") == "xml"
        return _given(_inner(element, is_markup=is_markup), "html", base)
    form = _form(element, kind)
    if form is None or element.get("src"):
        return None
    return _given(_unpacked(element) if element.get("mode") == "base64" else _text(element), form, base)


def _unpacked(element: Element) -> str:
    """What an element of Atom 0.3 says in base64; nothing where it is none."""
    try:
        return decode(b64decode("".join(_text(element).split())), None).text
    except ValueError:
        return ""


def _given(value: str, form: Form, base: str | None) -> Words | None:
    return Words(value=value, form=form, base=base) if value.strip() else None


def _form(element: Element, kind: str) -> Form | None:
    """How the text of an element is written (RFC 4287, sections 3.1 and 4.1.3); None for pictures and other data."""
    name = short(str(element.tag))
    if kind in ("text", "text/plain", "plain"):
        return "text"
    if "html" in kind:
        return "html"
    if kind and (kind.endswith(("+xml", "/xml")) or "/" in kind) and not kind.startswith("text/"):
        return None
    if name in (*_TITLES, "subtitle"):
        return "either"
    return "either" if name == "media:description" else "html"


def _text(element: Element) -> str:
    return "".join(str(piece) for piece in element.itertext()) if len(element) else element.text or ""


def _inner(element: Element, *, is_markup: bool) -> str:
    """The elements inside one as HTML, without their namespaces.

    Where it does not say that all of it is markup, some of the tags may stand in its text: in CDATA beside an image.
    """
    children = [child for child in element if isinstance(child.tag, str)]
    for child in element.iter():
        if isinstance(child.tag, str) and child is not element:
            child.tag = etree.QName(child).localname
    etree.cleanup_namespaces(element)
    pieces = [element.text or ""]
    for child in children:
        pieces += [etree.tostring(child, method="html", encoding="unicode", with_tail=False), child.tail or ""]
    if not is_markup and any(_CLOSING.search(text) for text in pieces[::2]):
        inside = "".join(pieces)
    else:
        texts = (text.replace("&", "&amp;").replace("<", "&lt;") for text in pieces[::2])
        inside = "".join(piece for pair in zip_longest(texts, pieces[1::2], fillvalue="") for piece in pair)
    return re.sub(r' xmlns(?::\w+)?="[^"]*"', "", inside)


def _first_words(named: dict[str, list[Element]], names: tuple[str, ...], base: str | None) -> Words | None:
    found = (_words(element, base) for name in names for element in named.get(name, ()))
    return next((words for words in found if words), None)


def _text_of(named: dict[str, list[Element]], names: tuple[str, ...]) -> str:
    return next(_texts_of(named, names), "")


def _texts_of(named: dict[str, list[Element]], names: tuple[str, ...]) -> Iterator[str]:
    return (text for name in names for element in named.get(name, ()) if (text := _text(element).strip()))


def _first_text(parent: Element, *names: str) -> str:
    return next((text for element in _named(parent, *names) if (text := _text(element).strip())), "")


def _named(parent: Element, *names: str) -> Iterator[Element]:
    return (child for child in parent if isinstance(child.tag, str) and short(child.tag) in names)


def _joined(base: str | None, further: str | None) -> str | None:
    """A base within a base, as far as both are stated (XML Base, section 3)."""
    if not further or not base:
        return further or base
    try:
        return urljoin(base, further.strip())
    except ValueError:
        return base


# --- People, subjects, addresses


def _people(parent: Element) -> tuple[str, ...]:
    return _people_of(tuple(_named(parent, "author")))


def _people_of(elements: list[Element] | tuple[Element, ...]) -> tuple[str, ...]:
    """An author of Atom has a name inside; one of RSS is plain text."""
    said = (_first_text(element, "name", "?:name") if len(element) else _text(element) for element in elements)
    return tuple(name for name in said if name.strip())


def _topics(named: dict[str, list[Element]]) -> Iterator[str]:
    for name in ("category", "dc:subject"):
        for element in named.get(name, ()):
            yield element.get("label") or element.get("term") or _text(element)


def _links(element: Element) -> Iterator[Link]:
    """The address of `link` or `enclosure`, in whichever of the ways of RSS, RDF and Atom it is written."""
    address = element.get("href") or element.get("url") or element.get(_RESOURCE) or _text(element)
    is_enclosure = short(str(element.tag)) == "enclosure"
    if address.strip():
        yield Link(
            href=address.strip(),
            rel="enclosure"
            if is_enclosure
            else element.get("rel", "alternate").strip().lower().removeprefix(_REGISTRY),
            type=element.get("type", "").strip().lower(),
            hreflang=element.get("hreflang", "").strip(),
            length=(element.get("length") or element.get("fileSize") or "").strip(),
            title=element.get("title", "").strip(),
        )


def _content_elsewhere(element: Element) -> Iterator[Link]:
    """Where Atom's content stands if not in the feed (RFC 4287, 4.1.3.2): the page, for want of another."""
    if address := element.get("src", "").strip():
        yield Link(href=address, type=element.get("type", "").strip().lower())


def _of_group(named: dict[str, list[Element]], name: str) -> list[Element]:
    """What a media:group says of all its files: of a video, its description."""
    return [child for group in named.get("media:group", ()) for child in _named(group, name)]


# --- Pictures


def _in_groups(named: dict[str, list[Element]], name: str) -> list[Element]:
    """Children of media:group and media:content, which some feeds put one in the other."""
    groups = [*named.get("media:group", ()), *named.get("media:content", ())]
    nested = [child for group in groups for child in _named(group, "media:content")]
    return [child for group in (*groups, *nested) for child in _named(group, name)]


def _pictures(named: dict[str, list[Element]]) -> Iterator[Picture]:
    for name in ("media:content", "media:thumbnail"):
        for element in (*named.get(name, ()), *_in_groups(named, name)):
            kind = element.get("type", "").lower()
            if name == "media:thumbnail" or _shows(element, kind):
                yield Picture(
                    url=element.get("url", "").strip(),
                    width=element.get("width", ""),
                    height=element.get("height", ""),
                    type=kind,
                    caption=_first_text(element, "media:description"),
                    credit=_first_text(element, "media:credit"),
                    is_small=name == "media:thumbnail",
                )
    for element in named.get("itunes:image", ()):
        yield Picture(url=(element.get("href") or element.get("url") or _text(element)).strip())
    for element in named.get("image", ()):
        address = element.get("url") or element.get("href") or element.get(_RESOURCE)
        yield Picture(url=address or (_first_text(element, "url") if len(element) else _text(element).strip()))


def _shows(element: Element, kind: str) -> bool:
    if element.get("medium"):
        return element.get("medium", "").lower() == "image"
    if kind:
        return kind.startswith("image/")
    return bool(re.search(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", element.get("url", ""), re.I))
