"""What a person looks at first: is it alive, what came in, what left, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.actions.run import WHO
from publisher.app import App
from publisher.digest.period import next_slot
from publisher.records import Certificate, Issue, Period
from publisher.store import content, deliveries, entries, heartbeats, issues, pings


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    counts: dict[str, int]
    sources: tuple[dict[str, Any], ...]
    issues: tuple[tuple[Issue, Certificate], ...]
    next: dict[str, Period]
    last_tick: datetime | None
    unsaid: tuple[pings.Ping, ...]
    """Feeds that the WebSub hub was not told of yet."""
    stale: int
    """Feed documents that wait to be written: none, unless a build was refused or broke off."""


def status(app: App, *, latest: int = 5) -> Status:
    with app.database.read() as connection:
        recent = issues.every(connection)[:latest]
        return Status(
            counts=content.counts(connection),
            sources=tuple(content.collections(connection)),
            issues=tuple((issue, deliveries.certificate(connection, issue)) for issue in recent),
            next={name: next_slot(newsletter, app.clock()) for name, newsletter in app.newsletters.items()},
            last_tick=heartbeats.last(connection, WHO),
            unsaid=tuple(pings.waiting(connection)) if app.hub else (),
            stale=len(entries.stale(connection)),
        )
