"""A folder where an office keeps its documents (.docx, .txt, .md, pictures beside) -> one article each.

In: a file's path. Out: Collected. Whether a file is to be read at all (no lock file, not half copied) is `to_read`.
HTML files are read by whoever hands in `page`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.records import Collected
from publisher.sources.markdown import Reading, read_file
from publisher.sources.office_articles import refused
from publisher.sources.office_pictures import beside
from publisher.sources.office_texts import read_text
from publisher.sources.word_documents import read_word

ENDINGS = (".docx", ".txt", ".md", ".markdown", ".html", ".htm")
"""What is read."""

FOREIGN = (".doc", ".docm", ".dot", ".dotx", ".odt", ".rtf", ".pages", ".wpd", ".wps")
"""What an office writes and nobody here reads: it is told, so that nobody waits for it."""

_PASSING = (".tmp", ".part", ".partial", ".crdownload", ".download", ".swp", ".bak", ".lock")
_MOST_BYTES = 60 * 1024 * 1024


def to_read(path: Path, now: datetime, settled: timedelta = timedelta(seconds=10)) -> bool:
    """Whether the file is a document, and whole: not hidden, no lock or temporary file, not empty, not being copied.

    What changed less than `settled` ago is left for the next time.
    """
    name = path.name.lower()
    if name.startswith(("~", ".")) or name.endswith((*_PASSING, "~")) or not name.endswith((*ENDINGS, *FOREIGN)):
        return False
    try:
        state = path.stat()
        changed = datetime.fromtimestamp(state.st_mtime, UTC)
    except (OSError, ValueError, OverflowError):  # it is gone again
        return False
    return path.is_file() and state.st_size > 0 and abs(now - changed) >= settled


def read_document(
    path: Path,
    *,
    source: str,
    place: str,
    own_id: str,
    folder: Path,
    reading: Reading,
    embedded: Path | None = None,
    page: Callable[[bytes], Collected] | None = None,
) -> Collected:
    """One document -> its article, with the picture that lies beside it under the same name. Never raises on data.

    `own_id` becomes the key. `folder` is where the paths of a Markdown file's pictures start. Pictures inside of Word
    documents are written to the private folder `embedded`; without one they are left out, which is told.
    """
    ending = path.suffix.lower()
    if ending in FOREIGN:
        return refused("save-as-docx", place, f"a {ending} file cannot be read; save it as .docx")
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return refused(
                "too-large", place, "the file has more than 60 MB; make its pictures smaller and save it again"
            )
        if ending in (".md", ".markdown"):
            return read_file(data, source=source, place=place, own_id=own_id, folder=folder, reading=reading)
        if ending == ".docx":
            read = read_word(data, source=source, place=place, own_id=own_id, reading=reading, embedded=embedded)
        elif ending == ".txt":
            read = read_text(data, source=source, place=place, own_id=own_id, home=reading.home, zone=reading.zone)
        elif page and ending in (".html", ".htm"):
            read = page(data)
        else:
            return refused("no-document", place, f"a {ending or 'nameless'} file is no document that is read here")
        return _with_picture(read, path, place, reading)
    except OSError as exc:
        return refused("unreadable", place, f"the file cannot be read ({exc.strerror}); mend its path or its rights")


def _with_picture(read: Collected, path: Path, place: str, reading: Reading) -> Collected:
    """The article with the picture beside it, which goes before one that it has itself."""
    if not read.articles:
        return read
    image, problems = beside(path, place, reading)
    articles = tuple(replace(one, image=image) for one in read.articles) if image else read.articles
    return replace(read, articles=articles, problems=(*read.problems, *problems))
