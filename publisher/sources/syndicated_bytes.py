"""The bytes of a feed in, its characters out, whatever encoding is declared, forgotten or lied about.

A byte order mark is believed first, then what the bytes themselves show to be UTF-8, then what the server and the
document declare (RFC 7303, section 3): documents that declare Latin-1 and are UTF-8 are many, the reverse by chance
is none. What is left is in another script, as its bytes show, or read as UTF-8 with single Windows bytes in between.
"""

import codecs
import re
from dataclasses import dataclass

import charset_normalizer

from publisher.sources import captured_text as captured_text, clean  # registers the error handler for Windows bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""Longer ones first: the mark of UTF-32 begins with that of UTF-16."""

_KNOWN = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp(?:437|7\d\d|8(?:[56]\d|74)|932|949|950|1125|125\d)|mac-\w+|koi8-[rtu]|tis-620|johab"
    r"|gb2312|gbk|gb18030|big5(?:hkscs)?|euc_(?:jp|kr)|shift_jis|iso2022_(?:jp|kr)|hz"
)
"""Python's own names of encodings in which ASCII means itself; what else it decodes is no text, or none of the web."""
_LABELS = {
    "windows-874": "cp874",
    "windows-932": "cp932",
    "windows-949": "cp949",
    "windows-950": "cp950",
    "windows-31j": "cp932",
    "x-sjis": "shift_jis",
    "x-gbk": "gbk",
    "hz-gb-2312": "hz",
    "iso-8859-8-i": "iso8859-8",
    "mac": "mac-roman",
    "csmacintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
}
"""Names that the web knows and Python does not."""
_WIDER = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    "iso8859-9": "cp1254",
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""What an encoding's name means on the web (WHATWG Encoding Standard): the wider one that holds it."""

_SEVEN_BIT = re.compile(r"iso2022|hz")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TAG = re.compile(rb"<[^<>]*>")
_HIGH, _LETTERS = bytes(range(0x80, 0x100)), bytes(c for c in range(0x80) if chr(c).isalpha())
_SAMPLE = 200_000
"""So many bytes tell what script they are in."""
_FEWEST, _SHARE = 20, 0.2
"""Of the letters of Russian or Japanese all are outside ASCII, of those of French a tenth at most."""
_DAMAGED = 0.7
"""Where so much is UTF-8, the rest is damage; of other bytes a half may look like it by chance."""
_OTHER_SCRIPTS = (
    *("big5", "gb18030", "euc_jp", "cp932", "cp949"),
    *("koi8_r", "cp1251", "cp866", "iso8859_5", "cp1253", "cp1255", "cp1256", "cp874"),
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.I)
_WINDOWS = {code: ord(char) for code in range(0x80, 0xA0) if (char := bytes([code]).decode("cp1252", "ignore"))}
"""Control characters that nobody means: what stands at their places in Windows text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The characters; `is_as_declared` is false where the bytes were no text of the declared encoding."""

    text: str
    is_as_declared: bool


def decode(data: bytes, content_type: str | None) -> Decoded:
    """Every byte becomes some character that XML can carry. Never raises."""
    read = _by_mark(data) or _by_declaration(data, content_type)
    return Decoded(
        text=clean.text(read.text.translate(_WINDOWS)).replace("\ufeff", ""), is_as_declared=read.is_as_declared
    )


def meant(text: str) -> str:
    """Text whose references named places of Windows text (`&#146;`), with the characters meant."""
    return text if text.isascii() else text.translate(_WINDOWS)


def _by_mark(data: bytes) -> Decoded | None:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None:
        return None
    if encoding == "utf-8":
        data = data.removeprefix(codecs.BOM_UTF8)
        return Decoded(text=data.decode(encoding, "publisher-cp1252"), is_as_declared=_is_utf_8(data))
    return Decoded(text=data.decode(encoding, "replace"), is_as_declared=True)


def _by_declaration(data: bytes, content_type: str | None) -> Decoded:
    names = [name for name in (_CHARSET.search(content_type or ""), _DECLARED.search(data[:1000])) if name]
    said = [name[1] if isinstance(name[1], str) else name[1].decode("ascii") for name in names]
    declared = [name for name in map(_known, said) if name]
    seven_bit = [name for name in declared if _SEVEN_BIT.match(name)]
    if not seven_bit and _is_utf_8(data):
        is_so = data.isascii() or not declared or "utf-8" in declared
        return Decoded(text=data.decode("utf-8"), is_as_declared=is_so)
    for name in (*seven_bit, *declared):
        try:
            return Decoded(text=data.decode(_WIDER.get(name, name)), is_as_declared=name == declared[-1])
        except (UnicodeDecodeError, LookupError):
            continue
    text = _of_other_script(data) or data.decode("utf-8", "publisher-cp1252")
    return Decoded(text=text, is_as_declared=False)


def _known(name: str) -> str | None:
    """Python's own name of an encoding of text; None of what is none."""
    try:
        own = codecs.lookup(_LABELS.get(name.lower(), name)).name
    except LookupError:
        return None
    return own if _KNOWN.fullmatch(own) else None


def _of_other_script(data: bytes) -> str | None:
    """Text that says nothing of its encoding and is in another script than Latin, as its bytes show."""
    sample = data[:_SAMPLE].rpartition(b">")[0] if len(data) > _SAMPLE else data
    words = _TAG.sub(b"", sample)
    high = _count(words, _HIGH)
    if high < _FEWEST or high < _SHARE * (high + _count(words, _LETTERS)):
        return None
    if _count(sample.decode("utf-8", "ignore").encode(), _HIGH) > _DAMAGED * _count(sample, _HIGH):
        return None
    found = charset_normalizer.from_bytes(sample, cp_isolation=list(_OTHER_SCRIPTS)).best()
    return data.decode(found.encoding, "replace") if found else None


def _count(data: bytes, these: bytes) -> int:
    return len(data) - len(data.translate(None, these))


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
