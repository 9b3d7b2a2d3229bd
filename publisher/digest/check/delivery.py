"""Whether the mail arrives and its links lead somewhere: subject, preheader, links, and what the law asks for.

In: the largest copy, the edition, the organisation's address. Out: findings. Whether a page really answers is asked
by the action `linkcheck`; nothing here goes to the network.
"""

import re
import socket
from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from lxml import etree

from publisher.addresses import is_open
from publisher.digest.check.document import NOWHERE, PERSONAL, SAMPLE, Document, shown
from publisher.digest.check.privacy import TEXT_PART, is_personal, urls_in_text
from publisher.digest.check.rules import Rule
from publisher.digest.check.wording import is_shouting, strange_in
from publisher.records import Edition, Finding

MOST_SUBJECT = 78
"""Characters of a subject. Telephones show 35 to 50 of them, lists on wide screens 60 to about 78; more is seen by
nobody before the mail is open, and 78 is also the length that RFC 5322 (2.1.1) recommends for a line."""

SPAM_WARNING = 2.0
SPAM_ERROR = 5.0
"""SpamAssassin's own limit: most servers that use it put what reaches 5 away."""

# fmt: off
SUBJECT_EMPTY = Rule(
    code="subject-empty", family="delivery", severity="error",
    wrong="The mail has no subject.",
    why="Filters take such mail for spam, and readers do not know what it is.",
)
SUBJECT_LONG = Rule(
    code="subject-long", family="delivery", severity="warning",
    wrong=f"The subject has more than {MOST_SUBJECT} characters.",
    why="Its end is cut off in every list of mails, on telephones after about 40 characters.",
)
SUBJECT_SHOUTING = Rule(
    code="subject-shouting", family="delivery", severity="warning",
    wrong="The subject is in capitals or has several exclamation marks.",
    why="Filters take it for advertising, and readers too.",
)
SUBJECT_STRANGE = Rule(
    code="subject-strange", family="delivery", severity="warning",
    wrong="The subject has characters that nobody sees, that turn it round, or that look like an encoded word.",
    why="They can make it say something else than it seems to; forged mail is full of them, and filters know.",
)
PREHEADER_MISSING = Rule(
    code="preheader-missing", family="delivery", severity="warning",
    wrong="The mail has no preheader.",
    why="Behind the subject, lists of mails show whatever comes first: a logo's text, or a link to the web.",
)
LINK_RELATIVE = Rule(
    code="link-relative", family="delivery", severity="error",
    wrong="A link or a picture has an address without https:// and a host.",
    why="A mail is no page of the site: the address leads nowhere.",
)
LINK_HTTP = Rule(
    code="link-http", family="delivery", severity="warning",
    wrong="A link begins with http, not https.",
    why="Anyone on the way can read and change that page; many programs warn before they open it.",
)
LINK_PRIVATE = Rule(
    code="link-private", family="delivery", severity="error",
    wrong="A link leads into the house's own network.",
    why="Readers outside cannot open it, and it tells them names of the house's machines.",
)
LINK_DEAD = Rule(
    code="link-dead", family="delivery", severity="error",
    wrong="A link leads nowhere.",
    why="Readers click and nothing happens, or a page says that there is none.",
)
LINK_UNSURE = Rule(
    code="link-unsure", family="delivery", severity="warning",
    wrong="A page that a link leads to gave no useful answer when it was asked.",
    why="It may be gone, or only slow or in trouble just now: somebody should look.",
)
LINK_GUARDED = Rule(
    code="link-guarded", family="delivery", severity="note",
    wrong="A page that a link leads to does not answer programs.",
    why="It asks for a password or turns machines away; only a person can see whether it is there.",
)
LINKS_UNASKED = Rule(
    code="links-unasked", family="delivery", severity="note",
    wrong="Not all links could be asked whether their pages are there.",
    why="There were too many of them, or the time for asking was over.",
)
POSTAL_ADDRESS_MISSING = Rule(
    code="postal-address-missing", family="delivery", severity="error",
    wrong="The organisation's postal address is not in the mail.",
    why="CAN-SPAM and other laws ask for it in every newsletter; without it readers cannot tell who writes.",
)
NO_UNSUBSCRIBE = Rule(
    code="no-unsubscribe", family="delivery", severity="error", final=True,
    wrong="A part of the mail has no unsubscribe link.",
    why="Readers have a right to leave; those who cannot call the mail spam, which ends delivery for all.",
)
NO_PREFERENCES = Rule(
    code="no-preferences", family="delivery", severity="warning",
    wrong="A part of the mail has no link to the reader's preferences.",
    why="Who wants fewer topics, or another language, can only leave.",
)
NO_WEB_LINK = Rule(
    code="no-web-link", family="delivery", severity="warning",
    wrong="A part of the mail has no link to the issue on the web.",
    why="Who cannot see the mail as it is meant has nowhere to go.",
)
SPAM_SCORE = Rule(
    code="spam-score", family="delivery", severity="warning",
    wrong="SpamAssassin finds the mail suspicious.",
    why="At some servers it will land among junk.",
)
SPAM_SCORE_HIGH = Rule(
    code="spam-score-high", family="delivery", severity="error",
    wrong="SpamAssassin takes the mail for spam.",
    why="Most servers that use it will not show the mail to anyone.",
)
SPAM_UNMEASURED = Rule(
    code="spam-unmeasured", family="delivery", severity="warning",
    wrong="SpamAssassin is installed and gave no score.",
    why="Nobody knows what filters will say; the mail is not held up for that.",
)
# fmt: on
RULES = (
    SUBJECT_EMPTY,
    SUBJECT_LONG,
    SUBJECT_SHOUTING,
    SUBJECT_STRANGE,
    PREHEADER_MISSING,
    LINK_RELATIVE,
    LINK_HTTP,
    LINK_PRIVATE,
    LINK_DEAD,
    LINK_UNSURE,
    LINK_GUARDED,
    LINKS_UNASKED,
    POSTAL_ADDRESS_MISSING,
    NO_UNSUBSCRIBE,
    NO_PREFERENCES,
    NO_WEB_LINK,
    SPAM_SCORE,
    SPAM_SCORE_HIGH,
    SPAM_UNMEASURED,
)  # fmt: skip


