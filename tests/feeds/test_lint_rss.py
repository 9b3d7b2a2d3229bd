"""RSS in the linter: a clean feed of an invented hospital, and every way in which one can go wrong."""

import pytest

from publisher.feeds.lint import check
from tests.conftest import NOW

ADDRESS = "https://news.larkmoor.example/feeds/news.rss"
CLEAN = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
  <channel>
    <title>Larkmoor News</title>
    <link>https://news.larkmoor.example/</link>
    <description>What happens at Larkmoor Hospital</description>
    <atom:link href="https://news.larkmoor.example/feeds/news.rss" rel="self" type="application/rss+xml"/>
    <language>en</language>
    <lastBuildDate>Sun, 22 Nov 2026 09:00:00 +0000</lastBuildDate>
    <ttl>60</ttl>
    <image>
      <url>https://news.larkmoor.example/logo.png</url>
      <title>Larkmoor News</title>
      <link>https://news.larkmoor.example/</link>
      <width>88</width>
    </image>
    <skipHours><hour>3</hour></skipHours>
    <item>
      <title>Blood drive on Friday</title>
      <link>https://news.larkmoor.example/a/1</link>
      <description>Come and give.</description>
      <content:encoded>&lt;p&gt;Come and &lt;b&gt;give&lt;/b&gt;.&lt;/p&gt;</content:encoded>
      <guid isPermaLink="false">tag:larkmoor.example,2026-11-22:1</guid>
      <pubDate>Sun, 22 Nov 2026 09:00:00 +0000</pubDate>
      <dc:creator>Ida Lund</dc:creator>
      <category>Donors</category>
      <enclosure url="https://news.larkmoor.example/drive.mp3" length="1200" type="audio/mpeg"/>
      <media:content url="https://news.larkmoor.example/drive.jpg" medium="image" type="image/jpeg" width="900">
        <media:description type="plain">A nurse with a red chair</media:description>
      </media:content>
      <media:thumbnail url="https://news.larkmoor.example/drive.jpg"/>
    </item>
    <item>
      <title>The north stairs are open again</title>
      <link>https://news.larkmoor.example/a/2</link>
      <description>All of them.</description>
      <content:encoded>&lt;p&gt;All of them.&lt;/p&gt;</content:encoded>
      <guid isPermaLink="false">tag:larkmoor.example,2026-11-20:2</guid>
      <pubDate>Fri, 20 Nov 2026 09:00:00 +0000</pubDate>
    </item>
  </channel>
