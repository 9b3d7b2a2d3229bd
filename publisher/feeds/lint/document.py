"""Bytes -> an XML root or a JSON value, and what is wrong with the bytes themselves.

XML is read without a network, without a DTD and with entities left alone, so that no document can make the linter
fetch, grow or wait. A document that cannot be read gives its findings and nothing to look into.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from publisher.feeds.lint.rules import found, shown
from publisher.records import Finding

LARGE = 1_000_000
_DEEPEST = 50
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_DECLARATION = re.compile(
    rb"""\s*<\?xml\s+version\s*=\s*["']([^"']*)["'](?:\s+encoding\s*=\s*["']([A-Za-z0-9._-]+)["'])?""", re.ASCII
)
_C1 = re.compile("[\x80-\x9f\ufffd]")
_TWICE = re.compile("[\xc2\xc3][\x80-\xbf]")
_JSON_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was read. `root` is null where it is no XML or could not be read, `data` where it is no JSON object."""

    kind: Literal["xml", "json"]
    root: etree._Element | None = None
    data: dict[str, Any] | None = None
    lines: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()


def read(document: bytes) -> Document:
    beginning = document[:200].replace(b"\x00", b"").lstrip(codecs.BOM_UTF8 + b"\xff\xfe \t\r\n")[:1]
    return _read_json(document) if beginning in (b"{", b"[") else _read_xml(document)


def _read_json(document: bytes) -> Document:
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        return dict(pairs)

    def failed(code: str, mend: str) -> Document:
        return Document(kind="json", findings=(*_size(document), found(code, "document", mend)))

    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return failed("not-utf8", f"byte {error.start} is not UTF-8; JSON Feed must be UTF-8: save it so")
    try:
        data = json.loads(text, object_pairs_hook=once)
        too_deep = _is_too_deep(data)
    except RecursionError:
        too_deep = True
    except ValueError as error:
        return failed("json-invalid", f"the document is not JSON ({shown(str(error))}); let a program write it")
    if too_deep:
        return failed("json-invalid", "the document is nested too deep to be a feed; write it anew")
    if not isinstance(data, dict):
        return failed("json-type", "the outermost value is not an object; put title, version and items into { }")
    found_twice = (
        found("json-key-duplicate", "document", f'"{shown(name)}" is given twice in one object; keep one')
        for name in dict.fromkeys(twice)
    )
    findings = (*_size(document), *_json_mark(document), *found_twice, *_json_texts(data))
    return Document(kind="json", data=data, findings=findings)


def _is_too_deep(data: Any) -> bool:
    """A feed is five deep. Python can read deeper values than it can write again, which comparing needs."""
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def _json_mark(document: bytes) -> Iterator[Finding]:
    if document.startswith(codecs.BOM_UTF8):
        yield found("encoding-mismatch", "document", "a byte order mark stands before the JSON; save it without")


def _json_texts(data: Any) -> Iterator[Finding]:
    """Every string of the document, name and value alike."""
    stack = [data]
    controls = broken = 0
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += [*value, *value.values()]
        elif isinstance(value, list):
            stack += value
        elif isinstance(value, str):
            controls += bool(_JSON_CONTROLS.search(value))
            broken += is_broken(value)
    if controls:
        mend = f"{controls} texts hold control characters or half characters; take them out, some readers stop there"
        yield found("control-character", "document", mend)
    if broken:
        yield _broken("document")


def is_broken(text: str) -> bool:
    """C1 controls and replacement characters, or UTF-8 that was taken for Latin-1 and encoded once more."""
    if text.isascii():
        return False
    if _C1.search(text):
        return True
    if not _TWICE.search(text):
        return False
    try:
        return bool(text.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return False


def _read_xml(document: bytes) -> Document:
    findings = [*_size(document), *_encoding(document)]
    # A new parser each time: lxml's are not to be shared among threads, and keep the log of their last document.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        return Document(kind="xml", findings=(*findings, _unreadable(document, error)))
    lines = tuple(document.split(b"\n"))
    return Document(kind="xml", root=root, lines=lines, findings=(*findings, *_prolog(root), *_characters(root)))


def _size(document: bytes) -> Iterator[Finding]:
    if len(document) > LARGE:
        mend = f"the document has {len(document) / 1e6:.1f} MB, and every reader fetches all of it; carry fewer entries"
        yield found("document-large", "document", mend)


def _encoding(document: bytes) -> Iterator[Finding]:
    mark = next((name for bom, name in _BOMS if document.startswith(bom)), None)
    plain = document[:400].replace(b"\x00", b"").lstrip(codecs.BOM_UTF8 + b"\xff\xfe")
    match = _DECLARATION.match(plain)
    if match and match[1] != b"1.0":
        yield found(
            "xml-version", "document", f'XML {shown(match[1].decode("latin-1"))} is not read; declare version="1.0"'
        )
    stated = match[2].decode("ascii").lower() if match and match[2] else None
    wide = mark or ("utf-16" if b"\x00" in document[:4] else None)
    if stated and wide and not stated.replace("_", "-").startswith(wide):
        mend = (
            f"the document says {shown(stated)} and its bytes are {wide}; declare what it is, best UTF-8 without a mark"
        )
        yield found("encoding-mismatch", "document", mend)
    elif (stated and stated not in ("utf-8", "us-ascii", "ascii")) or (wide and wide != "utf-8"):
        yield found(
            "encoding-rare", "document", f"the encoding is {shown(stated or wide or '')}; use UTF-8, which all read"
        )


def _unreadable(document: bytes, error: Exception) -> Finding:
    """The first complaint of the parser, as something to do."""
    said = shown(error.msg if isinstance(error, SyntaxError) else str(error), 160)
    if re.match(rb"\s*<(?:!doctype\s+)?html", document[:1000], re.IGNORECASE):
        return found("root-unknown", "document", "this is a web page and no feed; look what the server sends here")
    if not document.strip():
        return found("not-well-formed", "document", "the document is empty; publish the last good one again")
    if re.search(r"invalid Char|invalid xmlChar|Char 0x|CharRef: invalid", said):
        mend = f"a control character stands in the text ({said}); take it out, no reader can read the feed"
        return found("control-character", "document", mend)
    if "Entity" in said or "entity" in said:
        mend = f"XML does not know this entity ({said}); write the character itself, or &amp; for an &"
        return found("entity", "document", mend)
    return found("not-well-formed", "document", f"XML parsers stop here: {said}; let a program write the document")


def _prolog(root: etree._Element) -> Iterator[Finding]:
    """What stands before the root: document types, and style sheets."""
    information: Any = root.getroottree().docinfo  # the stubs know only half of it
    if information.doctype:
        mend = "careful parsers refuse documents with a DOCTYPE; leave it out"
        yield found("doctype", "document", mend)
    if information.internalDTD is not None and any(True for _ in information.internalDTD.iterentities()):
        mend = "the document declares entities, which careful parsers refuse; write the characters themselves"
        yield found("entity", "document", mend)
    for node in root.itersiblings(preceding=True):
        is_sheet = isinstance(node, etree._ProcessingInstruction) and node.target == "xml-stylesheet"
        if is_sheet and "xsl" in (node.text or "").lower():
            mend = "browsers no longer apply XSLT style sheets; offer a page about the feed instead"
            yield found("stylesheet-xsl", "document", mend)


def _characters(root: etree._Element) -> Iterator[Finding]:
    """Asked of all text at once: it is nearly always clean."""
    values = [value for node in root.iter(etree.Element) for value in node.attrib.values()]
    everything = "\n".join(map(str, [*root.itertext(), *values]))
    if everything.isascii() or not (_C1.search(everything) or _TWICE.search(everything)):
        return
    places = (
        node
        for node in root.iter(etree.Element)
        if is_broken(node.text or "") or any(is_broken(str(value)) for value in node.attrib.values())
    )
    yield from (_broken(f"<{str(node.tag).rpartition('}')[2]}> on line {node.sourceline}") for node in places)


def _broken(place: str) -> Finding:
    mend = "characters were saved in one encoding and read in another (as in â€™ for ’); correct them at the source"
    return found("characters-broken", place, mend)