def check(
    document: Document, edition: Edition, home: str, address: Sequence[str], headlines: Collection[str] = ()
) -> list[Finding]:
    """`home` is the site's address with its last slash, `address` the organisation's postal one, line by line.

    `headlines` are those of the issue, which are judged elsewhere: of a subject made of one, the rest is looked at.
    """
    found = [
        *_subject(edition, headlines),
        *_preheader(edition.preheader),
        *_links(document, edition, home),
        *_postal_address(document, edition, address),
        *_ways_out(document, edition, home),
    ]
    return list(dict.fromkeys(found))


def links_of(document: Document) -> list[str]:
    """The pages that its links lead to, each once: what can be asked whether it is still there."""
    urls = (link.href for link in document.links if fault_of_url(link.href) in (None, LINK_HTTP))
    return list(dict.fromkeys(url for url in urls if url.startswith("http") and not url.startswith(PERSONAL)))


def check_spam(score: float | None) -> list[Finding]:
    """`score` is SpamAssassin's, by its local rules; None where it is not installed."""
    if score is None or score <= SPAM_WARNING:
        return []
    mend = f"SpamAssassin gives it {score:.1f} points; `spamassassin -t` on the previewed .eml says for what"
    return [(SPAM_SCORE_HIGH if score >= SPAM_ERROR else SPAM_SCORE).found("message", mend)]


def _subject(edition: Edition, headlines: Collection[str]) -> Iterator[Finding]:
    subject = edition.subject
    if not shown(subject):
        yield SUBJECT_EMPTY.found("subject", "the subject is empty; write one: `publisher issue edit --subject`")
    if len(subject) > MOST_SUBJECT:
        mend = f"has {len(subject)} characters, at most {MOST_SUBJECT} are shown; begin with what matters, cut the rest"
        yield SUBJECT_LONG.found("subject", mend)
    if is_shouting(_without(subject, filter(is_shouting, headlines))):
        yield SUBJECT_SHOUTING.found("subject", "shouts; write it like a sentence, with one exclamation mark at most")
    if strange := strange_in(_without(subject, filter(strange_in, (*headlines, edition.title)))):
        yield SUBJECT_STRANGE.found("subject", f"has {strange}; write the subject anew, without it")


def _without(subject: str, judged: Iterable[str]) -> str:
    """What is left of a subject without the words of which it is told elsewhere what is wrong with them."""
    for words in judged:
        subject = subject.replace(words, "")
    return subject


def _preheader(preheader: str) -> Iterator[Finding]:
    if not shown(preheader):
        mend = "there is none; say in a sentence what else is in the issue: `publisher issue edit --preheader`"
        yield PREHEADER_MISSING.found("preheader", mend)


# --- links ---

_RUNS = {"javascript", "vbscript", "data", "file", "blob", "about"}
_MAILTO = re.compile(r"mailto:[^\s@?]{1,64}@[^\s@?]{1,255}(?:\?\S*)?", re.IGNORECASE)
_TEL = re.compile(r"(?:tel|sms):\+?[\d().\-\s%]{3,40}(?:[;?]\S*)?", re.IGNORECASE)
_MENDS = {
    LINK_RELATIVE.code: "has no https:// and host in front; write the whole address",
    LINK_HTTP.code: "begins with http; use the page's https address",
    LINK_PRIVATE.code: "is inside the house's own network; link to a page that the public can open",
    LINK_DEAD.code: "leads nowhere; write the address of a page, or take the link out",
}


