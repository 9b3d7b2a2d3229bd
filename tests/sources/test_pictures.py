"""Pictures: what is found of a file without trusting it, and the smaller one that is made of it for mail."""

import io
import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from PIL import ExifTags, Image as Pillow, ImageCms, ImageDraw

from publisher.actions.collect import Collection, collect
from publisher.app import App
from publisher.records import Image
from publisher.sources.pictures import Resized, measured, resized
from tests.conftest import ROOT, article_file

DAMAGED = "the picture is damaged or is no picture; save it again as JPEG or PNG"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(picture: Pillow.Image, format: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def made(data: bytes, width: int = 60) -> Resized:
    one = resized(data, width)
    assert isinstance(one, Resized), one
    return one


def pixels(one: Resized) -> Pillow.Image:
    return Pillow.open(io.BytesIO(one.data))


def corners(one: Resized) -> list[tuple[int, int, int]]:
    """The colours near the four corners, clockwise from the left upper one, to the nearest pure one."""
    picture = pixels(one).convert("RGB")
    right, low = picture.width - 9, picture.height - 9
    at = [picture.getpixel(place) for place in ((8, 8), (right, 8), (right, low), (8, low))]
    return [tuple(255 * (value > 127) for value in colour) for colour in at if isinstance(colour, tuple)]  # type: ignore[misc]


def photo(width: int = 400, height: int = 200) -> Pillow.Image:
    """Soft colours, none like the next."""
    grey = Pillow.linear_gradient("L").resize((width, height))
    turned = grey.transpose(Pillow.Transpose.FLIP_TOP_BOTTOM)
    return Pillow.merge("RGB", [grey, turned, Pillow.radial_gradient("L").resize((width, height))])


def quarters(width: int = 400, height: int = 200) -> Pillow.Image:
    """Red, green, blue and black, clockwise from the left upper corner."""
    picture = Pillow.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), "#ff0000")
    draw.rectangle((width // 2, 0, width, height // 2 - 1), "#00ff00")
    draw.rectangle((width // 2, height // 2, width, height), "#0000ff")
    return picture


RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


# The size


@pytest.mark.parametrize(("width", "size"), [(60, (120, 60)), (152, (304, 152)), (200, (400, 200)), (600, (400, 200))])
def test_a_picture_has_two_pixels_for_each_it_is_shown_with_and_is_never_enlarged(
    width: int, size: tuple[int, int]
) -> None:
    one = made(saved(photo()), width)
    assert (one.width, one.height) == pixels(one).size == size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_of_one_pixel_stays_one(tmp_path: Path, format: str) -> None:
    data = saved(Pillow.new("RGB", (1, 1), "#ff0000"), format)
    one = made(data)
    assert (one.width, one.height) == pixels(one).size == (1, 1)
    (tmp_path / "dot").write_bytes(data)
    found = measured(Image(), tmp_path / "dot")
    assert isinstance(found, Image)
    assert (found.width, found.height) == (1, 1)


@pytest.mark.parametrize(
    ("stored", "size"), [((2000, 10), (120, 1)), ((10_000, 3), (120, 1)), ((40, 3000), (40, 3000))]
)
def test_a_very_wide_or_tall_picture_keeps_its_shape(stored: tuple[int, int], size: tuple[int, int]) -> None:
    one = made(saved(Pillow.new("RGB", stored)))
    assert (one.width, one.height) == pixels(one).size == size


def test_a_picture_too_tall_to_look_at_is_told() -> None:
    said = "the picture would be 9000 pixels high at 10 wide; cut out of it what matters"
    assert resized(saved(Pillow.new("RGB", (10, 9000))), 600) == said


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, [RED, GREEN, BLUE, BLACK]),
        (2, [GREEN, RED, BLACK, BLUE]),
        (3, [BLUE, BLACK, RED, GREEN]),
        (4, [BLACK, BLUE, GREEN, RED]),
        (5, [RED, BLACK, BLUE, GREEN]),
        (6, [BLACK, RED, GREEN, BLUE]),
        (7, [BLUE, GREEN, RED, BLACK]),
        (8, [GREEN, BLUE, BLACK, RED]),
        (9, [RED, GREEN, BLUE, BLACK]),
    ],
)
def test_a_picture_taken_with_the_camera_turned_stands_upright(
    tmp_path: Path, format: str, orientation: int, seen: list[tuple[int, int, int]]
) -> None:
    exif = Pillow.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = saved(quarters(), format, exif=exif)
    one = made(data)
    size = (120, 240) if orientation in (5, 6, 7, 8) else (120, 60)
    assert ((one.width, one.height), pixels(one).size, corners(one)) == (size, size, seen)
    (tmp_path / "turned").write_bytes(data)
    found = measured(Image(), tmp_path / "turned")
    assert isinstance(found, Image)
    assert (found.width, found.height) == ((200, 400) if size == (120, 240) else (400, 200))


def test_notes_that_cannot_be_read_do_no_harm() -> None:
    one = made(saved(quarters(), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00"))
    assert corners(one) == [RED, GREEN, BLUE, BLACK]


# What is in the file


def test_nothing_tells_where_and_by_whom_a_picture_was_taken() -> None:
    exif = Pillow.Exif()
    exif[ExifTags.Base.Artist] = "Ines Duarte"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (47.0, 36.0, 22.0), 3: "W", 4: (122.0, 19.0, 55.0)})
    notes: dict[str, Any] = {"exif": exif, "icc_profile": SRGB, "xmp": b"<x:xmpmeta>Ines Duarte</x:xmpmeta>"}
    for data in (
        saved(photo(), comment=b"Ines Duarte", **notes),
        saved(photo(), "WEBP", **notes),
        saved(photo(), "PNG", exif=exif, icc_profile=SRGB, dpi=(300, 300)),
        saved(photo().convert("RGBA").rotate(5), "PNG", exif=exif, icc_profile=SRGB),
    ):
        assert b"Duarte" in data
        one = made(data)
        found = pixels(one)
        found.load()
        assert not found.getexif()
        assert set(found.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        assert not any(note in one.data for note in (b"Duarte", b"Exif", b"ICC", b"iCCP", b"xmp", b"XMP"))


def test_a_photograph_becomes_a_progressive_jpeg_with_halved_colours() -> None:
    one = made(saved(photo(), quality=95, subsampling="4:4:4"))
    found = pixels(one)
    assert (one.type, found.format, found.info.get("progressive")) == ("image/jpeg", "JPEG", 1)
    assert [layer[1:3] for layer in found.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]


def test_a_photograph_saved_as_png_becomes_a_jpeg() -> None:
    assert made(saved(photo(), "PNG")).type == "image/jpeg"


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "1"])
@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_drawing_of_few_colours_becomes_a_png(mode: str, format: str) -> None:
    chart = Pillow.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(chart)
    for x in range(20, 400, 20):
        draw.line((x, 190, x, 200 - x // 3), "#00566b", 3)
    one = made(saved(chart.convert(mode), format))
    assert (one.type, pixels(one).format) == ("image/png", "PNG")
    assert len(one.data) < len(saved(chart.resize((120, 60)), quality=80, optimize=True))


def test_a_drawing_that_need_not_be_resized_keeps_each_pixel() -> None:
    chart = quarters(120, 60)
    assert pixels(made(saved(chart, "PNG"))).convert("RGB").tobytes() == chart.tobytes()


def transparent() -> dict[str, bytes]:
    half = Pillow.new("RGBA", (400, 200), "#00ff0000")
    half.paste((255, 0, 0, 255), (0, 0, 200, 200))
    palette = Pillow.new("P", (400, 200), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.paste(0, (0, 0, 200, 200))
    return {
        "RGBA": saved(half, "PNG"),
        "WebP": saved(half, "WEBP", lossless=True),
        "grey": saved(half.convert("LA"), "PNG"),
        "palette": saved(palette, "PNG", transparency=1),
        "palette of many": saved(palette, "PNG", transparency=b"\xff\x00"),
        "GIF": saved(palette, "GIF", transparency=1),
        "one colour": saved(half.convert("RGB"), "PNG", transparency=(0, 255, 0)),
    }


@pytest.mark.parametrize("kind", transparent())
def test_what_shines_through_stays_so(kind: str) -> None:
    one = made(transparent()[kind])
    alpha = pixels(one).getchannel("A")
    assert (one.type, alpha.getpixel((10, 30)), alpha.getpixel((110, 30))) == ("image/png", 255, 0)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_picture_through_which_nothing_shines_needs_no_png(format: str) -> None:
    assert made(saved(photo().convert("RGBA"), format, quality=90)).type == "image/jpeg"


def test_no_colour_of_what_is_transparent_bleeds_into_the_edge() -> None:
    one = pixels(made(transparent()["RGBA"]))
    edge = [one.getpixel((x, 30)) for x in range(55, 65)]
    assert all(pixel[1] < 8 for pixel in edge if isinstance(pixel, tuple) and pixel[3] > 20)


def test_of_an_animation_the_first_picture_is_taken() -> None:
    first, *others = [Pillow.new("RGB", (200, 100), colour) for colour in ("#ff0000", "#00ff00", "#0000ff")]
    for format in ("GIF", "WEBP", "PNG", "MPO"):
        one = made(saved(first, format, save_all=True, append_images=others))
        assert corners(one) == [RED] * 4, format
        assert getattr(pixels(one), "n_frames", 1) == 1


def test_sixteen_bits_of_grey_are_not_cut_off_at_white() -> None:
    grey = Pillow.new("I;16", (200, 100), 0x8000)
    assert pixels(made(saved(grey, "PNG"))).getpixel((50, 20)) in (127, 128, 129)


def test_grey_stays_grey_and_small() -> None:
    one = made(saved(Pillow.linear_gradient("L").resize((400, 200))))
    assert (one.type, pixels(one).mode) == ("image/jpeg", "L")


def test_colours_for_print_become_those_of_screens() -> None:
    one = made(saved(Pillow.new("CMYK", (200, 100), (0, 255, 255, 0))))
    assert (pixels(one).mode, corners(one)) == ("RGB", [RED] * 4)


def swapped(profile: bytes) -> bytes:
    """A profile whose red is our green: the red and green primaries of `profile` have changed places."""
    count = int.from_bytes(profile[128:132], "big")
    tags = [profile[132 + 12 * n : 144 + 12 * n] for n in range(count)]
    other = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}
    renamed = sorted(other.get(tag[:4], tag[:4]) + tag[4:] for tag in tags)
    return profile[:132] + b"".join(renamed) + profile[132 + 12 * count :]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_colours_are_shown_as_the_embedded_profile_means_them(format: str) -> None:
    picture = saved(Pillow.new("RGB", (200, 100), RED), format, icc_profile=swapped(SRGB))
    assert corners(made(picture)) == [GREEN] * 4


@pytest.mark.parametrize("profile", [b"x" * 300, SRGB[:200], SRGB[:128]])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_broken_profile_is_as_good_as_none(profile: bytes, mode: str) -> None:
    picture = Pillow.new(mode, (200, 100), 0 if mode == "L" else (0,) * len(Pillow.new(mode, (1, 1)).getbands()))
    assert made(saved(picture, icc_profile=profile)) == made(saved(picture))


def test_a_profile_of_other_colours_than_the_picture_is_as_good_as_none() -> None:
    print_colours = Pillow.new("CMYK", (200, 100), (0, 255, 255, 0))
    assert corners(made(saved(print_colours, icc_profile=SRGB))) == [RED] * 4


def test_mere_noise_is_a_picture_too() -> None:
    noise = Pillow.merge("RGB", [Pillow.effect_noise((1200, 1000), 250) for _ in range(3)])
    one = made(saved(noise, "PNG"), 600)
    assert (one.type, pixels(one).size) == ("image/jpeg", (1200, 1000))


@pytest.mark.parametrize("path", sorted((ROOT / "content" / "images").iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("width", [600, 152])
def test_the_same_picture_gives_the_same_bytes_and_is_not_touched(path: Path, width: int) -> None:
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert made(before, width) == made(path.read_bytes(), width)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)


# Files that are not what they seem


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels, black or white: 110 kB that become 900 million pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compressobj()
    packed = [rows.compress(bytes(3751 * 1000)) for _ in range(30)]
    pixels = b"".join([*packed, rows.flush()])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def many_scans() -> bytes:
    """A progressive JPEG that has its last scan five hundred times."""
    data = saved(quarters(), progressive=True)
    return data[:-2] + data[data.rfind(b"\xff\xda") : -2] * 500 + data[-2:]


def claiming(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that says it has this size."""
    at = next(data.find(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def too_large(name: str, width: int, height: int, sort: str, most: int) -> str:
    said = f"the picture has {width} x {height} pixels, and a {sort} may have {most} million; save it smaller"
    return said if sort == "JPEG" else f"{said} or as a plain JPEG"


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", DAMAGED),
    "text": (lambda: b"<!doctype html><title>Not found</title>", DAMAGED),
    "only the beginning of a JPEG": (lambda: saved(quarters())[:400], DAMAGED),
    "half a JPEG": (lambda: saved(photo(), quality=95)[:-3000], DAMAGED),
    "half a PNG": (lambda: saved(photo(), "PNG")[:-3000], DAMAGED),
    "half a GIF": (lambda: saved(photo(), "GIF")[:-9000], DAMAGED),
    "half a WebP": (lambda: saved(photo(), "WEBP")[:-300], DAMAGED),
    "the same scan over and over": (many_scans, DAMAGED),
    "a bomb": (bomb, "the picture has far too many pixels; save it smaller"),
    "a JPEG of 70 million pixels": (
        lambda: claiming(saved(quarters()), 10_000, 7_000),
        too_large("JPEG", 10_000, 7_000, "JPEG", 60),
    ),
    "a progressive JPEG of 30 million pixels": (
        lambda: claiming(saved(quarters(), progressive=True), 6_000, 5_000),
        too_large("JPEG", 6_000, 5_000, "progressive JPEG", 25),
    ),
    "a PNG of 24 million pixels": (
        lambda: saved(Pillow.new("1", (6_000, 4_000)), "PNG"),
        too_large("PNG", 6_000, 4_000, "PNG", 20),
    ),
    "more than 20 MB": (
        lambda: saved(quarters()) + bytes(20 * 1024 * 1024),
        "the picture has 20 MB; save it smaller than 20 MB",
    ),
    "a TIFF": (
        lambda: saved(quarters(), "TIFF"),
        "TIFF pictures do not show everywhere; save it as JPEG or PNG",
    ),
    "a BMP": (
        lambda: saved(quarters(), "BMP"),
        "BMP pictures do not show everywhere; save it as JPEG or PNG",
    ),
    "what telephones write": (
        lambda: b"\x00\x00\x00\x18ftypheic" + bytes(200),
        "HEIC pictures do not show everywhere; save it as JPEG or PNG",
    ),
    "a drawing in XML": (
        lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "SVG pictures do not show everywhere; save it as JPEG or PNG",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_picture_that_cannot_be_used_is_told_and_nothing_is_made_of_it(tmp_path: Path, kind: str) -> None:
    make, said = BAD[kind]
    data = make()
    assert resized(data, 600) == said
    (tmp_path / "bad.jpg").write_bytes(data)
    assert measured(Image(), tmp_path / "bad.jpg") == said


@pytest.fixture
def collected(site: Path, open_app: Callable[..., App]) -> Callable[[str], Collection]:
    """Collect one article whose picture has this name."""

    def collect_it(name: str) -> Collection:
        article_file(site, "ward", headline="A new ward", image=f"{{file: {name}, alt: The ward}}")
        return collect(open_app(site), ["articles"])

    return collect_it


@pytest.mark.parametrize("kind", BAD)
def test_collecting_goes_on_past_a_bad_picture(site: Path, collected: Callable[[str], Collection], kind: str) -> None:
    make, said = BAD[kind]
    (site / "content" / "articles" / "ward.jpg").write_bytes(make())
    collection = collected("ward.jpg")
    assert [(p.code, p.severity, p.mend) for p in collection.problems] == [
        ("missing-image", "error", f"ward.jpg: {said}")
    ]
    assert [(a.headline, a.image) for a in collection.articles] == [("A new ward", None)]
    assert not (site / "images").exists()


def test_a_picture_is_what_it_is_whatever_its_name_says(site: Path, collected: Callable[[str], Collection]) -> None:
    (site / "content" / "articles" / "ward.jpg").write_bytes(saved(quarters(), "PNG"))
    collection = collected("ward.jpg")
    (article,) = collection.articles
    assert collection.problems == []
    assert article.image and article.image.type == "image/png"
    assert article.image.url and article.image.url.endswith(".png")


def test_the_first_of_several_pictures_in_a_telephones_jpeg_is_taken(
    site: Path, collected: Callable[[str], Collection]
) -> None:
    data = saved(quarters(), "MPO", save_all=True, append_images=[photo()])
    (site / "content" / "articles" / "ward.jpg").write_bytes(data)
    collection = collected("ward.jpg")
    (article,) = collection.articles
    assert collection.problems == []
    assert article.image and (article.image.type, article.image.width) == ("image/jpeg", 400)


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_not_opened(site: Path, collected: Callable[[str], Collection], kind: str) -> None:
    path = site / "content" / "articles" / "ward.jpg"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    signal.alarm(20)  # to open a pipe for reading would wait for ever
    try:
        collection = collected("ward.jpg")
    finally:
        signal.alarm(0)
    said = "ward.jpg: there is no such picture; put it there or mend the path"
    assert [p.mend for p in collection.problems] == [said]


# Whatever the bytes


SEEDS = [
    saved(quarters(40, 20)),
    saved(quarters(40, 20), progressive=True, icc_profile=SRGB),
    saved(quarters(40, 20).convert("CMYK")),
    saved(quarters(40, 20), "MPO", save_all=True, append_images=[quarters(40, 20)]),
    saved(quarters(40, 20), "PNG", icc_profile=SRGB),
    saved(quarters(40, 20).convert("P"), "PNG", transparency=0),
    saved(Pillow.new("I;16", (40, 20), 900), "PNG"),
    saved(quarters(40, 20), "GIF", save_all=True, append_images=[photo(40, 20)]),
    saved(quarters(40, 20), "WEBP"),
    saved(quarters(40, 20).convert("RGBA").rotate(9), "WEBP", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"),
    saved(quarters(40, 20), "TIFF"),
    saved(quarters(40, 20), "BMP"),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
    cut=st.none() | st.integers(0, 4000),
    width=st.integers(1, 30),
)
@example(seed=b"", changes=[], cut=None, width=1)
def test_no_bytes_raise_and_what_is_made_can_be_shown(
    tmp_path: Path, seed: bytes, changes: list[tuple[int, int]], cut: int | None, width: int
) -> None:
    data = bytearray(seed)
    for at, value in changes:
        if data:
            data[at % len(data)] = value
    torn = bytes(data[:cut])
    one = resized(torn, width)
    if isinstance(one, Resized):
        picture = pixels(one)
        picture.load()
        assert picture.size == (one.width, one.height)
        assert one.width <= 2 * width
        assert picture.format in ("JPEG", "PNG")
    else:
        assert one.startswith(("the picture ", "TIFF ", "BMP "))
    (tmp_path / "torn").write_bytes(torn)
    assert isinstance(measured(Image(), tmp_path / "torn"), Image | str)


# What it takes


PEAK = """
import sys
from pathlib import Path
from publisher.records import Image
from publisher.sources.pictures import Resized, measured, resized
path = Path(sys.argv[1])
assert isinstance(measured(Image(), path), Image)
assert isinstance(resized(path.read_bytes(), 600), Resized)
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize(
    ("format", "mode", "size", "options"),
    [
        ("JPEG", "RGB", (9480, 6320), {}),
        ("JPEG", "RGB", (6120, 4080), {"progressive": True, "subsampling": "4:4:4"}),
        ("PNG", "RGBA", (5470, 3650), {"compress_level": 1}),
        ("PNG", "P", (5470, 3650), {"transparency": 0}),
        ("WEBP", "RGB", (4240, 2820), {"method": 0}),
    ],
    ids=["a JPEG of 60 million", "a progressive one of 25", "a PNG of 20", "one with a palette", "a WebP of 12"],
)
def test_the_largest_pictures_allowed_stay_below_300_mb(
    tmp_path: Path, format: str, mode: str, size: tuple[int, int], options: dict[str, object]
) -> None:
    picture = Pillow.new(mode, size, (1, 2, 3, 4)[: len(mode)] if mode != "P" else 0)
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.save(tmp_path / "large", format, **options)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "large")], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 300 * 1024
