"""Unpacks an answer as it comes in and stops where it grows beyond reason: kilobytes can be packed from gigabytes.

In: the pieces of a body as they were sent, and what the server says they are packed with. Out: the body; FetchError
where it is longer than asked for, cut short, or packed in a way that nobody asked for. Source: RFC 9110, 8.4.1.
"""

import zlib
from collections.abc import Iterable, Iterator

from publisher.errors import FetchError

ACCEPTED = "gzip, deflate"

_MOST_RATIO = 100
_SMALL = 1024 * 1024
_MOST_MEMBERS = 64


def unpacked(url: str, pieces: Iterable[bytes], packing: str, most: int, *, cut: bool = False) -> bytes:
    """The whole body, of `most` bytes at most; with `cut`, its beginning where it is longer.

    A body may be a hundred times what was sent, and anything up to 1 MB. Raises FetchError for all else.
    """
    body, sent = bytearray(), 0
    for packed, piece in _unpack(url, pieces, packing.strip().lower(), most + 1):
        sent += packed
        body += piece
        if len(body) > most:
            if cut:
                return bytes(body[:most])
            raise FetchError(f"{url}: the answer is longer than {most / 1e6:.3g} MB; is this the right address?")
        if len(body) > max(_SMALL, _MOST_RATIO * sent):
            raise FetchError(
                f"{url}: the answer unpacks to more than {_MOST_RATIO} times what was sent, as no text does; "
                "tell whoever runs the server"
            )
    return bytes(body)


def _unpack(url: str, pieces: Iterable[bytes], packing: str, most: int) -> Iterator[tuple[int, bytes]]:
    """Pairs of the bytes sent and what they unpack to; the second is never longer than `most`."""
    if packing in ("", "identity"):
        return ((len(piece), piece) for piece in pieces)
    if packing in ("gzip", "x-gzip"):
        return _gzip(url, pieces, most)
    if packing == "deflate":
        return _deflate(url, pieces, most)
    raise FetchError(f'{url}: the answer is packed as "{packing[:40]}", which nobody asked for; mend the server')


def _gzip(url: str, pieces: Iterable[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """A gzip body may have several members, one after the other (RFC 1952, 2.2); what follows the last is ignored."""
    opened, members, anything = zlib.decompressobj(wbits=31), 1, False
    for piece in pieces:
        sent, rest = len(piece), piece
        anything = anything or bool(piece)
        while rest:
            if opened.eof:
                if rest[:1] != b"\x1f":
                    break
                if (members := members + 1) > _MOST_MEMBERS:
                    raise FetchError(f"{url}: the answer is packed in too many pieces; tell whoever runs the server")
                opened = zlib.decompressobj(wbits=31)
            yield sent, opened.decompress(rest, most)
            sent, rest = 0, opened.unused_data
    _is_whole(url, opened.eof or not anything)


def _deflate(url: str, pieces: Iterable[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """Meant is zlib's format; some servers send what is inside it, bare (RFC 9110, 8.4.1.2)."""
    opened, held = None, b""
    for piece in pieces:
        sent, held = len(piece), held + piece
        if opened is None and len(held) >= 2:
            wrapped = held[0] & 0x0F == 8 and int.from_bytes(held[:2]) % 31 == 0
            opened = zlib.decompressobj(wbits=15 if wrapped else -15)
        made = b""
        if opened is not None:
            made, held = b"" if opened.eof else opened.decompress(held, most), b""
        yield sent, made
    _is_whole(url, opened.eof if opened else not held)


def _is_whole(url: str, ended: bool) -> None:
    if not ended:
        raise FetchError(f"{url}: the answer was cut short; try again later")
