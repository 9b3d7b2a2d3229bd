"""What kind of page it is: an article, a list, an event, a page that keeps us out, or something else of the site.

Only what says that it is an article, or reads like one, becomes one; nothing is made of the rest.
"""

import re
from urllib.parse import urlsplit

from publisher.records import Finding
from publisher.sources import captured_phrases as phrases, page_ld as ld
from publisher.sources.captured_teasers import LIST_TITLE
from publisher.sources.page_claims import Claims
from publisher.sources.page_head import ROOM
from publisher.sources.page_seen import Seen
from publisher.sources.page_tree import Element, Page, classes_of, text_of

_LIST_TYPES = frozenset({"collectionpage", "searchresultspage", "profilepage"})
# fmt: off
_LIST_CLASSES = frozenset({
    "archive", "category", "tag", "author", "search", "search-results", "blog", "home", "front", "page-listing",
    "post-type-archive", "date", "path-frontpage",
})
# fmt: on
# fmt: off
_SINGLE_CLASSES = frozenset({
    "single", "single-post", "single-news", "node-type-article", "page-node-type-article", "page-node-type-news",
})
# fmt: on
_ENTRY_CLASSES = frozenset({"entry-content", "post-content", "article-content", "article-body", "e-content"})
_EVENT_TYPES = frozenset(
    {"event", "educationevent", "socialevent", "courseinstance", "businessevent", "publicationevent"}
)
# fmt: off
_EVENT_CLASSES = frozenset({
    "single-tribe_events", "single-event", "node-type-event", "page-node-type-event", "event-detail",
})
# fmt: on
_OTHER_TYPES = frozenset({"physician", "medicalclinic", "jobposting", "product", "course", "contactpage", "aboutpage"})
_NEWS_PATH = re.compile(
    r"/(?:[\w-]*(?:news|press|stor(?:y|ies)|blogs?|articles?|releases?|noticias|aktuelles|actualit\w+)[\w-]*|(?:19|20)\d\d)(?:/|$)",
    re.I,
)
_CLOSED = re.compile(
    r"\b(?:access (?:is |was )?denied|403 forbidden|forbidden|attention required|just a moment"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a (?:robot|human)|captcha|request (?:blocked|rejected)"
    r"|pardon our interruption|unusual traffic)\b",
    re.I,
)
_GONE = re.compile(
    r"^(?:error )?404\b|\b(?:page|file|article|story) (?:was |is |could |can )*not (?:be )?found\b"
    r"|\bno longer (?:available|exists)\b|\bseite nicht gefunden\b|\bpágina no encontrada\b",
    re.I,
)
_MOST_CLOSED = 1500
"""Characters: what keeps readers out says little."""

_LOGIN = re.compile(
    r"^\W*(?:(?:please )?(?:log|sign)[ -]?(?:in|on)|login"
    r"|anmelden|anmeldung|iniciar sesión|connexion|staff login|member login)\b",
    re.I,
)
_SPOKEN = re.compile(r"[“\"«„][^”\"»“]{20,}[,.!?]?[”\"»“]|\b(?:said|says|announced|dijo|sagte|dit)\b")


def closed(page: Page, place: str) -> Finding | None:
    """The Finding for a page that is none: it asks for a password or a proof, or says that it does not exist."""
    length = page.prose.get(page.root, 0)
    if length >= _MOST_CLOSED:
        return None
    titles = [text_of(element) for element in page.root.iter("title", "h1", "h2")][:8]
    if length < 500 and _CLOSED.search(" ".join([*titles, text_of(page.root)[:600]])):
        mend = "the site keeps programs out of this page; ask its webmaster to let this one in, or use its feed"
        return _error("access-denied", place, mend)
    if any(_GONE.search(title) or phrases.NOT_FOUND.match(title) for title in titles):
        return _error("page-not-found", place, "the site says that there is no such page; mend the address")
    asks = any((element.get("type") or "").lower() == "password" for element in page.root.iter("input"))
    if (asks and length < 700) or any(map(_is_login, titles)):
        mend = "the page asks for a password; give the address of a page that anyone can read"
        return _error("login-page", place, mend)
    return None


def _is_login(title: str) -> bool:
    """`Sign in - Larkfield Intranet`, not `Sign in the lobby welcomes everyone`."""
    return bool(_LOGIN.match(title)) and len(re.split(r" [|–—-] ", title)[0].split()) <= 4


def _error(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="error", place=place, mend=mend)


def is_list(page: Page, claims: Claims) -> bool:
    """Whether the page says that it lists articles: a section, an author, a tag, search results, the front page."""
    classes = frozenset().union(*(classes_of(element) for element in page.root.iter("body")), frozenset())
    if claims.is_article or classes & _SINGLE_CLASSES:
        return False
    if claims.types & _LIST_TYPES or claims.articles >= 3:
        return True
    entry = _only_entry(page)
    listed = classes & _LIST_CLASSES
    if listed and not (entry is not None and listed == {"home"}):  # so some templates call every page
        return True
    if "profile" in claims.meta.get("og:type", ()):
        return True
    if page.url and re.fullmatch(r"/?(?:index\.\w+)?", urlsplit(page.url).path):
        return True
    return any(_is_list_title(text_of(element)) for element in (page.root if entry is None else entry).iter("h1"))


def _only_entry(page: Page) -> Element | None:
    """The one article that is all that the page shows, with a headline of its own below the site's name."""
    articles = list(page.root.iter("article"))
    is_one = len(articles) == 1 and is_marked(articles[0]) and next(articles[0].iter("h1"), None) is not None
    return articles[0] if is_one else None


def _is_list_title(title: str) -> bool:
    """Whether an h1 names a list. One that only ends like it (`Nurse shares good news`) is a headline if it is long."""
    if ROOM.fullmatch(title) or phrases.LABEL.match(title) or phrases.SECTION.match(title):
        return True
    ends = bool(re.search(r"\b(?:news|articles|blog|posts|stories)$", title, re.I))
    return bool(LIST_TITLE.match(title)) and (
        not ends or len(title.split()) <= 3 or title.casefold().startswith("all ")
    )


def is_event(page: Page, claims: Claims) -> bool:
    """Whether the page is about something to go to, not a story about it."""
    if claims.is_article:
        return False
    classes = frozenset().union(*(classes_of(element) for element in page.root.iter("body")), frozenset())
    return bool(claims.types & _EVENT_TYPES or classes & _EVENT_CLASSES or "event" in claims.meta.get("og:type", ()))


def is_marked(story: Element) -> bool:
    """Whether a template names the story an entry: one that says when it came out is one however short it is."""
    around = (story, *story.iterancestors(), *story.iterdescendants("div", "section"))
    return any(classes_of(element) & _ENTRY_CLASSES or element.get("itemprop") == "articleBody" for element in around)


def reads_like_article(page: Page, claims: Claims, seen: Seen, *, dated: bool, prose: list[str]) -> bool:
    """Whether a page with text is an article: it says so, is dated or signed, stands among news, or quotes people."""
    if claims.is_article:
        return True
    if claims.types & _OTHER_TYPES and not claims.types & ld.ARTICLES:
        return False
    if not prose:
        return False
    marked = any("articleBody" in (element.get("itemprop") or "") for element in page.root.iter())
    signed = bool(seen.authors) or bool(claims.published)
    in_news = bool(page.url and _NEWS_PATH.search(urlsplit(page.url).path))
    return dated or marked or signed or in_news or any(_SPOKEN.search(text) for text in prose)
