"""Forget what is personal once it has served: whom finished copies were for, who left, who never confirmed.

What is kept for how long stands in publisher.toml. Counts stay, and so does the suppression list: it names nobody.
"""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.actions.people import forget, remove_written
from publisher.app import App
from publisher.records import Issue
from publisher.store import Connection, alarms, bounces, deliveries, issues, requests, subscribers

_ALARM_MONTHS = 12
"""They name nobody; they go because nobody reads them any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """`copies` of `issues` whose recipients were erased, people who `left` long ago or stayed `unconfirmed`, forms
    (`requests`) that ended, `reports` that came back, and old `alarms`."""

    issues: int
    copies: int
    left: int
    unconfirmed: int
    requests: int
    reports: int
    alarms: int

    def __bool__(self) -> bool:
        return any((self.copies, self.left, self.unconfirmed, self.requests, self.reports, self.alarms))


def forget_what_is_due(app: App, *, dry_run: bool = False) -> Forgotten:
    """Erase what is older than publisher.toml allows, mails in the outbox of files too; a dry run counts it."""
    kept, now = app.config.retention, app.clock()
    with app.database.write(keep=not dry_run) as connection:
        finished, copies = _finished(connection, months_before(now, kept.delivery_months), now, kept.delivery_months)
        left = subscribers.idle(connection, "left", months_before(now, kept.left_months)) if kept.left_months else []
        never = now - timedelta(days=kept.unconfirmed_days)
        unconfirmed = subscribers.idle(connection, "unconfirmed", never) if kept.unconfirmed_days else []
        for person in (*left, *unconfirmed):
            forget(connection, person, now)
        ended = requests.forget_expired(connection, now - timedelta(days=kept.request_days))
        reports = bounces.forget_before(connection, months_before(now, kept.delivery_months or 12))
        raised = alarms.forget_before(connection, months_before(now, _ALARM_MONTHS))
        if not dry_run:
            # Before the end of the transaction: stopped in between, the next run finds what is left to do.
            remove_written(app, *(f"{issue.newsletter}/{issue.period}/*.eml" for issue in finished))
            remove_written(app, *(f"*/*/{person.public_id}.eml" for person in (*left, *unconfirmed)))
            remove_written(app, *(f"confirmations/{name}.eml" for name in ended))
    forgotten = Forgotten(
        issues=len(finished),
        copies=copies,
        left=len(left),
        unconfirmed=len(unconfirmed),
        requests=len(ended),
        reports=reports,
        alarms=raised,
    )
    if forgotten and not dry_run:
        app.database.scrub()
    return forgotten


def _finished(connection: Connection, before: datetime, now: datetime, months: int) -> tuple[list[Issue], int]:
    """The issues finished before then, whose recipients are forgotten here; and how many copies that were."""
    numbers = list(deliveries.finished_before(connection, before)) if months else []
    copies = sum(deliveries.forget_recipients(connection, number, now) for number in numbers)
    return list(issues.by_numbers(connection, numbers).values()), copies


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months before; the month's last day where there is no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
