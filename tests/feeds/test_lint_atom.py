"""Atom in the linter: a clean feed of an invented hospital, and every way in which one can go wrong."""

import pytest

from publisher.feeds.lint import check
from tests.conftest import NOW
from tests.feeds.test_lint_rss import codes, mutated

ADDRESS = "https://news.larkmoor.example/feeds/news.atom"
CLEAN = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="en">
  <id>https://news.larkmoor.example/feeds/news.atom</id>
  <title>Larkmoor News</title>
  <subtitle>What happens at Larkmoor Hospital</subtitle>
  <updated>2026-11-22T09:00:00Z</updated>
  <author><name>Larkmoor Hospital</name></author>
  <link href="https://news.larkmoor.example/feeds/news.atom" rel="self" type="application/atom+xml"/>
  <link href="https://news.larkmoor.example/" rel="alternate" type="text/html"/>
  <generator version="1.0">Publisher</generator>
  <entry>
    <id>tag:larkmoor.example,2026-11-22:1</id>
    <title>Blood drive on Friday</title>
    <updated>2026-11-22T09:00:00Z</updated>
    <published>2026-11-22T09:00:00Z</published>
    <link href="https://news.larkmoor.example/a/1" rel="alternate"/>
    <category term="donors" label="Donors"/>
    <summary>Come and give.</summary>
    <content type="html">&lt;p&gt;Come and &lt;b&gt;give&lt;/b&gt;.&lt;/p&gt;</content>
  </entry>
  <entry>
    <id>tag:larkmoor.example,2026-11-20:2</id>
    <title type="html">The &lt;em&gt;north&lt;/em&gt; stairs are open again</title>
    <updated>2026-11-20T09:00:00Z</updated>
    <published>2026-11-20T09:00:00Z</published>
    <link href="https://news.larkmoor.example/a/2" rel="alternate"/>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>All of <i>them</i>.</p></div></content>
  </entry>
