"""One news page of the web in, as HTML; its article and teasers out.

text | tree | claims | kind | teasers | body | head -> Collected. Comes in: the bytes of a page as served, any bytes.
Goes out: at most one article with a clean body, the teasers on the page in page order, and a Finding for whatever is
missing or was not believed. Nothing is invented: a headline that is nowhere stays None, an undated page undated.
Fetching, robots.txt and which pages to read are left to others.
"""

from dataclasses import dataclass

from publisher.records import Article, Collected, Finding, Image, Severity, Teaser, headline_key, plain
from publisher.records.content import Stated
from publisher.sources import (
    captured_teasers,
    clean,
    page_body,
    page_claims,
    page_head as heads,
    page_images as images,
    page_kind as kinds,
    page_seen,
    page_story,
    page_teasers,
)
from publisher.sources.page_body import Body
from publisher.sources.page_cards import Pointer
from publisher.sources.page_claims import Claims
from publisher.sources.page_furniture import is_beside_story, is_site_furniture
from publisher.sources.page_ld import link, words
from publisher.sources.page_text import Refusal, decode
from publisher.sources.page_tree import Element, Page, parse


def read_page(
    data: bytes,
    *,
    source: str,
    place: str,
    url: str | None,
    content_type: str | None = None,
    zone: str = "UTC",
    headline: str | None = None,
    is_known: bool = False,
) -> Collected:
    """Read one page. `url` is where it was found (absolute http(s)), `content_type` the header it came with.

    `zone` is the IANA zone of times that name none; `headline` stands in for one that the page has lost; `is_known`
    says that somebody calls it an article, a person or a feed, so that it need not look like one.
    `place` names the page in findings. Never raises, whatever the bytes.
    """
    url = clean.web_address(url) if url else None
    decoded = decode(data, content_type)
    if isinstance(decoded, Refusal):
        return _refused(decoded, place)
    page = parse(decoded.text, url)
    if isinstance(page, Refusal):
        return _refused(page, place)
    doubts = [Finding(code="encoding", severity="note", place=place, mend=decoded.doubt)] if decoded.doubt else []
    shut = kinds.closed(page, place)
    if shut:
        return Collected(problems=(*doubts, shut))
    return _read(page, source, place, zone, clean.line(headline or "") or None, doubts, is_known=is_known)


