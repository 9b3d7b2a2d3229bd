"""Puts pictures and other files where readers can fetch them, named by their content, so that no address ever lies."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from publisher.app import App
from publisher.digest.check.rules import PICTURE_UNUSABLE
from publisher.errors import SourceError
from publisher.files import put
from publisher.records import Article, Finding, Image
from publisher.sources.pictures import ENDINGS, resized, without_notes
from publisher.store import renditions as remembered
from publisher.store.renditions import Rendition

_NAME = re.compile(r"[0-9a-f]{24}\.[a-z]{1,5}")
"""What a published file is called; nothing else is ever looked for on the disk."""

_TYPES = {ending: media_type for media_type, ending in ENDINGS.items()}


def publisher_of(app: App, *, dry_run: bool = False) -> Callable[[Path, Image], str]:
    """A function that copies a measured picture into the site's images folder and gives its public URL.

    The copy is without what cameras and programs note in the file; the original stays as it is.
    """

    def publish(path: Path, measured: Image) -> str:
        data = without_notes(path.read_bytes())
        if isinstance(data, str):  # `measured` would have said so: it was exchanged a moment ago
            raise SourceError(f"{path}: {data}; it changed while it was read")
        return app.links.image(_put(app.images_folder, data, ENDINGS[measured.type or ""], dry_run))

    return publish


def attacher_of(app: App, *, dry_run: bool = False) -> Callable[[Path], str]:
    """A function that copies a file of an article into the site's files folder and gives its public URL."""

    def attach(path: Path) -> str:
        return app.links.file(_put(app.files_folder, path.read_bytes(), path.suffix.lower(), dry_run))

    return attach


def renditions(
    app: App, wishes: Sequence[tuple[Image, int]], *, dry_run: bool = False
) -> dict[tuple[str, int], Image | Finding]:
    """Each picture as it is to be shown in a place so many CSS pixels wide, by its URL and that width.

    One of ours is resized at the first wish and remembered; its original stays as it is. One from elsewhere is given
    back unchanged, and one without a URL is left out. A Finding says why a picture cannot be shown: what it belongs
    to does without. Ask once for all that is made together, an issue for one: what is new is one transaction.
    Where two show the same picture at the same width, the words are those of the last: take URL and size from here.
    """
    wanted = {(image.url, width): image for image, width in wishes if image.url}
    ours = app.links.image("")
    names = {key: key[0].removeprefix(ours) for key in wanted if key[0].startswith(ours)}
    with app.database.read() as connection:
        known = remembered.find(connection, [(name, key[1]) for key, name in names.items() if _NAME.fullmatch(name)])
    shown: dict[tuple[str, int], Image | Finding] = dict(wanted)
    made: list[Rendition] = []
    for key, name in names.items():
        before = known.get((name, key[1]))
        now = _standing(app.images_folder, before) or _made(app.images_folder, name, key[1], dry_run)
        if isinstance(now, Rendition) and now != before:
            made.append(now)
        shown[key] = _as_shown(app, wanted[key], now)
    if made and not dry_run:
        with app.database.write() as connection:
            remembered.keep(connection, made)
    return shown


def files_of(app: App, article: Article) -> list[Path]:
    """What stands in the site's folders of this article's: its pictures, as published and as resized, and its files.

    Another article may show the same picture: equal files are one file.
    """
    ours = re.compile(re.escape(app.links.image("")) + f"({_NAME.pattern})")
    address = article.image.url if article.image else None
    pictures = list(dict.fromkeys(ours.findall(f"{address} {article.body}")))
    with app.database.read() as connection:
        pictures += [rendition.name for rendition in remembered.all_of(connection, pictures)]
    home = app.links.file("")
    names = [one.url.removeprefix(home) for one in article.attachments if one.url.startswith(home)]
    paths = [app.images_folder / name for name in pictures] + [app.files_folder / name for name in names]
    return [path for path in dict.fromkeys(paths) if path.is_file()]


def _standing(folder: Path, before: Rendition | None) -> Rendition | None:
    """What is remembered, if its file is there: then nobody needs the original."""
    return before if before and (folder / before.name).is_file() else None


def _made(folder: Path, name: str, width: int, dry_run: bool) -> Rendition | str:
    """A new file beside the original, or why there can be none."""
    original = _read(folder / name) if _NAME.fullmatch(name) else None
    if original is None:
        return "our copy of the picture is gone; collect it again"
    picture = resized(original, width)
    if isinstance(picture, str):
        return picture
    file = _put(folder, picture.data, ENDINGS[picture.type], dry_run)
    return Rendition(original=name, width=width, name=file, wide=picture.width, high=picture.height)


def _as_shown(app: App, image: Image, rendition: Rendition | str) -> Image | Finding:
    if isinstance(rendition, str):
        return PICTURE_UNUSABLE.found(image.file or image.url or "", f"{rendition}; until then it is left out")
    return replace(
        image,
        url=app.links.image(rendition.name),
        width=rendition.wide,
        height=rendition.high,
        length=None,  # that of the original would be untrue
        type=_TYPES[Path(rendition.name).suffix],
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _put(folder: Path, data: bytes, ending: str, dry_run: bool) -> str:
    name = hashlib.sha256(data).hexdigest()[:24] + ending
    if not dry_run:
        put(folder / name, data)
    return name
