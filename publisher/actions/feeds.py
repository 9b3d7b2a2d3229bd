"""Build the feeds: enter what is new, write the documents that it changes and no others, compress them.

Whatever happens on the way, the documents there before stand: each file is replaced whole or not at all, a document
is only crossed off once its files stand, and a feed with errors never replaces one without.
"""

import fcntl
import gzip
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from publisher.actions.entering import enter, is_idle, settings_of
from publisher.actions.websub import note_standing
from publisher.actions.writing import Outcome, Writer, channels_of
from publisher.app import App
from publisher.errors import FileError
from publisher.feeds import Channel
from publisher.files import make_durable, put
from publisher.links import ENDINGS
from publisher.records import Article, Feed, Finding
from publisher.store import Connection, content, entries

_FAR = timedelta(days=366)


@dataclass(slots=True, kw_only=True)
class Built:
    """One feed after a build. `files` gives for each file that subscribers poll `written`, `unchanged`, `refused`,
    `empty` or `would be written`; `archives` the same for each archive document that had to be looked at. `entries`
    is their number in what subscribers poll, null where that was not looked at."""

    feed: Feed
    entries: int | None = None
    files: dict[str, str] = field(default_factory=dict)
    archives: dict[str, str] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)


def build_feeds(
    app: App,
    *,
    everything: bool = False,
    force: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Built]:
    """Bring every feed up to now. `everything` writes all documents anew from what is stored.

    A feed that would get errors keeps its documents, unless `force`. `progress` is told how many documents of how many
    are done. Raises FileError when a file cannot be written; the next build goes on with what is missing.
    """
    with nullcontext() if dry_run else _alone(app):
        channels, told = channels_of(app, dry_run=dry_run)
        settings = settings_of(app, channels)
        with app.database.read() as connection:
            everything = everything or _lost_files(app, connection)
            idle = not everything and is_idle(connection, app, settings)
            last = entries.last_build(connection)
            told += [_far_off(article) for article in content.far_future(connection, app.clock() + _FAR)]
        outcome, stale = Outcome(), []
        if not idle:
            with app.database.write(keep=not dry_run) as connection:
                enter(connection, app, settings, everything=everything)
                stale = entries.stale(connection)
            if dry_run:
                outcome.files = dict.fromkeys(_names(stale), "would be written")
            else:
                outcome = write_documents(app, channels, stale, force=force, progress=progress)
                compress(app, outcome)
                make_durable({(app.feeds_folder / name).parent for name in outcome.files})
                with app.database.write() as connection:
                    entries.settle(connection, outcome.standing)
                    note_standing(connection, app, [feed for feed, part in outcome.standing if not part])
        with app.database.read() as connection:
            made = entries.feeds_with_documents(connection)
            if not idle and not dry_run:
                told += _remove_undeclared(app, made)
            if everything or (last is not None and last.settings != settings):
                told += _left_behind(app, connection)
    return _told(app, outcome, made, told)


def write_documents(
    app: App,
    channels: Mapping[str, Channel],
    stale: Sequence[entries.Document],
    *,
    force: bool,
    progress: Callable[[int, int], None],
) -> Outcome:
    """Write the stale documents, uncompressed."""
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, len(stale))

    with app.database.read() as connection:
        writer = Writer(app, connection, channels, force=force)
        writer.write(stale, one_more)
        return writer.outcome


def compress(app: App, outcome: Outcome) -> None:
    """Put a gzip file beside each document that was dealt with, for servers that hand it out as it is.

    Without a time in it, the same document gives the same bytes. zlib works outside the interpreter's lock.
    """
    paths = [app.feeds_folder / name for name, what in outcome.files.items() if what != "refused"]

    def one(path: Path) -> None:
        put(path.with_name(f"{path.name}.gz"), gzip.compress(path.read_bytes(), 6, mtime=0), app.drafts_folder)

    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(one, paths):
            pass


def list_feeds(app: App) -> list[tuple[Feed, dict[str, str]]]:
    """Each feed with the public URL of each format."""
    return [(feed, {ending: app.links.feed(feed.path, ending) for ending in ENDINGS}) for feed in app.feeds]


