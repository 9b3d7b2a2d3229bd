"""Check feeds: those of the site as they lie there, a file, or an address as a reader would fetch it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.app import App
from publisher.errors import FileError, PublisherError
from publisher.feeds.lint import check
from publisher.fetching import Fetcher, Reply
from publisher.links import ENDINGS
from publisher.records import Finding, Severity

RULES: dict[str, tuple[Severity, str]] = {
    "http-status": ("error", "the address does not answer with a feed"),
    "http-redirect": ("warning", "the address leads on to another, at every poll"),
    "http-validator-missing": ("warning", "no ETag or no Last-Modified: every poll costs a whole feed"),
    "http-never-unchanged": ("warning", "the server does not answer 304 to its own ETag or date"),
    "http-uncompressed": ("note", "a long feed is sent without compression"),
}
"""What is looked at beside the document itself where it was fetched."""

_OPML = "text/x-opml"
_TYPES = {f".{ending}": media_type for ending, media_type in ENDINGS.items()} | {".opml": _OPML}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One document and all that was found in it."""

    what: str
    findings: tuple[Finding, ...]


def check_feeds(
    app: App, what: Sequence[str], *, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Checked]:
    """Check each of `what`: a URL, or a file. Without any, every feed of the site, as if served at its true address.

    Raises FileError or FetchError for what cannot be read at all.
    """
    names = list(what) or [str(path) for path in _own(app)]
    if not names:
        raise PublisherError(f"there are no feeds in {app.feeds_folder} yet; build them with `publisher feeds build`")
    checked = []
    with Fetcher() as fetcher:
        for number, name in enumerate(names, start=1):
            is_url = name.startswith(("http://", "https://"))
            found = _fetched(fetcher, name, app.clock()) if is_url else _file(app, Path(name), app.clock())
            checked.append(Checked(what=name, findings=tuple(found)))
            progress(number, len(names))
    return checked


def _own(app: App) -> list[Path]:
    """The site's documents: what subscribers poll first, then the archives."""
    found = [path for path in sorted(app.feeds_folder.rglob("*")) if path.suffix in _TYPES]
    return sorted(found, key=lambda path: path.is_relative_to(app.feeds_folder / "archive"))


def _file(app: App, path: Path, now: datetime) -> list[Finding]:
    """A file; when it is one of the site's own, its address and type are known too."""
    try:
        document = path.read_bytes()
    except OSError as exc:
        raise FileError(f"{path}: cannot be read ({exc.strerror}); give the path of a feed, or its address") from exc
    try:
        below = path.resolve().relative_to(app.feeds_folder.resolve())
    except ValueError:
        return check(document, now=now)
    address = f"{app.links.home}feeds/{below.as_posix()}"
    return check(document, now=now, address=address, media_type=_TYPES.get(path.suffix))


def _fetched(fetcher: Fetcher, url: str, now: datetime) -> list[Finding]:
    """What a server gives: the document, and whether polling it costs as little as it could."""
    reply = fetcher.get(url)
    if reply.status != 200:
        mend = f"the server answers with status {reply.status} instead of a feed; mend the address or the server"
        return [_found("http-status", url, mend)]
    found = check(reply.body, now=now, address=url, media_type=reply.headers.get("content-type", ""))
    return [*found, *_manners(fetcher, url, reply)]


def _manners(fetcher: Fetcher, url: str, reply: Reply) -> list[Finding]:
    """How the server answers those who have the feed already (RFC 9110, section 13)."""
    found = []
    if reply.url != url:
        mend = f"this address leads on to {reply.url}; publish that one, for readers go the long way at every poll"
        found.append(_found("http-redirect", url, mend))
    validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    for asked, told in validators.items():
        value = reply.headers.get(told)
        if value is None:
            mend = f"there is no {told} header; with it a poll that finds nothing new costs almost nothing"
            found.append(_found("http-validator-missing", url, mend))
        elif fetcher.get(url, {asked: value}).status != 304:
            mend = f"asked with {asked}, the server sends the whole feed again instead of 304; let it compare {told}"
            found.append(_found("http-never-unchanged", url, mend))
    if "content-encoding" not in reply.headers and len(reply.body) > 20_000:
        mend = f"{len(reply.body) // 1024} KB are sent uncompressed; let the server send gzip"
        found.append(_found("http-uncompressed", url, mend))
    return found


def _found(code: str, url: str, mend: str) -> Finding:
    return Finding(code=code, severity=RULES[code][0], place=url, mend=mend)
