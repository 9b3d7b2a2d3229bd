"""The content of a post as HTML that can be cleaned: without what only WordPress can show, or that a theme adds.

In: HTML with shortcodes, comments of blocks, players and frames. Out: HTML where a caption is a figure, and whatever
was embedded is a link to it. What is harmful is left to `clean.html`.
"""

import html as escaping
import re
from urllib.parse import urljoin

import lxml.html
from lxml import etree

from publisher.sources import clean
from publisher.sources.wordpress_embeds import link_to, watched
from publisher.sources.wordpress_shortcodes import without_shortcodes

_WORK = (
    *("<iframe", "<video", "<audio", "<embed", "<object", "<noscript", "<form", "<button", "<nav", 'src=""'),
    *("data-src=", "data-lazy-src=", "appeared first on", "wp-block-embed", "wp-caption", "wp-smiley", "sharedaddy"),
    *(
        "jp-relatedposts",
        "addtoany",
        "sharing",
        "heateor",
        "essb_",
        "yarpp",
        "post-views",
        "screen-reader",
        "more-link",
        "wp-block-file__button",
    ),
)
"""Only a body with one of these is taken apart: most have none, and thousands are read at once."""

_FURNITURE = re.compile(
    r"(?:^|\s)(?:sharedaddy|jp-relatedposts|addtoany_\S+|heateor\S*|sd-sharing\S*|essb_\S+|post-views|yarpp\S*"
    r"|screen-reader-text|wp-embedded-content-frame|code-block|more-link|wp-block-file__button)(?:\s|$)"
)
_APPEARED = re.compile(r"\s*The post .{1,400} appeared first on .{1,200}\s*", re.DOTALL)
_HEADING = re.compile(r"<(/?)h([156])\b", re.I)
_LEVELS = {"1": "2", "5": "4", "6": "4"}
_PLAYERS = ("iframe", "video", "audio", "embed", "object")
_MEASURING = ("googletagmanager.com", "doubleclick.net", "google-analytics.com", "facebook.com/tr")


def arranged(content: str, base: str) -> str:
    """The content ready for `clean.html`. `base` is where relative addresses of what is embedded start."""
    content = _without_comments(content)
    if "[" in content:
        content = without_shortcodes(content)
    if "<h" in content or "<H" in content:
        content = _HEADING.sub(lambda found: f"<{found[1]}h{_LEVELS[found[2]]}", content)
    written = content.lower()
    return _taken_apart(content, base) if any(sign in written for sign in _WORK) else content


def _without_comments(content: str) -> str:
    """Without `<!-- wp:paragraph -->` and its like, in one walk however many are not closed."""
    pieces, at = [], 0
    while (start := content.find("<!--", at)) >= 0:
        pieces.append(content[at:start])
        end = content.find("-->", start)
        if end < 0:
            return "".join(pieces)
        at = end + 3
    return "".join((*pieces, content[at:])) if pieces else content


def _taken_apart(content: str, base: str) -> str:
    try:
        parser = lxml.html.HTMLParser()
        tree = lxml.html.fragment_fromstring(clean.text(content), create_parent="div", parser=parser)
        if parser.error_log.filter_from_fatals():
            return content
        _load_pictures(tree)
        _frame_captions(tree)
        _drop_furniture(tree)
        for player in list(tree.iter(*_PLAYERS)):
            _link_instead(player, base)
        for wrapper in tree.xpath('//*[contains(@class, "wp-block-embed__wrapper")]'):
            _link_written_address(wrapper)
        return escaping.escape(tree.text or "", quote=False) + "".join(
            lxml.html.tostring(child, encoding="unicode") for child in tree
        )
    except (etree.LxmlError, ValueError):  # a reference to what is no character; `clean` knows what to do with it
        return content


def _load_pictures(tree: lxml.html.HtmlElement) -> None:
    """Pictures that a script loads when they are scrolled to, at once; then those for readers without scripts go."""
    late = False
    for image in list(tree.iter("img")):
        source = image.get("data-src") or image.get("data-lazy-src")
        if source and not (image.get("src") or "").startswith(("http:", "https:", "/")):
            image.set("src", source)
            late = True
        elif not image.get("src") or "wp-smiley" in image.get("class", ""):
            _word_instead(image)
    if late:
        for spare in list(tree.iter("noscript")):
            spare.drop_tree()


def _word_instead(image: lxml.html.HtmlElement) -> None:
    """Its alternative text in place of a picture: WordPress makes pictures of the faces that people type."""
    face = image.get("alt", "") if "wp-smiley" in image.get("class", "") else ""
    image.tail = face + (image.tail or "")
    image.drop_tree()


def _frame_captions(tree: lxml.html.HtmlElement) -> None:
    """A picture and its caption as older themes put them down, in a `div` and a `p`, as the figure that they are."""
    for frame in tree.xpath('.//div[contains(@class, "wp-caption")]'):
        frame.tag = "figure"
        for caption in frame.xpath('./p[contains(@class, "wp-caption-text")]'):
            caption.tag = "figcaption"


def _drop_furniture(tree: lxml.html.HtmlElement) -> None:
    """Share buttons, related posts, forms, and the line that feeds get: nobody wrote them into the story."""
    for element in list(tree.iter("form", "button", "nav")):
        element.drop_tree()
    for element in tree.xpath(".//*[@class]"):
        if _FURNITURE.search(element.get("class", "")) and element.getparent() is not None:
            element.drop_tree()
    for paragraph in tree.xpath("./p")[-3:]:
        if _APPEARED.fullmatch(str(paragraph.text_content())):
            paragraph.drop_tree()


def _link_instead(player: lxml.html.HtmlElement, base: str) -> None:
    """A link to what was embedded, in its place; nothing where it is there to measure, or a link stands already."""
    if player.getparent() is None:
        return
    address = _embedded(player, base)
    title = clean.line(player.get("title") or player.get("aria-label") or "")
    if address and not any(part in address for part in _MEASURING):
        link = lxml.html.fragment_fromstring(link_to(address, title))
        link.tail, player.tail = player.tail, None
        player.getparent().replace(player, link)
    else:
        player.drop_tree()


def _embedded(player: lxml.html.HtmlElement, base: str) -> str | None:
    if "wp-embedded-content" in (player.get("class") or ""):
        return None  # another site's story: its title stands beside as a quotation with a link
    sources = [player, *player.iter("source", "embed", "iframe")]
    names = ("src", "data-src", "data-lazy-src", "data")
    found = next((value for one in sources for name in names if (value := _usable(one.get(name)))), None)
    return watched(urljoin(base, found.strip())) if found else None


def _usable(value: str | None) -> str | None:
    return value if value and not value.strip().lower().startswith(("about:", "data:", "javascript:")) else None


def _link_written_address(wrapper: lxml.html.HtmlElement) -> None:
    written = (wrapper.text or "").strip()
    if len(wrapper) == 0 and clean.web_address(written):
        wrapper.text = None
        wrapper.append(lxml.html.fragment_fromstring(link_to(watched(written))))
