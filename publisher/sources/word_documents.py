"""A Word document (.docx) -> its article.

In: the bytes, checked by `word_packages` before Mammoth reads them. Out: Collected with the article, its pictures
published, and Findings. Changes that Word tracks count as accepted, comments never come in, macros are not looked at.
The headline is what its style or its form says; where nothing does, there is none.
"""

import html as escaping
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import lxml.html
from lxml import etree

from publisher.records import Collected, Finding, Image, headline_key
from publisher.sources import clean
from publisher.sources.findings import refused
from publisher.sources.markdown import Reading
from publisher.sources.office_articles import Drafted, article_of
from publisher.sources.office_heads import ELSEWHERE, END_MARK, head_of, person
from publisher.sources.office_pictures import Embedded
from publisher.sources.word_packages import properties, refusal, visible

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='caption'] => p.caption:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""
_NO_TITLE = re.compile(r"(?:microsoft word\b.*|document ?\d*|untitled.*|.*\btemplate\b.*|.*\.docx?|title)", re.I)
_LONGEST_HEADLINE = 250
_LONGEST_LABEL = 80
_LOOKED_AT = 12
_UNREADABLE = "the document cannot be read; open it in Word and save it again as .docx"


def read_word(
    data: bytes, *, source: str, place: str, own_id: str, reading: Reading, embedded: Path | None
) -> Collected:
    """One document -> its article. Pictures in it are written to the private folder `embedded`, if there is one."""
    why = refusal(data)
    if why:
        return refused("not-readable", place, why)
    pictures = Embedded(place=place, reading=reading, folder=embedded)
    tree = _converted(data, pictures)
    if tree is None:
        return refused("not-readable", place, _UNREADABLE)
    title, creator = (clean.line(value) for value in properties(data))
    drafted = _drafted(tree, title, creator, pictures, reading)
    return article_of(drafted, source=source, place=place, own_id=own_id)


def _converted(data: bytes, pictures: Embedded) -> lxml.html.HtmlElement | None:
    """The document as HTML, in one element; None where its reader stumbles over it."""
    import mammoth  # type: ignore[import-untyped]  # it has no types; loaded when the first document is read

    try:
        converted = mammoth.convert_to_html(
            BytesIO(visible(data)),
            style_map=_STYLES,
            include_embedded_style_map=False,  # a document does not say how we read it
            convert_image=mammoth.images.img_element(pictures.take),
        )
        return lxml.html.fragment_fromstring(clean.text(converted.value), create_parent="div")
    except Exception:  # Mammoth lets out whatever a damaged document makes it stumble over, RecursionError too
        return None


def _drafted(tree: lxml.html.HtmlElement, title: str, creator: str, pictures: Embedded, reading: Reading) -> Drafted:
    """What the document says: its first blocks read as a head, the rest as the story."""
    _unlink_notes(tree)
    image = _leading_picture(tree, pictures)
    blocks = [block for block in tree if isinstance(block.tag, str)]
    summary = _subtitle(blocks)
    texts = [clean.line(str(block.text_content())) for block in blocks[:_LOOKED_AT]]
    at = _headline_at(blocks, texts, title)
    head = head_of(texts, headline_at=ELSEWHERE if at is None else at, zone=reading.zone)
    problems = tuple(pictures.problems)
    if at is None and title and not _NO_TITLE.fullmatch(title) and len(title) <= _LONGEST_HEADLINE:
        head, problems = replace(head, headline=title), (*problems, _unsure(title, pictures.place))
    if not head.authors and (name := person(creator)):
        head = replace(head, authors=(name,))
    for number, block in enumerate(blocks):
        if number in head.taken or END_MARK.fullmatch(_words(block)):
            block.drop_tree()
    body = clean.html(_inside(tree), reading.home)
    if body is None:
        body = "\n".join(f"<p>{escaping.escape(text, quote=False)}</p>" for text in map(_words, tree) if text)
    return Drafted(head=head, body=body, summary=summary, image=image, problems=problems)


