"""Every rule the linter knows: its code, its severity, and one line saying what it is about.

`found` makes a Finding and takes the severity from here, so that one code never means two things. A Flaw is a
finding that does not know its place yet; checks of plain values give flaws, and `at` says where they are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from publisher.records import Finding, Severity

Flaw: TypeAlias = tuple[str, str]
"""A code and a mend."""

MOST_OF_A_CODE = 20

ERRORS: dict[str, str] = {
    "alternate-duplicate": "two alternate links of the same type and language: readers cannot tell which is the page",
    "archive-links": "links of a paged, complete or archived feed contradict each other (RFC 5005)",
    "atom-old": "Atom 0.3, a draft that was withdrawn in 2005",
    "attribute-missing": "an element lacks an attribute it must have",
    "attribute-unknown": "an attribute that its element does not have",
    "author-missing": "an Atom entry without an author, and the feed has none to inherit",
    "channel-missing": "an RSS document without a channel, or an RSS 1.0 document without its list of items",
    "cloud-invalid": "a cloud element whose port, host or path cannot be used",
    "content-missing": "an Atom entry or JSON item with neither content nor a link to it",
    "content-not-base64": "content of a binary media type that is not base64",
    "content-type-invalid": "content, or a text, whose type says nothing that readers know",
    "control-character": "a control character or half a character: parsers refuse the whole document",
    "date-format": "a date that cannot be read by the format's rule",
    "date-weekday": "a date whose weekday is not that of its day",
    "description-missing": "a channel without a description",
    "element-duplicate": "an element that may stand only once stands twice",
    "element-unknown": "an element that the format does not have there",
    "emptied": "a feed without entries replaces one that had some",
    "enclosure-empty": "an enclosure of zero bytes",
    "enclosure-incomplete": "an enclosure without url, type or a usable length",
    "encoding-mismatch": "the declared encoding is not that of the bytes",
    "entity": "an entity of its own, or one that XML does not know",
    "entry-before-metadata": "an Atom feed's own elements stand after its first entry",
    "guid-not-url": "a guid that claims to be a permanent link and is not a URL",
    "href-missing": "a link without an address",
    "hub-as-link": "the feed's page is said to be its WebSub hub",
    "id-changed": "an entry that was published before has another id now: readers show it again",
    "id-duplicate": "two entries with the same id: readers show only one of them",
    "id-invalid": "an id that is no valid absolute URI",
    "id-missing": "no id: readers cannot tell this entry or feed from others",
    "id-moved": "an entry's id changed its scheme or host only: readers show everything again",
    "image-incomplete": "a channel image without url, title or link",
    "image-size": "a channel image that is not 1 to 144 pixels wide and 1 to 400 high",
    "item-empty": "an item with neither title nor description",
    "json-invalid": "the document is not JSON",
    "json-key-duplicate": "a JSON member is given twice: readers take only one of them",
    "json-type": "a JSON member of the wrong type",
    "language-invalid": "a language that is no BCP 47 tag",
    "link-missing": "a channel, item or image without the link it must have",
    "mail-invalid": "a mail address that cannot be one",
    "media-group": "a media:group without alternatives to choose from",
    "media-namespace": "the Media RSS namespace without its final slash",
    "media-type-invalid": "a type that is no media type",
    "media-value": "a media: attribute with a value that Media RSS does not know",
    "namespace-wrong": "the root element is in no namespace, or in one that is not its own",
    "not-utf8": "JSON that is not UTF-8",
    "not-well-formed": "the document is not well-formed XML: no reader can read it",
    "number-invalid": "a value that must be a whole number and is not",
    "opml-part": "an OPML document without head, body or any outline",
    "opml-value": "an OPML head value or outline flag that no reader understands",
    "outline-text-missing": "an outline without text",
    "permalink-flag": "isPermaLink is neither true nor false",
    "root-unknown": "the document is no feed",
    "skip-invalid": "skipHours or skipDays with an hour or day that does not exist, or twice",
    "summary-missing": "Atom content that lies elsewhere, or is binary, without a summary",
    "text-stray": "text between elements, where none may be",
    "title-missing": "no title where one must be",
    "tombstone-invalid": "an at:deleted-entry without ref or when (RFC 6721)",
    "updated-missing": "no date of the last change where Atom demands one",
    "url-invalid": "an address with characters or parts that no address has",
    "url-relative": "a relative address where an absolute one must be",
    "version-unknown": "a version of the format that does not exist, or none",
    "whitespace": "space around a value that is compared letter by letter",
    "xhtml-div": "xhtml content that is not one div in the XHTML namespace",
    "xml-version": "an XML version other than 1.0",
}

WARNINGS: dict[str, str] = {
    "archive-incomplete": "an archive document without a link to the current feed (RFC 5005)",
    "attribute-empty": "an attribute with nothing in it",
    "attribute-foreign": "an attribute of another vocabulary on an RSS element",
    "built-dates": "dates that tell when the feed was built and not when the news was published",
    "changed-without-update": "an entry's text changed and its date of change did not",
    "characters-broken": "characters of a wrong encoding: C1 controls, replacement characters, double encoding",
    "content-before-description": "content:encoded stands before the description or without one",
    "content-empty": "an entry whose content is empty",
    "date-implausible": "a date before 1990 or in the future",
    "date-obsolete": "a date in an outdated form: two-digit year, letters for the zone, odd spelling",
    "date-order": "an entry that was updated before it was published",
    "date-conflict": "two dates for the same thing that differ",
    "document-large": "a document of more than 1 MB",
    "doctype": "a document type declaration, which careful parsers refuse",
    "element-doubtful": "an element that the format knows, but not there",
    "element-empty": "an element with nothing in it",
    "enclosure-two": "two enclosures in one RSS item: readers take only one of them",
    "encoding-rare": "an encoding other than UTF-8",
    "feed-outdated": "the feed's date is older than that of its newest entry",
    "guid-missing": "an item without a guid: readers guess, and show edited items twice",
    "guid-short": "a guid that is a small number, which other feeds have as well",
    "hour-twentyfour": "24 for midnight instead of 0",
    "html-attribute": "attributes in content that readers strip or refuse: on…, style, or unknown ones",
    "html-broken": "tags in content that are not closed, wrongly nested or not tags",
    "html-entity": "an & in content that begins nothing",
    "html-foreign": "SVG or MathML inside content",
    "html-relative": "a relative address in content",
    "html-script": "an address in content that is a script",
    "html-unknown": "a tag in content that HTML does not have",
    "html-unsafe": "scripts, frames, forms and other elements in content that readers remove",
    "http-picture": "a picture or enclosure over plain http: pages over https do not show it",
    "hub-address": "a hub or self address that is not an absolute https address",
    "id-not-canonical": "an id in a spelling that some software will change",
    "image-format": "a channel image that is not JPEG, PNG or GIF",
    "image-link-differs": "a channel image whose link is not the channel's",
    "image-title-differs": "a channel image whose title is not the channel's",
    "item-before-metadata": "an RSS channel's own elements stand after its first item",
    "json-author-old": "author instead of the authors of JSON Feed 1.1",
    "json-member-unknown": "a JSON member that JSON Feed does not have",
    "link-duplicate": "the same story twice, with different ids",
    "link-not-empty": "an Atom link with text in it",
    "link-relation": "a link relation that is not registered, or stands where it has no meaning",
    "mail-format": "a mail address in RSS that is not written as address (Name)",
    "mail-in-name": "a mail address inside a name",
    "media-adult": "the outdated media:adult",
    "media-type-wrong": "the media type the document is served with is not that of its format",
    "namespace-prefix": "a well-known prefix for another namespace, or a prefix that confuses old readers",
    "namespace-unknown": "a namespace that the validator does not know",
    "order": "entries not newest first",
    "outline-address": "an outline of a feed or link without its address or title",
    "outline-type": "an outline without a type, or with one that readers do not know",
    "semantics-duplicate": "the same thing said twice in two vocabularies",
    "self-different": "the feed's self link is not the address it is served at",
    "self-missing": "a feed that does not say its own address",
    "self-type": "a self link with a type that no feed has",
    "source-incomplete": "an Atom source without id, title or updated",
    "stylesheet-xsl": "an XSLT style sheet, which browsers no longer apply",
    "textinput": "the outdated textInput",
    "title-empty": "a title with nothing in it",
    "title-html": "markup in a plain text: readers show it letter by letter or take it for tags",
    "type-missing": "content elsewhere without a type",
    "updated-duplicate": "two Atom entries with the same date of change",
    "updated-without-change": "a date of change moved and nothing else did",
    "url-scheme": "an address of a scheme that readers do not know",
}

NOTES: dict[str, str] = {
    "archive-alone": "an archive document without a neighbour: the W3C validator warns until there is a second",
    "author-nowhere": "nobody is named as author, neither by the feed nor by any entry",
    "guid-headline": "an id that is a URL made of the headline: it will change when the headline does",
    "home-missing": "the feed does not say which page it belongs to",
    "image-without-alt": "a picture in content without alt",
    "media-type-missing": "a link or enclosure that does not say its media type",
    "page-missing": "an entry that does not say on which page it can be read",
    "summary-only": "no entry has its full text",
}

RULES: dict[str, str] = ERRORS | WARNINGS | NOTES


def severity(code: str) -> Severity:
    """Of a known code; a KeyError is a bug in a rule."""
    if code in ERRORS:
        return "error"
    if code in WARNINGS:
        return "warning"
    return "note" if code in NOTES else _unknown(code)


def found(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity=severity(code), place=place, mend=mend)


def at(place: str, flaws: Iterable[Flaw]) -> Iterator[Finding]:
    return (found(code, place, mend) for code, mend in flaws)


def capped(findings: Iterable[Finding]) -> list[Finding]:
    """In their order; of one code the first 20, and how many more there are."""
    seen: Counter[str] = Counter()
    kept = []
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MOST_OF_A_CODE:
            kept.append(finding)
    rest = [(code, number - MOST_OF_A_CODE) for code, number in seen.items() if number > MOST_OF_A_CODE]
    return kept + [found(code, "document", f"and {more} more of the same kind: {RULES[code]}") for code, more in rest]


def shown(value: str, most: int = 80) -> str:
    """A value in a sentence: one line, printable, cut."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value[: most * 4]).split())
    return line if len(line) <= most and len(value) <= most * 4 else line[: most - 1] + "…"


def _unknown(code: str) -> Severity:
    raise KeyError(f"no rule has the code {code!r}")
