"""Measures a picture beside an article, without trusting its name, and makes what is published and shown of it.

In: the bytes of a JPEG, PNG, GIF or WebP. Out: the same picture without anything that cameras and programs note in a
file (where it was taken, by whom, with what), and its true size; or a smaller JPEG or PNG for mail, in sRGB and
without notes too; or why it cannot be used.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.records import Image
from publisher.sources import picture_notes

if TYPE_CHECKING:  # Pillow is loaded when the first picture is looked at
    from PIL.Image import Image as Picture
    from PIL.ImageFile import ImageFile

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}
"""The file ending a picture is published under: by what it is, never by what its name says."""

_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with more pictures behind the first, as many telephones write
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
_READERS = ("JPEG", "PNG", "GIF", "WEBP")
"""What is opened at all."""

_OTHERS = (
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypavif", "AVIF"),
)
"""What else offices have, only to be told by name: where its mark begins, and the mark."""

_MOST_BYTES = 20 * 1024 * 1024
_MOST_SCANS = 100
"""A progressive JPEG has about ten; each of them costs a walk over all pixels, however few bytes it has."""

_MOST_MILLIONS = {"JPEG": 60, "progressive JPEG": 25, "PNG": 20, "GIF": 20, "WebP": 12}
"""Pixels. Only a plain JPEG can be read at a part of its size. The others are held whole: in 4 bytes a pixel and once
more while they are resized, a progressive JPEG in 6 or 8, a WebP in 16. So each stays below some 200 MB."""

_HIGHEST = 5_000
_QUALITY = 80
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What puts a picture upright, by its EXIF orientation; 1 is upright."""

_DAMAGED = "the picture is damaged or is no picture; save it again as JPEG or PNG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resized:
    """A picture made for showing: the file, its media type, its width and height in pixels."""

    data: bytes
    type: str
    width: int
    height: int


def measured(image: Image, path: Path) -> Image | str:
    """`image` with width, height (pixels, as shown), length (bytes) and media type of the file, or why not.

    They are those of what is published: the file without its notes.
    """
    try:
        length = path.stat().st_size if path.is_file() else None  # a pipe or a device is never opened
    except (OSError, ValueError):  # a name too long for any file, or with a NUL
        length = None
    if length is None:
        return "there is no such picture; put it there or mend the path"
    if length > _MOST_BYTES:
        return _too_heavy(length)
    try:
        data = without_notes(path.read_bytes())
    except OSError as exc:
        return f"the picture cannot be read ({exc.strerror}); mend its rights"
    if isinstance(data, str):
        return data
    try:
        with _opened(data) as file:
            return _refusal(file, data) or _measured(image, file, len(data))
    except Exception as exc:  # Pillow's readers let out whatever a torn or hostile file makes them stumble over
        return _why(exc, data)


def without_notes(data: bytes) -> bytes | str:
    """The same picture, pixel for pixel, in a file that tells nothing but how to show it; or why there can be none.

    One without notes keeps its bytes. One whose notes cannot be told from its pixels is written anew: a torn JPEG
    then loses a little, an animation all but its first frame. Whether the pixels can be read is for `measured`.
    """
    if len(data) > _MOST_BYTES:
        return _too_heavy(len(data))
    clean = picture_notes.stripped(data)
    if clean is not None:
        return clean
    try:
        with _opened(data) as file:
            return _refusal(file, data) or picture_notes.stripped(_anew(file)) or _DAMAGED
    except Exception as exc:  # as above
        return _why(exc, data)


def resized(data: bytes, width: int) -> Resized | str:
    """The picture for a place `width` CSS pixels wide: upright, at most twice so many pixels, never enlarged.

    Of an animation it is the first frame. The same bytes give the same bytes. A string says why there is none.
    """
    if len(data) > _MOST_BYTES:
        return _too_heavy(len(data))
    try:
        with _opened(data) as file:
            return _refusal(file, data) or _resized(file, width)
    except Exception as exc:  # as above
        return _why(exc, data)


@contextmanager
def _opened(data: bytes) -> Iterator["ImageFile"]:
    """The picture, its pixels not read yet. What Pillow warns of is no news to the office, except too many pixels."""
    from PIL import Image as Pillow

    with warnings.catch_warnings(action="ignore"):
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(BytesIO(data), formats=_READERS) as file:
            yield file


def _refusal(file: "ImageFile", data: bytes) -> str | None:
    """Why this picture is not even read."""
    sort = _sort(file)
    if sort == "progressive JPEG" and data.count(b"\xff\xda") > _MOST_SCANS:
        return _DAMAGED
    if file.width * file.height <= _MOST_MILLIONS[sort] * 1_000_000:
        return None
    size = f"{file.width} x {file.height} pixels, and a {sort} may have {_MOST_MILLIONS[sort]} million"
    return f"the picture has {size}; save it smaller" + ("" if sort == "JPEG" else " or as a plain JPEG")


def _sort(file: "ImageFile") -> str:
    if _TYPES[file.format or ""] == "image/jpeg":
        return "progressive JPEG" if file.info.get("progressive") else "JPEG"
    return "WebP" if file.format == "WEBP" else str(file.format)


def _why(exc: Exception, data: bytes) -> str:
    from PIL import Image as Pillow

    if isinstance(exc, Pillow.DecompressionBombError | Pillow.DecompressionBombWarning):
        return "the picture has far too many pixels; save it smaller"
    marked = [name for at, mark, name in _OTHERS if data.startswith(mark, at)]
    is_svg = data[:4096].lstrip().startswith((b"<svg", b"<?xml")) and b"<svg" in data[:4096]
    other = marked[0] if marked else "SVG" if is_svg else None
    return f"{other} pictures do not show everywhere; save it as JPEG or PNG" if other else _DAMAGED


