"""Looks at a .docx before anything reads it: a ZIP of XML parts, small enough, without a DOCTYPE, without a password.

In: the bytes. Out: why it must not be read, or nothing. The sizes that a ZIP states bind its reader, which gives no
byte more; so what is checked here holds later. Macros are parts that nobody opens.
"""

import re
import zipfile
from io import BytesIO

from lxml import etree

_MOST_PARTS = 2_000
_MOST_BYTES = 200 * 1024 * 1024
_MOST_OF_XML = 5 * 1024 * 1024
"""All XML parts together. A book has two megabytes; each takes two seconds to read, and 60 MB of memory."""

_MOST_RATIO = 250
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,60})""")
_ENCODINGS = {b"utf-8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"}
"""Those in which `<!DOCTYPE` is written with the bytes that are looked for here."""

_DAMAGED = "the file is damaged or is no Word document; open it in Word and save it again as .docx"
_OFF = {"0", "false", "off"}
_PROPERTIES = "docProps/core.xml"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


def refusal(data: bytes) -> str | None:
    """Why this is not read, as one sentence that says what to do; None where it may be."""
    if data.startswith(_OLD):
        return "this is an old Word document, or it has a password; save it as .docx without a password"
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            return _of_parts(package) or _of_xml(package)
    except Exception:  # a torn or hostile ZIP makes its reader stumble in many ways
        return _DAMAGED


def _of_parts(package: zipfile.ZipFile) -> str | None:
    parts = package.infolist()
    if len(parts) > _MOST_PARTS or len({part.filename for part in parts}) < len(parts):
        return _DAMAGED
    if any(part.flag_bits & 1 for part in parts):
        return "the document has a password; save it without"
    if sum(part.file_size for part in parts) > _MOST_BYTES:
        return "the document unpacks to more than 200 MB; make its pictures smaller in Word (Compress Pictures)"
    if sum(part.file_size for part in parts if _is_xml(part)) > _MOST_OF_XML:
        return "the text of the document is longer than 5 MB; is it one article? make several"
    squeezed = (part for part in parts if part.file_size > 1024 * 1024)
    if any(part.file_size > _MOST_RATIO * max(1, part.compress_size) for part in squeezed):
        return _DAMAGED
    return None


def _of_xml(package: zipfile.ZipFile) -> str | None:
    for part in package.infolist():
        if not _is_xml(part):
            continue
        data = package.read(part).replace(b"\0", b"")  # so that UTF-16 is seen too
        declared = _ENCODING.search(data[:400])
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data or (declared and declared[1].lower() not in _ENCODINGS):
            return "the document holds a DOCTYPE, which Word never writes; make a new document of its text"
    return None


def _is_xml(part: zipfile.ZipInfo) -> bool:
    """Whether a reader would parse it as XML: all but pictures and the like, for a part may be named anything."""
    return not part.filename.lower().endswith(
        (".png", ".jpg", ".jpeg", ".gif", ".webp", ".emf", ".wmf", ".bin", ".ttf")
    )


def visible(data: bytes) -> bytes:
    """The same package without the text that its writer hid (w:vanish; ECMA-376, part 1, 17.3.2.41), if there is any.

    Raises what a part that is no XML makes its reader raise.
    """
    with zipfile.ZipFile(BytesIO(data)) as package:
        parts = {part.filename: package.read(part) for part in package.infolist()}
    hiding = [name for name, part in parts.items() if name.startswith("word/") and b":vanish" in part]
    if not hiding:
        return data
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr(name, _without_hidden(part) if name in hiding and name.endswith(".xml") else part)
    return packed.getvalue()


def _without_hidden(part: bytes) -> bytes:
    root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    for run in list(root.iter("{*}r")):
        mark, around = run.find("{*}rPr/{*}vanish"), run.getparent()
        if mark is not None and around is not None and not _OFF.intersection(mark.attrib.values()):
            around.remove(run)
    return etree.tostring(root)


def properties(data: bytes) -> tuple[str, str]:
    """The title and the author that the document's properties state, of a package that may be read; else nothing."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            root = etree.fromstring(package.read(_PROPERTIES), parser)
    except (KeyError, zipfile.BadZipFile, etree.LxmlError, ValueError, NotImplementedError):
        return "", ""
    return root.findtext(f"{_DUBLIN_CORE}title") or "", root.findtext(f"{_DUBLIN_CORE}creator") or ""
