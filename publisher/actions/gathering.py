"""Reads each source again when its time has come, by itself: what comes in stands in the feeds without waiting for an
issue. One that gives nothing but errors is asked less and less often, and never stops the others."""

import logging
from datetime import datetime, timedelta

from publisher.actions.collect import collect, note_reading, since_failing
from publisher.app import App
from publisher.errors import PublisherError, StoreAway
from publisher.records import Source
from publisher.store import content

_LONGEST_PAUSE = timedelta(hours=6)
_log = logging.getLogger("publisher.gather")


def gather(app: App, *, all_of_them: bool = False) -> list[tuple[str, bool]]:
    """Collect from every source that is due, or from `all_of_them`; what came in and what could not be read, each as a
    line and whether it went well. Raises StoreAway when the database cannot be used."""
    with app.database.read() as connection:
        last = content.last_collected(connection)
        failing = since_failing(connection)
    told = []
    for source in app.sources.values():
        if app.stop.is_set() and not all_of_them:  # which an issue that is being made waits for
            break
        due = next_reading(source, last.get(source.name), failing.get(source.name), app.clock())
        if all_of_them or due <= app.clock():
            told += _gathered(app, source)
    return told


def unreadable(app: App) -> list[str]:
    """The sources that give nothing but errors, by their names."""
    with app.database.read() as connection:
        failing = since_failing(connection)
    return [name for name in app.sources if name in failing]


def next_reading(source: Source, last: datetime | None, failing_since: datetime | None, now: datetime) -> datetime:
    """When the source is to be read again: each so many minutes; one that fails after as long again as it has failed
    so far, so that the pauses double, to six hours."""
    if last is None:
        return now
    if failing_since is None:
        return last + source.every
    return last + max(source.every, min(last - failing_since, _LONGEST_PAUSE))


def _gathered(app: App, source: Source) -> list[tuple[str, bool]]:
    try:
        done = collect(app, [source.name])
    except StoreAway:
        raise
    except PublisherError as exc:
        note_reading(app, source, found=False, failed=True, problems=1)
        return [(f"source {source.name}: {exc}", False)]
    except Exception:
        _log.exception("internal error in the source %s", source.name)
        note_reading(app, source, found=False, failed=True, problems=1)
        return [(f"source {source.name}: internal error, see the log", False)]
    told = [(f"source {source.name}: {len(done.new)} new, {len(done.updated)} changed", True)]
    return told if done.new or done.updated else []
