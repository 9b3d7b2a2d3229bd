"""Real feed readers read the sample site over HTTP: every entry, whole, once; and the next poll costs a 304.

The readers run as their users run them, against a real server on loopback. What they asked for and what they were
answered is written down on the server's side.
"""

import email
import email.policy
import html
import os
import re
import shutil
import sqlite3
import subprocess
import threading
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import atoma
import feedparser
import httpx
import pytest
import uvicorn
from lxml import etree
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.actions.articles import list_articles
from publisher.actions.collect import collect
from publisher.actions.feeds import build_feeds
from publisher.links import ENDINGS
from publisher.web.server import listening, web_app
from tests.conftest import NOW, ROOT, article_file, opened

XML = ("rss", "atom")
MIDDLE = "This is the single most useful habit we teach."
OLD, NEW = "Get your flu shot on the way home", "Get your flu shot, any evening, on the way home"
WRONG, RIGHT = "All five are open from 3 to 7 p.m.", "All five are open from 4 to 8 p.m."


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    path: str
    status: int
    headers: dict[str, str]


class Recorder:
    """An ASGI application around another that keeps what was asked and how it was answered."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.asked: list[Asked] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.asked.append(Asked(scope["path"], message["status"], headers))
            await send(message)

        await self._inner(scope, receive, sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A site on loopback whose feeds name their true addresses."""

    folder: Path
    url: str
    recorder: Recorder

    def feed(self, ending: str) -> str:
        return f"{self.url}feeds/news.{ending}"

    def statuses(self, ending: str) -> list[int]:
        """The answers to the polls of one feed since the last call; each later 304 was asked for by ETag or date."""
        asked = [one for one in self.recorder.asked if one.path == f"/feeds/news.{ending}"]
        for one in asked:
            conditions = {"if-none-match", "if-modified-since"} & set(one.headers)
            assert one.status != 304 or conditions, one
        self.recorder.asked.clear()
        return [one.status for one in asked]


def bring_up_to(folder: Path, now: datetime) -> None:
    with opened(folder, now) as app:
        assert collect(app).problems == []
        build_feeds(app)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Collect, build and serve a site folder, under the address at which it really is."""
    with listening("127.0.0.1", 0) as (listener, url):
        settings = (folder / "publisher.toml").read_text()
        settings = settings.replace('url = "https://news.alderbay.example"', f'url = "{url.rstrip("/")}"')
        (folder / "publisher.toml").write_text(settings)
        bring_up_to(folder, NOW)
        with opened(folder) as app:
            recorder = Recorder(web_app(app))
            server = uvicorn.Server(uvicorn.Config(recorder, log_level="warning", access_log=False, lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield Served(folder=folder, url=url, recorder=recorder)
            finally:
                server.should_exit = True
                thread.join(10)
                assert not thread.is_alive()


def sample_in(folder: Path) -> Path:
    shutil.copytree(ROOT / "content", folder / "content")
    shutil.copy(ROOT / "publisher.toml", folder)
    return folder


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample site, for tests that do not change it."""
    with served(sample_in(tmp_path_factory.mktemp("news"))) as site:
        yield site


@pytest.fixture
def own_news(sample: Path) -> Iterator[Served]:
    """The sample site, for a test that changes it."""
    with served(sample) as site:
        yield site


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry as a reader keeps it; None for what that reader does not keep."""

    id: str
    title: str
    link: str
    date: datetime | None
    text: str
    authors: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An entry as the office wrote it; `body` is null where all there is is a teaser."""

    id: str
    title: str
    url: str
    date: datetime
    authors: tuple[str, ...]
    image: str | None
    summary: str
    body: str | None


