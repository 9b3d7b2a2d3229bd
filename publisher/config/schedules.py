"""When each newsletter leaves: table -> Schedule; and schedules that are impossible, or meet a gap of the clock."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import TypeAlias

from publisher.config import days
from publisher.config.places import Loc
from publisher.config.tables import WEEKDAYS, Config, NewsletterTable
from publisher.errors import ConfigError
from publisher.records import Schedule
from publisher.slots import HOURS, begin_named, day_of, first_gap, name_of, named, turn

_YEARS_AHEAD = 10
"""So far ahead a slot may not fall into a gap of the clock, as the zone's rules are known now."""

Flaw: TypeAlias = tuple[str, str]
"""The key that is wrong, and what is."""


def schedule(table: NewsletterTable, config: Config) -> Schedule:
    """The schedule with its holidays. Raises ConfigError when their file was broken since it was checked."""
    found, wrong = days.holidays(config.folder, table.holidays) if table.holidays else ({}, [])
    if wrong:
        raise ConfigError("\n".join(wrong))
    return Schedule(
        weekday=WEEKDAYS.index(table.weekday),
        at=time.fromisoformat(table.at),
        zone=table.zone or config.site.zone,
        interval=table.interval,
        starts=table.starts,
        which=table.which,
        skip=frozenset(table.skip),
        holidays=tuple(sorted(found.items())),
        on_holiday=table.on_holiday,
    )


def catch_up_hours(table: NewsletterTable) -> int:
    """As it is written, else 48; of a daily newsletter 12, for tomorrow there is another."""
    if table.catch_up_hours is not None:
        return table.catch_up_hours
    return 12 if table.interval == "daily" else 48


def impossible(config: Config, folder: Path, today: date) -> list[tuple[Loc, str]]:
    """What no newsletter can keep: keys that exclude each other, days on which nothing leaves, missing times."""
    placed = config.model_copy(update={"folder": folder})
    wrong: list[tuple[Loc, str]] = []
    for i, table in enumerate(config.newsletter):
        flaws = list(_clashes(table))
        if table.holidays:
            flaws += [("holidays", what) for what in days.holidays(folder, table.holidays)[1]]
        if not flaws:
            own = schedule(table, placed)
            flaws += [*_strange_days(table, own), *_gap(own, today)]
        wrong += [(("newsletter", i, key), f'[[newsletter]] "{table.name}": {what}') for key, what in flaws]
    return wrong


def _clashes(table: NewsletterTable) -> Iterator[Flaw]:
    """Keys that need each other, and keys that exclude each other."""
    if table.interval == "monthly" and not table.which:
        yield "interval", 'monthly needs "which", like which = "first" for the first weekday of that name in the month'
    if table.which and table.interval != "monthly":
        yield "which", f'"which" is for interval = "monthly" alone, and this one is {table.interval}; take it out'
    if table.interval == "fortnightly" and not table.starts:
        yield "interval", 'fortnightly needs "starts", the day of its first issue, like starts = 2026-11-23'
    if table.interval == "daily" and "weekday" in table.model_fields_set:
        yield "weekday", 'a daily newsletter leaves on all days; take "weekday" out'
    if table.interval == "daily" and table.on_holiday != "skip":
        yield "on_holiday", 'a daily newsletter has an issue on the next day anyway; write on_holiday = "skip"'
    if table.on_holiday != "skip" and not table.holidays:
        yield "on_holiday", '"on_holiday" needs "holidays", the path of a file with one date a line'
    if catch_up_hours(table) >= HOURS[table.interval]:
        what = f"catch_up_hours = {table.catch_up_hours} reaches to the next issue; {table.interval} ones have at most"
        yield "catch_up_hours", f"{what} {HOURS[table.interval] - 1}"


def _strange_days(table: NewsletterTable, own: Schedule) -> Iterator[Flaw]:
    """Days and periods that are named and are none of this schedule."""
    if own.starts and (day := day_of(own, turn(own, own.starts))) != own.starts:
        yield "starts", f"starts = {own.starts} is a {own.starts:%A} on which nothing leaves; its turn leaves on {day}"
    for text in table.skip:
        kind, begin = named(text) or ("daily", date.min)
        own_turn = turn(own, begin)
        day = day_of(own, own_turn)
        if begin_named(own, text) is None and (kind != "daily" or day != begin):
            what = f'"skip" names {text}, and that is no day or period of this {own.interval} newsletter'
            yield "skip", f'{what}; the nearest is {day}, or "{name_of(own, own_turn)}"'


def _gap(own: Schedule, today: date) -> Iterator[Flaw]:
    found = first_gap(own, today, today + timedelta(days=366 * _YEARS_AHEAD))
    if found:
        day, mend = found
        what = f"there is no {own.at:%H:%M} in {own.zone} on {day:%A} {day}, for the clock is put forward over it"
        yield "at", f'{what}; write at = "{mend:%H:%M}"'
