"""What the tests of people share: a site with two newsletters, lists, and a look at every table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.importing import Imported, import_subscribers
from publisher.actions.issues import draft_issue
from publisher.actions.people import About, show_subscriber
from publisher.app import App
from publisher.records import Certificate, Issue, Subscriber
from publisher.store import deliveries, issues
from publisher.store.schema import metadata
from tests.conftest import NOW, article_file

WEEK = "2026-W48"
WEEKLY, HARBOR = "health-weekly", "harbor-notes"
CARDS: Mapping[str, str] = {"source": "cards at the front desk", "consent": "signed cards"}
_SECOND = f"""
[[newsletter]]
name = "{HARBOR}"
title = "Harbor Notes"
weekday = "thursday"
sender = {{ name = "Alder Bay Hospital", address = "harbor@news.alderbay.example" }}
approval = "one-person"
"""


def more_settings(site: Path, text: str) -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text() + text)


def two_newsletters(site: Path) -> Path:
    more_settings(site, _SECOND)
    return site


def a_list(folder: Path, name: str, *rows: str, header: str = "address,state,reason") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def taken(app: App, *lists: Path, **options: Any) -> Imported:
    """Import with evidence, unless told otherwise; nothing is asked of what came of it."""
    return import_subscribers(app, lists, who="tests", **{**CARDS, **options})


def with_people(app: App, *addresses: str, newsletters: tuple[str, ...] = (WEEKLY,)) -> None:
    path = a_list(app.folder, "people.csv", *(f"{address},," for address in addresses))
    done = taken(app, path, newsletters=newsletters)
    assert done.refusal is None and done.rejected == 0


def about(app: App, address: str) -> About:
    return show_subscriber(app, address)


def person(app: App, address: str = "ana@example.org") -> Subscriber:
    found = show_subscriber(app, address).person
    assert found
    return found


def reasons(app: App, address: str = "ana@example.org") -> list[tuple[str, str]]:
    """What is forbidden for this address: the newsletter ("" for all) and why."""
    return [(one.newsletter, one.reason) for one in show_subscriber(app, address).suppressions]


def dump(app: App) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with app.database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name != "keymark"  # of which key the database is, told at its first use
        }


def approved(app: App, newsletter: str = WEEKLY, period: str = WEEK) -> Issue:
    """An issue of this week with one article, ready to leave."""
    article_file(app.folder, "one", headline="One", date="2026-11-20")
    collect(app)
    draft_issue(app, app.newsletter(newsletter), week=period)
    return approve_issue(app, app.newsletter(newsletter), period, who="ana").issue


def frozen(app: App, newsletter: str = WEEKLY, period: str = WEEK) -> Issue:
    """The approved issue as a sender leaves it that stops right after freezing its recipients."""
    with app.database.write() as connection:
        issue = issues.find(connection, newsletter, period)
        assert issue
        moved = issues.move(connection, issue, "sending", at=NOW, who="test")
        assert moved
        deliveries.freeze_recipients(connection, moved, app.clock())
        return moved


def certificate(app: App, issue: Issue) -> Certificate:
    with app.database.read() as connection:
        return deliveries.certificate(connection, issue)


def at(app: App, moment: Any) -> App:
    """The same site at another moment: the clock alone differs."""
    app.clock = lambda: moment
    return app
