"""The entries of a WordPress export, one after the other, however broken the file is.

In: a binary file. Out: the text of each `<item>`, and its fields by name. Entries are cut out by their tags and parsed
one by one: what is wrong in one, a control character, an ampersand, a `]]>` in the middle of a text, harms no other.
Names are compared as written (`wp:post_id`), so that all versions of the format are one. No entity is ever resolved,
and a file with a DOCTYPE is refused: no export has one.
"""

import codecs
import re
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

from lxml import etree

from publisher.sources import clean

_PIECE = 1024 * 1024
_MOST_OF_ONE = 32 * 1024 * 1024
_LONGEST_TAG = 1_000
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding=[\"']([A-Za-z0-9._-]{1,40})[\"']")
_START = re.compile(r"<item(?:\s[^<>]{0,500})?>")
_ITEM_END = "</item>"
_NEXT = re.compile(r"</item>[ \t\r]*\n\s*<(?:item>|/channel>)")
_IN_CDATA, _OUT_OF_CDATA = "<![CDATA[", "]]>"
_NO_END = re.compile(r"\]\]>(?!\s*</(?:[a-z]{1,10}:\w{1,40}|title|category|link|description|guid)>|<!\[CDATA\[)")
"""What ends a CDATA section and no field: the text itself has it, and whoever wrote the file did not see to it."""
_SPACES = (
    ("excerpt", re.compile(r"https?://wordpress\.org/export/[\d.]+/excerpt/$")),
    ("wp", re.compile(r"https?://wordpress\.org/export/[\d.]+/$")),
    ("content", re.compile(r"https?://purl\.org/rss/1\.0/modules/content/$")),
    ("dc", re.compile(r"https?://purl\.org/dc/elements/1\.1/$")),
)
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")


class Broken(Exception):
    """The file is no export that can be read; `code` is that of the Finding to be made of it."""

    def __init__(self, code: str, mend: str) -> None:
        super().__init__(mend)
        self.code = code


class Entries:
    """The texts of the entries of one file. `is_whole` says, after the last, whether the file had its proper end."""

    def __init__(self, file: BinaryIO, *, most: int) -> None:
        self._file, self._most = file, most
        self._head = ""
        self.is_whole = False

    def __iter__(self) -> Iterator[str]:
        """Raises Broken where the file is no export, or too large."""
        pieces = _pieces(self._file, self._most)
        held = _up_to_first_entry(pieces)
        start = _START.search(held)
        self._head = held[: start.start()] if start else held
        _check(self._head)
        held = held[len(self._head) :]
        at = 0  # entries are cut out where they stand: moving up the rest for each would take longer
        while True:
            end = _end_of_entry(held, at) if held.startswith("<item", at) else None
            if end is not None:
                yield held[at:end]
                start = _START.search(held, end)
                at = start.start() if start else end
                continue
            piece = next(pieces, None)
            if piece is None:
                break
            held, at = held[at:] + piece, 0
            if not held.startswith("<item"):
                start = _START.search(held)
                at = start.start() if start else max(0, len(held) - _LONGEST_TAG)
            if len(held) - at > _MOST_OF_ONE:
                raise Broken("export-broken", "one entry has more than 32 MB and no end; export the content once more")
        last = held[-_LONGEST_TAG:] or self._head[-_LONGEST_TAG:]
        self.is_whole = "</channel>" in last or "</rss>" in last

    def head(self) -> etree._Element | None:
        """What stands above the entries, parsed: the site's addresses and its authors."""
        begin = self._head.find("<channel")
        return _parsed(self._head[begin:] + "</channel>") if begin >= 0 else None


class Entry:
    """One entry, or one part of it: its fields by name, without their prefix unless several share it."""

    def __init__(self, element: etree._Element | None) -> None:
        self._element = element

    @cached_property
    def _children(self) -> dict[str, list[etree._Element]]:
        found: dict[str, list[etree._Element]] = {}
        for child in self._element if self._element is not None else ():
            if isinstance(child.tag, str):
                name = _name(child.tag)
                found.setdefault(name, []).append(child)
        return found

    def one(self, name: str) -> str:
        """The text of the first field of this name; nothing where there is none."""
        found = self._children.get(name)
        return _text(found[0]) if found else ""

    def each(self, name: str) -> list["Entry"]:
        return [Entry(element) for element in self._children.get(name, ())]

    def meta(self) -> dict[str, str]:
        """What plugins and themes noted about it, by key."""
        return {pair.one("meta_key"): pair.one("meta_value") for pair in self.each("postmeta")}

    def categories(self) -> list[tuple[str, str, str]]:
        """Each category, tag or other term: its domain, its name in addresses, its name."""
        found = self._children.get("category", ())
        return [(one.get("domain", ""), one.get("nicename", ""), _text(one)) for one in found]


