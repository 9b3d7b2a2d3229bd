"""Nobody is tracked by a mail: what it loads by itself, and what its links would tell.

In: the largest copy with a made-up reader's values, and the edition. Out: findings. The proof on finished messages,
of several readers, is `message`'s matter.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from publisher.digest.check.document import NOWHERE, PERSONAL, SAMPLE, Document, short
from publisher.digest.check.rules import Rule
from publisher.records import Edition, Finding, Topic

TEXT_PART = "text part"

# fmt: off
TRACKING = Rule(
    code="tracking", family="privacy", severity="error",
    wrong="A picture that nobody can see, or whose address has a personal value in it.",
    why="Its server learns who opened the mail, when and where: of a hospital's readers, that tells of their health.",
)
THIRD_PARTY = Rule(
    code="third-party", family="privacy", severity="error",
    wrong="Something in the mail is loaded from elsewhere than the site.",
    why="Somebody else's server would learn who reads a hospital's mail, and when.",
)
PERSONAL_LINK = Rule(
    code="personal-link", family="privacy", severity="error", final=True,
    wrong="An address in the mail differs from reader to reader, and is none of the reader's own pages.",
    why="Whoever runs that page, or sees the address, learns which person followed it.",
)
LINK_TRACKS = Rule(
    code="link-tracks", family="privacy", severity="warning",
    wrong="A link has a parameter by which readers are counted or known again.",
    why="It tells advertising and statistics services that the visitor came from a hospital's mail.",
)
LINK_REDIRECTS = Rule(
    code="link-redirects", family="privacy", severity="warning",
    wrong="A link leads through a shortener or a service that counts clicks.",
    why="That service learns who clicked, nobody sees where it leads, and filters distrust it.",
)
TOPIC_IN_URL = Rule(
    code="topic-in-url", family="privacy", severity="warning",
    wrong="A link to the site has a topic among its parameters.",
    why="A topic of health beside an address on the network, in every log, tells what a person cares about.",
)
LIST_NAMES_TOPIC = Rule(
    code="list-names-topic", family="privacy", severity="warning",
    wrong="The newsletter's name has a topic in it.",
    why="It stands in every mailbox and log: to be on a list named after a condition tells that one has it.",
)
# fmt: on
RULES = (TRACKING, THIRD_PARTY, PERSONAL_LINK, LINK_TRACKS, LINK_REDIRECTS, TOPIC_IN_URL, LIST_NAMES_TOPIC)

_OWN_PAGES = {SAMPLE["UNSUBSCRIBE"], SAMPLE["PREFERENCES"]}
_URL = re.compile(r"(?:https?://|mailto:|tel:|sms:)[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Address:
    """An address and where it stands."""

    url: str
    place: str


def check(document: Document, edition: Edition, home: str, topics: Mapping[str, Topic]) -> list[Finding]:
    """`home` is the site's address with its last slash, `topics` are all declared ones by slug."""
    trees = (document.tree, *_for_outlook(document))
    loaded = [address for tree in trees for address in _loaded(tree)]
    followed = [*_followed(document), *(_Address(url, TEXT_PART) for url in urls_in_text(edition))]
    found = [
        *_pixels(document, trees),
        *(TRACKING.found(a.place, f"{_told(a.url)} {_PICTURE_MEND}") for a in loaded if is_personal(a.url)),
        *_strangers(loaded, home),
        *(finding for address in followed for finding in _link(address, home, topics)),
        *_named(edition, topics),
    ]
    return list(dict.fromkeys(found))


def urls_in_text(edition: Edition) -> list[str]:
    """The addresses in the largest copy of the text part, with a made-up reader's values."""
    return _urls(edition.text_for((), SAMPLE))


def urls_within(text: str, document: Document) -> tuple[frozenset[str], frozenset[str]]:
    """The addresses of a text part and an HTML part: those that readers may follow, those that are loaded."""
    trees = (document.tree, *_for_outlook(document))
    loaded = frozenset(address.url for tree in trees for address in _loaded(tree))
    return frozenset([*_urls(text), *(address.url for address in _followed(document))]), loaded


def loaded_from(document: Document) -> tuple[str, ...]:
    """The hosts that a program asks by itself when it shows the mail."""
    urls = (address.url for tree in (document.tree, *_for_outlook(document)) for address in _loaded(tree))
    return tuple(sorted({_host(url) for url in urls if _is_elsewhere(url)}))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or url
    except ValueError:
        return url


def _urls(text: str) -> list[str]:
    return [url.rstrip(".,;:!?)]'’”") for url in _URL.findall(text)]


