"""A WordPress site: all that is public comes in, once, with few questions, and nothing that is not public ever does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from publisher.errors import FetchError
from publisher.fetching import Fetcher
from publisher.records import Article, Finding, Image
from publisher.sources.wordpress import Answer, Ask, Ids, Page, read_ids, read_site
from tests.sources.wordpress_server import Site, Switches, post, posts, served

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def ask() -> Iterator[Ask]:
    with Fetcher(seconds=5) as fetcher:

        def asked(url: str) -> Answer:
            reply = fetcher.get(url)
            return Answer(status=reply.status, headers=reply.headers, body=reply.body)

        yield asked


def read(ask: Ask, site: Site, since: datetime | None = None, **more: Any) -> list[Page]:
    return list(read_site(ask, site.url, source="blog", zone="America/Los_Angeles", since=since, **more))


def articles(pages: list[Page]) -> list[Article]:
    return [article for page in pages for one in page.collected for article in one.articles]


def problems(pages: list[Page]) -> list[Finding]:
    return [problem for page in pages for one in page.collected for problem in one.problems]


def codes(pages: list[Page]) -> list[str]:
    return [problem.code for problem in problems(pages)]


@pytest.fixture
def article(ask: Ask) -> Callable[..., Article]:
    """What one post with these fields comes to; there must be nothing to say about it."""

    def only(**changes: Any) -> Article:
        with served(Site({7: post(7, **changes)})) as site:
            pages = read(ask, site)
        assert problems(pages) == []
        (found,) = articles(pages)
        return found

    return only


def body(content: str) -> dict[str, Any]:
    return {"content": {"rendered": content, "protected": False}}


def test_a_post_becomes_an_article_with_all_that_the_site_says(ask: Ask) -> None:
    content = "<p>The <em>pier</em> is open. <a href='/map'>Map</a></p>"
    one = post(
        3,
        title={"rendered": "Flu &#8211; what <em>to do</em> &amp; when"},
        excerpt={"rendered": "<p>Three things that help.</p>\n"},
        modified_gmt="2026-11-20T09:00:00",
        lang="pt_BR",
        **body(content),
    )
    with served(Site({3: one})) as site:
        pages = read(ask, site)
    assert problems(pages) == []
    assert articles(pages) == [
        Article(
            source="blog",
            key="post-3",
            headline="Flu – what to do & when",
            body='<p>The <em>pier</em> is open. <a href="https://www.alderbay.example/map">Map</a></p>',
            summary="Three things that help.",
            image=Image(
                url="https://www.alderbay.example/wp-content/uploads/100003.jpg",
                alt="The bay & its pier, 100003",
                caption="Morning 100003",
                width=1200,
                height=800,
            ),
            authors=("Chidi Obi",),
            topics=("Nursing", "Tag 4"),
            published=datetime(2020, 1, 2, 0, 0, tzinfo=UTC),
            updated=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
            url="https://www.alderbay.example/news/story-3/",
            language="pt-BR",
        )
    ]


def test_a_site_is_read_whole_with_two_questions_for_a_hundred_posts_and_then_one(ask: Ask) -> None:
    with served(Site(posts(730))) as site:
        pages = read(ask, site)
        found = articles(pages)
        assert [one.key for one in found] == [f"post-{id}" for id in range(730, 0, -1)]
        assert problems(pages) == []
        assert pages[0].total == 730
        assert site.counted() == {"posts": 8, "media": 8, "users": 1, "categories": 1, "tags": 1}
        assert {one.authors for one in found} == {("Ana Ruiz",), ("Bo Lindqvist",), ("Chidi Obi",), ()}  # not "admin"
        assert not any("Uncategorized" in one.topics for one in found)
        newest = pages[-1].newest_change
        assert newest == datetime.fromisoformat(site.posts[730]["modified_gmt"]).replace(tzinfo=UTC)

        site.asked.clear()
        again = read(ask, site, newest)
        assert (articles(again), len(site.asked), again[-1].newest_change) == ([], 1, newest)


@pytest.mark.parametrize("switches", [{}, {"old": True}, {"oldest": True}], ids=["today", "before 5.7", "before 4.9"])
def test_only_what_changed_is_read_whatever_the_version(ask: Ask, switches: dict[str, bool]) -> None:
    with served(Site(posts(250), Switches(**switches))) as site:
        newest = read(ask, site)[-1].newest_change
        site.edit(12, NOON, title={"rendered": "Corrected"})
        site.posts[251] = post(251, date_gmt="2019-01-01T00:00:00")
        site.edit(251, NOON + timedelta(seconds=5))
        site.asked.clear()
        pages = read(ask, site, newest)
        assert sorted(one.key for one in articles(pages)) == ["post-12", "post-251"]
        assert pages[-1].newest_change == NOON + timedelta(seconds=5)
        assert site.counted()["posts"] == (4 if "oldest" in switches else 1)


def test_a_change_in_a_second_that_is_not_over_is_not_missed(ask: Ask) -> None:
    with served(Site(posts(3))) as site:
        now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        site.edit(1, now, title={"rendered": "First"})
        newest = read(ask, site)[-1].newest_change
        site.edit(2, now, title={"rendered": "In the same second"})
        assert "In the same second" in [one.headline for one in articles(read(ask, site, newest))]


def test_posts_saved_while_we_read_are_neither_lost_nor_read_twice(ask: Ask) -> None:
    with served(Site(posts(350))) as site:
        reading = read_site(ask, site.url, source="blog", zone="UTC", since=None)
        pages = [next(reading)]
        for id in range(100, 140):
            site.edit(id, NOON)
        pages += reading
        assert sorted(int(one.key[5:]) for one in articles(pages)) == sorted({*range(1, 351)} - {*range(100, 140)})
        later = articles(read(ask, site, pages[-1].newest_change))
        assert {f"post-{id}" for id in range(100, 140)} <= {one.key for one in later}


def test_pages_of_the_site_are_read_when_asked_for(ask: Ask) -> None:
    with served(Site({1: post(1), 2: post(2, type="page")})) as site:
        assert [one.key for one in articles(read(ask, site))] == ["post-1"]
        assert [one.key for one in articles(read(ask, site, kinds=("posts", "pages")))] == ["post-1", "post-2"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"content": {"rendered": "", "protected": True}}, "password"),
        (body('<form action="/wp-login.php?action=postpass" class="post-password-form">x</form>'), "password"),
        ({"title": {"rendered": "Private: Staff rota"}}, "private"),
        ({"title": {"rendered": "Protected: Staff rota"}}, "private"),
        ({"title": {"rendered": "Gesch&uuml;tzt: Dienstplan"}}, "private"),
        ({"title": {"rendered": "Privé : planning"}}, "private"),
    ],
)
def test_what_readers_may_not_have_never_comes_in(ask: Ask, changes: dict[str, Any], told: str) -> None:
    with served(Site({1: post(1), 2: post(2, **changes)})) as site:
        pages = read(ask, site)
    assert [one.key for one in articles(pages)] == ["post-1"]
    assert [key for page in pages for key in page.withheld] == ["post-2"]
    (problem,) = problems(pages)
    assert (problem.code, problem.severity) == ("not-public", "note")
    assert told in problem.mend


@pytest.mark.parametrize(
    "status", ["draft", "private", "pending", "future", "trash", "auto-draft", "inherit", "", None]
)
def test_a_status_that_is_not_published_never_comes_in_even_if_the_site_gives_it(status: str | None) -> None:
    answers = [post(1, status=status)]
    pages = list(read_site(given_lists(answers), "https://a.example", source="s", zone="UTC", since=None))
    assert articles(pages) == []
    assert [key for page in pages for key in page.withheld] == ["post-1"]


def given_lists(items: list[Any]) -> Ask:
    """A site that answers posts with these, and everything else with nothing."""
    import json

    def asked(url: str) -> Answer:
        found = items if "/wp/v2/posts" in url and "page=1" in url.replace("per_page=100", "") else []
        return Answer(status=200, headers={"x-wp-totalpages": "1"}, body=json.dumps(found).encode())

    return asked


def test_a_post_made_private_later_is_no_longer_among_the_ids(ask: Ask) -> None:
    with served(Site(posts(230))) as site:
        assert read_ids(ask, site.url) == Ids(keys=frozenset(f"post-{id}" for id in range(1, 231)))
        assert site.counted() == {"posts": 3}
        site.edit(5, NOON, status="private")
        site.edit(6, NOON, content={"rendered": "", "protected": True})
        del site.posts[7]
        keys = read_ids(ask, site.url).keys
        assert keys == frozenset(f"post-{id}" for id in {*range(1, 231)} - {5, 6, 7})


def test_ids_that_could_not_all_be_read_say_nothing_of_what_is_gone(ask: Ask) -> None:
    with served(Site(posts(230), Switches(fails_from=2))) as site:
        ids = read_ids(ask, site.url)
    assert ids.keys is None
    assert [problem.code for problem in ids.problems] == ["site-error"]


@pytest.mark.parametrize(
    ("switches", "asked"),
    [
        ({"prefix": "/wp-json"}, 1),
        ({"prefix": "/api"}, 3),
        ({"prefix": ""}, 3),
        ({"prefix": "", "link_header": False}, 3),
    ],
)
def test_the_api_is_found_with_few_questions(ask: Ask, switches: dict[str, Any], asked: int) -> None:
    with served(Site(posts(2), Switches(**switches))) as site:
        newest = read(ask, site)[-1].newest_change
        site.asked.clear()
        pages = read(ask, site, newest)
    assert (codes(pages), newest is not None, len(site.asked)) == ([], True, asked)


@pytest.mark.parametrize("ending", ["", "wp-json/", "wp-json/wp/v2/posts", "?rest_route=/", "wp-admin/"])
def test_the_site_may_be_named_by_any_of_its_addresses(ask: Ask, ending: str) -> None:
    with served(Site(posts(2))) as site:
        pages = list(read_site(ask, site.url + ending, source="s", zone="UTC", since=None))
    assert len(articles(pages)) == 2


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_closed_api_proposes_the_feed(ask: Ask, status: int) -> None:
    with served(Site(posts(2), Switches(closed=status))) as site:
        pages = read(ask, site)
    (problem,) = problems(pages)
    assert problem.code == "rest-closed"
    assert f"{site.url}feed/" in problem.mend
    assert pages[-1].newest_change is None


@pytest.mark.parametrize(("status", "code"), [(429, "site-busy"), (503, "site-busy"), (500, "site-error")])
def test_a_site_that_fails_half_way_keeps_what_came_and_is_asked_again(ask: Ask, status: int, code: str) -> None:
    with served(Site(posts(250), Switches(fails_from=2, fails_with=status))) as site:
        pages = read(ask, site)
    assert (len(articles(pages)), codes(pages), pages[-1].newest_change) == (100, [code], None)
    assert status not in (429, 503) or "in 120 seconds" in problems(pages)[0].mend


def test_a_site_that_fails_at_a_hundred_posts_is_asked_for_fewer(ask: Ask) -> None:
    with served(Site(posts(130), Switches(most_at_once=50))) as site:
        pages = read(ask, site)
    assert (len(articles(pages)), codes(pages), site.counted()["posts"]) == (130, [], 8)


def test_a_post_written_ahead_is_not_called_updated(article: Callable[..., Article]) -> None:
    assert article(modified_gmt="2019-12-30T09:00:00").updated is None


def test_a_page_of_html_in_place_of_json_is_told(ask: Ask) -> None:
    with served(Site(posts(2), Switches(instead=b"<!doctype html><title>Maintenance</title>"))) as site:
        pages = read(ask, site)
    assert codes(pages) == ["not-json"]


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\n\n ",
        b"<br />\n<b>Notice</b>:  Undefined index: x in <b>/srv/a.php</b> on line <b>12</b><br />\n",
        b'Deprecated: Array access [0] {"a"} in /srv/[b].php on line 3\n',
    ],
)
def test_what_php_prints_before_the_json_does_no_harm(ask: Ask, before: bytes) -> None:
    with served(Site(posts(3), Switches(before=before))) as site:
        pages = read(ask, site)
    assert (len(articles(pages)), codes(pages)) == (3, [])


def test_a_site_without_page_counts_is_read_to_its_end(ask: Ask) -> None:
    with served(Site(posts(200), Switches(totals=False))) as site:
        pages = read(ask, site)
    assert (len(articles(pages)), codes(pages)) == (200, [])


@pytest.mark.parametrize("kind", ["users", "media", "categories"])
def test_names_that_only_members_may_list_are_left_out_and_not_asked_for_again(ask: Ask, kind: str) -> None:
    with served(Site(posts(250), Switches(closed_kinds=frozenset({kind})))) as site:
        pages = read(ask, site)
    found = articles(pages)
    assert (len(found), codes(pages), site.counted()[kind]) == (250, [], 1)
    assert kind != "users" or not any(one.authors for one in found)
    assert kind != "media" or not any(one.image for one in found)


def test_a_server_that_does_not_answer_is_told() -> None:
    def ask(url: str) -> Answer:
        raise FetchError(f"{url}: no answer")

    pages = list(read_site(ask, "https://a.example", source="s", zone="UTC", since=None))
    assert codes(pages) == ["no-answer"]
    assert read_ids(ask, "https://a.example").keys is None


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ({"date_gmt": "0000-00-00T00:00:00", "date": "2026-07-01T09:00:00"}, datetime(2026, 7, 1, 16, 0, tzinfo=UTC)),
        ({"date_gmt": None, "date": "2026-12-01T09:00:00"}, datetime(2026, 12, 1, 17, 0, tzinfo=UTC)),
        ({"date_gmt": "-0001-11-30T00:00:00", "date": "0000-00-00T00:00:00"}, None),
        ({"date_gmt": "2026-07-01T09:00:00", "date": "x"}, datetime(2026, 7, 1, 9, 0, tzinfo=UTC)),
    ],
)
def test_dates_are_those_the_site_states_or_none(
    article: Callable[..., Article], dates: dict[str, Any], published: datetime | None
) -> None:
    assert article(**dates).published == published


@pytest.mark.parametrize(
    ("excerpt", "summary"),
    [
        ("<p>A day at the pier, in pictures.</p>", "A day at the pier, in pictures."),
        ("<p>One two three four [&hellip;]</p>", None),
        ("<p>One two three&#8230; <a href='/x'>Continue reading &rarr;</a></p>", None),
        ("<p>One two three</p>", None),
        ("<p>At the pier.<a class='more-link' href='/x'>Go on <span>Pier</span></a></p>", "At the pier."),
        ("", None),
    ],
)
def test_a_summary_is_only_what_a_person_wrote(
    article: Callable[..., Article], excerpt: str, summary: str | None
) -> None:
    found = article(excerpt={"rendered": excerpt}, **body("<p>One <b>two</b> three four five six.</p>"))
    assert found.summary == summary


@pytest.mark.parametrize(
    ("content", "clean"),
    [
        ("<!-- wp:paragraph --><p>A</p><!-- /wp:paragraph -->", "<p>A</p>"),
        ("<p>A</p><!-- never closed <p>B</p>", "<p>A</p>"),
        ("<h1>A</h1><h5>B</h5>", "<h2>A</h2><h4>B</h4>"),
        ("<p>A [sic] and [2], [the nurse] too</p>", "<p>A [sic] and [2], [the nurse] too</p>"),
        ("<p>[vc_row][vc_column width=&#8221;1/2&#8243;]A[/vc_column][/vc_row]</p>", "<p>A</p>"),
        ("<p>A</p><p>[gallery ids='1,2']</p><p>[contact-form-7 id=&#8221;9&#8221;]</p>", "<p>A</p>"),
        (
            '[caption id="a" width="300"]<img src="/a.jpg" alt="Bay" /> The <em>bay</em>[/caption]',
            (
                '<figure><img src="https://www.alderbay.example/a.jpg" alt="Bay">\n'
                "<figcaption>The <em>bay</em></figcaption></figure>"
            ),
        ),
        (
            "[embed]https://www.youtube.com/embed/abc[/embed]",
            '<p><a href="https://www.youtube.com/watch?v=abc">youtube.com/watch?v=abc</a></p>',
        ),
        (
            '[video mp4="https://a.example/f.mp4?a=1&amp;b=2" width="10"][/video]',
            '<p><a href="https://a.example/f.mp4?a=1&amp;b=2">a.example/f.mp4?a=1&amp;b=2</a></p>',
        ),
        (
            '<iframe title="A tour" src="https://www.youtube.com/embed/x_Y?rel=0" width="5"></iframe> after',
            '<p><a href="https://www.youtube.com/watch?v=x_Y">A tour</a></p> after',
        ),
        (
            '<iframe src="about:blank" data-src="//player.vimeo.com/video/123"></iframe>',
            '<p><a href="https://vimeo.com/123">vimeo.com/123</a></p>',
        ),
        (
            '<p>A</p><figure><video controls><source src="/v.mp4"></video></figure>',
            '<p>A</p><figure><p><a href="https://www.alderbay.example/v.mp4">alderbay.example/v.mp4</a></p></figure>',
        ),
        ('<p>A</p><iframe src="https://www.googletagmanager.com/ns.html?id=1"></iframe>', "<p>A</p>"),
        (
            '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\nhttps://vimeo.com/9\n</div></figure>',
            '<figure><p><a href="https://vimeo.com/9">vimeo.com/9</a></p></figure>',
        ),
        (
            '<img src="data:image/gif;base64,R0" data-src="/a.jpg" alt="A"><noscript><img src="/a.jpg"></noscript>',
            '<img src="https://www.alderbay.example/a.jpg" alt="A">',
        ),
        (
            "<p>A</p><p>The post <a href='/a'>Hours</a> appeared first on <a href='/'>Alder Bay</a>.</p>",
            "<p>A</p>",
        ),
        (
            '<div class="wp-caption"><img src="/a.jpg" alt="A"><p class="wp-caption-text">B</p></div><p>C</p>',
            '<figure><img src="https://www.alderbay.example/a.jpg" alt="A"><figcaption>B</figcaption></figure><p>C</p>',
        ),
        ('<p>A <img class="wp-smiley" src="/s.png" alt="🙂"> b <img src=""></p>', "<p>A 🙂 b </p>"),
        ("<p>A</p><div class='sharedaddy sd-sharing-enabled'><p>Share this</p></div>", "<p>A</p>"),
        ("<p>A</p><p>&nbsp;</p><p></p><script>alert(1)</script><form><p>Mail</p></form>", "<p>A</p>"),
        ('<p onclick="x()">A <a href="javascript:x()">b</a></p>', "<p>A <a>b</a></p>"),
    ],
)
def test_a_body_keeps_the_story_and_loses_the_theme(article: Callable[..., Article], content: str, clean: str) -> None:
    assert article(**body(content)).body.replace("\n", "") == clean.replace("\n", "")


def test_a_post_without_a_title_is_refused_and_one_without_text_is_told(ask: Ask) -> None:
    with served(Site({1: post(1, title={"rendered": " "}), 2: post(2, **body("[gallery]"))})) as site:
        pages = read(ask, site)
    assert [one.key for one in articles(pages)] == ["post-2"]
    assert sorted(codes(pages)) == ["empty-body", "headline-missing"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rendered", "protected", "id"]), inner)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(sorted(post(1)))


@given(st.lists(JSON | st.dictionaries(FIELDS, JSON).map(lambda changes: post(1) | changes), max_size=3))
@settings(max_examples=100)
def test_whatever_a_site_answers_raises_nothing(items: list[Any]) -> None:
    list(read_site(given_lists(items), "https://a.example", source="s", zone="UTC", since=NOON))
    list(read_site(given_lists(items), "https://a.example", source="s", zone="UTC", since=None))
    read_ids(given_lists(items), "https://a.example")


@given(st.lists(st.sampled_from(["[caption", "]", "[/caption]", "<img src=x>", "[embed]", "http://a.example/b", "<p>",
       "<!--", "-->", "[a b=c]", "</div>", "<iframe src=", ">", "&#0;", "&#xD800;", "\x00", "<noscript>", "[[", "x"]),
       max_size=30).map("".join))  # fmt: skip
@settings(max_examples=100)
def test_whatever_a_body_is_made_of_raises_nothing_and_comes_out_clean(content: str) -> None:
    items = [post(1, **body(content))]
    for one in articles(list(read_site(given_lists(items), "https://a.example", source="s", zone="UTC", since=None))):
        assert "<iframe" not in one.body
        assert "<!--" not in one.body
