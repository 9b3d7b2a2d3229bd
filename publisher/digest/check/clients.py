"""Whether mail programs show the mail as it is meant: its size, its styles, its elements, its pictures, its text part.

Which styles break where is for `breaking`, whether the text part says the same for `text_part`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from publisher.digest.check import styles, text_part
from publisher.digest.check.breaking import CSS_BREAKS as CSS_BREAKS, css_breaks, listed, table
from publisher.digest.check.document import NOWHERE, Document, short
from publisher.digest.check.rules import Rule
from publisher.digest.check.text_part import TEXT_DIFFERS as TEXT_DIFFERS, TEXT_MISSING as TEXT_MISSING
from publisher.records import Edition, Finding, Severity

WARN_BYTES = 80 * 1024
MOST_BYTES = 102 * 1024
"""Gmail cuts a mail's HTML at about this size and hides what follows, the unsubscribe link with it."""

WARN_STYLES = 12 * 1024
MOST_STYLES = 16 * 1024
"""Gmail throws away the style sheets of a mail in which they are larger."""

LONGEST_PERSONAL = 400
"""No personal value is longer than this many bytes once escaped; the largest copy is reckoned with it."""


def _rule(code: str, severity: Severity, wrong: str, why: str) -> Rule:
    return Rule(code=code, family="clients", severity=severity, wrong=wrong, why=why)


LARGE = _rule(
    "large",
    "warning",
    "The largest copy has more than 80 KB of HTML.",
    "Gmail cuts mails at about 102 KB, and a forwarded one grows.",
)
TOO_LARGE = _rule(
    "too-large",
    "error",
    "The largest copy has more than 102 KB of HTML.",
    "Gmail cuts it there and hides what follows, the unsubscribe link with it.",
)
STYLE_LARGE = _rule(
    "style-large", "warning", "The style sheets have more than 12 KB.", "Gmail drops them all when they have 16."
)
STYLE_TOO_LARGE = _rule(
    "style-too-large",
    "error",
    "The style sheets have more than 16 KB.",
    "Gmail drops them all: telephones get the wide layout.",
)
STYLE_NESTED = _rule(
    "style-nested",
    "error",
    "A style sheet has a rule within a rule.",
    "Gmail drops a whole sheet with an @ rule within another, and few programs know other nested rules.",
)
SHEET_LINKED = _rule(
    "sheet-linked", "error", "A style sheet is to be loaded from elsewhere.", "Mail programs do not load any."
)
ELEMENT_STRIPPED = _rule(
    "element-stripped",
    "error",
    "An element that mail programs take out or leave lifeless.",
    "Readers see a hole or a button that does nothing, and filters take such mail for a fraud.",
)
DOCTYPE_MISSING = _rule(
    "doctype-missing",
    "error",
    'The HTML does not begin with "<!DOCTYPE html>".',
    "Mail programs then measure widths and heights as browsers did in 1998.",
)
CHARSET_MISSING = _rule(
    "charset-missing",
    "error",
    "The head does not say that the mail is in UTF-8.",
    "Saved, forwarded or shown in a browser, its letters are garbled.",
)
NOT_ASCII = _rule(
    "not-ascii",
    "warning",
    "The HTML has characters outside ASCII.",
    "Gmail cuts even small mails with them as if they were too large.",
)
MSO_UNCLOSED = _rule(
    "mso-unclosed",
    "error",
    "A conditional comment for Outlook is broken, or the tags in these comments do not balance.",
    "Outlook, or everything else, hides the rest of the mail.",
)
IMAGE_SIZE_MISSING = _rule(
    "image-size-missing",
    "warning",
    "A picture without width and height.",
    "Outlook shows it as large as its file is, and elsewhere the text jumps while it loads.",
)
IMAGE_FORMAT = _rule(
    "image-format",
    "warning",
    "A picture in a format that some mail programs do not show.",
    "Their readers see an empty box.",
)
_STRIPPED = {"applet", "audio", "base", "button", "canvas", "dialog", "embed", "form", "frame", "frameset", "iframe"}
_STRIPPED |= {"input", "marquee", "math", "meter", "object", "progress", "script", "select", "svg", "textarea", "video"}


def check(document: Document, edition: Edition, home: str = "") -> list[Finding]:
    """All findings of this family on the edition, of which `document` is the largest copy.

    `home` is the site's address with its last slash.
    """
    return [
        *_size(edition),
        *_sheets(document),
        *css_breaks(document),
        *_stripped(document),
        *_doctype(document),
        *_charset(document),
        *_ascii(edition),
        *_outlook(document),
        *_images(document),
        *text_part.check(document, edition, home),
    ]


def largest_copy(edition: Edition) -> int:
    """Bytes of the decoded HTML of the largest personalised copy."""
    longest = defaultdict[str, str](lambda: "x" * LONGEST_PERSONAL)
    return len(edition.html_for((), longest).encode("utf-8", "replace"))


