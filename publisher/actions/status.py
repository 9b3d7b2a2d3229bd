"""What a person looks at first: what happened last, what comes next, what needs a person, and whether all is well."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.actions.needs import Health, Need, health, look, needs
from publisher.actions.pacing import pace_in_force
from publisher.actions.proving import relay_trouble
from publisher.actions.run import WHO
from publisher.app import App
from publisher.digest.period import next_to_leave
from publisher.records import Certificate, Issue, Period, Trouble
from publisher.store import content, deliveries, entries, heartbeats, issues, pings


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    counts: dict[str, int]
    sources: tuple[dict[str, Any], ...]
    issues: tuple[tuple[Issue, Certificate], ...]
    next: dict[str, Period | None]
    """The next period of each newsletter in which an issue leaves; None where its schedule leaves all out."""
    last_tick: datetime | None
    unsaid: tuple[pings.Ping, ...]
    """Feeds that the WebSub hub was not told of yet."""
    stale: int
    """Feed documents that wait to be written: none, unless a build was refused or broke off."""
    troubles: dict[int, Trouble]
    """Of the issues on their way, by their numbers: why their relay is left alone just now."""
    opens: datetime | None
    """When the send window opens; None while it is open."""
    needs: tuple[Need, ...]
    """What waits for a person, the most pressing first."""
    health: tuple[Health, ...]
    """How service, relay, sources and disk are."""


def status(app: App, *, latest: int = 5) -> Status:
    with app.database.read() as connection:
        recent = issues.every(connection)[:latest]
    told = {issue.id: relay_trouble(app, issue) for issue in recent if issue.state == "sending"}
    in_force = pace_in_force(app)
    facts = look(app, recent)
    with app.database.read() as connection:
        return Status(
            counts=content.counts(connection),
            sources=tuple(content.collections(connection)),
            issues=tuple((issue, deliveries.certificate(connection, issue)) for issue in recent),
            next={name: next_to_leave(newsletter, app.clock()) for name, newsletter in app.newsletters.items()},
            last_tick=heartbeats.last(connection, WHO),
            unsaid=tuple(pings.waiting(connection)) if app.hub else (),
            stale=len(entries.stale(connection)),
            troubles={number: trouble for number, trouble in told.items() if trouble},
            opens=in_force.opens,
            needs=tuple(needs(facts)),
            health=tuple(health(facts)),
        )
