"""OPML and RSS 1.0 in the linter: clean documents of an invented hospital, and how they can go wrong."""

import pytest

from publisher.feeds.lint import check
from tests.conftest import NOW
from tests.feeds.test_lint_rss import codes, mutated

CLEAN = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Feeds of Larkmoor Hospital</title>
    <dateModified>Sun, 22 Nov 2026 09:00:00 +0000</dateModified>
    <ownerName>Larkmoor Hospital</ownerName>
  </head>
  <body>
    <outline text="News">
      <outline type="rss" text="All news" title="All news" xmlUrl="https://larkmoor.example/news.rss" \
htmlUrl="https://larkmoor.example/" language="en"/>
    </outline>
  </body>
</opml>
"""
OUTLINE = '<outline type="rss" text="All news"'

# What is wrong | what stands in the clean document | what stands there instead | the codes, all of them.
CASES = [
    ("a version that does not exist", 'opml version="2.0"', 'opml version="3"', "version-unknown"),
    ("a root in a namespace", "<opml ", '<opml xmlns="http://www.opml.org/spec2" ', "namespace-wrong"),
    ("no head", "<head>", "<top>", "not-well-formed"),
    ("no outline", CLEAN, '<opml version="2.0"><head/><body/></opml>', "opml-part"),
    ("nothing inside", CLEAN, '<opml version="2.0"/>', "opml-part"),
    ("something beside head and body", "<body>", "<foot/><body>", "element-unknown"),
    ("an element that heads have not", "<ownerName>", "<owner/><ownerName>", "element-unknown"),
    ("two titles", "<ownerName>", "<title>News</title><ownerName>", "element-duplicate"),
    ("a date of ISO", "Sun, 22 Nov 2026 09:00:00 +0000", "2026-11-22", "date-format"),
    ("an owner's address that is none", "<ownerName>", "<ownerEmail>ida</ownerEmail><ownerName>", "mail-invalid"),
    ("an owner that is no address", "<ownerName>", "<ownerId>ida</ownerId><ownerName>", "url-relative"),
    ("a list of lines in words", "<ownerName>", "<expansionState>all</expansionState><ownerName>", "opml-value"),
    ("a window in words", "<ownerName>", "<windowTop>high</windowTop><ownerName>", "number-invalid"),
    ("text between outlines", OUTLINE, "News: " + OUTLINE, "text-stray"),
    ("an outline without text", 'text="All news" ', "", "outline-text-missing"),
    ("an empty text", 'text="All news"', 'text=""', "title-empty"),
    ("an attribute that outlines have not", OUTLINE, OUTLINE + ' color="red"', "attribute-unknown"),
    ("a feed without address", 'xmlUrl="https://larkmoor.example/news.rss"', "", "outline-address"),
    ("a link without address", 'text="News"', 'text="News" type="link"', "outline-address"),
    ("a feed that does not say so", 'type="rss" ', "", "outline-type"),
    ("a version of no feed", OUTLINE, OUTLINE + ' version="RSS9"', "outline-type"),
    ("a relative address", 'xmlUrl="https://larkmoor.example', 'xmlUrl="', "url-relative"),
    ("a flag that is no flag", OUTLINE, OUTLINE + ' isComment="maybe"', "opml-value"),
    ("a language that does not exist", 'language="en"', 'language="qq"', "language-invalid"),
    ("a creation that is no date", OUTLINE, OUTLINE + ' created="today"', "date-format"),
]  # fmt: skip

RDF = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
  <channel rdf:about="https://larkmoor.example/news.rdf">
    <title>Larkmoor News</title>
    <link>https://larkmoor.example/</link>
    <description>What happens at Larkmoor Hospital</description>
    <dc:creator>Larkmoor Hospital</dc:creator>
    <items><rdf:Seq><rdf:li rdf:resource="https://larkmoor.example/a/1"/></rdf:Seq></items>
  </channel>
  <item rdf:about="https://larkmoor.example/a/1">
    <title>Blood drive on Friday</title>
    <link>https://larkmoor.example/a/1</link>
    <description>Come and give.</description>
    <content:encoded>&lt;p&gt;Come and give.&lt;/p&gt;</content:encoded>
    <dc:date>2026-11-22</dc:date>
  </item>
</rdf:RDF>
"""
RDF_CASES = [
    ("no channel", "<channel", "<kanal", "not-well-formed"),
    ("nothing inside", RDF, '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "channel-missing"),
    ("a list that names others", 'resource="https://larkmoor.example/a/1"', 'resource="https://larkmoor.example/a/2"',
     "channel-missing"),
    ("an item without address", '<item rdf:about="https://larkmoor.example/a/1">', "<item>",
     "id-missing channel-missing"),
    ("an item without link", "    <link>https://larkmoor.example/a/1</link>\n", "", "link-missing"),
    ("an item without title", "    <title>Blood drive on Friday</title>\n", "", "title-missing"),
    ("a date of RSS 2.0", "2026-11-22", "Sun, 22 Nov 2026 09:00:00 GMT", "date-format"),
    ("broken HTML", "&lt;/p&gt;", "&lt;/b&gt;", "html-broken"),
]  # fmt: skip


def test_the_clean_documents_have_no_findings() -> None:
    assert check(CLEAN.encode(), now=NOW, media_type="text/x-opml") == []
    assert check(RDF.encode(), now=NOW, media_type="application/rdf+xml") == []


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_in_opml_is_found_and_nothing_else(old: str, new: str, expected: str) -> None:
    assert codes(mutated(CLEAN, old, new)) == set(expected.split())


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in RDF_CASES], ids=[case[0] for case in RDF_CASES]
)
def test_what_is_wrong_in_rss_1_is_found_and_nothing_else(old: str, new: str, expected: str) -> None:
    assert codes(mutated(RDF, old, new), None) == set(expected.split())


def test_opml_1_knows_two_types_of_outlines() -> None:
    old = CLEAN.replace('version="2.0"', 'version="1.1"')
    assert codes(old.encode()) == set()
    assert codes(mutated(old, 'text="News"', 'text="News" type="song"')) == {"outline-type"}
