"""Whatever happens, in whatever order and with however many builds between: the same records end in the same feeds."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st

from publisher.actions.articles import restore_article, show_article, withdraw_article
from publisher.actions.feeds import build_feeds
from publisher.app import App
from publisher.config import load
from publisher.errors import StoreError
from publisher.links import ENDINGS
from tests.conftest import KEYS
from tests.feeds.test_archives import (
    SETTINGS,
    Office,
    changed,
    empty_database,
    errors_in,
    opened,
    reached,
    stamps,
    walked,
)

pytestmark = pytest.mark.long

START = datetime(2026, 10, 20, 17, 0, tzinfo=UTC)
RELEASES = [START + timedelta(days=days) - timedelta(hours=2) for days in (1, 13, 30)]
"""A few moments at which embargoes end, so that several end together."""

SLOTS = st.integers(0, 3)
EVENTS = st.one_of(
    st.tuples(st.just("write"), SLOTS, st.sampled_from(["heart", "sleep", "heart, sleep"])),
    st.tuples(st.just("correct"), SLOTS),
    st.tuples(st.just("rewrite_all")),
    st.tuples(st.just("withdraw"), SLOTS),
    st.tuples(st.just("restore"), SLOTS),
    st.tuples(st.just("embargo"), SLOTS, st.sampled_from(RELEASES)),
    st.tuples(st.just("free"), SLOTS),
    st.tuples(st.just("wait"), st.sampled_from([timedelta(hours=5), timedelta(days=11), timedelta(days=33)])),
    st.tuples(st.just("build")),
)


def new_office(folder: Path) -> Office:
    (folder / "content" / "articles").mkdir(parents=True)
    (folder / "publisher.toml").write_text(SETTINGS.replace('languages = ["en", "es"]', "").replace("= 10", "= 2"))
    (folder / "publisher.db").write_bytes(empty_database())
    return Office(folder, App(load(folder), clock=lambda: START, keys=KEYS))


@dataclass(slots=True)
class Story:
    """An office at work, and what must be true of its feeds after each build."""

    office: Office
    written: dict[int, dict[str, str]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    published: dict[str, str] = field(default_factory=dict)
    archived: dict[str, dict[str, str]] = field(default_factory=dict)

    def live(self, events: list[tuple[object, ...]]) -> None:
        for number, (what, *how) in enumerate(events):
            self.office.later(minutes=1)
            getattr(self, str(what))(*how) if what != "write" else self.write(*how, number)  # type: ignore[arg-type]

    def write(self, slot: int, topics: str, number: int) -> None:
        self.written[slot] = self.written.get(slot, {}) | {"topics": f"[{topics}]", "summary": f"Edit {number}"}
        self._save(slot)

    def correct(self, slot: int) -> None:
        if slot in self.written:
            self.written[slot]["correction"] = f"Mended on {self.office.now:%d %B %H.%M}"
            self._save(slot)

    def rewrite_all(self) -> None:
        """A day on which the whole folder is edited, and collected once."""
        for slot, told in self.written.items():
            told["summary"] = f"As of {self.office.now:%d %B %H.%M}"
            self.office.write(str(slot), **told)
        self.office.read()
        self.touched |= {self.office.id(str(slot)) for slot in self.written}

    def embargo(self, slot: int, until: datetime) -> None:
        if slot in self.written:
            self.written[slot]["embargo"] = until.isoformat()
            self._save(slot)
            self.published.pop(self.office.id(str(slot)), None)

    def free(self, slot: int) -> None:
        if slot in self.written and self.written[slot].pop("embargo", None):
            self._save(slot)
            self.published.pop(self.office.id(str(slot)), None)

    def withdraw(self, slot: int) -> None:
        self._if_possible(slot, lambda app, name: withdraw_article(app, name, why=None))

    def restore(self, slot: int) -> None:
        self._if_possible(slot, restore_article)

    def wait(self, time: timedelta) -> None:
        self.office.at(self.office.now + time)

    def _save(self, slot: int) -> None:
        self.office.write(str(slot), **self.written[slot])
        self.office.read()
        self.touched.add(self.office.id(str(slot)))

    def _if_possible(self, slot: int, do: Callable[[App, str], object]) -> None:
        if slot in self.written:
            id = self.office.id(str(slot))
            try:
                do(self.office.app, id)
                self.touched.add(id)
            except StoreError as exc:
                assert "withdrawn" in str(exc), exc

    def build(self) -> None:
        assert [p for one in build_feeds(self.office.app) for p in one.problems] == []
        self.reaches_what_is_visible("atom")
        self.keeps_archives()
        self.touched.clear()

    def reaches_what_is_visible(self, *endings: str) -> None:
        office = self.office
        for feed, topic in (("news", None), ("topics/heart", "heart"), ("topics/sleep", "sleep")):
            for ending in endings:
                if not (office.feeds / f"{feed}.{ending}").exists():
                    assert office.ids(topic) == set()
                    continue
                assert reached(office.folder, feed, ending) == office.ids(topic), (feed, ending)
                moments: dict[str, str] = {}
                for one in walked(office.folder, feed, ending):
                    assert all(moments.setdefault(id, moment) == moment for id, moment in one.updated.items())
                assert len(set(moments.values())) == len(moments), f"of one moment in {feed}"
        for id in office.ids():
            released = show_article(office.app, id).released.isoformat()
            assert self.published.setdefault(id, released) == released

    def keeps_archives(self) -> None:
        """Entries of an archive document change, come and go only when something happened to them."""
        for path in (self.office.feeds / "archive").rglob("*.atom"):
            name, now_in = str(path), opened(path).updated
            before = self.archived.get(name)
            if before is not None:
                others = {id for id in now_in.keys() | before.keys() if now_in.get(id) != before.get(id)}
                assert others <= self.touched, (name, others - self.touched)
            self.archived[name] = now_in

    def ends_well(self) -> None:
        office = self.office
        self.build()
        self.reaches_what_is_visible(*ENDINGS)
        assert errors_in(office) == []
        before = stamps(office.feeds)
        office.later(seconds=20)
        build_feeds(office.app)
        assert stamps(office.feeds) == before, "a build that finds nothing new"
        office.later(seconds=20)
        build_feeds(office.app, everything=True)
        assert changed(before, office.feeds) == set(), "all written anew"


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # finding the shortest history that fails takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(EVENTS, min_size=4, max_size=16))
@example(
    [
        ("write", 0, "heart"),
        ("build",),
        ("wait", timedelta(days=33)),
        ("write", 1, "heart"),
        ("build",),
        ("write", 0, "sleep"),
        ("build",),
        ("withdraw", 0),
        ("build",),
        ("wait", timedelta(days=33)),
        ("restore", 0),
        ("write", 0, "heart"),
    ]
)
@example(
    [
        ("write", 0, "heart"),
        ("write", 1, "heart"),
        ("embargo", 0, RELEASES[0]),
        ("embargo", 1, RELEASES[0]),
        ("wait", timedelta(days=11)),
        ("build",),
        ("correct", 0),
    ]
)
@example([*[("write", slot, "heart") for slot in range(4)], ("build",), ("withdraw", 0), ("build",), ("restore", 0)])
def test_any_history_ends_in_the_same_feeds(events: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory(prefix="publisher-history-") as folder:
        office = new_office(Path(folder) / "site")
        try:
            story = Story(office)
            story.live(events)
            story.ends_well()
        finally:
            office.app.close()


def test_one_build_at_the_end_and_one_after_each_change_give_the_same_articles(tmp_path: Path) -> None:
    """The months in which they entered may differ where nobody built for long; ids, dates and texts do not."""
    events: list[tuple[object, ...]] = [
        ("write", 0, "heart"),
        ("write", 1, "heart, sleep"),
        ("wait", timedelta(days=11)),
        ("write", 2, "sleep"),
        ("embargo", 2, RELEASES[2]),
        ("correct", 0),
        ("wait", timedelta(days=33)),
        ("withdraw", 1),
        ("write", 3, "heart"),
        ("write", 0, "sleep"),
    ]
    built = []
    for often in (True, False):
        office = new_office(tmp_path / str(often))
        story = Story(office)
        for event in events:
            story.live([event])
            if often:
                story.build()
        story.ends_well()
        feeds = ("news", "topics/heart", "topics/sleep")
        walks = [
            {i: m for one in walked(office.folder, feed, "atom") for i, m in one.updated.items()} for feed in feeds
        ]
        built.append(walks)
        office.app.close()
    assert built[0] == built[1]
