"""Sources are read again by themselves: what comes in is there without an issue, what fails is asked less often."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, strategies as st

from publisher.actions.gathering import gather, next_reading
from publisher.actions.issues import show_issue
from publisher.app import App
from publisher.records import FolderSource
from publisher.schedule import tick
from tests.conftest import NOW, article_file, take_in

Open = Callable[..., App]
SOURCE = FolderSource(name="articles", kind="markdown", path=Path("articles"), every=timedelta(minutes=15))
PAUSES = st.timedeltas(timedelta(), timedelta(days=30))
MOMENTS = PAUSES.map(lambda ago: NOW - ago)


def gathered(app: App, at: datetime) -> list[tuple[str, bool]]:
    app.clock = lambda: at
    return gather(app)


def test_what_comes_in_stands_in_the_feed_after_the_next_tick(site: Path, open_app: Open) -> None:
    article_file(site, "early", headline="Before", date="2026-11-19")
    app = open_app(site)
    tick(app)
    article_file(site, "late", headline="Just now", date="2026-11-20")
    tick(app)
    assert "Just now" not in (site / "feeds" / "news.json").read_text()
    app.clock = lambda: NOW + timedelta(minutes=15)
    lines = [one.line for one in tick(app)]
    assert "source articles: 1 new, 0 changed" in lines
    assert [item["title"] for item in json.loads((site / "feeds" / "news.json").read_text())["items"]] == [
        "Just now",
        "Before",
    ]


def test_a_source_is_read_again_only_when_its_time_has_come(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    assert gathered(app, NOW) == [("source articles: 1 new, 0 changed", True)]
    article_file(site, "two", headline="Two", date="2026-11-20")
    assert gathered(app, NOW + timedelta(minutes=14)) == []
    assert gathered(app, NOW + timedelta(minutes=15)) == [("source articles: 1 new, 0 changed", True)]


def test_one_that_fails_stops_no_other_and_is_asked_less_and_less_often(site: Path, open_app: Open) -> None:
    app, at, tried = open_app(site), NOW, []
    shutil.rmtree(site / "content" / "pages")
    article_file(site, "one", headline="One", date="2026-11-20")
    told = gathered(app, at)
    assert ("source articles: 1 new, 0 changed", True) in told
    for minute in range(0, 60 * 24, 5):
        at = NOW + timedelta(minutes=minute)
        before = last_read(app, "pages")
        gathered(app, at)
        if last_read(app, "pages") != before:
            tried.append(minute)
    assert 4 <= len(tried) <= 12, tried
    pauses = [b - a for a, b in pairwise(tried)]
    assert pauses == sorted(pauses) and pauses[-1] <= 6 * 60 + 5


def last_read(app: App, source: str) -> str:
    with app.database.read() as connection:
        rows = connection.exec_driver_sql(f"SELECT at FROM collection WHERE source = '{source}'").all()
    return str(rows[0][0])


@given(last=MOMENTS, failed_for=st.none() | PAUSES)
def test_no_pause_is_shorter_than_set_nor_longer_than_six_hours(last: datetime, failed_for: timedelta | None) -> None:
    since = None if failed_for is None else last - failed_for
    pause = next_reading(SOURCE, last, since, NOW) - last
    assert SOURCE.every <= pause <= timedelta(hours=6)
    assert since is not None or pause == SOURCE.every


def test_an_issue_leaves_without_a_source_that_is_down_and_says_so(site: Path, open_app: Open) -> None:
    shutil.rmtree(site / "content" / "pages")
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "people.csv").write_text("address\nreader@example.org\n")
    app = open_app(site)
    take_in(app, site / "people.csv")
    tick(app)
    letter = app.newsletter(None)
    issue, history, certificate = show_issue(app, letter, "2026-W48")
    assert issue.issue.state == "sent" and certificate.everyone_has_one
    assert history[0].why == "drafted without what could not be read: pages"
