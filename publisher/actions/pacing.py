"""How fast mail leaves: as publisher.toml says, but for what was set while the program runs. Senders follow at once."""

from dataclasses import dataclass
from datetime import datetime, time

from publisher.app import App
from publisher.delivery.pace import is_open, opens
from publisher.records import Pace
from publisher.store import paces

AROUND_THE_CLOCK = (time(0), time(0))
"""Hours that never end, for where the settings name some: the same time twice is a whole day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The pace that senders keep, which parts of it were `set_live`, and when the window opens (None: it is open)."""

    pace: Pace
    set_live: frozenset[str]
    opens: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceWish:
    """What to set; None leaves a part as it is. No `days` are all days."""

    per_minute: int | None = None
    connections: int | None = None
    per_connection: int | None = None
    hours: tuple[time, time] | None = None
    days: tuple[int, ...] | None = None


def pace_in_force(app: App) -> InForce:
    with app.database.read() as connection:
        pace, _ = paces.current(connection, app.pace)
        set_live = paces.set_live(connection)
    now = app.clock()
    return InForce(pace=pace, set_live=set_live, opens=None if is_open(pace, now) else opens(pace, now))


def set_pace(app: App, wish: PaceWish) -> InForce:
    """Set parts of the pace until they are reset, for senders at work too; what is in force then."""
    parts = {name: getattr(wish, name) for name in PaceWish.__slots__}
    with app.database.write() as connection:
        paces.set_(connection, **{name: part for name, part in parts.items() if part is not None})
    return pace_in_force(app)


def reset_pace(app: App) -> InForce:
    """From now on as publisher.toml says."""
    with app.database.write() as connection:
        paces.reset(connection)
    return pace_in_force(app)
