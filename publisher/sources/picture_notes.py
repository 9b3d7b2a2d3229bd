"""Takes out of a picture's file what cameras and programs note in it, and leaves every pixel as it is.

In: the bytes of a JPEG, PNG, GIF or WebP. Out: a file put together only of pieces known to be the picture itself, its
colours and its animation. Gone are the place, the camera and its owner, small and further pictures, films, comments.
Of the notes only one is kept: which way up the picture is, in an EXIF of our own that says nothing else.
A file without notes stays the same, byte for byte. What is damaged inside the pieces is not looked for here.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from struct import Struct
from typing import TypeAlias

Piece: TypeAlias = bytes | memoryview

_EXIF = b"Exif\x00\x00"

# JPEG (ITU T.81, annex B). What draws is kept: frames, tables, scans, restart intervals.
_DRAWS = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD} - {0xC8}
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends a scan: neither a byte 255 of the scan itself nor one of its restarts."""

# PNG (third edition, section 11), with the older spelling of two.
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND"),
    *(b"tRNS", b"bKGD", b"pHYs", b"sBIT", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"),
    *(b"mDCV", b"mDCv", b"cLLI", b"cLLi"),
    *(b"acTL", b"fcTL", b"fdAT"),
}

# GIF (89a, sections 18 to 27).
_GIF_LOOP = re.compile(rb"!\xff\x0b(?:NETSCAPE2\.0|ANIMEXTS1\.0)\x03\x01..", re.DOTALL)
_GIF_EXTENSION, _GIF_CONTROL, _GIF_IMAGE, _GIF_END = 0x21, 0xF9, 0x2C, 0x3B

# WebP (RFC 9649, section 2).
_WEBP_KEPT = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ICCP"}
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04

_BIG, _LITTLE, _SHORT = Struct(">I"), Struct("<I"), Struct(">H")


class _Unclear(Exception):
    """The file is not built as its standard says, so nobody can tell where its notes are."""


def stripped(data: bytes) -> bytes | None:
    """The picture without its notes, or None where the file is torn or built otherwise than its standard says."""
    walks: list[tuple[bool, Callable[[memoryview], Iterator[Piece]]]] = [
        (data.startswith(b"\xff\xd8\xff"), _jpeg),
        (data.startswith(_PNG), _png),
        (data.startswith((b"GIF87a", b"GIF89a")), _gif),
        (data.startswith(b"RIFF") and data[8:12] == b"WEBP", _webp),
    ]
    for is_one, walk in walks:
        if is_one:
            with suppress(_Unclear):
                return b"".join(walk(memoryview(data)))
    return None


def upright(orientation: int) -> bytes:
    """The smallest EXIF there is: a TIFF with one entry, the orientation (tag 0x0112, one SHORT)."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + _SHORT.pack(orientation) + b"\x00\x00"
    return _EXIF + b"MM\x00*\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"


def _turned(exif: Piece) -> bytes:
    """The EXIF that is left of this one: none for a picture that is upright, or whose EXIF cannot be read."""
    from PIL import Image as Pillow

    with suppress(Exception):  # notes that cannot be read say nothing
        notes = Pillow.Exif()
        notes.load(bytes(exif))
        orientation = int(notes.get(0x0112, 1))
        return upright(orientation) if 2 <= orientation <= 8 else b""
    return b""


def _part(data: memoryview, start: int, end: int) -> memoryview:
    if end > len(data):
        raise _Unclear
    return data[start:end]


def _number(data: memoryview, at: int, kind: Struct) -> int:
    number: int = kind.unpack(_part(data, at, at + kind.size))[0]
    return number


def _jpeg(data: memoryview) -> Iterator[Piece]:
    yield data[:2]
    at, turned = 2, False
    while True:
        if _part(data, at, at + 2)[0] != 0xFF:
            raise _Unclear
        kind = data[at + 1]
        if kind == _END:  # what stands behind it is another picture or a film
            yield data[at : at + 2]
            return
        if kind == 0xFF:  # filling before a marker
            yield data[at : at + 1]
            at += 1
            continue
        end = at + 2 + _number(data, at + 2, _SHORT)
        segment = _part(data, at, end)
        if len(segment) < 4:
            raise _Unclear
        if kind == _SCAN:
            end = _end_of_scan(data, end)
            yield data[at:end]
        elif kind in _DRAWS:
            yield segment
        elif kind == _APP1 and segment[4:10] == _EXIF and not turned:
            turned = True
            if exif := _turned(segment[4:]):
                yield b"\xff\xe1" + _SHORT.pack(len(exif) + 2) + exif
        elif _APP0 <= kind <= _APP15 or kind == _COMMENT:
            yield _colours(kind, segment)
        else:
            raise _Unclear
        at = end


def _end_of_scan(data: memoryview, start: int) -> int:
    marker = _MARKER.search(data, start)
    if marker is None:
        raise _Unclear
    return marker.start()


def _colours(kind: int, segment: memoryview) -> Piece:
    """What is left of an application's segment: what says how to read the colours, and how dense the pixels are."""
    said = bytes(segment[4:16])
    if kind == _APP0 and said.startswith(b"JFIF\x00") and len(segment) >= 18:
        # Behind these 12 bytes stand a small picture's width and height, and itself.
        return b"\xff\xe0\x00\x10" + said + b"\x00\x00"
    if kind == _APP2 and said == b"ICC_PROFILE\x00":
        return segment
    if kind == _APP14 and said.startswith(b"Adobe") and len(said) == 12:
        return b"\xff\xee\x00\x0e" + said
    return b""