def expected(site: Served) -> dict[str, Expected]:
    """Every article that is out, and every teaser, by id."""
    with opened(site.folder) as app:
        kept = list_articles(app)
        listed = {item["id"]: item for item in httpx.get(site.feed("json"), trust_env=False).json()["items"]}
        articles = [article for article in kept.articles if article.released <= NOW]
        assert listed.keys() == {a.id for a in articles} | {t.id for t in kept.teasers}
        found = {}
        for article in articles:
            moment = datetime.fromisoformat(listed[article.id]["date_published"])
            assert article.published in (None, moment, moment.astimezone(ZoneInfo(app.zone)).date())
            found[article.id] = Expected(
                id=article.id,
                title=article.headline or "",
                url=app.links.article(article),
                date=moment,
                authors=article.authors,
                image=article.image.url if article.image else None,
                summary=article.summary or "",
                body=article.body,
            )
        for teaser in kept.teasers:
            found[teaser.id] = Expected(
                id=teaser.id,
                title=teaser.headline or "",
                url=f"{site.url}a/harbor-garden-reopens-with-a-path-for-everyone",
                date=datetime.fromisoformat(listed[teaser.id]["date_published"]),
                authors=(),
                image=None,
                summary=teaser.excerpt or "",
                body=None,
            )
    site.recorder.asked.clear()
    assert (len(articles), len(kept.teasers)) == (22, 4)
    return found


def words(text: str) -> Counter[str]:
    """The words of HTML or of plain text."""
    return Counter(re.findall(r"\w+", html.unescape(re.sub("<[^>]+>", " ", text))))


def share(wanted: str, text: str) -> float:
    """How much of the wanted words are there."""
    return (words(wanted) & words(text)).total() / words(wanted).total()


def holds(entries: Iterable[Shown], site: Served, *, authors: Callable[[Iterable[object]], bool] | None = all) -> None:
    """The reader shows each entry once and whole. `authors` says whether it keeps all of them, any, or none (null)."""
    shown, wanted = list(entries), expected(site)
    assert Counter(one.id for one in shown) == Counter(wanted.keys())
    poor = {}
    for one in shown:
        want = wanted[one.id]
        assert (one.title, one.link) == (want.title, want.url)
        assert one.date is None or one.date == want.date
        if authors and want.authors:
            assert authors(name in (one.authors or "") for name in want.authors), (one.authors, want.authors)
        if one.image is not None and want.image:
            assert want.image in one.image
        if (found := share(want.body or want.summary, one.text)) < 0.8:
            poor[one.title] = f"{found:.0%} of its text: {one.text[:120]}"
    assert poor == {}
    (long,) = (one for one in shown if one.id.endswith("dark-at-half-past-four"))
    assert MIDDLE in re.sub(r"\s+", " ", long.text)


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