def entry_of(written: str) -> Entry | None:
    """The fields of one entry; None where it is nothing that has any."""
    element = _parsed(written)
    return None if element is None else Entry(element)


def _parsed(written: str) -> etree._Element | None:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False, encoding="utf-8"
    )
    try:
        return etree.fromstring(_mended(clean.text(written)).encode("utf-8"), parser)
    except (etree.LxmlError, ValueError):
        return None


def _mended(written: str) -> str:
    """The entry with what is known to be written wrong in it written right, in one walk over its CDATA sections."""
    first, *sections = _NO_END.sub("]]]]><![CDATA[>", written).split(_IN_CDATA)
    pieces = [_BARE.sub("&amp;", first)]
    for section in sections:
        inside, end, after = section.partition(_OUT_OF_CDATA)
        pieces += (_IN_CDATA, inside, end, _BARE.sub("&amp;", after))
    return "".join(pieces)


def _name(tag: str) -> str:
    """`wp:post_id` as `post_id`; `content:encoded` and `excerpt:encoded` as they are, for both are `encoded`.

    What an entry declares itself, as some tools write it, is known by its address instead of its prefix.
    """
    if tag.startswith("{"):
        space, _, name = tag[1:].partition("}")
        tag = next((f"{prefix}:{name}" for prefix, known in _SPACES if known.match(space)), tag)
    prefix, _, name = tag.rpartition(":")
    return tag if name == "encoded" else name if prefix in ("wp", "dc") else tag


def _text(element: etree._Element) -> str:
    """The text of a field; of one whose HTML was not packed away, that HTML."""
    inside = (etree.tostring(child, encoding="unicode", method="html") for child in element)
    return "".join((element.text or "", *inside)).strip()


def _pieces(file: BinaryIO, most: int) -> Iterator[str]:
    """The file from its beginning as text, in the encoding that it declares; UTF-8 where that is none."""
    file.seek(0)
    size, decoder = 0, None
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > most:
            raise Broken("too-large", f"the file has more than {most // 1024 // 1024} MB; export it in parts")
        decoder = decoder or _decoder(piece)
        if text := decoder.decode(piece):
            yield text
    if decoder and (text := decoder.decode(b"", final=True)):
        yield text


def _decoder(piece: bytes) -> codecs.IncrementalDecoder:
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    declared = _ENCODING.search(piece[:1_000])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    is_western = name in ("iso-8859-1", "latin1", "windows-1252", "cp1252")
    return codecs.getincrementaldecoder("cp1252" if is_western else "utf-8-sig")("replace")


def _up_to_first_entry(pieces: Iterator[str]) -> str:
    held = ""
    for piece in pieces:
        held += piece
        if _START.search(held) or len(held) > _MOST_OF_ONE:
            break
    return held


def _check(head: str) -> None:
    """Raises Broken where what stands above the entries is that of no export."""
    begin = head.find("<rss")
    if "<!DOCTYPE" in head[: begin if begin >= 0 else 10_000].upper() or "<!ENTITY" in head.upper():
        mend = "the file declares a DOCTYPE, which no export of WordPress does; export the content once more"
        raise Broken("doctype", mend)
    if begin < 0 or "<channel" not in head:
        mend = "this is no export of WordPress; make one there with Tools, Export"
        raise Broken("not-an-export", mend)
    if "wordpress.org/export/" not in head and "wxr_version" not in head:
        mend = "this is a feed, not an export; collect it as a feed, or make an export in WordPress with Tools, Export"
        raise Broken("not-an-export", mend)


def _end_of_entry(held: str, begin: int) -> int | None:
    """Where the entry that begins there ends: after its CDATA sections, which may speak of the end of one.

    A section that was never closed would hold all that follows; it ends where another entry plainly begins.
    """
    at = begin
    while (end := held.find(_ITEM_END, at)) >= 0:
        section = held.find(_IN_CDATA, at, end)
        if section < 0:
            return end + len(_ITEM_END)
        closed = held.find(_OUT_OF_CDATA, section)
        between = _NEXT.search(held, section, closed if closed >= 0 else len(held))
        if between:
            return between.start() + len(_ITEM_END)
        if closed < 0:
            return None
        at = closed + len(_OUT_OF_CDATA)
    return None
