"""A document of an office (.docx, .txt, .md, a picture beside) -> its article.

In: a file's path, as `documents_of` finds them. Out: Collected. HTML files are read by whoever hands in `page`.
"""

import html as escaping
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from publisher.records import Article, Collected, Image
from publisher.sources.findings import refused
from publisher.sources.markdown import Reading, read_file
from publisher.sources.office_folders import FOREIGN, documents_of as documents_of, own_id_of as own_id_of
from publisher.sources.office_pictures import beside
from publisher.sources.office_texts import read_text
from publisher.sources.word_documents import read_word

_MOST_BYTES = 60 * 1024 * 1024


def read_document(
    path: Path,
    *,
    source: str,
    place: str,
    own_id: str,
    folder: Path,
    reading: Reading,
    embedded: Path | None = None,
    page: Callable[[bytes], Collected] | None = None,
) -> Collected:
    """One document -> its article, with the picture that lies beside it under the same name. Never raises on data.

    `own_id` becomes the key. `folder` is where the paths of a Markdown file's pictures start. Pictures inside of Word
    documents are written to the private folder `embedded`; without one they are left out, which is told.
    """
    ending = path.suffix.lower()
    if ending in FOREIGN:
        return refused("save-as-docx", place, f"a {ending} file cannot be read; save it as .docx")
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return refused(
                "too-large", place, "the file has more than 60 MB; make its pictures smaller and save it again"
            )
        if ending in (".md", ".markdown"):
            return read_file(data, source=source, place=place, own_id=own_id, folder=folder, reading=reading)
        if ending == ".docx":
            read = read_word(data, source=source, place=place, own_id=own_id, reading=reading, embedded=embedded)
        elif ending == ".txt":
            read = read_text(data, source=source, place=place, own_id=own_id, home=reading.home, zone=reading.zone)
        elif page and ending in (".html", ".htm"):
            read = page(data)
        else:
            return refused("no-document", place, f"a {ending or 'nameless'} file is no document that is read here")
        return _with_picture(read, path, place, reading)
    except OSError as exc:
        return refused("unreadable", place, f"the file cannot be read ({exc.strerror}); mend its path or its rights")


def _with_picture(read: Collected, path: Path, place: str, reading: Reading) -> Collected:
    """The article with the picture beside it, which goes before one that it has itself; that one joins the text."""
    if not read.articles:
        return read
    image, problems = beside(path, place, reading)
    articles = tuple(_leading(one, image) for one in read.articles) if image else read.articles
    return replace(read, articles=articles, problems=(*read.problems, *problems))


def _leading(article: Article, image: Image) -> Article:
    own = article.image
    if own is None or own.url is None:
        return replace(article, image=image)
    caption = f"<figcaption>{escaping.escape(own.caption, quote=False)}</figcaption>" if own.caption else ""
    figure = f'<figure><img src="{escaping.escape(own.url)}" alt="{escaping.escape(own.alt or "")}">{caption}</figure>'
    return replace(article, image=image, body=f"{figure}\n{article.body}")