def run(*command: str, home: Path) -> str:
    """Run a reader with a home of its own and nothing of this environment but its path."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1"}
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def from_seconds(number: int) -> datetime:
    return datetime.fromtimestamp(number, UTC)


# newsboat


@dataclass(frozen=True, slots=True)
class Newsboat:
    home: Path
    url: str

    def poll(self) -> str:
        (self.home / "urls").write_text(f"{self.url}\n")
        (self.home / "config").touch()
        where = ["-u", "urls", "-c", "cache.db", "-C", "config"]
        return run(program("newsboat", "newsboat"), *where, "-x", "reload", "print-unread", home=self.home)

    def shown(self) -> list[Shown]:
        with closing(sqlite3.connect(self.home / "cache.db")) as cache:
            rows = cache.execute("select guid, title, url, author, pubDate, content from rss_item").fetchall()
        return [
            Shown(id=guid, title=title, link=url, date=from_seconds(moment), text=text, authors=author, image=text)
            for guid, title, url, author, moment, text in rows
        ]


@pytest.mark.parametrize("ending", XML)
def test_newsboat_shows_every_entry_whole(news: Served, tmp_path: Path, ending: str) -> None:
    newsboat = Newsboat(tmp_path, news.feed(ending))
    assert newsboat.poll().strip() == "26 unread articles"
    holds(newsboat.shown(), news, authors=any if ending == "rss" else all)  # of several in RSS it keeps the last


@pytest.mark.parametrize("ending", XML)
def test_newsboat_is_answered_304_once_it_asks_by_etag(news: Served, tmp_path: Path, ending: str) -> None:
    newsboat = Newsboat(tmp_path, news.feed(ending))
    news.statuses(ending)
    for _ in range(3):  # it remembers the ETag from its second run, and sends it in the third
        assert newsboat.poll().strip() == "26 unread articles"
    assert news.statuses(ending) == [200, 200, 304]


# rss2email


@dataclass(frozen=True, slots=True)
class Rss2Email:
    home: Path
    url: str
    settings: str = ""

    def _run(self, *words: str) -> None:
        run(program("r2e", "rss2email"), "-c", "r2e.cfg", "-d", "r2e.json", *words, home=self.home)

    def subscribe(self) -> None:
        (self.home / "Mail").mkdir()
        (self.home / "r2e.cfg").write_text(
            "[DEFAULT]\nto = reader@localhost\nfrom = feeds@localhost\ndate-header = True\n"
            "date-header-order = issued\nemail-protocol = maildir\n"
            f"maildir-path = {self.home / 'Mail'}\nmaildir-mailbox = inbox\n{self.settings}"
        )
        self._run("add", "news", self.url)

    def poll(self) -> None:
        self._run("run")

    def mails(self) -> list[Any]:
        files = (self.home / "Mail").glob("inbox/new/*")
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def shown(self) -> list[Shown]:
        return [
            Shown(
                id=mail["X-RSS-ID"],
                title=mail["Subject"],
                link=mail["X-RSS-URL"],
                date=parsedate_to_datetime(mail["Date"]).replace(tzinfo=UTC),
                text=mail.get_content(),
                authors=str(mail["From"]),
                image=mail.get_content() if mail.get_content_subtype() == "html" else None,
            )
            for mail in self.mails()
        ]


@pytest.mark.parametrize("settings", ["", "html-mail = True\n"], ids=["text", "html"])
@pytest.mark.parametrize("ending", XML)
def test_rss2email_mails_every_entry_whole_and_then_nothing(
    news: Served, tmp_path: Path, ending: str, settings: str
) -> None:
    rss2email = Rss2Email(tmp_path, news.feed(ending), settings)
    rss2email.subscribe()
    news.statuses(ending)
    rss2email.poll()
    rss2email.poll()
    assert news.statuses(ending) == [200, 304]
    assert len(rss2email.mails()) == 26
    holds(rss2email.shown(), news, authors=any)


# sfeed


@dataclass(frozen=True, slots=True)
class Sfeed:
    home: Path
    url: str

    def poll(self) -> None:
        """Its fetching is a function for the user to write; this one keeps ETag and date, as its manual advises."""
        program("curl", "curl")
        (self.home / "etags").mkdir(exist_ok=True)
        (self.home / "sfeedrc").write_text(
            f'sfeedpath="{self.home}/feeds"\n'
            "fetch() {\n"
            '  tag="$HOME/etags/$1"\n'
            '  curl -fs -m 15 --compressed --etag-save "$tag" --etag-compare "$tag" -z "$tag" "$2"\n'
            "}\n"
            f'feeds() {{ feed news "{self.url}"; }}\n'
        )
        run(program("sfeed_update", "sfeed"), "sfeedrc", home=self.home)

    def shown(self) -> list[Shown]:
        rows = [line.split("\t") for line in (self.home / "feeds" / "news").read_text().splitlines()]
        return [
            Shown(
                id=guid,
                title=title,
                link=link,
                date=from_seconds(int(moment)),
                text=text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\"),
                authors=author,
                image=text,
            )
            for moment, title, link, text, _type, guid, author, *_ in rows
        ]


@pytest.mark.parametrize("ending", XML)
def test_sfeed_shows_every_entry_whole_and_is_answered_304(news: Served, tmp_path: Path, ending: str) -> None:
    sfeed = Sfeed(tmp_path, news.feed(ending))
    news.statuses(ending)
    sfeed.poll()
    sfeed.poll()
    assert news.statuses(ending) == [200, 304]
    holds(sfeed.shown(), news, authors=any)


# feedparser


@pytest.mark.parametrize("ending", XML)
def test_feedparser_shows_every_entry_whole_and_is_answered_304(news: Served, ending: str) -> None:
    news.statuses(ending)
    read = feedparser.parse(news.feed(ending))
    assert not read.bozo
    again = feedparser.parse(news.feed(ending), etag=read.etag, modified=read.modified)
    assert (again.status, again.entries) == (304, [])
    assert news.statuses(ending) == [200, 304]
    entries = [
        Shown(
            id=one.id,
            title=one.title,
            link=one.link,
            date=from_seconds(timegm(one.published_parsed)),
            text=one.content[0].value if "content" in one else one.summary,
            authors=", ".join(author.name for author in one.get("authors", ())),
            image=one.media_content[0]["url"] if "media_content" in one else "",
        )
        for one in read.entries
    ]
    holds(entries, news, authors=all)


# atoma: it parses and leaves fetching to others


def atoma_rss(document: bytes) -> list[Shown]:
    return [
        Shown(
            id=one.guid or "",
            title=one.title or "",
            link=one.link or "",
            date=one.pub_date,
            text=one.content_encoded or one.description or "",
        )
        for one in atoma.parse_rss_bytes(document).items
    ]


def atoma_atom(document: bytes) -> list[Shown]:
    return [
        Shown(
            id=one.id_,
            title=one.title.value,
            link=next(link.href for link in one.links if link.rel == "alternate"),
            date=one.published,
            text=(one.content or one.summary).value,
            authors=", ".join(author.name for author in one.authors),
        )
        for one in atoma.parse_atom_bytes(document).entries
    ]


def atoma_json(document: bytes) -> list[Shown]:
    return [
        Shown(
            id=one.id_,
            title=one.title,
            link=one.url,
            date=one.date_published,
            text=one.content_html,
            image=one.image or "",
        )
        for one in atoma.parse_json_feed_bytes(document).items
    ]


@pytest.mark.parametrize(
    ("ending", "parse", "authors"), [("rss", atoma_rss, None), ("atom", atoma_atom, all), ("json", atoma_json, None)]
)
def test_atoma_reads_every_entry_whole(
    news: Served, ending: str, parse: Callable[[bytes], list[Shown]], authors: Callable[..., bool] | None
) -> None:
    with httpx.Client(trust_env=False) as client:
        news.statuses(ending)
        first = client.get(news.feed(ending))
        again = client.get(news.feed(ending), headers={"If-None-Match": first.headers["etag"]})
        assert (again.content, news.statuses(ending)) == (b"", [200, 304])
    holds(parse(first.content), news, authors=authors)


# reader


@contextmanager
def reader_of(url: str) -> Iterator[Any]:
    from reader import make_reader

    with closing(make_reader(":memory:")) as reader:
        reader.add_feed(url)
        yield reader


@pytest.mark.parametrize("ending", ENDINGS)
def test_reader_shows_every_entry_whole_and_is_answered_304(news: Served, ending: str) -> None:
    news.statuses(ending)
    with reader_of(news.feed(ending)) as reader:
        reader.update_feed(news.feed(ending))
        reader.update_feed(news.feed(ending))
        assert news.statuses(ending) == [200, 304]
        entries = [
            Shown(
                id=one.id,
                title=one.title,
                link=one.link,
                date=one.published,
                text=one.get_content().value if one.get_content() else one.summary,
                authors=one.authors_str,
                image=one.get_content().value if one.get_content() else "",
            )
            for one in reader.get_entries()
        ]
    holds(entries, news, authors=any)


# An article is corrected


def correct(site: Served, *, headline: bool) -> None:
    """The office mends an article and builds the feeds again, an hour later."""
    path = site.folder / "content" / "articles" / "2026-11-19-walk-in-flu-clinics.md"
    text = path.read_text(encoding="utf-8")
    assert OLD in text and WRONG in text
    path.write_text(text.replace(OLD, NEW if headline else OLD).replace(WRONG, RIGHT), encoding="utf-8")
    bring_up_to(site.folder, NOW + timedelta(hours=1))


def once_and_right(entries: list[Shown], title: str) -> None:
    assert len(entries) == 26
    (one,) = (one for one in entries if one.id.endswith("walk-in-flu-clinics"))
    assert one.title == title
    assert RIGHT in one.text
    assert WRONG not in one.text


@pytest.mark.parametrize("ending", XML)
def test_newsboat_shows_a_corrected_article_once(own_news: Served, tmp_path: Path, ending: str) -> None:
    newsboat = Newsboat(tmp_path, own_news.feed(ending))
    newsboat.poll()
    correct(own_news, headline=True)
    assert newsboat.poll().strip() == "26 unread articles"
    assert own_news.statuses(ending) == [200, 200]
    once_and_right(newsboat.shown(), NEW)


def test_reader_shows_a_corrected_article_once(own_news: Served) -> None:
    urls = [own_news.feed(ending) for ending in ENDINGS]
    with reader_of(urls[0]) as reader:
        for url in urls[1:]:
            reader.add_feed(url)
        for url in urls:
            reader.update_feed(url)
        correct(own_news, headline=True)
        for url in urls:
            reader.update_feed(url)
        assert [one.status for one in own_news.recorder.asked] == [200] * 6
        for url in urls:
            entries = [
                Shown(
                    id=one.id,
                    title=one.title,
                    link=one.link,
                    date=None,
                    text=one.get_content().value if one.get_content() else "",
                )
                for one in reader.get_entries(feed=url)
            ]
            once_and_right(entries, NEW)


@pytest.mark.parametrize("ending", XML)
def test_rss2email_mails_no_second_copy_of_a_corrected_article(own_news: Served, tmp_path: Path, ending: str) -> None:
    rss2email = Rss2Email(tmp_path, own_news.feed(ending))
    rss2email.subscribe()
    rss2email.poll()
    correct(own_news, headline=True)
    rss2email.poll()
    assert own_news.statuses(ending) == [200, 200]
    assert len(rss2email.mails()) == 26


def test_rss2email_replies_with_the_correction_to_those_who_want_it(own_news: Served, tmp_path: Path) -> None:
    rss2email = Rss2Email(tmp_path, own_news.feed("atom"), "html-mail = True\nreply-changes = True\n")
    rss2email.subscribe()
    rss2email.poll()
    correct(own_news, headline=True)
    rss2email.poll()
    (reply,) = (mail for mail in rss2email.mails() if mail["In-Reply-To"])
    assert RIGHT in reply.get_content()
    assert len(rss2email.mails()) == 27


@pytest.mark.parametrize("ending", XML)
def test_sfeed_lists_a_corrected_article_once(own_news: Served, tmp_path: Path, ending: str) -> None:
    """It tells entries apart by id, title and link, so a new headline would be a new line; it keeps the old text."""
    sfeed = Sfeed(tmp_path, own_news.feed(ending))
    sfeed.poll()
    correct(own_news, headline=False)
    sfeed.poll()
    assert own_news.statuses(ending) == [200, 200]
    assert Counter(one.id for one in sfeed.shown()).most_common(1)[0][1] == 1
    assert len(sfeed.shown()) == 26


# Archives


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site of 450 short articles, all collected at once."""
    folder = tmp_path_factory.mktemp("archived")
    shutil.copy(ROOT / "publisher.toml", folder)
    shutil.copytree(ROOT / "content" / "images", folder / "content" / "images")
    for name in ("articles", "events", "pages"):
        (folder / "content" / name).mkdir()
    for number in range(450):
        day = NOW.date() - timedelta(days=number)
        article_file(folder, f"short-{number}", headline=f"Short article {number}", date=day.isoformat())
    with served(folder) as site:
        yield site


