"""The only door in for content: files -> Collected, one for each page.

`read_source` reads a configured folder, `read_one` one file by hand. Everything that comes out is clean: sanitised
HTML, absolute links, text that any document can carry. What cannot be read is a Problem; the rest goes on.
"""

from collections.abc import Iterator
from pathlib import Path

from publisher.records import Collected, Problem, Source
from publisher.sources.markdown import Reading as Reading, read_file

_ENDINGS = {"markdown": (".md", ".markdown"), "captured": (".txt",)}
_MOST_BYTES = 20 * 1024 * 1024


def files_of(source: Source) -> list[Path]:
    """The files that a source consists of, in name order: the same order everywhere."""
    if source.path.is_file():
        return [source.path]
    return sorted(p for p in source.path.rglob("*") if p.suffix.lower() in _ENDINGS[source.kind] and p.is_file())


def read_source(source: Source, reading: Reading) -> Iterator[Collected]:
    """Every file of the source. A folder that is not there is one Problem; nothing we hold is lost by it."""
    if not source.path.exists():
        mend = f'there is no such folder; mend the path of [[source]] "{source.name}", or make the folder'
        yield Collected(problems=(Problem(code="no-folder", severity="error", place=str(source.path), mend=mend),))
        return
    for path in files_of(source):
        yield read_one(path, source, reading)


def read_one(
    path: Path, source: Source, reading: Reading, *, url: str | None = None, headline: str | None = None
) -> Collected:
    """One file as the source's kind says. `url` and `headline` tell what a captured page cannot say itself."""
    place = path.name if source.path == path else str(path.relative_to(source.path))
    try:
        if path.stat().st_size > _MOST_BYTES:
            return _refused("too-large", place, "the file has more than 20 MB; no article has: check what it is")
        data = path.read_bytes()
    except OSError as exc:
        return _refused("unreadable", place, f"the file cannot be read ({exc.strerror}); mend its path or its rights")
    if source.kind == "markdown":
        own_id = str(Path(place).with_suffix(""))
        folder = path.parent
        return read_file(data, source=source.name, place=place, own_id=own_id, folder=folder, reading=reading)
    from publisher.sources.captured import read_page

    return read_page(data, source=source.name, place=place, url=url, headline=headline)


def _refused(code: str, place: str, mend: str) -> Collected:
    return Collected(problems=(Problem(code=code, severity="error", place=place, mend=mend),))