def _links(document: Document, edition: Edition, home: str) -> Iterator[Finding]:
    ids = {name for element in document.tree.iter(etree.Element) if (name := element.get("id"))}
    in_html = {link.href for link in document.links}
    for link in document.links:
        if (fault := _fault_of_link(link.href, home, ids)) and not is_personal(link.href):
            yield fault.found(link.place, f'"{_short(link.href)}" {_MENDS[fault.code]}')
    for url in urls_in_text(edition):
        if url not in in_html and (fault := _fault_of_link(url, home)) and not is_personal(url):
            yield fault.found(TEXT_PART, f'"{_short(url)}" {_MENDS[fault.code]}')
    for image in document.images:
        if fault_of_url(image.src) is LINK_RELATIVE and not image.src.startswith("//"):  # that is loaded: `privacy`
            yield LINK_RELATIVE.found(image.place, f'picture "{_short(image.src)}" {_MENDS[LINK_RELATIVE.code]}')


def _fault_of_link(url: str, home: str, ids: Collection[str] = ()) -> Rule | None:
    """Where the whole site is without https, `message` says so once, and not each of its pages."""
    fault = fault_of_url(url, ids)
    return None if fault is LINK_HTTP and url.startswith(home) else fault


def fault_of_url(url: str, ids: Collection[str] = ()) -> Rule | None:
    """What is wrong with the address of a link, as far as it can be told without asking. `ids` are the page's own."""
    if url.startswith(PERSONAL):
        return None
    if url.startswith("#"):
        return None if url[1:] in ids else LINK_DEAD
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return LINK_DEAD
    scheme = parts.scheme.lower()
    if scheme in ("mailto", "tel", "sms"):
        good = _MAILTO if scheme == "mailto" else _TEL
        return None if good.fullmatch(url) else LINK_DEAD
    if scheme in ("http", "https"):
        return _fault_of_web(url, scheme, host)
    return LINK_DEAD if scheme or not url.strip() else LINK_RELATIVE


def _fault_of_web(url: str, scheme: str, host: str | None) -> Rule | None:
    if not host or not url.isprintable() or " " in url:
        return LINK_DEAD
    if is_private(host):
        return LINK_PRIVATE
    return LINK_HTTP if scheme == "http" else None


_PRIVATE_ENDINGS = (
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".private",
    ".corp",
    ".lan",
    ".home",
    ".home.arpa",
    ".test",
    ".invalid",
)


def is_private(host: str) -> bool:
    """Whether a host, by its name or number alone, is none that the public can reach."""
    host = host.strip("[]").rstrip(".").lower()
    number = _number(host)
    if number is not None:
        return not is_open(number)
    return "." not in host or host.endswith(_PRIVATE_ENDINGS)


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """The number a host stands for, also in the old forms that programs take: 127.1, 0x7f.1, 2130706433."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not re.fullmatch(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", host):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


# --- what must be in both parts ---


def _postal_address(document: Document, edition: Edition, address: Sequence[str]) -> Iterator[Finding]:
    lines = [line for line in map(shown, address) if line]
    if not lines:
        mend = "publisher.toml has no postal address; add address to [organisation]"
        yield POSTAL_ADDRESS_MISSING.found(NOWHERE, mend)
        return
    parts = {NOWHERE: document.text, TEXT_PART: edition.text_for((), SAMPLE)}
    for place, text in parts.items():
        missing = [line for line in lines if line not in shown(text)]
        if missing:
            mend = f'"{missing[0]}" is not in it; put org.address into the template'
            yield POSTAL_ADDRESS_MISSING.found(place, mend)


def _ways_out(document: Document, edition: Edition, home: str) -> Iterator[Finding]:
    """Looked for in the smallest copy as well: a link inside a story is not there for who did not choose it."""
    in_html = {link.href for link in document.links}
    in_text = set(urls_in_text(edition))
    # The copy of a reader who chose nothing of what there is.
    always = {NOWHERE: edition.html_for(("\0",), SAMPLE), TEXT_PART: edition.text_for(("\0",), SAMPLE)}
    for place, urls in ((NOWHERE, in_html), (TEXT_PART, in_text)):
        for name, rule in (("UNSUBSCRIBE", NO_UNSUBSCRIBE), ("PREFERENCES", NO_PREFERENCES)):
            if SAMPLE[name] not in urls or SAMPLE[name] not in always[place]:
                mend = f"there is no link to it; put {{{{ t.{name.lower()} }}}} into the template, outside all stories"
                yield rule.found(place, mend)
        if not any(url.startswith(f"{home}issues/") for url in urls):
            yield NO_WEB_LINK.found(place, "there is no link to the issue on the web; put {{ web }} into the template")


def _short(url: str) -> str:
    return url if len(url) <= 80 else url[:79] + "…"
