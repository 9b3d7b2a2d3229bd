"""Reads a posted form: who sends it may be anybody, from anywhere, and mean harm.

In: a request. Out: a Form of plain texts, or Unreadable with the status that says why. A form has no cookie and no
token against forgery: the one for subscribers may stand on the office's own website, and what it asks for holds only
once it is confirmed by mail; the personal ones carry their right in their address.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from publisher.errors import WebError

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 100
_MOST_SECONDS = 20
"""So long a form may be under way: whoever sends a letter a minute must not keep us."""
_MOST_BOUNDARY = 200


class Unreadable(WebError):
    """This is no form that we take."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the form cannot be read (status {status})")
        self.status = status


class Form:
    """The fields of a form by name; a field that is not there is empty."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(harmless(value))

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, [""])[0]

    def every(self, name: str) -> list[str]:
        """All values of a field that may be there several times."""
        return self._fields.get(name, [])

    def whole(self, name: str) -> int | None:
        """The whole number in a field, if it is one."""
        text = self[name]
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def harmless(text: str) -> str:
    """Without what no database and no page can hold: NUL, and halves of letters (surrogates)."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


async def read_form(request: Request) -> Form:
    """The form in a request; an empty one where there is no body. Raises Unreadable."""
    body = await _body(request)
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    match kind.strip().lower():
        case "application/x-www-form-urlencoded":
            return Form(_pairs(body))
        case "multipart/form-data":
            return Form(await _parts(body, parameters))
        case "" if not body:
            return Form()
    raise Unreadable(415)


async def _body(request: Request) -> bytes:
    """All of the body, if it is short and does not take for ever."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and len(told) > len(str(_MOST_BYTES)):
        raise Unreadable(413)
    body = bytearray()
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise Unreadable(413)
    except TimeoutError:
        raise Unreadable(408) from None
    except ClientDisconnect:
        raise Unreadable(400) from None
    return bytes(body)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError:
        raise Unreadable(400) from None


async def _parts(body: bytes, parameters: str) -> list[tuple[str, str]]:
    """The fields of a multipart form; files are not taken. Only its boundary is believed: a character set that the
    sender names may be one that Python decodes slowly, or to something that is no text."""
    boundary = next(
        (value.strip().strip('"') for name, _, value in (p.partition("=") for p in parameters.split(";"))
         if name.strip().lower() == "boundary"), "")  # fmt: skip
    if not boundary or len(boundary) > _MOST_BOUNDARY or '"' in boundary or not boundary.isascii():
        raise Unreadable(400)
    headers = Headers({"content-type": f'multipart/form-data; boundary="{boundary}"'})
    parser = MultiPartParser(headers, _whole(body), max_files=0, max_fields=_MOST_FIELDS, max_part_size=_MOST_BYTES)
    try:
        found = await parser.parse()
    except MultiPartException:
        raise Unreadable(400) from None
    return [(name, value) for name, value in found.multi_items() if isinstance(value, str)]


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
