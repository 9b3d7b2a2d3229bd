"""Puts a picture where readers can fetch it: below /images/, named by its content, so that its address never lies."""

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
        data = path.read_bytes()
        name = hashlib.sha256(data).hexdigest()[:24] + ENDINGS[measured.type or ""]
        if not dry_run:
            put(app.images_folder / name, data)
        return app.links.image(name)

    return publish
