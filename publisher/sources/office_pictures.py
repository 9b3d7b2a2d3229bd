"""The pictures of an office's documents: the one beside a document, and those inside of a Word document.

A picture beside (`story.docx`, `story.jpg`) is the article's own; what it shows is what its file says in its
description. Pictures inside are written to a private folder, under a name made of their bytes, and published from
there like any other: without what cameras noted in them.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from publisher.records import Finding, Image, Severity
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.markdown import Reading
from publisher.sources.pictures import ENDINGS

BESIDE = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_DESCRIPTION = 0x010E
_LONGEST_ALT = 1_000
_MOST_BYTES = 20 * 1024 * 1024
_NO_DESCRIPTION = (
    "olympus digital camera",
    "sony dsc",
    "default",
    "dcim",
    "samsung",
    "kodak digital still camera",
    "untitled",
)


def beside(path: Path, place: str, reading: Reading) -> tuple[Image | None, tuple[Finding, ...]]:
    """The picture with the document's name, published; and what is wrong with it, or that nobody says what it shows."""
    there = (path.with_suffix(case) for ending in BESIDE for case in (ending, ending.upper()))
    picture = next((one for one in there if one.is_file()), None)
    if picture is None:
        return None, ()
    found = reading.measure(picture)
    if isinstance(found, str):
        return None, (finding("missing-image", "error", place, f"{picture.name}: {found}"),)
    image = replace(found, alt=_described(picture), url=reading.publish(picture, found), file=picture.name)
    return image, () if image.alt else (no_alt(place, picture.name),)


def no_alt(place: str, name: str) -> Finding:
    mend = f"say what {name} shows: write it into the picture's description, in its properties"
    return finding("alt-missing", "warning", place, mend)


def _described(picture: Path) -> str | None:
    """What the file itself says that it shows (EXIF ImageDescription, PNG Description); no camera's own words."""
    from PIL import Image as Pillow

    said: Any = None
    # Notes that cannot be read say nothing, and the picture may be whole all the same.
    with suppress(Exception), Pillow.open(picture, formats=("JPEG", "PNG", "WEBP")) as file:
        said = file.getexif().get(_DESCRIPTION) or file.info.get("Description")
    words = clean.line(said) if isinstance(said, str) else ""
    return clean.shortened(words, _LONGEST_ALT) if words and not words.lower().startswith(_NO_DESCRIPTION) else None


@dataclass(slots=True, kw_only=True)
class Embedded:
    """The pictures inside of one document: where they go, which there were, and what was wrong with them."""

    place: str
    reading: Reading
    folder: Path | None
    published: dict[str, Image] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)

    def take(self, image: Any) -> dict[str, str]:
        """The attributes of one picture's element (Mammoth's image in); without an address where it is not shown."""
        try:
            with image.open() as opened:
                data = opened.read(_MOST_BYTES + 1)
        except Exception:  # it names a file that is not there, or another computer's, in more ways than one
            kept: Image | str = "it is not in the document itself; put it in again (Insert, Pictures)"
        else:
            kept = self._kept(data, image.content_type or "")
        if isinstance(kept, str):
            self._tell("missing-image", "error", f"a picture in the document: {kept}")
            return {}
        if not clean.line(image.alt_text or ""):
            self._tell("alt-missing", "warning", "say what each picture shows: in Word, right click, View Alt Text")
        return {"src": kept.url or "", "width": str(kept.width), "height": str(kept.height)}

    def _kept(self, data: bytes, content_type: str) -> Image | str:
        """The picture published, or why it is not."""
        ending = ENDINGS.get(content_type.lower().replace("jpg", "jpeg"))
        if ending is None:
            kind = clean.shortened(clean.line(content_type), 40) or "of no known kind"
            return f"it is {kind}, which does not show everywhere; put it in as JPEG or PNG"
        if self.folder is None or len(data) > _MOST_BYTES:
            return (
                "it cannot be kept; lay it beside the document, with its name"
                if self.folder is None
                else "it is too large"
            )
        path = self.folder / f"{hashlib.sha256(data).hexdigest()[:32]}{ending}"
        _put(path, data)
        found = self.reading.measure(path)
        if isinstance(found, str):
            path.unlink(missing_ok=True)
            return found
        image = replace(found, url=self.reading.publish(path, found))
        self.published[image.url or ""] = image
        return image

    def _tell(self, code: str, severity: Severity, mend: str) -> None:
        problem = finding(code, severity, self.place, mend)
        if problem not in self.problems:
            self.problems.append(problem)


def _put(path: Path, data: bytes) -> None:
    """Write it whole or not at all, for its owner alone; the same bytes have the same name, and lie there already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = path.with_suffix(f".{os.getpid()}.part")
    begun.write_bytes(data)
    begun.chmod(0o600)
    begun.replace(path)