def _for_outlook(document: Document) -> Iterator[HtmlElement]:
    """Outlook reads conditional comments as if they were not comments, and loads what they name."""
    for comment in document.comments:
        inside = re.match(r"\[if[^\]]*\]>(.*)<!\[endif\]", comment, re.DOTALL | re.IGNORECASE)
        if inside and re.search(r"src|url|href|background|@import", inside[1], re.IGNORECASE):
            try:
                yield document_fromstring(inside[1].encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
            except etree.ParserError:
                continue


# --- what is loaded by itself ---

_LOADING = ("src", "background", "poster", "lowsrc", "dynsrc", "manifest", "xlink:href")
_CSS_URL = re.compile(r"(?:url|src)\(\s*[\"']?([^\"')]{1,2000})|@import\s+[\"']([^\"']{1,2000})", re.IGNORECASE)
_CSS_SET = re.compile(r"image-set\(([^)]{1,4000})\)", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)")
_REFRESH = re.compile(r"url\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)


def _loaded(tree: HtmlElement) -> Iterator[_Address]:
    for element in tree.iter(etree.Element):
        place = f"<{element.tag}>"
        urls = [element.get(name, "") for name in _LOADING]
        urls += [part.split()[0] for part in element.get("srcset", "").split(",") if part.strip()]
        urls += _css(element.get("style", ""))
        if element.tag == "style":
            urls += _css(element.text or "")
        elif element.tag == "object":
            urls.append(element.get("data", ""))
        elif element.tag == "link" or (element.tag in ("image", "use") and element.get("href")):
            urls.append(element.get("href", ""))
        elif element.tag == "meta" and element.get("http-equiv", "").strip().lower() == "refresh":
            urls += _REFRESH.findall(element.get("content", ""))
        yield from (_Address(url.strip(), place) for url in urls if url.strip())


def _css(style: str) -> list[str]:
    if "\\" in style:
        style = _CSS_ESCAPE.sub(_unescaped, style)
    sets = (quoted for inner in _CSS_SET.findall(style) for quoted in re.findall(r"[\"']([^\"']{1,2000})[\"']", inner))
    return [url or imported for url, imported in _CSS_URL.findall(style)] + list(sets)


def _unescaped(escape: re.Match[str]) -> str:
    """`\\75rl(…)` is `url(…)` to a browser."""
    number = int(escape[1], 16) if escape[1] else 0
    return (chr(number) if 0 < number < 0x110000 else "\ufffd") if escape[1] else escape[2]


def _strangers(loaded: list[_Address], home: str) -> Iterator[Finding]:
    mend = f"would be loaded from elsewhere; use pictures below {home} only"
    for address in loaded:
        if _is_elsewhere(address.url) and not address.url.startswith(home) and not is_personal(address.url):
            yield THIRD_PARTY.found(short(address.url), mend)


def _is_elsewhere(url: str) -> bool:
    """Whether a program would ask a server for it. From a mail, a relative address leads nowhere: see `delivery`."""
    try:
        parts = urlsplit(url.replace("\\", "/"))
    except ValueError:
        return True
    return bool(parts.netloc) or parts.scheme.lower() in ("http", "https", "ftp", "ftps", "ws", "wss", "file")


# --- pictures that nobody sees ---

_PICTURE_MEND = "would tell who opened the mail; take it out of the template"
_TINY = re.compile(r"\s*(?=\.?\d)0*[01]?(?:\.\d+)?\s*(?:px|pt|%)?\s*", re.IGNORECASE)
_TINY_STYLE = re.compile(
    r"(?:^|[;\s])(?:max-)?(?:width|height)\s*:\s*(?=\.?\d)0*[01]?(?:\.\d+)?\s*(?:px|pt)?\s*(?:!\s*important\s*)?(?:;|$)",
    re.IGNORECASE,
)


def _pixels(document: Document, trees: tuple[HtmlElement, ...]) -> Iterator[Finding]:
    for tree in trees:
        for image in tree.iter("img"):
            size = [value for name in ("width", "height") if (value := image.get(name)) is not None]
            tiny = any(_TINY.fullmatch(value) for value in size) or _TINY_STYLE.search(image.get("style", ""))
            if tiny or image in document.hidden:
                yield TRACKING.found(
                    NOWHERE, f"{_told(image.get('src', ''))}: a picture nobody can see {_PICTURE_MEND}"
                )


# --- what links tell ---

_TRACKS = re.compile(
    r"utm_\w+|mc_[ce]id|(?:fb|g|dc|ms|y|tw|tt|li_fat_|sc)clid|fbclid|gclsrc|gbraid|wbraid|igshid|igsh|li_fat_id|_hs\w+|__hs\w+"
    r"|hsctatracking|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|_openstat|elq\w*|trk\w*|ml_subscriber\w*|_ke|_kx|dm_i"
    r"|bbeml|ck_subscriber_id|sfmc_\w+|et_rid|cm_mmc\w*|pk_\w+|mtm_\w+|s_cid|wickedid|rb_clickid|ss_email_id|bsft_\w+",
    re.IGNORECASE,
)
_KNOWN = """
amzn.to awstrack.me bit.ly bl.ink buff.ly cl.exct.net clicks.aweber.com cutt.ly dlvr.it exct.net fb.me goo.gl
hs-sales-engage.com hubs.ly hubspotlinks.com is.gd j.mp l.facebook.com links.govdelivery.com linkprotect.cudasvc.com
list-manage.com lnkd.in lnks.gd mailchi.mp mailgun.org mandrillapp.com mjt.lu ow.ly pardot.com rb.gy rebrand.ly rs6.net
safelinks.protection.outlook.com sendgrid.net sendibm1.com sendibt2.com shorturl.at smarturl.it sparkpostmail.com
spgo.io t.co t.ly tiny.cc tinyurl.com trib.al urldefense.com urldefense.proofpoint.com v.gd wp.me x.co
"""
_REDIRECTORS = _KNOWN.split()
_COUNTING = re.compile(r"(?:clicks?|clicktrack|trk|track|tracking)\d{0,3}\.[^.]+\.", re.IGNORECASE)


def _followed(document: Document) -> Iterator[_Address]:
    """Everything a reader could follow or send off, hidden or not."""
    places = {link.element: link.place for link in document.links}
    for element in document.tree.iter("a", "area", "form", "button", "input"):
        for name in ("href", "action", "formaction", "ping"):
            if url := element.get(name, "").strip():
                yield _Address(url, places.get(element, NOWHERE))


def _link(address: _Address, home: str, topics: Mapping[str, Topic]) -> Iterator[Finding]:
    url, told = address.url, _told(address.url)
    if url in _OWN_PAGES:
        return
    if is_personal(url):
        mend = f"{told} has a reader's own value in it; only the whole addresses of the two personal pages may"
        yield PERSONAL_LINK.found(address.place, mend)
        return
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        given = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=200)
        given += parse_qsl(parts.fragment, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return
    tracks = sorted({name for name, _ in given if _TRACKS.fullmatch(name)})
    if tracks:
        yield LINK_TRACKS.found(address.place, f"{told}: take {', '.join(tracks)[:60]} out of its address")
    if _is_redirector(host) or _is_search_redirect(host, parts.path):
        yield LINK_REDIRECTS.found(address.place, f"{told} passes through {host[:60]}; link to the page itself")
    if url.startswith(home) and (topic := _topic_in(given, topics)):
        yield TOPIC_IN_URL.found(address.place, f'{told} tells the topic "{topic}"; link to a page without parameters')


def _is_redirector(host: str) -> bool:
    known = any(host == name or host.endswith(f".{name}") for name in _REDIRECTORS)
    return known or bool(_COUNTING.match(host))


def _is_search_redirect(host: str, path: str) -> bool:
    return path == "/url" and re.fullmatch(r"(?:www\.)?google\.[a-z.]{2,6}", host) is not None


def _topic_in(given: list[tuple[str, str]], topics: Mapping[str, Topic]) -> str | None:
    words = {word.strip().casefold() for _, value in given for word in re.split(r"[,;|+]", value)}
    return next((t.slug for t in topics.values() if t.slug.casefold() in words or t.title.casefold() in words), None)


def is_personal(url: str) -> bool:
    """Whether any of the made-up reader's values is in it, however written."""
    plain = unquote_plus(url)
    return any(value in text for value in _VALUES for text in (url, plain, plain.lower()))


_VALUES = (urlsplit(PERSONAL).netloc, SAMPLE["EMAIL"], SAMPLE["GREETING"], SAMPLE["GREETING"].rstrip("."))


# --- names ---


def _named(edition: Edition, topics: Mapping[str, Topic]) -> Iterator[Finding]:
    title = edition.title.casefold()
    for topic in topics.values():
        names = {topic.title.casefold(), topic.slug.casefold(), topic.slug.casefold().replace("-", " ")} - {""}
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title) for name in names):
            mend = f'has the topic "{topic.slug}" in it; give the newsletter a name that fits every reader'
            yield LIST_NAMES_TOPIC.found(short(edition.title), mend)
            return


def _told(url: str) -> str:
    return url if len(url) <= 80 else url[:79] + "…"