@contextmanager
def _alone(app: App) -> Iterator[None]:
    """One build at a time: a slower one must not put its older documents over those of a newer one."""
    path = app.feeds_folder / ".lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as exc:
        raise FileError(f"{path}: cannot be written ({exc.strerror}); the feeds there before still stand") from exc
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        shutil.rmtree(app.drafts_folder, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(app.drafts_folder, ignore_errors=True)


def _lost_files(app: App, connection: Connection) -> bool:
    """Whether a feed that was written is no longer there: the folder was emptied, or the database was moved."""
    made = entries.feeds_with_documents(connection)
    done = made - {feed for feed, _ in entries.stale(connection)}
    known = {feed.path for feed in app.feeds}
    names = [f"{feed}.{ending}" for feed in done & known for ending in (*ENDINGS, "html")]
    return not all((app.feeds_folder / f"{name}{gz}").exists() for name in names for gz in ("", ".gz"))


def _names(documents: Sequence[entries.Document]) -> list[str]:
    return [f"archive/{feed}/{part}.{e}" if part else f"{feed}.{e}" for feed, part in documents for e in ENDINGS]


def _told(app: App, outcome: Outcome, made: set[str], more: list[Finding]) -> list[Built]:
    """What became of each feed; problems are told once, with the first."""
    built = []
    for feed in app.feeds:
        rest = "unchanged" if feed.path in made else "empty"
        own = {f"feeds/{feed.path}.{ending}": outcome.files.get(f"{feed.path}.{ending}", rest) for ending in ENDINGS}
        archive = f"archive/{feed.path}/"
        archives = {
            f"feeds/{n}": w for n, w in outcome.files.items() if n.startswith(archive) and "/" not in n[len(archive) :]
        }
        entries_now = outcome.entries.get(feed.path)
        built.append(Built(feed=feed, entries=entries_now, files=own, archives=archives))
    built[0].problems = [*dict.fromkeys(outcome.problems), *more]
    return built


def _remove_undeclared(app: App, made: set[str]) -> list[Finding]:
    """Take away the files of feeds that are declared no more: nobody would take out of them what is withdrawn.

    The feeds remember what was in them, so that one declared again is written as it was.
    """
    gone = sorted(made - {feed.path for feed in app.feeds})
    removed = []
    for feed in gone:
        names = [f"{feed}.{ending}{gz}" for ending in (*ENDINGS, "html") for gz in ("", ".gz")]
        paths = [path for path in (app.feeds_folder / name for name in names) if path.exists()]
        for path in paths:
            path.unlink()
        shutil.rmtree(app.feeds_folder / "archive" / feed, ignore_errors=True)
        if paths:
            mend = "was taken away: publisher.toml declares this feed no more; declare it again to have it back"
            removed.append(Finding(code="feed-removed", severity="note", place=f"feeds/{feed}", mend=mend))
    return removed


def _left_behind(app: App, connection: Connection) -> list[Finding]:
    """Files of feeds that nobody declares any more. They stay as they were, whatever is withdrawn."""
    ours = {"index.opml", *(f"{feed.path}.{ending}" for feed in app.feeds for ending in (*ENDINGS, "html"))}
    ours |= {
        f"archive/{f.path}/{p}.{e}" for f in app.feeds for p in entries.archives(connection, f.path) for e in ENDINGS
    }
    there = (path for path in app.feeds_folder.rglob("*.*") if path.suffix != ".gz" and path.is_file())
    strange = sorted(name for path in there if (name := path.relative_to(app.feeds_folder).as_posix()) not in ours)
    mend = "is of no feed any more and is not kept up to date; delete it with its .gz, or declare its feed again"
    return [
        Finding(code="left-behind", severity="warning", place=f"feeds/{name}", mend=mend)
        for name in strange
        if not name.startswith(".")
    ]


def _far_off(article: Article) -> Finding:
    when = f"{article.released:%Y-%m-%d}"
    mend = f"is dated {when} and appears nowhere before; if that is a mistake, mend its date and collect it again"
    return Finding(code="far-future", severity="warning", place=f'"{article.headline}"', mend=mend)
