"""One story, one article, one id: whatever it is read from and however often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from publisher.records import Article, Collected, Event, Image, Teaser, headline_key
from publisher.store import Database, content, open_database, saving
from publisher.store.handwork import decided
from publisher.store.identity import Mint, free, published_moment, slugify, stepped_back
from tests.conftest import KEYS, NOW

DAY = timedelta(days=1)
STATED = ("summary", "image", "authors", "topics", "published", "updated", "embargo", "review_by", "url", "language")


def mint(now: datetime = NOW) -> Mint:
    return Mint(authority="alderbay.example", zone="America/Los_Angeles", now=now)


def article(headline: str = "A new ward", *, source: str = "site", **more: object) -> Article:
    values: dict[str, object] = {"key": headline_key(headline), "headline": headline, "body": "<p>Text.</p>"}
    return Article(source=source, **values | more)  # type: ignore[arg-type]


def teaser(headline: str = "A new ward", *, source: str = "site", **more: object) -> Teaser:
    values: dict[str, object] = {"key": headline_key(headline), "headline": headline, "excerpt": "It opens..."}
    return Teaser(source=source, **values | more)  # type: ignore[arg-type]


def save(database: Database, *records: Article | Teaser | Event, now: datetime = NOW) -> saving.Saved:
    page = Collected(
        articles=tuple(r for r in records if isinstance(r, Article)),
        teasers=tuple(r for r in records if isinstance(r, Teaser)),
        events=tuple(r for r in records if isinstance(r, Event)),
    )
    with database.write() as connection:
        return saving.save(connection, page, mint(now))


def kept(database: Database) -> tuple[list[Article], list[Teaser]]:
    with database.read() as connection:
        return content.articles(connection), content.teasers(connection)


def test_the_same_page_twice_adds_nothing(database: Database) -> None:
    page = [article(published=date(2026, 11, 20)), teaser("Something else"), teaser("A third thing")]
    save(database, *page)
    before = kept(database)
    again = save(database, *page, now=NOW + DAY)
    assert (again.new, again.updated, again.unchanged) == ([], [], 3)
    assert kept(database) == before


def test_every_field_comes_back_as_it_went_in(database: Database) -> None:
    whole = article(
        summary="In short.",
        image=Image(url="https://x.example/a.jpg", alt="A ward", width=1200, height=800, length=5, type="image/jpeg"),
        authors=("Ana", "Bo"),
        topics=("heart",),
        published=date(2026, 11, 20),
        updated=datetime(2026, 11, 21, 9, tzinfo=UTC),
        embargo=datetime(2026, 11, 22, tzinfo=UTC),
        review_by=date(2027, 1, 1),
        url="https://x.example/ward",
        language="es",
        correction="A date was wrong.",
    )
    save(database, whole)
    (held,), _ = kept(database)
    for name in (*STATED, "correction"):
        assert getattr(held, name) == getattr(whole, name), name


def test_an_edit_keeps_the_id_and_moves_updated(database: Database) -> None:
    save(database, article(published=date(2026, 11, 20)))
    (before,), _ = kept(database)
    save(database, article(published=date(2026, 11, 20), body="<p>Better.</p>"), now=NOW + DAY)
    (after,), _ = kept(database)
    assert (after.id, after.slug, after.published_at) == (before.id, before.slug, before.published_at)
    assert after.updated_at == NOW + DAY
    assert after.body == "<p>Better.</p>"


def test_what_readers_do_not_see_does_not_move_updated(database: Database) -> None:
    save(database, article(published=date(2026, 11, 20)))
    (before,), _ = kept(database)
    save(database, article(published=date(2026, 11, 20), review_by=date(2027, 1, 1)), now=NOW + DAY)
    (after,), _ = kept(database)
    assert after.review_by == date(2027, 1, 1)
    assert after.updated_at == before.updated_at


def test_a_page_found_again_under_its_url_is_the_same_article(database: Database) -> None:
    save(database, article())
    save(database, article(key="https://x.example/ward", url="https://x.example/ward"), now=NOW + DAY)
    (held,), _ = kept(database)
    assert (held.url, held.key) == ("https://x.example/ward", "https://x.example/ward")
    save(database, article(), now=NOW + 2 * DAY)
    (held,), _ = kept(database)
    assert held.url == "https://x.example/ward"


def test_two_urls_are_two_articles_even_under_one_headline(database: Database) -> None:
    for number in (1, 2):
        url = f"https://x.example/{number}"
        save(database, article(key=url, url=url, published=date(2026, 11, 20)))
    held, _ = kept(database)
    assert sorted(a.slug for a in held) == ["a-new-ward", "a-new-ward-2"]
    assert len({a.id for a in held}) == 2


@pytest.mark.parametrize(
    ("second", "articles", "notes"),
    [
        ({"url": "https://x.example/ward", "published": None}, 1, 0),
        ({"url": None, "published": date(2026, 11, 20)}, 1, 0),
        ({"url": None, "published": date(2026, 11, 19)}, 2, 1),
        ({"url": None, "published": None}, 2, 1),
    ],
)
def test_across_sources_a_url_or_headline_with_date_merges_and_a_headline_alone_is_a_note(
    database: Database, second: dict[str, object], articles: int, notes: int
) -> None:
    save(database, article(url="https://x.example/ward", published=date(2026, 11, 20)))
    saved = save(database, article(source="other", **second), now=NOW + DAY)
    assert len(kept(database)[0]) == articles
    assert [p.code for p in saved.problems] == ["same-headline"] * notes


def test_what_another_source_filled_stays_until_its_own_says_something(database: Database) -> None:
    own = article(url="https://x.example/1")
    other = article(source="feed", url="https://x.example/1", summary="In short.", published=date(2026, 11, 20))
    save(database, own)
    save(database, other, now=NOW + DAY)
    ((filled,), _) = kept(database)
    for record in (own, other, own, other):
        assert save(database, record, now=NOW + 2 * DAY).unchanged == 1
    assert (filled.summary, filled.published, filled.borrowed) == (
        "In short.",
        date(2026, 11, 20),
        ("published", "summary"),
    )
    save(database, replace(own, summary="In its own words."), now=NOW + 3 * DAY)
    ((told,), _) = kept(database)
    assert (told.summary, told.published, told.borrowed) == ("In its own words.", date(2026, 11, 20), ("published",))
    save(database, own, now=NOW + 4 * DAY)
    ((silent,), _) = kept(database)
    assert (silent.summary, silent.published) == (None, date(2026, 11, 20))


def test_an_alt_text_by_hand_of_a_borrowed_picture_is_not_taken_for_the_sources(database: Database) -> None:
    own = article(url="https://x.example/1")
    picture = Image(url="https://x.example/a.jpg", alt="A ward")
    save(database, own)
    save(database, article(source="feed", url="https://x.example/1", image=picture), now=NOW + DAY)
    ((held,), _) = kept(database)
    with database.write() as connection:
        content.edit(connection, held, decided(held, {"alt": "The new ward"}), NOW + DAY)
    assert save(database, own, now=NOW + 2 * DAY).unchanged == 1
    ((held,), _) = kept(database)
    assert held.by_hand == {"alt": ("The new ward", "A ward")}


def test_another_source_fills_gaps_and_changes_nothing_else(database: Database) -> None:
    url = "https://x.example/ward"
    save(database, article(url=url, body="<p>Ours.</p>"))
    save(database, article(source="other", url=url, body="<p>Theirs.</p>", authors=("Ana",)), now=NOW + DAY)
    (held,), _ = kept(database)
    assert (held.source, held.body, held.authors) == ("site", "<p>Ours.</p>", ("Ana",))


def test_an_article_takes_over_the_id_of_the_teaser_that_announced_it(database: Database) -> None:
    save(database, article("The page it stood on"), teaser())
    _, (announced,) = kept(database)
    save(database, article(), now=NOW + DAY)
    held, teasers = kept(database)
    taken_over = next(a for a in held if a.headline == "A new ward")
    assert teasers == []
    assert taken_over.id == announced.id
    assert taken_over.published_at == announced.published_at
    assert taken_over.updated_at == NOW + DAY


def test_a_teaser_met_after_its_article_is_no_entry(database: Database) -> None:
    save(database, article())
    save(database, article("Another page"), teaser(), now=NOW + DAY)
    held, teasers = kept(database)
    assert len(held) == 2
    assert teasers == []


def test_a_teaser_seen_on_a_second_page_stays_one(database: Database) -> None:
    save(database, article("Page one"), teaser(excerpt="It opens..."))
    save(database, article("Page two"), teaser(excerpt="It opens on...", caption="Ward"), now=NOW + DAY)
    _, (held,) = kept(database)
    assert (held.excerpt, held.caption) == ("It opens...", "Ward")


def test_undated_records_step_back_a_second_each_in_page_order(database: Database) -> None:
    save(database, article("First"), teaser("Second"), teaser("Third"))
    (first,), (second, third) = kept(database)
    assert [first.published_at, second.published_at, third.published_at] == [
        NOW,
        NOW - timedelta(seconds=1),
        NOW - timedelta(seconds=2),
    ]
    assert (second.headline, third.headline) == ("Second", "Third")
    assert first.published is None


def test_no_two_entries_share_a_moment_even_when_only_days_are_stated(database: Database) -> None:
    for number in range(5):
        save(database, article(f"Story {number}", published=date(2026, 11, 20)))
    held, _ = kept(database)
    assert len({a.updated_at for a in held}) == len({a.published_at for a in held}) == 5


def test_embargoed_and_future_articles_are_not_visible_before_their_minute(database: Database) -> None:
    save(database, article("Embargoed", embargo=NOW + DAY, published=date(2026, 11, 1)))
    save(database, article("Tomorrow", published=date(2026, 11, 24)))
    with database.read() as connection:
        assert content.articles(connection, until=NOW) == []
        assert len(content.articles(connection, until=NOW + DAY)) == 2


def test_a_teaser_stays_while_its_article_is_under_embargo(database: Database) -> None:
    save(database, article("The page it stood on"), teaser())
    save(database, article(embargo=NOW + DAY), now=NOW)
    with database.read() as connection:
        assert [t.headline for t in content.teasers(connection, until=NOW)] == ["A new ward"]
        assert content.teasers(connection, until=NOW + DAY) == []


def test_many_articles_of_one_day_are_all_apart(database: Database) -> None:
    many = [article(f"Story {number}", published=date(2026, 11, 20)) for number in range(60)]
    save(database, *many)
    held, _ = kept(database)
    assert len({a.updated_at for a in held}) == 60


def test_an_article_without_headline_is_not_kept(database: Database) -> None:
    saved = save(database, Article(source="site", key="", headline=None, body="<p>x</p>"))
    assert saved.ids == [None]
    assert kept(database) == ([], [])


def test_an_event_is_kept_once_and_updated(database: Database) -> None:
    event = Event(source="events", key="e1", title="Open day", start=NOW + DAY, zone="UTC")
    save(database, event)
    assert save(database, event).unchanged == 1
    moved = Event(source="events", key="e1", title="Open day", start=NOW + 2 * DAY, zone="UTC")
    assert len(save(database, moved).updated) == 1
    with database.read() as connection:
        (held,) = content.events(connection, after=NOW, until=NOW + 9 * DAY)
    assert held.start == NOW + 2 * DAY


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from("AT"), st.sampled_from(["One", "Two", "one", "Three"]), st.sampled_from(["a", "b"])
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_comes_in_any_order_twice_is_the_same_as_once(tmp_path_factory: pytest.TempPathFactory, pages) -> None:  # type: ignore[no-untyped-def]
    database = open_database("sqlite:///p.db", tmp_path_factory.mktemp("ledger"), KEYS.fingerprint)
    try:
        for _ in range(2):
            for page in pages:
                records = [article(h, source=s) if kind == "A" else teaser(h, source=s) for kind, h, s in page]
                save(database, *records)
            if _ == 0:
                before = kept(database)
        after = kept(database)
        assert [a.id for a in after[0]] == [a.id for a in before[0]]
        assert after[1] == before[1]
        moments = [a.updated_at for a in after[0]] + [t.published_at for t in after[1]]
        assert len(moments) == len(set(moments))
        ids = [a.id for a in after[0]] + [t.id for t in after[1]]
        assert len(ids) == len(set(ids))
    finally:
        database.close()


@given(st.text())
def test_a_slug_is_always_fit_for_a_url(text: str) -> None:
    slug = slugify(text)
    assert slug == slugify(slug)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug.strip("-") == slug != ""


@given(st.sets(st.integers(0, 50)), st.integers(0, 50))
def test_a_moment_steps_back_to_the_first_free_second(taken: set[int], wish: int) -> None:
    held = {NOW + timedelta(seconds=s) for s in taken}
    made = stepped_back(NOW + timedelta(seconds=wish, microseconds=5), held.__contains__)
    assert made not in held
    assert all(made + timedelta(seconds=s) in held for s in range(1, int((NOW - made).total_seconds()) + wish + 1))


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from("ATE"), st.integers(0, 5), st.sampled_from([0, 1, 2, 3, 9])), max_size=25)
)
@example(steps=[("A", n, 0) for n in range(9)] + [("E", 0, 0), ("T", 0, 1), ("E", 1, 1), ("A", 9, 1), ("E", 2, 0)])
@example(steps=[(kind, n, 0) for n in range(8) for kind in "ATA"])
def test_every_entry_gets_the_first_free_second_whatever_is_taken(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    database = open_database("sqlite:///p.db", tmp_path_factory.mktemp("moments"), KEYS.fingerprint)
    try:
        for number, (kind, which, second) in enumerate(steps):
            held, teasers = kept(database)
            wish = NOW + timedelta(seconds=second, microseconds=number)
            one = held[which % len(held)] if kind == "E" and held else None
            taken = {m for a in held if a is not one for m in (a.published_at, a.updated_at)}
            free = stepped_back(wish, (taken | {t.published_at for t in teasers}).__contains__)
            if one:
                save(database, article(one.headline or "", body=f"<p>{number}</p>", published=one.published), now=wish)
                assert {a.id: a.updated_at for a in kept(database)[0]}[one.id] == free
            elif kind == "T":
                (new,) = save(database, teaser(f"Teaser {number}", published=wish)).new
                assert {t.id: t.published_at for t in kept(database)[1]}[new] == free
            else:
                (new,) = save(database, article(f"Article {number}", published=wish)).new
                made = next(a for a in kept(database)[0] if a.id == new)
                assert made.published_at == made.updated_at == free
    finally:
        database.close()


def test_a_name_gets_the_first_free_suffix() -> None:
    assert free("a", {"a", "a-2"}.__contains__) == "a-3"


def test_a_bare_day_is_published_that_morning_and_never_after_it_was_read() -> None:
    assert published_moment(date(2026, 11, 20), NOW, "America/Los_Angeles").isoformat() == "2026-11-20T14:00:00+00:00"
    early = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert published_moment(date(2026, 11, 20), early, "America/Los_Angeles") == early
    assert published_moment(None, NOW, "UTC") == NOW