def _unsure(title: str, place: str) -> Finding:
    """Properties are often those of the document that this one was made from."""
    mend = (
        f'the headline "{clean.shortened(title, 80)}" is from the document\'s properties; check it, or write one above'
    )
    return Finding(code="headline-unsure", severity="warning", place=place, mend=mend)


def _headline_at(blocks: list[lxml.html.HtmlElement], texts: list[str], title: str) -> int | None:
    """Where the headline stands: in the style Title, else Heading 1, else in bold, else where the properties say it.

    A heading or a bold line below the first paragraph of the story is one of its parts.
    """
    first = list(enumerate(zip(blocks, texts, strict=False)))
    usable = [(number, block, text) for number, (block, text) in first if 0 < len(text) <= _LONGEST_HEADLINE]
    story = next((number for number, (block, text) in first if _is_story(block, text)), _LOOKED_AT)
    signs = (
        (number for number, block, _ in usable if block.get("class") == "title"),
        (number for number, block, _ in usable if number < story and block.tag == "h1"),
        (number for number, block, text in usable if number < story and _is_bold(block) and _is_no_label(text)),
        (number for number, _, text in usable[:5] if headline_key(text) == headline_key(title)),
    )
    return next((number for sign in signs for number in sign), None)


def _is_story(block: lxml.html.HtmlElement, text: str) -> bool:
    """Whether a block is a paragraph rather than a name, a place or a date above the headline."""
    return block.tag != "h1" and not _is_bold(block) and (len(text) > _LONGEST_LABEL or text.endswith((".", "!", "?")))


def _is_bold(block: lxml.html.HtmlElement) -> bool:
    """Whether every word of it is."""
    bold = "".join(str(part.text_content()) for part in block.iter("strong"))
    return block.tag == "p" and clean.line(bold) == clean.line(str(block.text_content()))


def _is_no_label(text: str) -> bool:
    return head_of([text], headline_at=None, zone="UTC").headline is not None


def _subtitle(blocks: list[lxml.html.HtmlElement]) -> str | None:
    """What stands in the style Subtitle at the top, taken out: people wrote it as a summary."""
    block = next((block for block in blocks[:_LOOKED_AT] if block.get("class") == "subtitle"), None)
    if block is None:
        return None
    blocks.remove(block)
    words = _words(block)
    block.drop_tree()
    return clean.shortened(words, 2_000) or None


def _leading_picture(tree: lxml.html.HtmlElement, pictures: Embedded) -> Image | None:
    """The picture that stands above all text, with the caption below it: the article's own. It is taken out."""
    first = next(iter(tree), None)
    shown = None if first is None or _words(first) else next(first.iter("img"), None)
    if first is None or shown is None or len(list(first.iter("img"))) > 1:
        return None
    image = pictures.published.get(shown.get("src", ""))
    after, caption = first.getnext(), None
    if image and after is not None and after.get("class") == "caption":
        caption = _words(after) or None
        after.drop_tree()
    if image:
        first.drop_tree()
        image = replace(image, alt=clean.line(shown.get("alt", "")) or None, caption=caption)
    return image


def _unlink_notes(tree: lxml.html.HtmlElement) -> None:
    """Links inside of the document lead nowhere once it is an article: their words stay, arrows back go."""
    for link in tree.xpath('.//a[starts-with(@href, "#") or not(@href)]'):
        if link.get("href", "").startswith(("#footnote-ref", "#endnote-ref")):
            link.drop_tree()
        else:
            link.drop_tag()


def _words(element: lxml.html.HtmlElement) -> str:
    return clean.line(str(element.text_content())) if isinstance(element.tag, str) else ""


def _inside(tree: lxml.html.HtmlElement) -> str:
    pieces = (etree.tostring(child, encoding="unicode", method="html") for child in tree)
    written = escaping.escape(tree.text or "", quote=False) + "".join(pieces)
    return re.sub(r"<(/?)h1\b", r"<\1h2", written)