def _size(edition: Edition) -> Iterator[Finding]:
    size = largest_copy(edition)
    if size >= WARN_BYTES:
        rule = TOO_LARGE if size >= MOST_BYTES else LARGE
        told = f"the largest copy has {size / 1024:.0f} KB; Gmail cuts mails at about 102 KB"
        yield rule.found(NOWHERE, f"{told}; carry fewer or shorter items")


def _sheets(document: Document) -> Iterator[Finding]:
    size = sum(len(sheet.encode("utf-8", "replace")) for sheet in document.sheets)
    if size >= WARN_STYLES:
        rule = STYLE_TOO_LARGE if size >= MOST_STYLES else STYLE_LARGE
        yield rule.found(NOWHERE, f"its style sheets have {size / 1024:.0f} KB; Gmail drops more than 16; shorten them")
    if any(styles.is_nested(sheet) for sheet in document.sheets):
        yield STYLE_NESTED.found(NOWHERE, "a style sheet has a rule within a rule; write them one after the other")
    linked = [link for link in document.tree.iter("link") if "stylesheet" in link.get("rel", "").lower().split()]
    if linked or any("import" in styles.at_rules(sheet) for sheet in document.sheets):
        yield SHEET_LINKED.found(NOWHERE, "it loads a style sheet; write the rules into the mail's own")


def _stripped(document: Document) -> Iterator[Finding]:
    found = Counter(element.tag for element in document.tree.iter(*_STRIPPED))
    for tag in sorted(found):
        broken = listed(table()["elements"].get(tag) or ["most mail programs"])
        yield ELEMENT_STRIPPED.found(
            NOWHERE, f"<{tag}> does not work in {broken}; take it out, or link to a page with it"
        )


def _doctype(document: Document) -> Iterator[Finding]:
    if not document.source.startswith("<!DOCTYPE html>"):
        yield DOCTYPE_MISSING.found(NOWHERE, 'it does not begin with "<!DOCTYPE html>"; mend the top of the template')


def _charset(document: Document) -> Iterator[Finding]:
    metas = list(document.tree.iter("meta"))
    said = {meta.get("charset", "").strip().lower() for meta in metas}
    said |= {meta.get("content", "").lower().partition("charset=")[2].strip() for meta in metas}
    if "utf-8" not in said:
        yield CHARSET_MISSING.found(NOWHERE, 'there is no <meta charset="utf-8">; put it first into the head')


def _ascii(edition: Edition) -> Iterator[Finding]:
    strange = re.search(r"[^\x00-\x7f]", edition.html)
    if strange:
        at = strange.start()
        near = " ".join(edition.html[max(0, at - 30) : at + 30].split())
        mend = f"has the character U+{ord(strange[0]):04X} as it is; write it as &#{ord(strange[0])};"
        yield NOT_ASCII.found(short(near), mend)


def _outlook(document: Document) -> Iterator[Finding]:
    fault = _broken_comment(document.comments)
    if fault:
        yield MSO_UNCLOSED.found(short(" ".join(fault.split())), "is no whole conditional comment; mend its ends")
        return
    told = " ".join(comment for comment in document.comments if comment.startswith("[if"))
    for tag in ("table", "tr", "td", "div"):
        opened, closed = len(re.findall(rf"<{tag}\b", told)), len(re.findall(rf"</{tag}\b", told))
        if opened != closed:
            mend = f"Outlook's comments open {opened} <{tag}> and close {closed}; close what they open"
            yield MSO_UNCLOSED.found(NOWHERE, mend)
            return


def _broken_comment(comments: Sequence[str]) -> str | None:
    """The first comment that is neither whole, `<!--[if mso]>…<![endif]-->`, nor one of a pair around a shown part."""
    opened: str | None = None
    for comment in comments:
        told = comment.lower()
        if "endif" not in told and not re.match(r"\s*\[\s*if\b", told):
            continue
        if re.fullmatch(r"\[if [^\]]*\]>.*<!\[endif\]", told, re.DOTALL):
            if told.count("[if ") > 1:
                return comment
        elif re.fullmatch(r"\[if [^\]]*\](?:><!(?:--\s*)?)?", told) and opened is None:
            opened = comment
        elif told in ("<![endif]", "[endif]") and opened is not None:
            opened = None
        else:
            return comment
    return opened


def _images(document: Document) -> Iterator[Finding]:
    for image in document.images:
        if not all(re.fullmatch(r"\d+%?", (told or "").strip()) for told in (image.width, image.height)):
            mend = f"the picture {short(image.src)} lacks its width or height; give both as attributes, in pixels"
            yield IMAGE_SIZE_MISSING.found(image.place, mend)
        broken = table()["images"].get(_format(image.src))
        if broken:
            mend = f"the picture {short(image.src)} is not shown in {listed(broken)}; make it JPEG or PNG"
            yield IMAGE_FORMAT.found(image.place, mend)


def _format(src: str) -> str:
    """The ending of its file name; `data:` for a picture written into the mail."""
    if src.lower().startswith("data:"):
        return "data:"
    return re.split(r"[?#]", src, maxsplit=1)[0].rpartition(".")[2].lower()