ATOM = "{http://www.w3.org/2005/Atom}"


def older_rss(document: bytes) -> tuple[list[str], str | None]:
    (channel,) = etree.fromstring(document)
    older = [link.get("href") for link in channel.iter(f"{ATOM}link") if link.get("rel") == "prev-archive"]
    return [guid.text or "" for guid in channel.iter("guid")], next(iter(older), None)


def older_atom(document: bytes) -> tuple[list[str], str | None]:
    feed = etree.fromstring(document)
    older = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "prev-archive"]
    return [id.text or "" for id in feed.findall(f"{ATOM}entry/{ATOM}id")], next(iter(older), None)


def older_json(document: bytes) -> tuple[list[str], str | None]:
    feed = httpx.Response(200, content=document).json()
    return [item["id"] for item in feed["items"]], feed.get("next_url")


@pytest.mark.parametrize(("ending", "look"), [("rss", older_rss), ("atom", older_atom), ("json", older_json)])
def test_a_reader_that_walks_the_archives_finds_each_entry_once(
    archived: Served, ending: str, look: Callable[[bytes], tuple[list[str], str | None]]
) -> None:
    documents: list[list[str]] = []
    url: str | None = archived.feed(ending)
    with httpx.Client(trust_env=False) as client:
        while url is not None and len(documents) < 20:
            answer = client.get(url).raise_for_status()
            ids, url = look(answer.content)
            documents.append(ids)
    assert url is None
    current, *archives = documents
    assert all(len(ids) == len(set(ids)) for ids in documents)
    every_archived = [id for ids in archives for id in ids]
    assert len(every_archived) == len(set(every_archived))
    assert len(set(every_archived) | set(current)) == 450
    assert len(archives) >= 2
