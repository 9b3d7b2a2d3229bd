"""Puts pictures and other files where readers can fetch them, named by their content, so that no address ever lies."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from publisher.app import App
from publisher.files import put
from publisher.records import Image
from publisher.sources.pictures import ENDINGS


def publisher_of(app: App, *, dry_run: bool = False) -> Callable[[Path, Image], str]:
    """A function that copies a measured picture into the site's images folder and gives its public URL."""

    def publish(path: Path, measured: Image) -> str:
        return app.links.image(_put(app.images_folder, path, ENDINGS[measured.type or ""], dry_run))

    return publish


def attacher_of(app: App, *, dry_run: bool = False) -> Callable[[Path], str]:
    """A function that copies a file of an article into the site's files folder and gives its public URL."""

    def attach(path: Path) -> str:
        return app.links.file(_put(app.files_folder, path, path.suffix.lower(), dry_run))

    return attach


def _put(folder: Path, path: Path, ending: str, dry_run: bool) -> str:
    data = path.read_bytes()
    name = hashlib.sha256(data).hexdigest()[:24] + ending
    if not dry_run:
        put(folder / name, data)
    return name