</feed>
"""
ID = "<id>tag:larkmoor.example,2026-11-22:1</id>"
FEED_ID = "<id>https://news.larkmoor.example/feeds/news.atom</id>"
AUTHOR = "<author><name>Larkmoor Hospital</name></author>"
SELF = '<link href="https://news.larkmoor.example/feeds/news.atom" rel="self" type="application/atom+xml"/>'
PAGE = '<link href="https://news.larkmoor.example/a/1" rel="alternate"/>'
UPDATED = "<updated>2026-11-22T09:00:00Z</updated>\n    "
BODY = '<content type="html">&lt;p&gt;Come and &lt;b&gt;give&lt;/b&gt;.&lt;/p&gt;</content>'
SUMMARY = "<summary>Come and give.</summary>"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>All of <i>them</i>.</p></div>'
CATEGORY = '<category term="donors" label="Donors"/>'
FEED = '<feed xmlns="http://www.w3.org/2005/Atom" '
HISTORY = 'xmlns:fh="http://purl.org/syndication/history/1.0"'
ARCHIVE = f'<fh:archive {HISTORY}/><link rel="prev-archive" href="https://larkmoor.example/1"/>'
GONE = '<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0"'

# What is wrong | what stands in the clean feed | what stands there instead | the codes, all of them.
CASES = [
    ("the draft of Atom", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "atom-old"),
    ("no namespace", FEED, "<feed ", "namespace-wrong"),
    ("an attribute of the root", FEED, FEED + 'version="1.0" ', "attribute-unknown"),
    ("a prefix that confuses old readers", FEED, FEED + 'xmlns:atom="http://www.w3.org/2005/Atom" ',
     "namespace-prefix"),
    ("a language that does not exist", 'xml:lang="en"', 'xml:lang="english"', "language-invalid"),
    ("a feed without id", FEED_ID, "", "id-missing"),
    ("a feed without title", "<title>Larkmoor News</title>", "", "title-missing"),
    ("a feed without date", "<updated>2026-11-22T09:00:00Z</updated>\n  <author>", "<author>", "updated-missing"),
    ("a feed older than its entries", "<updated>2026-11-22T09", "<updated>2026-11-22T08", "feed-outdated"),
    ("nobody to inherit", AUTHOR, "", "author-missing"),
    ("a person without name", AUTHOR, "<author><email>ida@larkmoor.example</email></author>", "title-missing"),
    ("an empty name", AUTHOR, "<author><name/></author>", "element-empty"),
    ("an address in a name", AUTHOR, "<author><name>Ida &lt;ida@larkmoor.example></name></author>",
     "mail-in-name title-html"),
    ("a mail address that is none", AUTHOR, "<author><name>Ida</name><email>ida</email></author>", "mail-invalid"),
    ("an element that persons have not", AUTHOR, "<author><name>Ida</name><phone>1</phone></author>",
     "element-unknown"),
    ("two titles", "<title>Larkmoor News</title>", "<title>Larkmoor</title><title>News</title>", "element-duplicate"),
    ("space around an id", ID, "<id> tag:larkmoor.example,2026-11-22:1</id>", "whitespace"),
    ("an id that is no URI", ID, "<id>drive-1</id>", "id-invalid"),
    ("a tag without date", ID, "<id>tag:larkmoor.example:1</id>", "id-invalid"),
    ("an id in capitals", ID, "<id>HTTPS://Larkmoor.example/1</id>", "id-not-canonical"),
    ("an id without slash", ID, "<id>https://larkmoor.example</id>", "id-not-canonical"),
    ("an id of an unknown scheme", ID, "<id>larkmoor:1</id>", "url-scheme"),
    ("an entry without id", ID, "", "id-missing"),
    ("the same id twice", ID, "<id>tag:larkmoor.example,2026-11-20:2</id>", "id-duplicate"),
    ("an entry without title", "<title>Blood drive on Friday</title>", "", "title-missing"),
    ("an empty title", "<title>Blood drive on Friday</title>", "<title/>", "title-empty"),
    ("tags in a plain title", "Blood drive on Friday", "Blood &lt;b&gt;drive&lt;/b&gt;", "title-html"),
    ("a title of HTML that is none", "&lt;em&gt;north", "&lt;north", "html-attribute html-broken html-unknown"),
    ("a title of a media type", "<title>Blood", '<title type="text/html">Blood', "content-type-invalid"),
    ("an entry without date", UPDATED, "", "updated-missing"),
    ("a date without zone", "<published>2026-11-22T09:00:00Z", "<published>2026-11-22T09:00:00", "date-format"),
    ("a date of RSS", "<published>2026-11-22T09:00:00Z", "<published>Sun, 22 Nov 2026 09:00:00 GMT",
     "date-format"),
    ("a month that does not exist", "<published>2026-11-20", "<published>2026-13-20", "date-format"),
    ("a date in the future", "<published>2026-11-22", "<published>2027-11-22",
     "date-implausible date-order feed-outdated"),
    ("an update before the publication", UPDATED, "<updated>2026-11-21T09:00:00Z</updated>", "date-order"),
    ("two entries of one moment", "<updated>2026-11-20T09:00:00Z", "<updated>2026-11-22T09:00:00Z",
     "updated-duplicate"),
    ("the oldest first", "<published>2026-11-22", "<published>2026-11-19", "order"),
    ("metadata after entries", "</entry>\n</feed>", "</entry><icon>https://larkmoor.example/i.png</icon></feed>",
     "entry-before-metadata"),
    ("text between elements", AUTHOR, AUTHOR + "Hello", "text-stray"),
    ("content of RSS", SUMMARY, SUMMARY + '<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/"/>',
     "element-unknown"),
    ("an element without a namespace", SUMMARY, SUMMARY + '<note xmlns=""/>', "element-unknown"),
    ("a category without term", CATEGORY, '<category label="Donors"/>', "attribute-missing"),
    ("words in a category", CATEGORY, '<category term="a">Donors</category>', "text-stray"),
    ("a language of an entry", "<entry>", '<entry xml:lang="qq">', "language-invalid"),
    ("a language of a title", "<title>Blood", '<title xml:lang="qq">Blood', "language-invalid"),
    ("tags in a date", "<published>2026-11-22T09", "<published><b/>2026-11-22T09", "element-unknown"),
    ("a category with an empty term", CATEGORY, '<category term=""/>', "attribute-empty"),
    ("a relative scheme", CATEGORY, '<category term="a" scheme="/topics"/>', "url-relative"),
    ("an empty generator", '<generator version="1.0">Publisher<', '<generator version="1.0"><', "element-empty"),
    ("no self link", SELF, "", "self-missing"),
    ("another self link", 'href="https://news.larkmoor.example/feeds/news.atom"', 'href="https://larkmoor.example/"',
     "self-different"),
    ("a relative self link", 'href="https://news.larkmoor.example/feeds', 'href="/feeds', "url-relative"),
    ("no page of the feed", '<link href="https://news.larkmoor.example/" rel="alternate" type="text/html"/>', "",
     "home-missing"),
    ("an entry without a page", PAGE, "", "page-missing"),
    ("a link without address", PAGE, '<link rel="alternate"/>', "href-missing page-missing"),
    ("a link with text", PAGE, '<link href="https://news.larkmoor.example/a/1">More</link>', "link-not-empty"),
    ("a link of no media type", PAGE, '<link href="https://news.larkmoor.example/a/1" type="html"/>',
     "media-type-invalid"),
    ("an empty title of a link", PAGE, '<link href="https://news.larkmoor.example/a/1" title=""/>', "attribute-empty"),
    ("two pages of one kind", PAGE, PAGE + PAGE, "alternate-duplicate"),
    ("the next page of an entry", PAGE, PAGE + '<link rel="next" href="https://larkmoor.example/"/>', "link-relation"),
    ("an enclosure of zero bytes", PAGE,
     PAGE + '<link rel="enclosure" href="https://larkmoor.example/a.mp3" type="audio/mpeg" length="0"/>',
     "enclosure-empty"),
    ("an enclosure of no stated type", PAGE, PAGE + '<link rel="enclosure" href="https://larkmoor.example/a.mp3"/>',
     "media-type-missing"),
    ("an enclosure over http", PAGE,
     PAGE + '<link rel="enclosure" href="http://larkmoor.example/a.mp3" type="audio/mpeg"/>', "http-picture"),
    ("a hub over http", SELF, SELF + '<link rel="hub" href="http://hub.example/"/>', "hub-address"),
    ("a link to nothing and no content", '<link href="https://news.larkmoor.example/a/1" rel="alternate"/>\n    '
     + CATEGORY + "\n    " + SUMMARY + "\n    " + BODY, SUMMARY, "content-missing page-missing"),
    ("neither content nor summary", SUMMARY + "\n    " + BODY, "", "content-empty"),
    ("empty content", BODY, '<content type="html"/>', "content-empty"),
    ("content of nothing but tags", BODY, '<content type="html">&lt;br&gt;</content>', "content-empty"),
    ("a relative address in content", "Come and &lt;b&gt;", "&lt;a href='/visit'&gt;Come&lt;/a&gt; &lt;b&gt;",
     "html-relative"),
    ("content of a type that is none", 'content type="html"', 'content type="CDATA"', "content-type-invalid"),
    ("tags that are not escaped", BODY, "<content><p>Come.</p></content>", "element-unknown"),
    ("tags in plain content", 'content type="html"', "content", "title-html"),
    ("content elsewhere without summary", SUMMARY + "\n    " + BODY,
     '<content src="https://larkmoor.example/a.pdf" type="application/pdf"/>', "summary-missing"),
    ("content elsewhere of no stated type", BODY, '<content src="https://larkmoor.example/a.pdf"/>', "type-missing"),
    ("content that is not base64", BODY, '<content type="application/pdf">Come!</content>', "content-not-base64"),
    ("xhtml without a div", DIV, "<p>All of them.</p>", "xhtml-div"),
    ("an unknown tag in xhtml", "<i>them</i>", "<them/>", "html-unknown"),
    ("a script in xhtml", "<i>them</i>", "<i>them</i><script/>", "html-unsafe"),
    ("a drawing in xhtml", "<i>them</i>", '<i>them</i><svg xmlns="http://www.w3.org/2000/svg"/>', "html-foreign"),
    ("a source that says nothing", SUMMARY, SUMMARY + "<source><title>Bay Radio</title></source>", "source-incomplete"),
    ("an archive without links", "<subtitle>", f"<fh:archive {HISTORY}/><subtitle>",
     "archive-alone archive-incomplete"),
    ("an archive that is current", "<subtitle>", f"{ARCHIVE}{SELF.replace('self', 'current')}<subtitle>",
     "archive-links"),
    ("a complete feed with another current one", "<subtitle>",
     f'<fh:complete {HISTORY}/><link rel="current" href="https://larkmoor.example/1"/><subtitle>', "archive-links"),
    ("a feed both complete and an archive", "<subtitle>", f"<fh:complete {HISTORY}/><fh:archive {HISTORY}/><subtitle>",
     "archive-links"),
    ("nothing before the first page", "<subtitle>",
     f'{SELF.replace("self", "first")}<link rel="previous" href="https://larkmoor.example/1"/><subtitle>',
     "archive-links"),
    ("nothing after the last page", "<subtitle>",
     f'{SELF.replace("self", "last")}<link rel="next" href="https://larkmoor.example/1"/><subtitle>', "archive-links"),
    ("an archive before itself", "<subtitle>", f'{SELF.replace("self", "prev-archive")}<subtitle>', "archive-links"),
    ("a deleted entry without date", AUTHOR, f'{AUTHOR}{GONE} ref="tag:larkmoor.example,2026:3"/>',
     "tombstone-invalid"),
    ("a deleted entry as it should be", AUTHOR,
     f'{AUTHOR}{GONE} ref="tag:larkmoor.example,2026:3" when="2026-11-21T09:00:00Z"/>', ""),
]  # fmt: skip


def test_the_clean_feed_has_no_findings() -> None:
    assert check(CLEAN.encode(), now=NOW, address=ADDRESS, media_type="application/atom+xml") == []


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_found_and_nothing_else(old: str, new: str, expected: str) -> None:
    assert codes(mutated(CLEAN, old, new), ADDRESS) == set(expected.split())


def test_relative_addresses_have_a_meaning_below_an_xml_base() -> None:
    body = BODY.replace("Come and", "&lt;a href='/visit'&gt;Come&lt;/a&gt; and")
    based = body.replace("<content ", '<content xml:base="https://larkmoor.example/" ')
    assert codes(mutated(CLEAN, BODY, based), ADDRESS) == set()


def test_an_entry_inherits_the_author_of_its_source() -> None:
    source = f"<source><id>tag:x.example,2026:1</id><title>Bay</title>{UPDATED}{AUTHOR}</source>"
    document = mutated(CLEAN, AUTHOR, "").decode()
    document = document.replace(SUMMARY, SUMMARY + source).replace(
        "stairs are open again</title>", "stairs</title>" + AUTHOR
    )
    assert codes(document.encode(), ADDRESS) == set()


def test_an_archive_with_all_its_links_is_clean() -> None:
    links = "".join(
        f'<link rel="{rel}" href="https://larkmoor.example/{rel}"/>'
        for rel in ("prev-archive", "next-archive", "current")
    )
    assert codes(mutated(CLEAN, "<subtitle>", f"<fh:archive {HISTORY}/>{links}<subtitle>"), ADDRESS) == set()