</rss>
"""
FIRST = '<guid isPermaLink="false">tag:larkmoor.example,2026-11-22:1</guid>'
SECOND = "tag:larkmoor.example,2026-11-20:2"
DATE = "<pubDate>Sun, 22 Nov 2026 09:00:00 +0000</pubDate>"
ENCLOSURE = '<enclosure url="https://news.larkmoor.example/drive.mp3" length="1200" type="audio/mpeg"/>'
BODY = "&lt;p&gt;Come and &lt;b&gt;give&lt;/b&gt;.&lt;/p&gt;"
SELF = '<atom:link href="https://news.larkmoor.example/feeds/news.rss" rel="self" type="application/rss+xml"/>'
ROOT = '<rss version="2.0" '
END = "</skipHours>"
SLASH = 'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
TWIN = (
    "<item><title>Blood drive on Friday</title><link>https://news.larkmoor.example/a/1</link>"
    "<guid>https://larkmoor.example/9</guid></item>"
)
COMPLETE = (
    '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>'
    '<atom:link rel="prev-archive" href="https://news.larkmoor.example/feeds/1.rss"/>'
)
THUMBNAIL = "<media:thumbnail"

# What is wrong | what stands in the clean feed | what stands there instead | the codes, all of them.
CASES = [
    ("a tag that is not closed", "</image>", "", "not-well-formed"),
    ("nothing at all", CLEAN, "", "not-well-formed"),
    ("a control character", "Come and give.", "Come &#8; give.", "control-character"),
    ("an entity of HTML", "Come and give.", "Come&nbsp;give.", "entity"),
    ("a character of Windows", "Come and give.", "Come\x92s give.", "characters-broken"),
    ("a text encoded twice", "Come and give.", "CafÃ© open.", "characters-broken"),
    ("XML 1.1", '<?xml version="1.0"', '<?xml version="1.1"', "xml-version"),
    ("a DOCTYPE", "<rss ", '<!DOCTYPE rss PUBLIC "x" "https://larkmoor.example/x.dtd"><rss ', "doctype"),
    ("entities of its own", "<rss ", '<!DOCTYPE rss [<!ENTITY x "y">]><rss ', "doctype entity"),
    ("an XSLT style sheet", "<rss ", '<?xml-stylesheet type="text/xsl" href="/x.xsl"?><rss ', "stylesheet-xsl"),
    ("a version that does not exist", 'version="2.0"', 'version="3.0"', "version-unknown"),
    ("no version", ROOT, "<rss ", "version-unknown"),
    ("a root in a namespace", ROOT, '<rss xmlns="https://larkmoor.example/ns" version="2.0" ',
     "namespace-unknown namespace-wrong"),
    ("another root", CLEAN, "<news/>", "root-unknown"),
    ("a web page", CLEAN, "<html><body/></html>", "root-unknown"),
    ("a web page as pages are", CLEAN, "<!DOCTYPE html><html><p>One<br>", "root-unknown"),
    ("an attribute of the root", ROOT, ROOT + 'lang="en" ', "attribute-unknown"),
    ("no channel", CLEAN, '<rss version="2.0"/>', "channel-missing"),
    ("something beside the channel", "</channel>", "</channel><footer/>", "element-unknown"),
    ("text between elements", "<ttl>", "Hello<ttl>", "text-stray"),
    ("a channel without title", "<title>Larkmoor News</title>\n    <link>", "<link>", "title-missing"),
    ("a channel without link", "<link>https://news.larkmoor.example/</link>\n    <desc", "<desc", "link-missing"),
    ("a channel without description", "<description>What happens at Larkmoor Hospital</description>", "",
     "description-missing"),
    ("a language that does not exist", "<language>en<", "<language>qq<", "language-invalid"),
    ("a language in words", "<language>en<", "<language>English<", "language-invalid"),
    ("two languages", "<language>en<", "<language>en</language><language>en<", "element-duplicate"),
    ("a wrong spelling", "<lastBuildDate>Sun, 22 Nov 2026 09:00:00 +0000</lastBuildDate>", "<lastbuilddate/>",
     "element-unknown"),
    ("a ttl of words", "<ttl>60<", "<ttl>hourly<", "number-invalid"),
    ("an hour too late", "<hour>3<", "<hour>25<", "skip-invalid"),
    ("midnight as 24", "<hour>3<", "<hour>24<", "hour-twentyfour"),
    ("a day in another tongue", END, END + "<skipDays><day>Montag</day></skipDays>", "skip-invalid"),
    ("a cloud without path", END, END + '<cloud domain="x.example" port="80"/>', "cloud-invalid"),
    ("a search box", END, END + "<textInput/>", "textinput"),
    ("an editor without address", END, END + "<managingEditor>Ida Lund</managingEditor>", "mail-invalid"),
    ("an editor without name", END, END + "<managingEditor>ida@larkmoor.example</managingEditor>", "mail-format"),
    ("an image without link", "      <link>https://news.larkmoor.example/</link>\n      <width>", "<width>",
     "image-incomplete"),
    ("an image that leads elsewhere", "      <link>https://news.larkmoor.example/</link>\n      <width>",
     "<link>https://larkmoor.example/</link><width>", "image-link-differs"),
    ("an image of another title", "<title>Larkmoor News</title>\n      <link>", "<title>Logo</title><link>",
     "image-title-differs"),
    ("an image too wide", "<width>88<", "<width>145<", "image-size"),
    ("an image of SVG", "logo.png", "logo.svg", "image-format"),
    ("a channel image over http", "<url>https:", "<url>http:", "http-picture"),
    ("metadata after items", "</item>\n  </channel>", "</item><docs>https://larkmoor.example/</docs></channel>",
     "item-before-metadata"),
    ("no self link", SELF, "", "self-missing"),
    ("another self link", "feeds/news.rss", "feeds/other.rss", "self-different"),
    ("a self link over http", 'href="https:', 'href="http:', "hub-address self-different"),
    ("a self link of a web page's type", "application/rss+xml", "text/html", "self-type"),
    ("the hub as the channel's page", SELF, SELF + '<atom:link rel="hub" href="https://news.larkmoor.example/"/>',
     "hub-as-link"),
    ("a relative hub", SELF, SELF + '<atom:link rel="hub" href="/hub"/>', "url-relative"),
    ("a relation that nobody knows", SELF, SELF + '<atom:link rel="cousin" href="https://x.example/"/>',
     "link-relation"),
    ("an unknown namespace", ROOT, ROOT + 'xmlns:x="https://larkmoor.example/ns" ', "namespace-unknown"),
    ("a namespace that the validator cannot check", ROOT, ROOT + 'xmlns:x="https://podcastindex.org/namespace/1.0" ',
     "namespace-unknown"),
    ("a well-known prefix for another namespace", ROOT, ROOT + 'xmlns:geo="http://purl.org/dc/terms/" ',
     "namespace-prefix"),
    ("media without its slash", "yahoo.com/mrss/", "yahoo.com/mrss", "media-namespace"),
    ("an element that Dublin Core has not", "<dc:creator>Ida Lund</dc:creator>", "<dc:creator/><dc:writer/>",
     "element-unknown"),
    ("an Atom element in the wrong place", DATE, DATE + "<atom:logo>https://x.example/</atom:logo>",
     "element-doubtful"),
    ("an element that RSS does not have", "<title>The north", "<headline/><title>The north", "element-unknown"),
    ("an item that says nothing", "</channel>", "<item><guid>https://larkmoor.example/3</guid></item></channel>",
     "item-empty"),
    ("an empty title", "<title>Blood drive on Friday</title>", "<title/>", "title-empty"),
    ("tags in a title", "Blood drive on Friday", "Blood &lt;b&gt;drive&lt;/b&gt;", "title-html"),
    ("an entity in a title", "Blood drive on Friday", "Blood &amp;amp; drive", "title-html"),
    ("no guid", FIRST, "", "guid-missing"),
    ("an empty guid", FIRST, "<guid/>", "id-missing"),
    ("the same guid twice", SECOND, "tag:larkmoor.example,2026-11-22:1", "id-duplicate"),
    ("a guid that is no link", FIRST, "<guid>drive-1</guid>", "guid-not-url"),
    ("a flag that is no flag", 'isPermaLink="false"', 'isPermaLink="no"', "guid-not-url permalink-flag"),
    ("a guid that is a small number", SECOND, "42", "guid-short"),
    ("a guid made of the headline", FIRST, "<guid>https://larkmoor.example/blood-drive-on-friday</guid>",
     "guid-headline"),
    ("the same story twice", "</channel>", f"{TWIN}</channel>", "link-duplicate"),
    ("a date of ISO", DATE, "<pubDate>2026-11-22</pubDate>", "date-format"),
    ("a date with a wrong weekday", DATE, DATE.replace("Sun", "Mon"), "date-weekday"),
    ("a date with a zone in letters", DATE, DATE.replace("+0000", "EST"), "date-obsolete feed-outdated"),
    ("a date with a zone nobody knows", DATE, DATE.replace("+0000", "CET"), "date-format"),
    ("a date with two digits for the year", DATE, DATE.replace("2026", "26"), "date-obsolete"),
    ("a day that does not exist", DATE, DATE.replace("Sun, 22", "31"), "date-format"),
    ("a date before 1990", "Fri, 20 Nov 2026", "Mon, 20 Nov 1989", "date-implausible"),
    ("a date in the future", DATE, DATE.replace("Sun, 22 Nov 2026", "Tue, 22 Dec 2026"),
     "date-implausible feed-outdated"),
    ("the oldest first", DATE, DATE.replace("Sun, 22", "Thu, 19"), "order"),
    ("the feed's date older than its newest item", "<lastBuildDate>Sun, 22 Nov", "<lastBuildDate>Sun, 15 Nov",
     "feed-outdated"),
    ("the time of the build as the feed's date", "<lastBuildDate>Sun, 22 Nov 2026 09:00:00",
     "<lastBuildDate>Mon, 23 Nov 2026 14:59:30", "built-dates"),
    ("dc:date beside pubDate", DATE, DATE + "<dc:date>2026-11-22</dc:date>", "semantics-duplicate"),
    ("dc:date that says otherwise", DATE, DATE + "<dc:date>2026-11-21</dc:date>", "date-conflict semantics-duplicate"),
    ("author beside dc:creator", DATE, DATE + "<author>ida@larkmoor.example (Ida Lund)</author>",
     "semantics-duplicate"),
    ("an update before the publication", DATE, DATE + "<atom:updated>2026-11-21T09:00:00Z</atom:updated>",
     "date-order"),
    ("two enclosures", ENCLOSURE, ENCLOSURE + ENCLOSURE, "enclosure-two"),
    ("an enclosure without type", ' type="audio/mpeg"', "", "enclosure-incomplete"),
    ("an enclosure of many bytes", 'length="1200"', 'length="many"', "enclosure-incomplete"),
    ("an enclosure of an odd type", "audio/mpeg", "audio", "media-type-invalid"),
    ("an enclosure over http", '<enclosure url="https:', '<enclosure url="http:', "http-picture"),
    ("a relative enclosure", '<enclosure url="https://news.larkmoor.example', '<enclosure url="', "url-relative"),
    ("an attribute that enclosures have not", "<enclosure ", '<enclosure title="x" ', "attribute-unknown"),
    ("an attribute of elsewhere", "<enclosure ", '<enclosure x:y="z" xmlns:x="https://x.example/" ',
     "attribute-foreign namespace-unknown"),
    ("a source without url", DATE, DATE + "<source>Bay Radio</source>", "attribute-missing"),
    ("tags in a link", "<link>https://news.larkmoor.example/a/1<", "<link>https://news.larkmoor.example/a/<b>1</b><",
     "element-unknown"),
    ("words in an enclosure", ENCLOSURE, ENCLOSURE[:-2] + ">Listen</enclosure>", "text-stray"),
    ("a language of an item", "<item>", '<item xml:lang="qq">', "language-invalid"),
    ("a language of the root", ROOT, ROOT + 'xml:lang="qq" ', "language-invalid"),
    ("a role in capitals", "<media:description", '<media:credit role="Photographer"/><media:description',
     "media-value"),
    ("a self link after items", "</item>\n  </channel>", f"</item>{SELF}</channel>", "item-before-metadata"),
    ("an empty category", "<category>Donors<", "<category><", "element-empty"),
    ("a link with a space", "<link>https://news.larkmoor.example/a/1<", "<link>https://news.larkmoor.example/a 1<",
     "url-invalid"),
    ("a link with letters of another alphabet", "example/a/1<", "example/é<", "url-invalid"),
    ("a relative link", "<link>https://news.larkmoor.example/a/1<", "<link>/a/1<", "url-relative"),
    ("a link that browsers cannot open", "<link>https://news.larkmoor.example/a/1<", "<link>gopher://x.example/1<",
     "url-scheme"),
    ("content before the description", "<description>Come and give.</description>", "", "content-before-description"),
    ("content with nothing in it", BODY, "&lt;p&gt; &lt;/p&gt;", "content-empty"),
    ("a group of one picture", THUMBNAIL,
     '<media:group><media:content url="https://x.example/a.jpg" medium="image"/></media:group><media:thumbnail',
     "media-group"),
    ("a medium that does not exist", 'medium="image"', 'medium="picture"', "media-value"),
    ("a width in words", 'width="900"', 'width="wide"', "number-invalid"),
    ("a relative thumbnail", f'{THUMBNAIL} url="https://news.larkmoor.example', f'{THUMBNAIL} url="', "url-relative"),
    ("a thumbnail without url", f'{THUMBNAIL} url="https://news.larkmoor.example/drive.jpg"', THUMBNAIL,
     "attribute-missing"),
    ("a picture over http", 'thumbnail url="https:', 'thumbnail url="http:', "http-picture"),
    ("a picture of no stated type", 'medium="image" type="image/jpeg"', "", "media-type-missing"),
    ("adult content the old way", THUMBNAIL, f"<media:adult>false</media:adult>{THUMBNAIL}", "media-adult"),
    ("an item without a page", "<link>https://news.larkmoor.example/a/1</link>", "", "page-missing"),
    ("nobody named", "<dc:creator>Ida Lund</dc:creator>", "", "author-nowhere"),
    ("an archive without a way back", SELF, SELF + '<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/>',
     "archive-alone archive-incomplete"),
    ("a complete feed with more pages", SELF, SELF + COMPLETE, "archive-links"),
    ("a period that does not exist", SELF,
     SELF + '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">often</sy:updatePeriod>',
     "skip-invalid"),
]  # fmt: skip


def mutated(clean: str, old: str, new: str) -> bytes:
    """The clean document with the first such place changed; a place that is not there is a mistake in the test."""
    assert old in clean
    return clean.replace(old, new, 1).encode()


def codes(document: bytes, address: str | None = ADDRESS) -> set[str]:
    return {finding.code for finding in check(document, now=NOW, address=address)}


def test_the_clean_feed_has_no_findings() -> None:
    assert check(CLEAN.encode(), now=NOW, address=ADDRESS, media_type="application/rss+xml; charset=utf-8") == []


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_found_and_nothing_else(old: str, new: str, expected: str) -> None:
    assert codes(mutated(CLEAN, old, new)) == set(expected.split())


def test_an_enclosure_of_zero_bytes_is_an_error() -> None:
    (finding,) = check(mutated(CLEAN, 'length="1200"', 'length="0"'), now=NOW, address=ADDRESS)
    assert (finding.code, finding.severity) == ("enclosure-empty", "error")
    assert finding.place == 'item 1 "Blood drive on Friday" enclosure'


def test_a_finding_names_the_item_as_an_officer_knows_it() -> None:
    (finding,) = check(mutated(CLEAN, SECOND, "42"), now=NOW, address=ADDRESS)
    assert finding.place == 'item 2 "The north stairs are open again" guid'


def test_characters_written_as_the_rss_profile_asks_are_no_markup() -> None:
    assert codes(mutated(CLEAN, "Blood drive on Friday", "3 &#x3C;b and c")) == set()


def test_several_items_may_lead_to_one_page() -> None:
    assert codes(mutated(CLEAN, "larkmoor.example/a/2<", "larkmoor.example/a/1<")) == set()


def test_a_feed_of_summaries_is_noted() -> None:
    start, end = CLEAN.index("<content:encoded>"), CLEAN.index("</content:encoded>") + len("</content:encoded>")
    bare = CLEAN[:start] + CLEAN[end:]
    bare = bare.replace("<content:encoded>&lt;p&gt;All of them.&lt;/p&gt;</content:encoded>", "")
    assert codes(bare.encode()) == {"summary-only"}


def test_a_description_may_be_the_whole_text() -> None:
    bare = CLEAN.replace("content:encoded", "slash:section").replace("Come and give.<", "&lt;p&gt;Come.&lt;/p&gt;<")
    bare = bare.replace("<rss ", "<rss " + SLASH)
    assert codes(bare.encode()) == set()


def test_dates_of_one_moment_now_are_those_of_a_build() -> None:
    built = CLEAN.replace("Sun, 22 Nov 2026 09:00:00", "Mon, 23 Nov 2026 14:59:50")
    built = built.replace("Fri, 20 Nov 2026 09:00:00", "Mon, 23 Nov 2026 14:59:50")
    third = "<item><title>A third</title><guid>https://larkmoor.example/3</guid>"
    third += "<pubDate>Mon, 23 Nov 2026 14:59:50 +0000</pubDate></item></channel>"
    assert codes(mutated(built, "</channel>", third)) == {"built-dates"}