def _too_heavy(length: int) -> str:
    return f"the picture has {length // 1024 // 1024} MB; save it smaller than 20 MB"


def _measured(image: Image, file: "ImageFile", length: int) -> Image:
    """Reads the whole file, so that a torn one is found; a plain JPEG at an eighth of its size, which is quick."""
    size = file.size
    file.draft(None, (max(1, file.width // 8), max(1, file.height // 8)))
    file.load()
    width, height = _upright(size, _orientation(file))
    return replace(image, width=width, height=height, length=length, type=_TYPES[file.format or ""])


def _anew(file: "ImageFile") -> bytes:
    """The picture in a new file of its kind. In a JPEG hardly anything is lost, in the others nothing."""
    format = "JPEG" if file.format == "MPO" else str(file.format)
    orientation = _orientation(file)
    file.load()
    exif = picture_notes.upright(orientation) if orientation in _TURNS else b""
    kept = {name: file.info[name] for name in ("icc_profile", "transparency") if name in file.info}
    file.info = {}
    best = {"quality": 95, "subsampling": "4:4:4", "lossless": True, "exact": True}  # each writer takes what it knows
    return _saved(file, format, exif=exif, **kept, **best).data


def _resized(file: "ImageFile", width: int) -> Resized | str:
    from PIL import Image as Pillow

    is_graphic = file.format in ("PNG", "GIF")
    orientation = _orientation(file)
    across, down = _upright(file.size, orientation)
    wide = min(across, 2 * width)
    high = max(1, round(down * wide / across))
    if high > _HIGHEST:
        return f"the picture would be {high} pixels high at {wide} wide; cut out of it what matters"
    size = _upright((wide, high), orientation)
    # The JPEG reader can leave out what is not needed; half as much again is left for the better filter after it.
    file.draft(None, (size[0] * 3 // 2, size[1] * 3 // 2))
    few = is_graphic and _has_few_colours(file)
    picture = _true_colours(file).resize(size, Pillow.Resampling.LANCZOS)
    picture = _in_srgb(picture, file.info.get("icc_profile"))
    if orientation in _TURNS:
        picture = picture.transpose(Pillow.Transpose[_TURNS[orientation]])
    picture.info.clear()  # or the PNG and JPEG writers would write its comment and profile again
    return _written(picture, is_graphic=is_graphic, few=few)


def _orientation(file: "ImageFile") -> int:
    with suppress(Exception):  # notes that cannot be read say nothing, and the picture may be whole all the same
        return int(file.getexif().get(0x0112, 1))
    return 1


def _upright(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """A size as shown from that as stored, or the other way round."""
    return (size[1], size[0]) if orientation in (5, 6, 7, 8) else size


def _has_few_colours(file: "ImageFile") -> bool:
    """Whether it is drawn rather than photographed: then a PNG with a palette may be smaller, and is sharper."""
    return file.mode in ("1", "L", "P") or (file.mode == "RGB" and file.getcolors(256) is not None)


def _true_colours(file: "ImageFile") -> "Picture":
    """The pixels in 8 bits a channel and without a palette: L, RGB, RGBA or CMYK."""
    if file.mode.startswith("I"):  # 16 bits of grey, which a plain conversion would cut off at white
        return file.convert("I").point(lambda value: value / 256).convert("L")
    if file.has_transparency_data:
        return file if file.mode == "RGBA" else file.convert("RGBA")
    if file.mode in ("L", "RGB", "CMYK"):
        return file
    return file.convert("L" if file.mode == "1" else "RGB")


def _in_srgb(picture: "Picture", profile: bytes | None) -> "Picture":
    """In the colours that every screen takes for granted. A broken profile, or one of other colours, is as none."""
    if profile:
        from PIL import ImageCms

        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode=mode)
            if converted is not None:
                return converted
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _written(picture: "Picture", *, is_graphic: bool, few: bool) -> Resized:
    """As PNG where something shines through or it is the smaller one of a drawing, else as JPEG."""
    if picture.mode == "RGBA":
        if picture.getchannel("A").getextrema() != (255, 255):
            return _saved(picture, "PNG", optimize=True)
        picture = picture.convert("RGB")
    # Halved colours are not seen in a photograph, but fringe the letters in a drawing.
    jpeg = _as_jpeg(picture, "4:4:4" if is_graphic else "4:2:0")
    if not few:
        return jpeg
    flat = picture if picture.mode == "L" else picture.quantize(256)
    return min(jpeg, _saved(flat, "PNG", optimize=True), key=lambda one: len(one.data))


def _as_jpeg(picture: "Picture", subsampling: str) -> Resized:
    try:
        return _saved(picture, "JPEG", quality=_QUALITY, subsampling=subsampling, progressive=True, optimize=True)
    except OSError:  # Pillow gives a progressive file a byte a pixel and no more: too little for mere noise
        return _saved(picture, "JPEG", quality=_QUALITY, subsampling=subsampling)


def _saved(picture: "Picture", format: str, **options: object) -> Resized:
    out = BytesIO()
    picture.save(out, format, **options)
    return Resized(data=out.getvalue(), type=_TYPES[format], width=picture.width, height=picture.height)
