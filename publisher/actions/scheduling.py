"""What comes: the next periods of each newsletter, with what is unusual about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from publisher.app import App
from publisher.digest.period import slots_after
from publisher.records import Newsletter, Period
from publisher.slots import is_doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One period: its moment in local time and in UTC, whether an issue leaves in it, and what is to be known of it."""

    newsletter: str
    period: str
    zone: str
    local: datetime
    utc: datetime
    leaves: bool
    notes: tuple[str, ...]


def coming_slots(app: App, newsletters: Sequence[Newsletter], number: int) -> list[Coming]:
    """The next `number` periods of each of these newsletters, also those that its schedule leaves out."""
    found = []
    for newsletter in newsletters:
        zone, before = ZoneInfo(newsletter.zone), app.clock()
        for period in islice(slots_after(newsletter, app.clock()), number):
            found.append(
                Coming(
                    newsletter=newsletter.name,
                    period=period.name,
                    zone=newsletter.zone,
                    local=period.slot.astimezone(zone),
                    utc=period.slot,
                    leaves=not period.skipped,
                    notes=_notes(newsletter, period, before),
                )
            )
            before = period.slot
    return found


def _notes(newsletter: Newsletter, period: Period, before: datetime) -> tuple[str, ...]:
    """What is unusual about this period, as against the one that left at `before`."""
    if period.skipped:
        return (f"left out: {period.skipped}",)
    zone = ZoneInfo(newsletter.zone)
    local = period.slot.astimezone(zone)
    notes = [period.moved] if period.moved else []
    if local.time() != newsletter.at:
        notes.append(f"the clock jumps over {newsletter.at:%H:%M} on this day")
    elif is_doubled(local.date(), newsletter.at, newsletter.zone):
        notes.append(f"{newsletter.at:%H:%M} comes twice on this day; the first is taken")
    gained = (local.utcoffset() or timedelta()) - (before.astimezone(zone).utcoffset() or timedelta())
    if gained:
        way = "forward" if gained > timedelta() else "back"
        notes.append(f"the clock was put {way} by {abs(gained).total_seconds() / 60:.0f} minutes since the one before")
    return tuple(notes)