def _png(data: memoryview) -> Iterator[Piece]:
    yield data[:8]
    at, turned = 8, False
    while True:
        kind, end = bytes(_part(data, at + 4, at + 8)), at + 12 + _number(data, at, _BIG)
        chunk = _part(data, at, end)
        if kind in _PNG_KEPT:
            yield chunk
        elif kind == b"eXIf" and not turned:
            turned = True
            yield _png_exif(_turned(chunk[8:-4]))
        elif not kind[0] & 0x20:  # a capital: without it the picture cannot be drawn
            raise _Unclear
        if kind == b"IEND":
            return
        at = end


def _png_exif(exif: bytes) -> bytes:
    import zlib

    body = b"eXIf" + exif.removeprefix(_EXIF)
    return _BIG.pack(len(body) - 4) + body + _BIG.pack(zlib.crc32(body)) if exif else b""


def _gif(data: memoryview) -> Iterator[Piece]:
    at = _end_of_table(data, 10, 13)
    yield _part(data, 0, at)
    while True:
        kind = _part(data, at, at + 1)[0]
        if kind == _GIF_END:
            yield data[at : at + 1]
            return
        if kind == _GIF_IMAGE:
            end = _end_of_blocks(data, _end_of_table(data, at + 9, at + 10) + 1)
            yield data[at:end]
        elif kind == _GIF_EXTENSION:
            end = _end_of_blocks(data, at + 2)
            if data[at + 1] == _GIF_CONTROL:
                yield data[at:end]
            elif loop := _GIF_LOOP.match(data, at, end):
                yield bytes(loop[0]) + b"\x00"
        else:
            raise _Unclear
        at = end


def _end_of_table(data: memoryview, flags_at: int, at: int) -> int:
    """Behind the colours that may stand at `at`, as the flags say."""
    flags = _part(data, flags_at, flags_at + 1)[0]
    return at + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)


def _end_of_blocks(data: memoryview, at: int) -> int:
    try:
        while length := data[at]:
            at += 1 + length
    except IndexError as exc:
        raise _Unclear from exc
    return at + 1


def _webp(data: memoryview) -> Iterator[Piece]:
    pieces: list[Piece] = []
    exif: bytes | None = None
    for kind, chunk in _webp_chunks(_part(data, 12, 8 + _number(data, 4, _LITTLE))):
        if kind in _WEBP_KEPT:
            pieces.append(chunk)
        elif kind == b"ANMF":
            pieces.append(_webp_frame(chunk))
        elif kind == b"EXIF" and exif is None:
            exif = _turned(chunk[8:]).removeprefix(_EXIF)
            pieces.append(_webp_chunk(kind, exif) if exif else b"")
    if pieces and pieces[0][:4] == b"VP8X":
        pieces[0] = _webp_head(pieces[0], has_exif=bool(exif))
    yield b"RIFF" + _LITTLE.pack(4 + sum(map(len, pieces))) + b"WEBP"
    yield from pieces


def _webp_chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Each with its kind; one of odd length has a byte more, which some writers leave out at the end."""
    at = 0
    while at < len(data):
        end = at + 8 + _number(data, at + 4, _LITTLE)
        _part(data, at, end)
        end = min(end + (end - at) % 2, len(data))
        yield bytes(data[at : at + 4]), data[at:end]
        at = end


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + _LITTLE.pack(len(body)) + body + bytes(len(body) % 2)


def _webp_frame(chunk: memoryview) -> Piece:
    """A picture of an animation: 16 bytes about it, then chunks of its own."""
    own = [piece for kind, piece in _webp_chunks(_part(chunk, 24, len(chunk))) if kind in _WEBP_KEPT]
    return _webp_chunk(b"ANMF", b"".join([chunk[8:24], *own]))


def _webp_head(chunk: Piece, *, has_exif: bool) -> bytes:
    """Says of what is in the file only what is."""
    flags = _part(memoryview(chunk), 8, 9)[0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP) | has_exif * _WEBP_HAS_EXIF
    return bytes(chunk[:8]) + bytes([flags]) + bytes(chunk[9:])