def _refused(refusal: Refusal, place: str) -> Collected:
    return Collected(problems=(Finding(code=refusal.code, severity="error", place=place, mend=refusal.mend),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A page being read: what it claims of itself, and how it was asked for. `given` is a headline given by hand,
    `is_known` that somebody calls it an article."""

    page: Page
    claims: Claims
    source: str
    place: str
    zone: str
    given: str | None
    url: str | None
    language: str | None
    is_known: bool

    def finding(self, code: str, severity: Severity, mend: str) -> Finding:
        return Finding(code=code, severity=severity, place=self.place, mend=mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """The story of a page, before it is judged to be one."""

    headline: str | None
    topics: tuple[str, ...]
    authors: tuple[str, ...]
    dates: heads.Dates
    story: Element
    body: Body
    seen: page_seen.Seen


def _read(
    page: Page, source: str, place: str, zone: str, given: str | None, problems: list[Finding], *, is_known: bool
) -> Collected:
    """claims | address | kind | teasers | article -> Collected."""
    claims = page_claims.read(page)
    images.mend_sources(page.root)
    url, doubts = heads.address(page, place)
    language = heads.language_of(claims)
    reading = _Reading(
        page=page,
        claims=claims,
        source=source,
        place=place,
        zone=zone,
        given=given,
        url=url,
        language=language,
        is_known=is_known,
    )
    if claims.broken:
        mend = "its JSON-LD is broken and was not read; mend the page's template"
        problems.append(reading.finding("broken-json-ld", "note", mend))
    problems += doubts
    is_list, is_event = kinds.is_list(page, claims), kinds.is_event(page, claims)
    pointers = page_teasers.read(page, zone, language, is_list=is_list)
    article = None if is_list or is_event else _article(reading, pointers, problems)
    teasers = _teasers(reading, pointers, article)
    if is_event:
        mend = "this page is about an event, so no article was made of it; add the event as Markdown (kind: event)"
        problems.append(reading.finding("event-page", "note", mend))
    elif not (article or teasers or any(problem.severity == "error" for problem in problems)):
        mend = "neither an article nor teasers were found; check that this is a news page and needs no JavaScript"
        problems.append(reading.finding("no-article", "error", mend))
    return Collected(articles=(article,) if article else (), teasers=teasers, problems=tuple(problems))


# --- The article


def _article(reading: _Reading, pointers: list[Pointer], problems: list[Finding]) -> Article | None:
    """story | is it one? | image | clean HTML -> Article, or None where the page is none."""
    page, claims = reading.page, reading.claims
    told = _told(reading, pointers)
    body, dated = told.body, bool(told.dates.published)
    is_short = bool(told.headline and dated and body.told and kinds.is_marked(told.story))
    if not body.prose and not is_short:
        if claims.is_article:
            mend = "the page says that it is an article but has no text; if JavaScript writes it, use the site's feed"
            problems.append(reading.finding("empty-article", "error", mend))
        return None
    reads = is_short or kinds.reads_like_article(page, claims, told.seen, dated=dated, prose=body.prose)
    if not (reading.is_known or reads):
        return None
    image = images.lead(page, claims, told.story, body.caption)
    if image and image.url:
        _drop_lead(body, image.url, page)
    html = page_body.to_html(body.pieces, page.base)
    if html is None:
        mend = "its text could not be made clean, for its elements stand in each other too deep; save it as Markdown"
        problems.append(reading.finding("too-deep", "error", mend))
        return None
    problems += told.dates.problems
    if told.headline is None:
        mend = "the page has no headline; give it with --headline, or mend the page"
        problems.append(reading.finding("headline-missing", "error", mend))
    return _record(reading, told, image, html)


def _told(reading: _Reading, pointers: list[Pointer]) -> _Told:
    """Take the page's tree apart, from the outside in: teasers, furniture, what stands beside the story, the story."""
    page, claims, zone, language = reading.page, reading.claims, reading.zone, reading.language
    headline = reading.given or heads.headline_of(page, claims, _first_article(page.root))
    _drop([pointer.card for pointer in pointers if not _is_own(pointer, headline, reading.url)])
    topics = heads.topics(page, claims)  # before the line of tags below the story goes
    signed = page_seen.signed_below(page, zone, language)
    _drop([element for element in page.root.iter() if _is_furniture(element, page)])
    seen = page_seen.seen_of(page, zone, language)
    _drop([element for element in page.root.iter() if is_beside_story(element, page)])
    story = page_story.story_of(page.root)
    headline = headline or heads.headline_of(page, claims, story)
    headline = headline or heads.headline_by_place(page, claims, page_story.opening(story))
    body = page_body.read(
        story,
        lambda text: heads.is_line_of_headline(text, headline, claims),
        lambda text: page_seen.is_stated(text, zone, language),
    )
    page_seen.take_lines([*page_story.lines_above(page.root, story), *body.stated], seen, zone, language)
    page_seen.complete(seen, signed)
    return _Told(
        headline=headline,
        topics=topics,
        authors=heads.authors(claims, seen),
        dates=heads.dates(claims, seen, heads.dateline(body.texts), zone, reading.place),
        story=story,
        body=body,
        seen=seen,
    )


def _record(reading: _Reading, told: _Told, image: Image | None, html: str) -> Article:
    return Article(
        source=reading.source,
        key=reading.url or headline_key(told.headline or told.body.texts[0]),
        headline=told.headline,
        body=html,
        summary=heads.summary(reading.claims, told.headline, plain(html)),
        image=image,
        authors=told.authors,
        topics=told.topics,
        published=told.dates.published,
        updated=told.dates.updated,
        embargo=told.dates.embargo,
        url=reading.url,
        language=reading.language,
    )


def _first_article(root: Element) -> Element | None:
    return next((element for element in root.iter("article", "main")), None)


def _is_furniture(element: Element, page: Page) -> bool:
    return element.tag not in ("head", "meta", "link", "title") and is_site_furniture(element, page)


def _drop(elements: list[Element]) -> None:
    """Take elements off the tree; the text behind each stays."""
    for element in elements:
        if element.getparent() is not None and element.tag != "body":
            element.drop_tree()


def _drop_lead(body: Body, url: str, page: Page) -> None:
    """The lead image is shown above the body; where the body opens with it, it would stand there twice."""
    for index, piece in enumerate(body.pieces[:2]):
        if piece.tag not in ("figure", "img") or not any(other.text for other in body.pieces if other is not piece):
            continue  # a figure that was never closed holds the story
        shown = [page.address(image.get("src")) for image in piece.element.iter("img")]
        if len(shown) == 1 and shown[0] and images.file_of(shown[0]) == images.file_of(url):
            del body.pieces[index]
            return


# --- Its teasers


def _is_own(pointer: Pointer, headline: str | None, url: str | None) -> bool:
    """Whether a teaser points at the very page it stands on."""
    if url and pointer.url.rstrip("/") == url.split("#")[0].rstrip("/"):
        return True
    return bool(headline) and captured_teasers.repeats(pointer.headline, headline or "")


def _teasers(reading: _Reading, pointers: list[Pointer], article: Article | None) -> tuple[Teaser, ...]:
    """The teasers that do not point at the page itself, and after them what only its JSON-LD lists."""
    page, claims, source, url = reading.page, reading.claims, reading.source, reading.url
    headline = article.headline if article else None
    own = url or page.url
    found = [
        _teaser(source, pointer.headline, pointer.url, url or page.url, pointer)
        for pointer in pointers
        if not _is_own(pointer, headline, own)
    ]
    known = {teaser.url for teaser in found} | {own}
    for item in claims.items:
        address, title = (
            page.address(link(item.get("url")) or link(item.get("@id"))),
            words(item.get("headline") or item.get("name")),
        )
        if address and title and address not in known and headline_key(title) != headline_key(headline or ""):
            known.add(address)
            found.append(_teaser(source, title, address, url or page.url, None))
    return tuple(found)


def _teaser(source: str, headline: str, url: str, page: str | None, pointer: Pointer | None) -> Teaser:
    published: Stated = pointer.published if pointer else None
    return Teaser(
        source=source,
        key=url,
        headline=headline,
        excerpt=pointer.excerpt if pointer else None,
        truncated=pointer.truncated if pointer else False,
        url=url,
        image=pointer.image if pointer else None,
        published=published,
        page=page,
    )
