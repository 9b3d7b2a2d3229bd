"""One post of WordPress, from its REST API or from an export -> its article, or why it may not come in.

The key is `post-<id>`, by the number in the site's database: edits, new addresses and new domains leave it as it is,
and exports have it as the API has it. The `guid` of WordPress is none of this: moved and copied sites share or change
it. That a feed of the same site tells the same story is seen by its canonical URL.
"""

import html as escaping
import re
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.records import Article, Collected, Finding, Image, is_language
from publisher.records.text import plain
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.opening_pictures import without_opening
from publisher.sources.wordpress_bodies import arranged

_MOST = 500_000
"""Characters of a body: more is no article, and takes too long to read."""

_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")
_WITHHELD_TITLE = re.compile(
    r"\s*(?:private|protected|privat|geschützt|privé|protégé|privado|protegido|privato|protetto)\s?:\s", re.I
)
"""What WordPress puts before the title of a post that not everybody may read, in the languages around us."""

_PASSWORD_FORM = re.compile(r"post-password-form|action=postpass", re.I)
_CUT_EXCERPT = re.compile(r"(?:\[(?:…|\.\.\.)\]|…|\.\.\.)\s*(?:\S+(?:\s\S+){0,3}\s*[→»›]?)?\s*$")
_MORE_LINK = re.compile(r"<a\b[^<>]*\b(?:more-link|read-more|readmore)\b[^<>]*>.{0,300}?</a>", re.I | re.DOTALL)
_NOBODY = {"admin", "administrator", "webmaster", "editor", "staff", "wordpress", "root", "wpadmin"}
_NO_TOPIC = {"uncategorized", "uncategorised"}
_LONGEST_LINE = 300
_LONGEST_EXCERPT = 20_000
_END = 200
"""So many characters of an excerpt are looked at for what tells that it was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as the site has it: title, content and excerpt are HTML, nothing is clean yet."""

    id: int
    status: str
    title: str
    content: str
    excerpt: str = ""
    link: str = ""
    is_protected: bool = False
    published: datetime | None = None
    modified: datetime | None = None
    image: Image | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str = ""


def key_of(id: int) -> str:
    return f"post-{id}"


def is_post(key: str) -> bool:
    """Whether a key is one of WordPress: a source may have been of another kind before."""
    return re.fullmatch("post-[0-9]+", key) is not None


def withheld(post: Post) -> str | None:
    """Why readers may not have it, for people; None where they may. Rather one too many than one too early."""
    if post.status != "publish":
        return f"it is not published ({clean.shortened(clean.line(post.status), 20) or 'no status'})"
    if post.is_protected or _PASSWORD_FORM.search(post.content) or _PASSWORD_FORM.search(post.excerpt):
        return "it has a password"
    if _WITHHELD_TITLE.match(line_of(post.title)):
        return "its title says that it is private or protected; write the title otherwise if everybody may read it"
    return None


def collected_of(post: Post, *, source: str, place: str, base: str) -> Collected:
    """The article of a post that may come in. `base` is the site's address, for relative links of a post without."""
    url = clean.web_address(post.link)
    problems: list[Finding] = []
    headline = line_of(post.title) or None
    if headline is None:
        mend = "the post has no title; write one in WordPress"
        return Collected(problems=(finding("headline-missing", "error", place, mend),))
    body, image = _body(post.content, url or base, place, problems), post.image
    if image and image.url:
        body, caption = without_opening(body, image.url)
        image = replace(image, caption=image.caption or caption)
    article = Article(
        source=source,
        key=key_of(post.id),
        headline=clean.shortened(headline, _LONGEST_LINE),
        body=body,
        summary=_summary(post.excerpt, body),
        image=image,
        authors=_authors(post.authors),
        topics=tuple(dict.fromkeys(topic for topic in post.topics if topic.casefold() not in _NO_TOPIC)),
        published=post.published,
        updated=_updated(post),
        url=url,
        language=_language(post.language),
    )
    return Collected(articles=(article,), problems=tuple(problems))


def line_of(written: str) -> str:
    """HTML of one line as text: a title, a name, an alternative text."""
    if "<" in written:
        written = _TAG.sub("", written.replace("<br", " <br"))
    return clean.line(escaping.unescape(written) if "&" in written else written)


def picture(url: str, *, alt: str = "", caption: str = "", width: int = 0, height: int = 0) -> Image | None:
    """A featured image, if it has an address; its alternative text and caption as WordPress keeps them, in HTML."""
    address = clean.web_address(url)
    if address is None:
        return None
    return Image(
        url=address,
        alt=clean.shortened(line_of(alt), 1_000) or None,
        caption=clean.shortened(line_of(caption), 1_000) or None,
        width=width or None,
        height=height or None,
    )


def _body(content: str, base: str, place: str, problems: list[Finding]) -> str:
    if len(content) > _MOST:
        mend = f"the text is cut here, for it has {len(content):,} characters; is it one article?"
        problems.append(finding("too-long", "warning", place, mend))
        content = content[:_MOST]
    html = clean.html(arranged(content, base), base)
    if html is None:
        mend = "the text is shown without its form: elements stand in each other too deep; mend it in WordPress"
        problems.append(finding("too-deep", "warning", place, mend))
        words = escaping.escape(line_of(content), quote=False)
        html = f"<p>{words}</p>" if words else ""
    html = _EMPTY.sub("", html).strip()
    if not html:
        problems.append(finding("empty-body", "warning", place, "the post has no text; write it in WordPress"))
    return html


def _updated(post: Post) -> datetime | None:
    """When it changed since it came out; one that was written ahead was last changed before that."""
    if post.modified and post.published and post.modified <= post.published:
        return None
    return post.modified


_EMPTY = re.compile(r"<(p|h[234]|figcaption|li|blockquote)>(?:\s|\xa0|&nbsp;|<br>)*</\1>\s*")


def _summary(excerpt: str, body: str) -> str | None:
    """The excerpt that a person wrote. WordPress makes one of the first words of the body where there is none."""
    words = line_of(_MORE_LINK.sub("", excerpt[:_LONGEST_EXCERPT]).replace("</p>", " </p>"))
    if not words or re.search(r"\[(?:…|\.\.\.)\]", words[-80:]) or "appeared first on" in words:
        return None
    beginning = _letters(words[:-_END] + _CUT_EXCERPT.sub("", words[-_END:]))
    if not beginning or _letters(plain(body[: 3 * len(excerpt) + 2_000])).startswith(beginning):
        return None
    return clean.shortened(words, 2_000)


def _letters(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).casefold()


def _authors(names: tuple[str, ...]) -> tuple[str, ...]:
    """People. A site's login is nobody, an address is nobody's name."""
    people = (clean.shortened(line_of(name), 200) for name in names)
    return tuple(dict.fromkeys(name for name in people if name and "@" not in name and name.casefold() not in _NOBODY))


def _language(tag: str) -> str | None:
    tag = re.sub(r"_(?:formal|informal)$", "", tag.strip()).replace("_", "-")
    return tag if is_language(tag) else None
