"""The bytes of a web page in, its characters out; or what the bytes are instead, and what to do about it.

Pages lie about their encoding. A byte order mark is believed first, then what is valid UTF-8 (which hardly anything
else is by chance), then what the server or the page declares (WHATWG Encoding Standard, section 4.2, for the names).
"""

import codecs
import json
import re
from dataclasses import dataclass

from publisher.sources import (
    captured_text as captured_text,  # registers the reader of stray Windows bytes
    clean,
)

MOST_BYTES = 10 * 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAGIC = (
    (b"%PDF", "pdf-page", "this is a PDF, not a web page; give the address of the page that links to it"),
    (b"\x89PNG", "not-html", "this is a picture, not a web page; give the address of the page that shows it"),
    (b"\xff\xd8\xff", "not-html", "this is a picture, not a web page; give the address of the page that shows it"),
    (b"GIF8", "not-html", "this is a picture, not a web page; give the address of the page that shows it"),
    (b"PK\x03\x04", "not-html", "this is a packed or Office file, not a web page; give a page, or the .docx by itself"),
    (b"\x1f\x8b", "not-html", "this is gzip-packed; unpack it, or mend the server's Content-Encoding"),
)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_XML_CHARSET = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.I)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_WIDER = {
    **dict.fromkeys(("iso8859-1", "ascii", "latin-1", "iso-8859-1", "us-ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "sjis"), "cp932"),
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
"""What browsers read where the narrower name is declared."""

_UNSAFE = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "rot_13"})
_STRANGE = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_TAG = re.compile(r"<[a-z!/][^<>]{0,400}>", re.I)
_ROOT = re.compile(
    r"(?:\s|<\?[^>]*\?>|<!--(?:(?!-->).){0,2000}-->|<!doctype[^>\[]*>)*<(?:[\w.-]{1,20}:)?([\w.-]{1,40})", re.I | re.S
)
_ROOTS = {
    "rss": ("feed-page", 'this is a feed, not a web page; use kind = "feed"'),
    "feed": ("feed-page", 'this is a feed, not a web page; use kind = "feed"'),
    "rdf": ("feed-page", 'this is a feed, not a web page; use kind = "feed"'),
    "urlset": ("sitemap-page", "this is a sitemap, not a web page; use it as the source's sitemap"),
    "sitemapindex": ("sitemap-page", "this is a sitemap, not a web page; use it as the source's sitemap"),
    "svg": ("not-html", "this is a picture, not a web page; give the address of the page that shows it"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text of a page. `doubt` says what was wrong with its encoding, where something was."""

    text: str
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something is not read: a stable code, and the mend in one sentence."""

    code: str
    mend: str


def decode(data: bytes, content_type: str | None = None) -> Decoded | Refusal:
    """Limits | magic | characters | what it is. Never raises. `content_type` is the header's value as served."""
    if len(data) > MOST_BYTES:
        return Refusal(code="too-large", mend="the page has more than 10 MB; no article has: check what it is")
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return Refusal(code="empty-page", mend="the page is empty; open it in a browser, and fetch it again later")
    for magic, code, mend in _MAGIC:
        if data.lstrip(b" \t\r\n")[:8].startswith(magic):
            return Refusal(code=code, mend=mend)
    decoded = _characters(data, content_type or "")
    if _is_junk(decoded.text):
        return Refusal(code="not-html", mend="this is not text; give the address of a web page")
    return _refusal(decoded.text, content_type or "") or Decoded(text=clean.text(decoded.text), doubt=decoded.doubt)


def _characters(data: bytes, content_type: str) -> Decoded:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(text=data[len(mark) :].decode(name, errors="replace"))
    declared = _declared(data, content_type)
    if declared and (declared.startswith(("utf-16", "iso2022"))):
        text = _tried(data, declared)
        if text is not None:
            return Decoded(text=text)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _other_than_utf_8(data, declared)
    lied = declared not in (None, "utf-8") and not data.isascii()
    return Decoded(text=text, doubt=f'it declares "{declared}" but is UTF-8; read as UTF-8' if lied else None)


def _other_than_utf_8(data: bytes, declared: str | None) -> Decoded:
    if declared and declared != "utf-8":
        text = _tried(data, declared)
        if text is not None:
            return Decoded(text=text)
    text = data.decode("utf-8", errors="publisher-cp1252")
    said = f'it declares "{declared}" but is not' if declared else "it declares no encoding and is no UTF-8"
    return Decoded(text=text, doubt=f"{said}; stray bytes were read as Windows text, so look its accents over")


def _declared(data: bytes, content_type: str) -> str | None:
    """The codec that header or page name, the header first; None where they name none that we know."""
    names = [match.group(1) for match in (_HEADER_CHARSET.search(content_type[:300]),) if match]
    head = data[:4096]
    names += [
        match.group(1).decode("ascii") for match in (_META_CHARSET.search(head), _XML_CHARSET.search(head)) if match
    ]
    for name in names:
        try:
            known = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if known._is_text_encoding and known.name not in _UNSAFE:
            return _WIDER.get(known.name, known.name)
    return None


def _tried(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        pass
    text = data.decode(codec, errors="replace")
    return text if text.count("\ufffd") * 100 <= len(text) else None


def _is_junk(text: str) -> bool:
    sample = text[:200_000]
    return len(_STRANGE.findall(sample)) * 20 > len(sample)


def _refusal(text: str, content_type: str) -> Refusal | None:
    """What the text is where it is no HTML."""
    begin = text[:4000].lstrip("\ufeff \t\r\n")
    if begin[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            is_feed = "jsonfeed.org/version" in begin
            mend = 'this is a feed, not a web page; use kind = "feed"' if is_feed else "this is JSON, not a web page"
            hint = "" if is_feed else '; for a WordPress site use kind = "wordpress", else give the page itself'
            return Refusal(code="feed-page" if is_feed else "json-page", mend=mend + hint)
    root = _ROOT.match(begin)
    if root and root.group(1).lower() in _ROOTS:
        code, mend = _ROOTS[root.group(1).lower()]
        return Refusal(code=code, mend=mend)
    if begin.startswith("<?xml") and root and root.group(1).lower() != "html":
        return Refusal(code="not-html", mend="this is XML of another sort, not a web page; give the page itself")
    if not _TAG.search(text):
        what = "this is plain text, not a web page; save it as .txt and collect it as a captured page"
        return Refusal(code="not-html", mend=what)
    return None
