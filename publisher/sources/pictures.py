"""Measures a picture beside an article, without trusting its name."""

import warnings
from dataclasses import replace
from pathlib import Path

from publisher.records import Image

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}
"""The file ending a picture is published under: by what it is, never by what its name says."""

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_MOST_PIXELS = 60_000_000
_MOST_BYTES = 20 * 1024 * 1024


def measured(image: Image, path: Path) -> Image | str:
    """`image` with width, height (pixels), length (bytes) and media type of the file, or why it cannot be used."""
    from PIL import Image as Pillow, UnidentifiedImageError

    try:
        length = path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):  # a name too long for any file, or with a NUL
        length = None
    if length is None:
        return "there is no such picture; put it there or mend the path"
    if length > _MOST_BYTES:
        return f"the picture has {length // 1024 // 1024} MB; save it smaller than 20 MB"
    try:
        with (
            warnings.catch_warnings(action="error", category=Pillow.DecompressionBombWarning),
            Pillow.open(path) as file,
        ):
            if file.width * file.height > _MOST_PIXELS:
                return f"the picture has {file.width} x {file.height} pixels; save it smaller"
            kind = _TYPES.get(file.format or "")
            if kind is None:
                return f"{file.format} pictures do not show everywhere; save it as JPEG or PNG"
            found = replace(image, width=file.width, height=file.height, length=length, type=kind)
            # Reads the whole file, so that a torn one is found; a JPEG at an eighth of its size, which is quick.
            file.draft("RGB", (file.width // 8, file.height // 8))
            file.load()
            return found
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Pillow.DecompressionBombError, Warning):
        return "the picture is damaged or is no picture; save it again as JPEG or PNG"
