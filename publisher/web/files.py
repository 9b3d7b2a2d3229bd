"""Answers for published files: strong ETag, true Last-Modified, 304 for either, compressed as it was built.

In: an ASGI request for a file below the site's public folders. Out: the file, or why not. A file is read once and
kept until it changes on disk, so that its bytes, its ETag and its date always belong together (RFC 9110, section 8.8).
"""

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import TypeAlias

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from publisher.links import ENDINGS
from publisher.sources import attachments, pictures

Headers: TypeAlias = list[tuple[bytes, bytes]]

_TYPES = {
    **{f".{ending}": f"{media_type}; charset=utf-8" for ending, media_type in ENDINGS.items()},
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    **{ending: media_type for media_type, ending in pictures.ENDINGS.items()},
    **attachments.TYPES,
    ".ics": "text/calendar; charset=utf-8",
}
"""What is handed out, by ending; nothing else is."""

_POLLED = "public, max-age=300"
_ARCHIVED = "public, max-age=3600"
_FOREVER = "public, max-age=31536000, immutable"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src *; base-uri 'none'; frame-ancestors 'none'"
_KEPT_BYTES = 128 * 1024 * 1024
_MOST_KEPT = 4 * 1024 * 1024
"""A longer file is read anew for each answer: feeds and pictures have less."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file on disk is known to be the same."""

    inode: int
    modified_ns: int
    length: int

    @classmethod
    def of(cls, path: Path) -> "Stamp | None":
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        return cls(found.st_ino, found.st_mtime_ns, found.st_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file as it is handed out: plain, and compressed where the compressed file beside it is of the same bytes."""

    stamp: Stamp
    zipped_stamp: Stamp | None
    etag: bytes
    modified: int
    plain: bytes
    plain_headers: Headers
    zipped: bytes | None
    zipped_headers: Headers

    def __len__(self) -> int:
        return len(self.plain) + len(self.zipped or b"")


class Files:
    """The site's public folders. `links` gives the Link header of a feed, by its path."""

    def __init__(self, folder: Path, links: Mapping[str, str]) -> None:
        self._folder, self._links = folder, links
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._held_bytes = 0

    def covers(self, path: str) -> bool:
        """Whether this path is that of a published file."""
        return path.startswith(("/feeds/", "/images/", "/files/"))

    async def answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `path` is that below the site's address."""
        if scope["method"] not in ("GET", "HEAD"):
            await _say(send, 405, b"This address can only be read.\n", [(b"allow", b"GET, HEAD")])
            return
        if path.startswith("/files/"):
            await self._attachment(path, scope, receive, send)
            return
        held = await self._find(path)
        if held is None:
            await _say(send, 404, b"There is nothing at this address.\n", [])
            return
        wanted = _joined(scope["headers"])
        zipped = held.zipped is not None and takes_gzip(wanted.get(b"accept-encoding", b""))
        headers = held.zipped_headers if zipped else held.plain_headers
        if is_unchanged(wanted, held.etag, held.modified):
            # With the tag that the whole answer would have had (RFC 9110, section 15.4.5).
            await _send(send, 304, [pair for pair in headers if pair[0] not in _OF_A_BODY], b"")
            return
        body = held.zipped if zipped else held.plain
        await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body or b"")

    async def _attachment(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A recording or a PDF: sent in pieces and by ranges, which players ask for, and never held whole."""
        file = self._file(path)
        stamp = Stamp.of(file) if file else None
        if file is None or stamp is None:
            await _say(send, 404, b"There is nothing at this address.\n", [])
            return
        modified = stamp.modified_ns // 1_000_000_000
        headers = _common(file, modified, _FOREVER) | {"etag": f'"{file.stem}"'}  # its name is its content's hash
        if is_unchanged(_joined(scope["headers"]), headers["etag"].encode(), modified):
            unchanged = {name: value for name, value in headers.items() if name != "content-type"}
            await _send(send, 304, [(name.encode(), value.encode()) for name, value in unchanged.items()], b"")
            return
        await FileResponse(file, headers=headers)(scope, receive, send)

    async def _find(self, path: str) -> Held | None:
        """The file as it is now; from memory when it did not change."""
        file = self._file(path)
        if file is None:
            return None
        held = self._held.get(path)
        stamp = Stamp.of(file)
        if stamp is None:
            return None
        if held and held.stamp == stamp and held.zipped_stamp == Stamp.of(_zipped(file)):
            self._held.move_to_end(path)
            return held
        fresh = await asyncio.to_thread(read, file, self._kept_for(path), self._links.get(path))
        if fresh and len(fresh) <= _MOST_KEPT:
            self._keep(path, fresh)
        return fresh

    def _file(self, path: str) -> Path | None:
        """The file for a path; hidden ones, other endings and ways out of the folder are no files."""
        parts = path.split("/")[1:]
        if any(part in ("", "..") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        return self._folder.joinpath(*parts) if Path(parts[-1]).suffix in _TYPES else None

    def _kept_for(self, path: str) -> str:
        if not path.startswith("/feeds/"):
            return _FOREVER
        return _ARCHIVED if path.startswith("/feeds/archive/") else _POLLED

    def _keep(self, path: str, held: Held) -> None:
        old = self._held.pop(path, None)
        self._held[path] = held
        self._held_bytes += len(held) - (len(old) if old else 0)
        while self._held_bytes > _KEPT_BYTES:
            _, gone = self._held.popitem(last=False)
            self._held_bytes -= len(gone)


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header lines of one name are one list (RFC 9110, section 5.3)."""
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        joined[name] = joined[name] + b", " + value if name in joined else value
    return joined


_OF_A_BODY = {b"content-length", b"content-type", b"content-encoding"}


def read(file: Path, kept_for: str, link: str | None) -> Held | None:
    """Read a file with the headers that belong to these very bytes; None when it is not there."""
    stamp = Stamp.of(file)
    try:
        plain = file.read_bytes()
    except OSError:
        return None
    zipped_stamp = Stamp.of(_zipped(file))
    zipped = _same_zipped(file, plain)
    if stamp is None or Stamp.of(file) != stamp:  # replaced while it was read: the next look finds the new one
        return read(file, kept_for, link)
    digest = hashlib.sha256(plain).hexdigest()[:32]
    told = _common(file, stamp.modified_ns // 1_000_000_000, kept_for)
    common: Headers = [(name.encode(), value.encode()) for name, value in told.items()]
    if zipped is not None:
        common.append((b"vary", b"Accept-Encoding"))
    if link:
        common.append((b"link", link.encode("ascii")))
    if kept_for != _FOREVER and file.suffix != ".html":
        common.append((b"access-control-allow-origin", b"*"))  # for readers that run in a browser
    if file.suffix == ".html":
        common.append((b"content-security-policy", PAGE_POLICY.encode()))
    return Held(
        stamp=stamp,
        zipped_stamp=zipped_stamp,
        etag=f'"{digest}"'.encode(),
        modified=stamp.modified_ns // 1_000_000_000,
        plain=plain,
        plain_headers=[*common, *_sized(plain), (b"etag", f'"{digest}"'.encode())],
        zipped=zipped,
        zipped_headers=[
            *common,
            *_sized(zipped or b""),
            (b"content-encoding", b"gzip"),
            (b"etag", f'"{digest}-gzip"'.encode()),
        ],
    )


def _common(file: Path, modified: int, kept_for: str) -> dict[str, str]:
    return {
        "content-type": _TYPES[file.suffix],
        "last-modified": formatdate(modified, usegmt=True),
        "cache-control": kept_for,
        "x-content-type-options": "nosniff",
    }


def _sized(body: bytes) -> Headers:
    return [(b"content-length", str(len(body)).encode())]


def _zipped(file: Path) -> Path:
    return file.with_name(f"{file.name}.gz")


def _same_zipped(file: Path, plain: bytes) -> bytes | None:
    """The compressed file beside it, if its checksum and length (RFC 1952, section 2.3.1) are those of these bytes."""
    try:
        zipped = _zipped(file).read_bytes()
    except OSError:
        return None
    told = (zlib.crc32(plain).to_bytes(4, "little"), (len(plain) % 2**32).to_bytes(4, "little"))
    return zipped if (zipped[-8:-4], zipped[-4:]) == told else None


def is_unchanged(wanted: Mapping[bytes, bytes], etag: bytes, modified: int) -> bool:
    """Whether the client has these bytes: by ETag, else by date (RFC 9110, section 13.2.2).

    A later date than the file's is as good as its own: some readers send the time of their last poll.
    """
    tags = wanted.get(b"if-none-match")
    if tags is not None:
        return names(tags, etag)
    since = wanted.get(b"if-modified-since")
    if since is None:
        return False
    try:
        moment: datetime = parsedate_to_datetime(since.decode("ascii"))
        return modified <= moment.timestamp()
    except (ValueError, TypeError, OverflowError):  # not a date: as if it were not there
        return False


def names(tags: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header names this ETag: of either encoding, weak or strong, for proxies that compress
    make tags weak."""
    bare = etag.strip(b'"')
    told = {tag.strip().removeprefix(b"W/").strip(b'"') for tag in tags.split(b",")}
    return bool(told & {b"*", bare, bare + b"-gzip"})


def takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, section 12.5.3)."""
    qualities = {}
    for one in accepted.decode("latin-1").lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        weight = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        qualities[name] = weight.strip("0.") != ""
    return qualities.get("gzip", qualities.get("*", False))


async def _say(send: Send, status: int, text: bytes, more: Headers) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await _send(send, status, [*plain, *_sized(text), *more], text)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
