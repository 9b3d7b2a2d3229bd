"""Any bytes -> one message as fields and parts, read within limits.

In: a message as it lay in a mailbox, whole or cut. Out: a Mail: its header fields and its leaves, in order. The
standard library's parser is not used for this: a thousand nested parts cost it minutes or the stack. What is broken is
read as far as it makes sense (RFC 2046, section 5.1), nothing raises, and at most 2 MB, 200 parts and 12 levels count.
"""

import binascii
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from typing import TypeAlias

Fields: TypeAlias = tuple[tuple[str, str], ...]

MOST_BYTES = 2 * 1024 * 1024
_MOST_PARTS = 200
_MOST_LEVELS = 12
_MOST_FIELDS = 1000
_MOST_HEADER = 256 * 1024
_MOST_TEXT = 128 * 1024
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_CHARSET = re.compile(
    r"(utf-?[78]|us-ascii|latin-?1|iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]"
    r"|iso-2022-jp|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5|ks_c_5601-1987)"
)
_TAG = re.compile(r"<[^<>]{0,400}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece that is not multipart. `source` is all of it, its own header included."""

    kind: str
    fields: Fields
    body: bytes
    source: bytes

    @property
    def text(self) -> str:
        """The body as text of at most 128 K characters, tags of HTML taken out."""
        body = decoded(self.body[: 4 * _MOST_TEXT], first(self.fields, "content-transfer-encoding"))[:_MOST_TEXT]
        named = parameter(first(self.fields, "content-type"), "charset").lower()
        text = _as_text(body, named)
        return html.unescape(_TAG.sub(_break, text)) if self.kind == "text/html" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`kind` is the media type of the whole, `report_type` what its multipart/report is about."""

    fields: Fields
    kind: str
    report_type: str
    parts: tuple[Part, ...]
    source: bytes

    def field(self, name: str) -> str:
        """The first field of that name (lower case), or an empty text."""
        return first(self.fields, name)

    @property
    def subject(self) -> str:
        return readable(self.field("subject"))


def parse(data: bytes) -> Mail:
    """The message as fields and parts; bytes that are no message give one part of text."""
    source = data[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"").lstrip(b"\n")
    fields, _ = split(source)
    content_type = first(fields, "content-type")
    return Mail(
        fields=fields,
        kind=media_type(content_type),
        report_type=parameter(content_type, "report-type").lower(),
        parts=tuple(_leaves(source)),
        source=source,
    )


def split(source: bytes) -> tuple[Fields, bytes]:
    """Header fields (names in lower case, values on one line) and body; the first line that is no field ends them."""
    fields: list[tuple[str, str]] = []
    at = 0
    while at < min(len(source), _MOST_HEADER) and len(fields) < _MOST_FIELDS:
        end = source.find(b"\n", at) + 1 or len(source)
        line = source[at:end]
        if line == b"\n":
            return tuple(fields), source[end:]
        if line[:1] in b" \t" and fields:
            name, value = fields[-1]
            if len(value) < 20_000:
                fields[-1] = name, f"{value} {_as_text(line.strip(), '')}".strip()
        elif match := _FIELD.fullmatch(line):
            fields.append((match[1].decode("ascii").lower(), _as_text(match[2][:20_000].strip(), "")))
        elif not (at == 0 and line.startswith((b"From ", b">From "))):
            return tuple(fields), source[at:]
        at = end
    return tuple(fields), source[at:]


def first(fields: Fields, name: str) -> str:
    return next((value for known, value in fields if known == name), "")


def every(fields: Fields, name: str) -> list[str]:
    return [value for known, value in fields if known == name]


def media_type(content_type: str) -> str:
    """The type in lower case; text/plain where it is missing or broken (RFC 2045, section 5.2)."""
    kind = content_type.split(";")[0].strip().lower()
    return kind if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", kind) else "text/plain"


def parameter(content_type: str, name: str) -> str:
    found = re.search(rf';\s*{name}\s*=\s*(?:"([^"]*)"?|([^\s;]+))', content_type[:2000], re.IGNORECASE)
    return (found[1] or found[2] or "").strip() if found else ""


def readable(value: str) -> str:
    """A header value with its encoded words decoded (RFC 2047), cut at 500 characters."""
    try:
        pieces = decode_header(value[:500])
    except (HeaderParseError, ValueError):
        return value[:500]
    return "".join(text if isinstance(text, str) else _as_text(text, charset or "") for text, charset in pieces)


def decoded(body: bytes, encoding: str) -> bytes:
    """The body without its transfer encoding; what is broken in it is left out."""
    match encoding.strip().lower():
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case "base64":
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            whole = letters[:-1] if len(letters) % 4 == 1 else letters
            return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
        case _:
            return body


def _leaves(source: bytes) -> Iterator[Part]:
    """Depth first, in the order of the message, with a list of what is still to do instead of recursion."""
    todo: list[tuple[bytes, int]] = [(source, 0)]
    found = 0
    while todo and found < _MOST_PARTS:
        piece, level = todo.pop()
        found += 1
        fields, body = split(piece)
        content_type = first(fields, "content-type")
        kind = media_type(content_type)
        inner = _pieces(body, parameter(content_type, "boundary")) if kind.startswith("multipart/") else []
        if inner and level < _MOST_LEVELS:
            todo.extend((each, level + 1) for each in reversed(inner))
        else:
            yield Part(kind=kind, fields=fields, body=body, source=piece)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the boundary lines. A missing boundary is guessed from the first line that looks like one."""
    name = boundary.encode("utf-8", "replace")
    if not name:
        guess = re.search(rb"^--([!-~]{3,70})[ \t]*$", body, re.MULTILINE)
        name = guess[1] if guess else b""
    if not name:
        return []
    line = re.compile(rb"^--" + re.escape(name) + rb"(--)?[ \t]*(?:\n|\Z)", re.MULTILINE)
    pieces: list[bytes] = []
    start = -1
    for mark in line.finditer(body):
        if start >= 0:
            pieces.append(body[start : mark.start()])
        start = -1 if mark[1] else mark.end()
        if mark[1] or len(pieces) > _MOST_PARTS:
            break
    if start >= 0:
        pieces.append(body[start:])
    return pieces


def _as_text(body: bytes, charset: str) -> str:
    """Only well-known character sets are taken at their word: some codecs of Python are slow or do other things."""
    if _CHARSET.fullmatch(charset.lower()):
        return body.decode(charset, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _break(tag: re.Match[str]) -> str:
    return "\n" if re.match(r"</?(br|p|div|tr|li|h\d|pre|td)\b", tag[0], re.IGNORECASE) else ""
