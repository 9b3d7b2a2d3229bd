"""Sources on the web, from what a server answers to what is kept: each story once, edits and withdrawals follow."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from publisher.actions.articles import list_articles, restore_article, show_article, withdraw_article
from publisher.actions.collect import Collection, collect, since_failing
from publisher.actions.feeds import build_feeds
from publisher.actions.gathering import gather
from publisher.actions.handwork import edit_article, embargo_article
from publisher.app import App
from publisher.records import Fetched
from publisher.store import content, fetched
from tests.actions.web import Web, web
from tests.conftest import NOW
from tests.sources import wordpress_server as wordpress

Open = Callable[..., App]


@pytest.fixture
def served() -> Iterator[Web]:
    with web() as running:
        yield running


def declare(site: Path, name: str, kind: str, url: str, **more: object) -> None:
    host = url.split("/")[2]
    lines = [f'name = "{name}"', f'kind = "{kind}"', f'urls = ["{url}"]', f'allow = ["{host}"]', "pause_seconds = 0"]
    lines += [f"{key} = {str(value).lower()}" for key, value in more.items()]
    with (site / "publisher.toml").open("a") as file:
        file.write("\n[[source]]\n" + "\n".join(lines) + "\n")


def story(number: int, words: str = "") -> str:
    who = words or "all"
    text = f"On day {number} the nurses of ward {number} opened a reading room beside the old pharmacy, and {who}"
    paragraphs = "".join(f"<p>{text} came to see it, with part {part} of their families.</p>" for part in range(1, 6))
    return (
        f'<!doctype html><html lang="en"><head><title>Story {number} | Alder Bay</title>'
        f'<link rel="canonical" href="{{web}}/news/{number}"><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="2026-11-{number:02}T09:00:00Z"></head>'
        f"<body><nav><a href='/'>Home</a></nav><main><article><h1>A reading room for ward {number}</h1>"
        f"{paragraphs}</article></main></body></html>"
    )


def feed(*items: str) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>News</title><link>{{web}}/</link><description>News</description>{''.join(items)}</channel></rss>"
    )


def item(number: int, *, whole: bool = False, summary: str = "The nurses opened […]") -> str:
    body = "".join(f"<p>Whole story {number}, part {part}, with all that was said.</p>" for part in range(1, 6))
    content = f"<content:encoded><![CDATA[{body}]]></content:encoded>" if whole else ""
    return (
        f"<item><title>A reading room for ward {number}</title><link>{{web}}/news/{number}</link>"
        f'<guid isPermaLink="false">entry-{number}</guid><pubDate>{number:02} Nov 2026 09:00:00 GMT</pubDate>'
        f"<description>{summary}</description>{content}</item>"
    )


def codes(done: Collection) -> list[str]:
    return [problem.code for problem in done.problems if problem.severity != "note"]


def test_a_feed_of_whole_articles_comes_in_once(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True), item(2, whole=True))))
    app = open_app(site)
    done = collect(app, ["office"])
    assert (len(done.new), codes(done)) == (2, [])
    again = collect(app, ["office"])
    assert (len(again.new), len(again.updated), served.asked[-1]) == (0, 0, ("/feed", 304))
    article = show_article(app, "a-reading-room-for-ward-3")
    assert article.url == f"{served.url}/news/3" and "Whole story 3, part 5" in article.body


def test_what_a_feed_only_summarises_is_read_from_its_page(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3), item(2))))
    for number in (2, 3):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    assert len(collect(app, ["office"]).new) == 2
    kept = list_articles(app)
    assert (len(kept.articles), kept.teasers) == (2, ())
    assert all(article.key.startswith("entry-") and "part 5" in article.body for article in kept.articles)
    assert not any("[…]" in article.body for article in kept.articles)
    before = len(served.asked)
    collect(app, ["office"])
    assert served.asked_since(before) == [("/feed", 304)]


def test_a_page_is_read_again_when_its_feed_says_something_new_of_it(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3), item(2))))
    for number in (2, 3):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    collect(app, ["office"])
    served.put("/feed", feed(item(3, summary="Corrected: the doctors […]"), item(2)))
    served.put("/news/3", story(3, "the doctors"))
    before = len(served.asked)
    done = collect(app, ["office"])
    assert (len(done.new), len(done.updated)) == (0, 1)
    assert [path for path, _ in served.asked_since(before)] == ["/feed", "/robots.txt", "/news/3"]
    assert "the doctors" in show_article(app, "a-reading-room-for-ward-3").body


def test_an_entry_whose_page_is_away_is_a_teaser_until_the_page_comes(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3))))
    served.pages["/news/3"] = 503
    app = open_app(site)
    done = collect(app, ["office"])
    kept = list_articles(app)
    assert (kept.articles, [one.headline for one in kept.teasers]) == ((), ["A reading room for ward 3"])
    assert codes(done) == ["not-fetched"]
    served.put("/news/3", story(3))
    collect(app, ["office"])
    assert list_articles(app).articles == ()
    collect(open_app(site, NOW + timedelta(hours=1)), ["office"])
    kept = list_articles(app)
    assert (len(kept.articles), kept.teasers) == (1, ())
    before = len(served.asked)
    collect(open_app(site, NOW + timedelta(hours=2)), ["office"])
    assert served.asked_since(before) == [("/feed", 304)]


def test_an_entry_whose_page_is_not_there_leaves_the_feed_to_be_asked_for_what_changed(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3))))
    app = open_app(site)
    collect(app, ["office"])
    before = len(served.asked)
    collect(app, ["office"])
    assert served.asked_since(before) == [("/feed", 304)]


def test_an_entry_that_a_feed_gives_again_is_not_gone_though_it_was_once_deleted(
    site: Path, open_app: Open, served: Web
) -> None:
    space = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    deleted = f'<at:deleted-entry {space} ref="urn:x:2" when="2026-11-01T09:00:00Z"/>'
    entry = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:x:1</id>{deleted}'
        "<entry><title>A story</title><id>urn:x:2</id><updated>2026-11-03T09:00:00Z</updated>"
        f"<content type='html'>{'&lt;p&gt;All of it, and more.&lt;/p&gt;' * 9}</content></entry></feed>"
    )
    declare(site, "office", "feed", served.put("/feed", entry))
    app = open_app(site)
    collect(app, ["office"])
    served.put("/feed", f"{entry} ")
    done = collect(app, ["office"])
    assert (done.updated, show_article(app, "a-story").withdrawn_at) == ((), None)


def test_entries_that_all_lead_to_one_page_stay_stories_of_their_own(site: Path, open_app: Open, served: Web) -> None:
    entries = [item(n, whole=True).replace(f"/news/{n}", "/news") for n in (3, 2)]
    declare(site, "office", "feed", served.put("/feed", feed(*entries)))
    app = open_app(site)
    done = collect(app, ["office"])
    assert (len(done.new), codes(done)) == (2, ["same-url"])
    served.put("/feed", feed(item(4, whole=True).replace("/news/4", "/news"), *entries))
    again = collect(app, ["office"])
    assert (len(again.new), again.updated) == (1, ())


def test_an_entry_without_a_headline_is_left_out_and_told_of(site: Path, open_app: Open, served: Web) -> None:
    nameless = item(2, whole=True).replace("<title>A reading room for ward 2</title>", "")
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True), nameless)))
    done = collect(open_app(site), ["office"])
    assert len(done.new) == 1
    assert codes(done) == ["headline-missing"] and f"{served.url}/news/2; give" in done.problems[0].mend


def test_only_so_many_pages_are_asked_for_in_one_reading_and_the_rest_comes_next(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(*(item(n) for n in range(1, 8)))), most_pages=3)
    for number in range(1, 8):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    held = []
    for _ in range(4):
        collect(app, ["office"])
        held.append(len(list_articles(app).articles))
    assert held == [3, 6, 7, 7] and list_articles(app).teasers == ()


def test_a_slow_site_takes_no_more_than_its_time_and_the_rest_comes_next(
    site: Path, open_app: Open, served: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3), item(2))))
    for number in (2, 3):
        served.put(f"/news/{number}", story(number))
    with monkeypatch.context() as short:
        short.setattr("publisher.actions.visiting._AT_LEAST", -60.0)
        collect(open_app(site), ["office"])
    assert [path for path, _ in served.asked] == ["/feed"]
    assert len(list_articles(open_app(site)).teasers) == 2
    collect(open_app(site), ["office"])
    assert len(list_articles(open_app(site)).articles) == 2


def test_a_service_that_is_stopped_waits_for_no_further_page(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3), item(2))))
    app = open_app(site)
    app.stop.set()
    collect(app, ["office"])
    gather(app)
    assert [path for path, _ in served.asked] == ["/feed"]


def test_a_page_of_news_gives_its_teasers_and_the_articles_behind_them(site: Path, open_app: Open, served: Web) -> None:
    cards = "".join(
        f"<article class='card'><h3><a href='/news/{n}'>A reading room for ward {n}</a></h3>"
        f"<p>The nurses of ward {n} opened a reading room beside the old pharmacy …</p></article>"
        for n in (1, 2, 3)
    )
    list_page = f"<html><head><title>News</title></head><body><main><h1>News</h1>{cards}</main></body></html>"
    declare(site, "office", "page", served.put("/news/", list_page))
    for number in (1, 2, 3):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    collect(app, ["office"])
    kept = list_articles(app)
    assert (len(kept.articles), kept.teasers) == (3, ())
    before = len(served.asked)
    done = collect(app, ["office"])
    assert (len(done.new), len(done.updated)) == (0, 0)
    assert [path for path, _ in served.asked_since(before)] == ["/news/"]


def test_what_the_office_keeps_back_is_not_shown_as_a_teaser_either(
    site: Path, open_app: Open, served: Web, database_url: str
) -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace("sqlite:///publisher.db", database_url))
    cards = "".join(
        f"<article><h3><a href='/news/{n}'>A reading room for ward {n}</a></h3><p>The nurses opened it …</p></article>"
        for n in (1, 2)
    )
    url = served.put("/list", f"<html><body><main><h1>News</h1>{cards}</main></body></html>")
    declare(site, "office", "page", url)
    for number in (1, 2):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    collect(app, ["office"])
    embargo_article(app, "a-reading-room-for-ward-1", NOW + timedelta(days=3))
    build_feeds(app)
    news = (site / "feeds" / "news.rss").read_text()
    assert "for ward 2" in news and "for ward 1" not in news
    with app.database.read() as connection:
        assert content.teasers(connection, until=NOW) == []
    later = open_app(site, NOW + timedelta(days=4))
    build_feeds(later)
    assert "for ward 1" in (site / "feeds" / "news.rss").read_text()


def test_an_article_behind_a_page_is_looked_at_again_after_a_day(site: Path, open_app: Open, served: Web) -> None:
    card = "<article><h3><a href='/news/1'>A reading room for ward 1</a></h3><p>The nurses opened it …</p></article>"
    declare(
        site,
        "office",
        "page",
        served.put("/list", f"<html><body><main><h1>News</h1>{card}{card.replace('1', '2')}</main></body></html>"),
    )
    for number in (1, 2):
        served.put(f"/news/{number}", story(number))
    collect(open_app(site), ["office"])
    served.put("/news/1", story(1, "the doctors"))
    collect(open_app(site, NOW + timedelta(hours=23)), ["office"])
    later = open_app(site, NOW + timedelta(hours=25))
    assert "the doctors" not in show_article(later, "a-reading-room-for-ward-1").body
    collect(later, ["office"])
    assert "the doctors" in show_article(later, "a-reading-room-for-ward-1").body


def sitemap(*pages: tuple[int, str]) -> str:
    entries = "".join(f"<url><loc>{{web}}/news/{n}</loc><lastmod>{day}</lastmod></url>" for n, day in pages)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def test_a_sitemap_gives_its_pages_and_later_only_those_that_changed(site: Path, open_app: Open, served: Web) -> None:
    url = served.put("/sitemap.xml", sitemap((1, "2026-11-01"), (2, "2026-11-02")))
    declare(site, "office", "sitemap", url)
    for number in (1, 2):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    assert len(collect(app, ["office"]).new) == 2
    served.put("/sitemap.xml", sitemap((1, "2026-11-20"), (2, "2026-11-02")))
    served.put("/news/1", story(1, "the doctors"))
    before = len(served.asked)
    assert len(collect(app, ["office"]).updated) == 1
    pages = [path for path, _ in served.asked_since(before) if path != "/robots.txt"]
    assert pages == ["/sitemap.xml", "/news/1"]


def test_an_index_of_many_sitemaps_is_read_from_the_newest_as_far_as_one_reading_goes(
    site: Path, open_app: Open, served: Web
) -> None:
    index = "".join(
        f"<sitemap><loc>{{web}}/map-{n}.xml</loc><lastmod>2026-11-{n:02}</lastmod></sitemap>" for n in range(1, 26)
    )
    place = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    declare(site, "office", "sitemap", served.put("/index.xml", f"{place}{index}</sitemapindex>"))
    for number in range(1, 26):
        served.put(f"/map-{number}.xml", sitemap((number, "2026-11-01")))
        served.put(f"/news/{number}", story(number))
    done = collect(open_app(site), ["office"])
    assert (len(done.new), [one.code for one in done.problems]) == (19, ["many-sitemaps"])
    assert "/map-25.xml" in [path for path, _ in served.asked] and "6 further" in done.problems[0].mend


def test_pages_of_a_sitemap_that_are_no_articles_are_no_errors_and_read_once(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "sitemap", served.put("/sitemap.xml", sitemap((1, "2026-11-01"))))
    served.put("/news/1", "<html><head><title>Parking</title></head><body><h1>Parking</h1><p>By car.</p></body></html>")
    app = open_app(site)
    done = collect(app, ["office"])
    assert (done.articles, {problem.severity for problem in done.problems}) == ([], {"note"})
    with app.database.read() as connection:
        assert "office" not in since_failing(connection)
    before = len(served.asked)
    collect(app, ["office"])
    assert [path for path, _ in served.asked_since(before)] == ["/sitemap.xml"]


def test_a_page_that_is_gone_though_its_sitemap_lists_it_is_no_failing_of_the_source(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "sitemap", served.put("/sitemap.xml", sitemap((1, "2026-11-01"), (2, "2026-11-02"))))
    served.put("/news/1", story(1))
    app = open_app(site)
    first = collect(app, ["office"])
    assert [(one.severity, one.mend) for one in first.problems] == [
        ("warning", "there is nothing at this address (404); whoever runs the site links to nothing")
    ]
    assert collect(app, ["office"]).problems == []
    again = collect(open_app(site, NOW + timedelta(hours=25)), ["office"])
    assert codes(again) == ["not-fetched"]
    with app.database.read() as connection:
        assert "office" not in since_failing(connection)


@pytest.mark.parametrize("status", [404, 403, 503])
def test_pages_that_are_never_given_do_not_keep_the_others_from_being_read(
    site: Path, open_app: Open, served: Web, status: int
) -> None:
    pages = ((number, f"2026-11-{number:02}") for number in range(1, 11))
    declare(site, "office", "sitemap", served.put("/sitemap.xml", sitemap(*pages)), most_pages=3)
    for number in range(1, 11):
        served.pages[f"/news/{number}"] = status
    for number in range(1, 5):
        served.put(f"/news/{number}", story(number))
    app = open_app(site)
    for _ in range(4):
        collect(app, ["office"])
    assert len(list_articles(app).articles) == 4


def test_a_site_that_answers_nothing_is_left_in_peace_after_three_pages(
    site: Path, open_app: Open, served: Web
) -> None:
    pages = ((number, f"2026-11-{number:02}") for number in range(1, 11))
    declare(site, "office", "sitemap", served.put("/sitemap.xml", sitemap(*pages)))
    for number in range(1, 11):
        served.pages[f"/news/{number}"] = 503
    collect(open_app(site), ["office"])
    assert len([path for path, _ in served.asked if path.startswith("/news/")]) == 3


def test_a_page_that_robots_may_not_read_is_not_asked_for(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "sitemap", served.put("/sitemap.xml", sitemap((1, "2026-11-01"))))
    served.put("/news/1", story(1))
    served.put("/robots.txt", "User-agent: *\nDisallow: /news/\n")
    done = collect(open_app(site), ["office"])
    assert "/news/1" not in [path for path, _ in served.asked]
    assert codes(done) == ["not-fetched"] and "robots.txt" in done.problems[0].mend


def test_a_wordpress_site_comes_in_and_then_only_its_changes(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(250))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        app = open_app(site)
        done = collect(app, ["blog"])
        assert (len(done.new), codes(done)) == (250, [])
        before = len(blog.asked)
        again = collect(app, ["blog"])
        assert (len(again.new), len(again.updated)) == (0, 0) and len(blog.asked) - before <= 3
        blog.edit(7, NOW, title={"rendered": "Another headline"})
        assert len(collect(app, ["blog"]).updated) == 1


def test_a_post_that_becomes_private_leaves_and_comes_back_with_it(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(5))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        app = open_app(site)
        collect(app, ["blog"])
        text = blog.posts[3]["content"]
        blog.edit(3, NOW, content={"rendered": "", "protected": True})
        collect(app, ["blog"])
        gone = [article for article in list_articles(app).articles if article.withdrawn_at]
        assert [article.key for article in gone] == ["post-3"]
        blog.edit(3, NOW + timedelta(minutes=1), content=text)
        collect(app, ["blog"])
        assert not any(article.withdrawn_at for article in list_articles(app).articles)


def test_a_post_that_was_deleted_leaves_within_a_day(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(5))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        collect(open_app(site), ["blog"])
        del blog.posts[4]
        collect(open_app(site, NOW + timedelta(hours=25)), ["blog"])
        gone = [a.key for a in list_articles(open_app(site)).articles if a.withdrawn_at]
        assert gone == ["post-4"]


def test_what_its_source_withdrew_and_then_the_office_does_not_come_back(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(5))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        app = open_app(site)
        collect(app, ["blog"])
        text = blog.posts[3]["content"]
        blog.edit(3, NOW, content={"rendered": "", "protected": True})
        collect(app, ["blog"])
        (gone,) = [article for article in list_articles(app).articles if article.withdrawn_at]
        withdraw_article(app, gone.slug, why="It named the wrong ward.")
        blog.edit(3, NOW + timedelta(minutes=1), content=text)
        collect(app, ["blog"])
        assert show_article(app, gone.slug).withdrawn_why == "It named the wrong ward."


def test_what_its_source_withdrew_and_the_office_gave_back_stays(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(5))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        collect(open_app(site), ["blog"])
        del blog.posts[4]
        collect(open_app(site, NOW + timedelta(hours=25)), ["blog"])
        app = open_app(site, NOW + timedelta(hours=26))
        (gone,) = [article for article in list_articles(app).articles if article.withdrawn_at]
        restore_article(app, gone.slug)
        later = open_app(site, NOW + timedelta(hours=50))
        done = collect(later, ["blog"])
        assert show_article(later, gone.slug).withdrawn_at is None and not done.problems
        withdraw_article(later, gone.slug, why=None)
        assert show_article(later, gone.slug).withdrawn_at


@pytest.mark.parametrize(("posts", "left"), [(5, 0), (60, 30)])
def test_a_site_that_shows_nothing_or_half_of_its_posts_takes_nothing_away_and_is_told_of(
    site: Path, open_app: Open, posts: int, left: int
) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(posts))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        collect(open_app(site), ["blog"])
        for number in range(left + 1, posts + 1):
            del blog.posts[number]
        done = collect(open_app(site, NOW + timedelta(hours=25)), ["blog"])
        assert not [a for a in list_articles(open_app(site)).articles if a.withdrawn_at]
        assert codes(done) == ["many-gone"] and f"{posts - left} of the {posts} posts" in done.problems[0].mend


def test_a_post_that_is_there_again_comes_back_though_nobody_changed_it(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(9))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        collect(open_app(site), ["blog"])
        post = blog.posts.pop(4)
        collect(open_app(site, NOW + timedelta(hours=25)), ["blog"])
        assert [a.key for a in list_articles(open_app(site)).articles if a.withdrawn_at] == ["post-4"]
        blog.posts[4] = post
        collect(open_app(site, NOW + timedelta(hours=50)), ["blog"])
        assert not [a for a in list_articles(open_app(site)).articles if a.withdrawn_at]


def test_what_a_source_gave_before_it_became_wordpress_was_not_deleted_there(
    site: Path, open_app: Open, served: Web
) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(9))) as blog:
        declare(site, "blog", "feed", served.put("/feed", feed(item(3, whole=True))))
        collect(open_app(site), ["blog"])
        toml = site / "publisher.toml"
        lines = toml.read_text().replace('kind = "feed"', 'kind = "wordpress"').replace(f"{served.url}/feed", blog.url)
        toml.write_text(lines.replace(served.url.split("/")[2], blog.url.split("/")[2]))
        collect(open_app(site), ["blog"])
        collect(open_app(site, NOW + timedelta(hours=25)), ["blog"])
        kept = list_articles(open_app(site)).articles
        assert len(kept) == 10 and not [article for article in kept if article.withdrawn_at]


def test_a_site_whose_front_page_a_sitemap_dated_is_read_from_its_first_post_when_it_becomes_wordpress(
    site: Path, open_app: Open
) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(9))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        app = open_app(site)
        with app.database.write() as connection:
            fetched.note(connection, "blog", Fetched(url=blog.url, at=NOW, mark="2026-11-20"))
        assert len(collect(app, ["blog"]).new) == 9


def test_a_rehearsal_in_the_future_keeps_nothing_from_being_read_today(site: Path, open_app: Open, served: Web) -> None:
    cards = "".join(
        f"<article><h3><a href='/news/{n}'>A reading room for ward {n}</a></h3><p>The nurses opened it …</p></article>"
        for n in (1, 2)
    )
    url = served.put("/list", f"<html><body><main><h1>News</h1>{cards}</main></body></html>")
    declare(site, "office", "page", url)
    for number in (1, 2):
        served.put(f"/news/{number}", story(number))
    collect(open_app(site, NOW + timedelta(days=300)), ["office"])
    served.put("/news/1", story(1, "the doctors"))
    app = open_app(site)
    collect(app, ["office"])
    assert "the doctors" in show_article(app, "a-reading-room-for-ward-1").body


def test_one_story_from_page_feed_and_wordpress_is_one_article(site: Path, open_app: Open, served: Web) -> None:
    with wordpress.served(wordpress.Site({3: wordpress.post(3, served.url, link=f"{served.url}/news/3")})) as blog:
        declare(site, "blog", "wordpress", blog.url)
        declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
        declare(site, "map", "sitemap", served.put("/sitemap.xml", sitemap((3, "2026-11-03"))))
        served.put("/news/3", story(3))
        app = open_app(site)
        collect(app, ["blog", "office", "map"])
        assert len(list_articles(app).articles) == 1


def test_what_the_office_left_empty_is_not_filled_by_another_source(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
    declare(site, "partner", "feed", served.put("/partner", feed(item(3, whole=True).replace("entry-3", "their-3"))))
    app = open_app(site)
    collect(app, ["office"])
    edit_article(app, "a-reading-room-for-ward-3", {"summary": ""})
    collect(app, ["partner"])
    article = show_article(app, "a-reading-room-for-ward-3")
    assert (article.summary, list(article.by_hand)) == (None, ["summary"])


def test_two_sources_that_tell_much_the_same_under_two_headlines_are_a_finding_and_not_one_article(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "map", "sitemap", served.put("/sitemap.xml", sitemap((3, "2026-11-03"))))
    declare(site, "partner", "sitemap", served.put("/partner.xml", sitemap((3, "2026-11-03")).replace("/3<", "/33<")))
    served.put("/news/3", story(3))
    served.put("/news/33", story(3).replace("/news/3", "/news/33").replace("A reading room for ward 3", "Ward 3 reads"))
    done = collect(open_app(site), ["map", "partner"])
    assert len(done.new) == 2
    (found,) = [one for one in done.problems if one.code == "near-duplicate"]
    assert (found.severity, found.place) == ("note", "partner: Ward 3 reads")
    assert 'much the same as "A reading room for ward 3" of source "map"' in found.mend


def test_categories_become_the_topics_that_are_declared_and_others_go(site: Path, open_app: Open, served: Web) -> None:
    categories = "".join(
        f"<category>{name}</category>" for name in ("HEART  HEALTH", "Niños", "sleep", "Uncategorized")
    )
    entry = item(3, whole=True).replace("</item>", f"{categories}</item>")
    declare(site, "office", "feed", served.put("/feed", feed(entry)))
    app = open_app(site)
    collect(app, ["office"])
    assert show_article(app, "a-reading-room-for-ward-3").topics == ("heart", "children", "sleep")


def test_topics_that_are_declared_later_reach_what_did_not_change_when_it_is_asked_for_again(
    site: Path, open_app: Open, served: Web
) -> None:
    entry = item(3, whole=True).replace("</item>", "<category>Night shift</category></item>")
    declare(site, "office", "feed", served.put("/feed", feed(entry)))
    collect(open_app(site), ["office"])
    with (site / "publisher.toml").open("a") as file:
        file.write('\n[[topic]]\nslug = "night-shift"\ntitle = "Night shift"\n')
    app = open_app(site)
    assert not collect(app, ["office"]).updated
    collect(app, ["office"], again=True)
    assert show_article(app, "a-reading-room-for-ward-3").topics == ("night-shift",)
    before = len(served.asked)
    collect(app, ["office"])
    assert served.asked_since(before) == [("/feed", 304)]


def test_to_ask_again_makes_no_news_of_what_it_does_not_come_to(site: Path, open_app: Open, served: Web) -> None:
    for number in range(1, 7):
        served.put(f"/news/{number}", story(number).replace("/news/", "/story/"))
        served.put("/feed", feed(*(item(seen) for seen in range(number, 0, -1))))
        if number == 1:
            declare(site, "office", "feed", f"{served.url}/feed", most_pages=2)
        collect(open_app(site), ["office"])
    before = list_articles(open_app(site))
    assert (len(before.articles), before.teasers) == (6, ())
    done = collect(open_app(site), ["office"], again=True)
    assert not done.new and not list_articles(open_app(site)).teasers


def test_to_ask_again_hears_what_was_deleted(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(5))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        collect(open_app(site), ["blog"])
        del blog.posts[4]
        done = collect(open_app(site, NOW + timedelta(hours=25)), ["blog"], again=True)
        assert done.unchanged == 4
        assert [a.key for a in list_articles(open_app(site)).articles if a.withdrawn_at] == ["post-4"]


def test_an_old_entry_that_states_only_when_it_was_changed_is_not_news_of_today(
    site: Path, open_app: Open, served: Web
) -> None:
    entry = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:x:1</id>'
        "<updated>2015-03-01T09:00:00Z</updated>"
        '<entry><title>An old story</title><id>urn:x:2</id><link href="{web}/old"/>'
        "<updated>2015-03-01T09:00:00Z</updated>"
        f"<content type='html'>{'&lt;p&gt;All of it, and more.&lt;/p&gt;' * 9}</content></entry></feed>"
    )
    declare(site, "office", "feed", served.put("/feed", entry))
    app = open_app(site)
    collect(app, ["office"])
    article = show_article(app, "an-old-story")
    assert article.published is None and article.released.year == 2015


def test_an_inner_address_is_not_asked_unless_it_is_allowed(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'allow = ["{served.url.split("/")[2]}"]', "allow = []"))
    done = collect(open_app(site), ["office"])
    assert (served.asked, codes(done)) == ([], ["not-fetched"])
    assert "inside a private network" in done.problems[0].mend


@pytest.mark.parametrize("gone", ["", "<html><body>Sign in</body></html>", feed(), 500, 404])
def test_a_source_that_suddenly_gives_nothing_takes_nothing_away_and_is_told_of(
    site: Path, open_app: Open, served: Web, gone: str | int
) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
    app = open_app(site)
    collect(app, ["office"])
    if isinstance(gone, int):
        served.pages["/feed"] = gone
    else:
        served.put("/feed", gone)
    done = collect(app, ["office"])
    assert len(list_articles(app).articles) == 1 and done.problems
    with app.database.read() as connection:
        assert ("office" in since_failing(connection)) == (gone != feed())


def test_a_feed_that_is_none_fails_each_time_and_not_only_the_first(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", "<html><body>Sign in</body></html>"))
    app = open_app(site)
    for _ in range(2):
        assert codes(collect(app, ["office"]))
        with app.database.read() as connection:
            assert "office" in since_failing(connection)


def test_a_source_with_the_longest_name_is_known_to_fail_by_it(site: Path, open_app: Open, served: Web) -> None:
    name = "a" * 60
    declare(site, name, "feed", f"{served.url}/nothing")
    app = open_app(site)
    collect(app, [name])
    with app.database.read() as connection:
        assert name in since_failing(connection)


def test_a_feed_that_was_declared_as_a_page_comes_in_once_that_is_mended(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "page", served.put("/feed", story(3)), follow=False)
    collect(open_app(site), ["office"])
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('kind = "page"', 'kind = "feed"'))
    before = len(served.asked)
    collect(open_app(site), ["office"])
    assert served.asked_since(before) == [("/feed", 200)]


def test_a_dry_run_shows_what_a_source_gives_though_nothing_changed_since(
    site: Path, open_app: Open, served: Web
) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3), item(2, whole=True))))
    served.put("/news/3", story(3))
    app = open_app(site)
    collect(app, ["office"])
    assert len(collect(app, ["office"], dry_run=True).articles) == 2


def test_a_dry_run_reads_the_newest_posts_of_a_large_site_alone(site: Path, open_app: Open) -> None:
    with wordpress.served(wordpress.Site(wordpress.posts(250))) as blog:
        declare(site, "blog", "wordpress", blog.url)
        done = collect(open_app(site), ["blog"], dry_run=True)
        assert len(done.articles) == 100 and blog.counted()["posts"] == 1
        assert "the newest 100 of 250 posts" in done.problems[0].mend


def test_what_went_wrong_names_its_address_once(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed()))
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'allow = ["{served.url.split("/")[2]}"]', "allow = []"))
    (problem,) = collect(open_app(site), ["office"]).problems
    assert problem.place == f"{served.url}/feed" and problem.mend.startswith("not asked (it leads to 127.0.0.1")


def test_a_dry_run_keeps_nothing_and_remembers_nothing(site: Path, open_app: Open, served: Web) -> None:
    declare(site, "office", "feed", served.put("/feed", feed(item(3, whole=True))))
    app = open_app(site)
    assert len(collect(app, ["office"], dry_run=True).articles) == 1
    assert list_articles(app).articles == () and len(collect(app, ["office"]).new) == 1


def test_no_address_or_headline_is_too_long_for_the_database(
    site: Path, open_app: Open, served: Web, database_url: str
) -> None:
    """PostgreSQL refuses to index more than 2,704 bytes; one such entry stopped the reading of every source."""
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace("sqlite:///publisher.db", database_url))
    noise = "".join(sha256(str(number).encode()).hexdigest() for number in range(60))
    entries = [item(3, whole=True), item(4, whole=True), item(5), item(6, whole=True)]
    entries[1] = entries[1].replace("/news/4", f"/news/4{noise}").replace("entry-4", f"entry-4{noise}")
    entries[2] = entries[2].replace("/news/5", f"/news/5{noise}")
    entries[3] = entries[3].replace("for ward 6", f"for ward 6 {noise}")
    declare(site, "office", "feed", served.put("/feed", feed(*entries)))
    assert len(collect(open_app(site), ["office"]).new) == 4
