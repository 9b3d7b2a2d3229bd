"""The gate's first checks on a finished issue: pure, every finding with its place and its mend."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import unescape

from publisher.records import Article, Edition, Finding, Severity

WARN_BYTES = 80 * 1024
MOST_BYTES = 102 * 1024
"""Gmail cuts a mail's HTML at about this size and hides what follows, the unsubscribe link with it."""

_LONGEST_PERSONAL = 400
"""No personal value is longer than this many bytes once escaped; the largest copy is reckoned with it."""


def check(edition: Edition, carried: Sequence[Article], now: datetime, home: str) -> list[Finding]:
    """All findings on the edition that would leave at `now`. `home` is the site's address, which all pictures need."""
    return [
        *_size(edition),
        *_embargoed(carried, now),
        *_withdrawn(carried),
        *_pictures(carried),
        *_ways_out(edition),
        *_no_pixel(edition),
        *_no_third_party(edition, home),
    ]


def largest_copy(edition: Edition) -> int:
    """Bytes of the decoded HTML of the largest personalised copy."""
    tokens = re.findall(edition.token("[A-Z]+"), edition.html)
    return len(edition.html.encode()) - sum(map(len, tokens)) + len(tokens) * _LONGEST_PERSONAL


def _size(edition: Edition) -> list[Finding]:
    size = largest_copy(edition)
    if size < WARN_BYTES:
        return []
    severity: Severity = "error" if size >= MOST_BYTES else "warning"
    mend = f"the largest copy has {size / 1024:.0f} KB; Gmail cuts mails at about 102 KB; carry fewer or shorter items"
    return [Finding(code="too-large", severity=severity, place="HTML part", mend=mend)]


def _embargoed(carried: Sequence[Article], now: datetime) -> list[Finding]:
    return [
        Finding(
            code="embargoed",
            severity="error",
            place=article.headline or article.id,
            mend=f"may not be read before {article.released:%Y-%m-%d %H:%M} UTC; send it then, or draft without --week",
        )
        for article in carried
        if article.released > now
    ]


def _withdrawn(carried: Sequence[Article]) -> list[Finding]:
    mend = "was withdrawn; draft the issue again without it"
    return [
        Finding(code="withdrawn", severity="error", place=article.headline or article.id, mend=mend)
        for article in carried
        if article.withdrawn_at
    ]


def _pictures(carried: Sequence[Article]) -> list[Finding]:
    return [
        Finding(
            code="alt-missing",
            severity="warning",
            place=article.headline or article.id,
            mend="say what its picture shows, in the article's front matter: alt",
        )
        for article in carried
        if article.image and article.image.url and not article.image.alt
    ]


def _ways_out(edition: Edition) -> list[Finding]:
    """Both parts must let a reader leave."""
    token = edition.token("UNSUBSCRIBE")
    parts = {"HTML part": edition.html, "text part": edition.text}
    mend = "there is no unsubscribe link; put {{ t.unsubscribe }} into the template"
    return [
        Finding(code="no-unsubscribe", severity="error", place=place, mend=mend)
        for place, part in parts.items()
        if token not in part
    ]


def _no_pixel(edition: Edition) -> list[Finding]:
    """Nobody is tracked: no picture may carry a personal value or have no size to be seen."""
    images = re.findall(r"<img\b[^>]*>", edition.html)
    suspect = [i for i in images if f"ZQ{edition.nonce}" in i or re.search(r'(width|height)="?[01]"?[ >]', i)]
    mend = "a picture that nobody can see, or with a personal address, tracks readers; take it out of the template"
    return [Finding(code="tracking", severity="error", place="HTML part", mend=mend)] if suspect else []


def _no_third_party(edition: Edition, home: str) -> list[Finding]:
    """Whatever a mail loads by itself comes from the site: anyone else's server would learn who reads when."""
    # In tags and style sheets only: a reader's text may well speak of src= or url().
    markup = " ".join(re.findall(r"<style\b.*?</style>|<[a-z!][^>]*>", edition.html, re.IGNORECASE | re.DOTALL))
    loaded = re.findall(r"""\s(?:src|background|srcset|poster)\s*=\s*["']?([^"'\s>]+)""", markup, re.IGNORECASE)
    loaded += re.findall(r"""url\(\s*["']?([^"')\s]+)""", markup, re.IGNORECASE)
    strangers = sorted({address for address in loaded if not unescape(address).startswith(home)})
    mend = f"would be loaded from elsewhere; use pictures below {home} only"
    return [Finding(code="third-party", severity="error", place=address[:100], mend=mend) for address in strangers]
