"""Pictures of a page in, records out: the lead image with what the page says of it. Logos and pixels are none."""

import re
from typing import Any
from urllib.parse import urlsplit

from publisher.records import Image
from publisher.sources import captured_phrases as phrases, clean, page_ld as ld
from publisher.sources.page_claims import Claims
from publisher.sources.page_tree import Element, Page, classes_of, is_caption, names_of, text_of

_UNFIT = re.compile(
    r"(?:logo|icon|avatar|gravatar|sprite|pixel|spacer|blank|placeholder|favicon|badge|loading|spinner|default[-_]?(?:og|share|social|image)"
    r"|share[-_]?(?:default|image)|social[-_]?share|headshot[-_]?default|emoji|tracking|1x1)",
    re.I,
)
_UNFIT_NAMES = frozenset({"logo", "icon", "avatar", "emoji", "pixel", "sprite"})
_SIZE_SUFFIX = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w+$)|-scaled(?=\.\w+$)")
_CREDIT = re.compile(
    r"^(?P<caption>.*?)[\s;|(/–—-]*\b(?:photo(?:graph)?(?: credit)?(?: by|:| courtesy(?: of)?)"
    r"|image(?: credit)?:|credit:|courtesy of|foto:)\s*(?P<credit>[^()]{2,80}?)[).\s]*$",
    re.I | re.S,
)


def mend_sources(root: Element) -> None:
    """Give pictures that a script would load later their address, and AMP's pictures their usual tag."""
    for image in root.iter("img", "amp-img"):
        image.tag = "img"
        late = next(
            (image.get(name) for name in ("data-src", "data-lazy-src", "data-original") if image.get(name)), None
        )
        if late:
            image.set("src", late)
        elif not image.get("src") or (image.get("src") or "").startswith("data:"):
            widest = (image.get("srcset") or image.get("data-srcset") or "").split(",")[-1].split()
            if widest:
                image.set("src", widest[0])


def image_of(element: Element, page: Page) -> Image | None:
    """A picture on the page, unless it is a logo, an icon or a pixel."""
    url = page.address(element.get("src"))
    alt = clean.line(element.get("alt") or "") or None
    width, height = ld.number(element.get("width")), ld.number(element.get("height"))
    above = element.getparent()
    names = names_of(element) | (names_of(above) if above is not None else frozenset())
    if url is None or _is_unfit(url, width, height) or names & _UNFIT_NAMES or (alt or "").lower().endswith(" logo"):
        return None
    return Image(url=url, alt=alt, width=width, height=height)


def _is_unfit(url: str, width: int | None, height: int | None) -> bool:
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    small = (width is not None and width < 50) or (height is not None and height < 50)
    return small or bool(_UNFIT.search(name)) or name.lower().endswith(".svg")


def lead(page: Page, claims: Claims, story: Element | None, caption: str | None) -> Image | None:
    """The picture the page gives for sharing, else the first of its story, with what stands at it on the page."""
    shown = _shown(story, page)
    if not shown and story is not None:
        wider = next((above for above in story.iterancestors() if _is_article(above)), None)
        shown = _shown(wider, page)
    named = _claimed(page, claims)
    if named is None and not shown:
        return None
    name = file_of(named.url or "") if named else None
    same = [pair for pair in shown if name and file_of(pair[1].url or "") == name]
    element, image = same[0] if same else shown[0] if named is None else (None, None)
    if named and named.url:
        alt = (image.alt if image else None) or named.alt
        chosen = Image(
            url=named.url, alt=alt, caption=named.caption, credit=named.credit, width=named.width, height=named.height
        )
    else:
        assert image is not None, "without a named picture there is a shown one"
        chosen = image
    written = _caption(element) if element is not None else None
    text = clean.line(written or chosen.caption or caption or "") or None
    credit = chosen.credit or (_credit(element) if element is not None else None)
    return _with_caption(chosen, text, credit)


def _is_article(element: Element) -> bool:
    is_entry = bool(classes_of(element) & {"node", "hentry", "post", "type-post"})
    return element.tag in ("article", "main") or is_entry or (element.get("itemtype") or "").endswith("Article")


def _shown(story: Element | None, page: Page) -> list[tuple[Element, Image]]:
    found = ((element, image_of(element, page)) for element in (story.iter("img") if story is not None else ()))
    return [(element, image) for element, image in found if image]


def _with_caption(image: Image, text: str | None, credit: str | None) -> Image:
    """The image with its caption, the credit at the caption's end taken apart."""
    if text and credit and text.endswith(credit):
        text = (
            re.sub(
                r"(?:photo|image)?\s*(?:by|credit|courtesy(?: of)?)?\s*:?\s*$", "", text[: -len(credit)], flags=re.I
            ).strip(" (|–—-")
            or None
        )
    match = _CREDIT.match(text) if text and not credit else None
    if match:
        text, credit = match["caption"].strip() or None, match["credit"].strip()
    return Image(url=image.url, alt=image.alt, caption=text, credit=credit, width=image.width, height=image.height)


def _claimed(page: Page, claims: Claims) -> Image | None:
    data: Any = claims.article.get("image")
    first = data[0] if isinstance(data, list) and data else data
    meta = claims.meta
    told = (
        meta.get("og:image:secure_url", ())
        + meta.get("og:image", ())
        + meta.get("og:image:url", ())
        + meta.get("twitter:image", ())
    )
    url = next((address for one in told if (address := page.address(one))), None)
    width, height = (
        next(iter(map(ld.number, meta.get(name, ()))), None) for name in ("og:image:width", "og:image:height")
    )
    alt = next(iter(meta.get("og:image:alt", ())), None)
    ld_url = page.address(ld.link(first)) if first else None
    detail = first if isinstance(first, dict) else {}
    if url is None or (ld_url and file_of(ld_url) == file_of(url)):
        url = url or ld_url
        width, height = width or ld.number(detail.get("width")), height or ld.number(detail.get("height"))
    if url is None or _is_unfit(url, width, height):
        return None
    same = bool(ld_url) and file_of(ld_url or "") == file_of(url)
    return Image(
        url=url,
        alt=alt,
        caption=ld.words(detail.get("caption")) if same else None,
        credit=(ld.words(detail.get("creditText")) or ld.words(detail.get("creator"))) if same else None,
        width=width,
        height=height,
    )


def file_of(url: str) -> str:
    """The name of a picture's file without the size that WordPress puts into it: two sizes are one picture."""
    return _SIZE_SUFFIX.sub("", urlsplit(url).path.rsplit("/", 1)[-1].lower())


def _caption(element: Element) -> str | None:
    for above in list(element.iterancestors())[:4]:
        found = next(above.iter("figcaption"), None)
        if found is None and above.tag in ("div", "figure", "p"):
            found = next(
                (
                    below
                    for below in above.iterdescendants()
                    if is_caption(below) and below is not element and not phrases.LABEL.match(text_of(below))
                ),
                None,
            )
        if found is not None:
            return text_of(found) or None
        if above.tag in ("figure", "article", "main", "section"):
            return None
    return None


def _credit(element: Element) -> str | None:
    for above in list(element.iterancestors())[:3]:
        for below in above.iterdescendants():
            if names_of(below) & {"credit", "copyright", "photographer"}:
                said = re.sub(
                    r"^(?:photo(?: by)?|image|credit|courtesy(?: of)?|foto)\s*:?\s*", "", text_of(below), flags=re.I
                )
                return said[:100] or None
        if above.tag in ("figure", "article"):
            return None
    return None
