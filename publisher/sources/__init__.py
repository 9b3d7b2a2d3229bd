"""The only door in for content: files -> Collected, one for each page.

`read_source` reads a configured folder, `read_one` one file by hand. Everything that comes out is clean: sanitised
HTML, absolute links, text that any document can carry. What cannot be read is a Finding; the rest goes on.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.records import Collected, Finding, FolderSource
from publisher.sources.findings import refused
from publisher.sources.markdown import Reading as Reading, read_file
from publisher.sources.office_folders import FOREIGN as FOREIGN, documents_of

_ENDINGS = {"markdown": (".md", ".markdown"), "captured": (".txt",)}
_SETTLED = timedelta(seconds=2)
"""A document of an office that changed less than so long ago may still be on its way into the folder."""
_EMBEDDED = "embedded"
"""The folder of the site that keeps the pictures out of Word documents."""
_MOST_BYTES = 20 * 1024 * 1024


def files_of(source: FolderSource) -> list[Path]:
    """The files that a source consists of, in name order: the same order everywhere."""
    return _walk(source)[0]


def _walk(source: FolderSource) -> tuple[list[Path], list[Finding]]:
    if source.path.is_file():
        return [source.path], []
    if source.kind == "folder":
        return documents_of(source.path, datetime.now(UTC), _SETTLED)
    closed: list[Finding] = []

    def note(error: OSError) -> None:
        mend = f"the folder cannot be read ({error.strerror}); mend its rights"
        closed.append(Finding(code="unreadable", severity="error", place=_shown(Path(error.filename)), mend=mend))

    found = [Path(folder) / name for folder, _, names in os.walk(source.path, onerror=note) for name in names]
    return sorted(path for path in found if path.suffix.lower() in _ENDINGS[source.kind]), closed


def read_source(source: FolderSource, reading: Reading) -> Iterator[Collected]:
    """Every file of the source. A folder that is not there is one Finding; nothing we hold is lost by it."""
    if not source.path.exists():
        mend = f'there is no such folder; mend the path of [[source]] "{source.name}", or make the folder'
        yield refused("no-folder", str(source.path), mend)
        return
    if source.kind == "wordpress":
        from publisher.sources.wordpress_exports import read_export

        yield from read_export(
            source.path, source=source.name, place=_place(source.path, source, reading), zone=reading.zone
        )
        return
    files, closed = _walk(source)
    if closed:
        yield Collected(problems=tuple(closed))
    addresses: dict[str, str] = {}
    for path in files:
        yield _each_address_once(read_one(path, source, reading), _place(path, source, reading), addresses)


def _each_address_once(page: Collected, place: str, addresses: dict[str, str]) -> Collected:
    """The page, or a Finding where another file of this source claims the same canonical URL."""
    for article in page.articles:
        first = addresses.setdefault(article.url or "", place) if article.url else place
        if first != place:
            mend = f"left out: {first} claims the same url; give one of them another"
            twice = Finding(code="same-url", severity="error", place=place, mend=mend)
            return replace(page, articles=(), problems=(*page.problems, twice))
    return page


def read_one(
    path: Path, source: FolderSource, reading: Reading, *, url: str | None = None, headline: str | None = None
) -> Collected:
    """One file as the source's kind says. `url` and `headline` tell what a captured page cannot say itself."""
    place = _place(path, source, reading)
    if source.kind == "folder":
        return _document(path, source, reading, place, url, headline)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        return refused("unreadable", place, f"the file cannot be read ({exc.strerror}); mend its path or its rights")
    if len(data) > _MOST_BYTES:
        return refused("too-large", place, "the file has more than 20 MB; no article has: check what it is")
    if not str(path).isprintable():
        return refused("bad-name", place, "the file's name has characters that are no text; rename it")
    if source.kind == "captured":
        from publisher.sources.captured import read_page as read_captured

        return read_captured(data, source=source.name, place=place, url=url, headline=headline)
    own_id = _own_id(path, source)
    try:
        return read_file(data, source=source.name, place=place, own_id=own_id, folder=path.parent, reading=reading)
    except OSError as exc:
        what = f"a file it names cannot be read ({exc.strerror}); mend its path or its rights"
        return refused("unreadable", place, what)


def _document(
    path: Path, source: FolderSource, reading: Reading, place: str, url: str | None, headline: str | None
) -> Collected:
    """One of an office's documents. A web page that was saved belongs to its file where it names no address."""
    # Loaded when the first is read, like the reader of captured pages: most of what is run reads none.
    from publisher.sources.offices import read_document
    from publisher.sources.pages import read_page

    own_id = _own_id(path, source)

    def page(data: bytes) -> Collected:
        read = read_page(
            data, source=source.name, place=place, url=url, zone=reading.zone, headline=headline, is_known=True
        )
        return replace(read, articles=tuple(one if one.url else replace(one, key=own_id) for one in read.articles))

    return read_document(
        path,
        source=source.name,
        place=place,
        own_id=own_id,
        folder=path.parent,
        reading=reading,
        embedded=reading.folder / _EMBEDDED,
        page=page,
    )


def _own_id(path: Path, source: FolderSource) -> str:
    return str((Path(path.name) if source.path == path else path.relative_to(source.path)).with_suffix(""))


def _place(path: Path, source: FolderSource, reading: Reading) -> str:
    """The file as people name it: below the site folder, else below its source."""
    if path.is_relative_to(reading.folder):
        return _shown(path.relative_to(reading.folder))
    return _shown(Path(path.name) if source.path == path else path.relative_to(source.path))


def _shown(path: Path) -> str:
    """A path that any terminal and document can carry: bytes that are no UTF-8 as question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")
