"""Pictures as an issue shows them: resized once, remembered, never in the way of the issue."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from publisher.actions.articles import show_article
from publisher.actions.collect import collect
from publisher.actions.publishing import files_of, publisher_of, renditions
from publisher.app import App
from publisher.errors import SourceError
from publisher.records import Finding, Image
from publisher.sources.pictures import measured
from tests.conftest import ROOT, article_file

PICTURES = ROOT / "content" / "images"


@pytest.fixture
def app(site: Path, open_app: Callable[..., App]) -> App:
    return open_app(site)


def published(app: App, path: Path, **more: Any) -> Image:
    """The picture as collecting publishes it."""
    found = measured(Image(**more), path)
    assert isinstance(found, Image)
    return replace(found, url=publisher_of(app)(path, found))


def one(app: App, image: Image, width: int, **how: bool) -> Image | Finding:
    (shown,) = renditions(app, [(image, width)], **how).values()
    return shown


def resized(app: App, image: Image, width: int, **how: bool) -> Image:
    shown = one(app, image, width, **how)
    assert isinstance(shown, Image), shown
    return shown


def file_of(app: App, image: Image) -> Path:
    """The file that a reader gets from the picture's address."""
    assert image.url and image.url.startswith("https://news.alderbay.example/images/")
    return app.images_folder / image.url.removeprefix("https://news.alderbay.example/images/")


def pixels(file: Path) -> tuple[int, int]:
    with Pillow.open(file) as picture:
        return picture.size


def folder(app: App) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in app.images_folder.iterdir()}


@pytest.mark.parametrize(("width", "size"), [(600, (1200, 800)), (152, (304, 203))])
def test_a_picture_is_shown_from_a_file_of_its_width(app: App, width: int, size: tuple[int, int]) -> None:
    image = published(app, PICTURES / "lighthouse.jpg", alt="The lighthouse", credit="Ines Duarte", file="a.jpg")
    shown = resized(app, image, width)
    assert pixels(file_of(app, shown)) == (shown.width, shown.height) == size
    assert (shown.alt, shown.credit, shown.file, shown.type) == ("The lighthouse", "Ines Duarte", "a.jpg", "image/jpeg")


def test_a_file_is_named_by_what_is_in_it(app: App) -> None:
    for name in ("lighthouse.jpg", "logo.png"):
        file = file_of(app, resized(app, published(app, PICTURES / name), 80))
        assert file.name == hashlib.sha256(file.read_bytes()).hexdigest()[:24] + Path(name).suffix


def test_originals_stay_as_they_are(app: App) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    before = folder(app)
    renditions(app, [(image, 600), (image, 152)])
    after = folder(app)
    assert {name: after[name] for name in before} == before
    assert len(after) == 3
    assert file_of(app, image).read_bytes() == (PICTURES / "lighthouse.jpg").read_bytes()


def test_a_picture_is_resized_once(app: App, site: Path, open_app: Callable[..., App]) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    first = resized(app, image, 600)
    before = folder(app)
    file_of(app, image).write_bytes(b"no picture any more")  # what is not read cannot disturb
    assert resized(app, image, 600) == resized(open_app(site), image, 600) == first
    assert folder(app)[file_of(app, first).name] == before[file_of(app, first).name]


def test_all_wishes_of_an_issue_are_answered_at_once(app: App) -> None:
    lead = published(app, PICTURES / "lighthouse.jpg", alt="Lead")
    teaser = published(app, PICTURES / "bean-pot.jpg", alt="Teaser")
    shown = renditions(app, [(lead, 600), (teaser, 152), (lead, 152), (lead, 600), (Image(alt="Only words"), 600)])
    assert set(shown) == {(lead.url, 600), (teaser.url, 152), (lead.url, 152)}
    sizes = {key[1]: (one.alt, one.width) for key, one in shown.items() if isinstance(one, Image) and one.alt == "Lead"}
    assert sizes == {600: ("Lead", 1200), 152: ("Lead", 304)}


def test_nothing_wished_is_nothing_done(app: App) -> None:
    assert renditions(app, []) == {}
    assert not app.images_folder.exists()


def test_a_file_that_is_gone_is_made_again(app: App) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    first = resized(app, image, 600)
    made = file_of(app, first).read_bytes()
    file_of(app, first).unlink()
    assert resized(app, image, 600) == first
    assert file_of(app, first).read_bytes() == made


def test_a_file_that_comes_out_otherwise_than_before_is_remembered_instead(app: App) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    first = resized(app, image, 152)
    file_of(app, first).unlink()
    file_of(app, image).write_bytes((PICTURES / "bean-pot.jpg").read_bytes())  # as if by another program
    second = resized(app, image, 152)
    assert second.url != first.url
    file_of(app, image).unlink()
    assert resized(app, image, 152) == second


def test_a_dry_run_tells_the_same_and_writes_nothing(app: App) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    before = folder(app)
    told = resized(app, image, 600, dry_run=True)
    assert folder(app) == before
    assert not file_of(app, told).exists()
    file_of(app, image).rename(file_of(app, image).with_suffix(".moved"))
    assert isinstance(one(app, image, 600), Finding)  # so nothing was remembered either
    file_of(app, image).with_suffix(".moved").rename(file_of(app, image))
    assert resized(app, image, 600) == told


@pytest.mark.parametrize(
    "url", ["https://cdn.example/images/a.jpg", "https://news.alderbay.example/pictures/a.jpg", "http://[broken"]
)
def test_a_picture_from_elsewhere_is_given_back_as_it_is(app: App, url: str) -> None:
    image = Image(url=url, alt="Elsewhere", width=5000, height=100)
    assert renditions(app, [(image, 600)]) == {(url, 600): image}


GONE = "our copy of the picture is gone; collect it again; until then it is left out"


def test_a_picture_whose_copy_is_gone_is_told_and_the_others_are_made(app: App) -> None:
    gone = published(app, PICTURES / "lighthouse.jpg", file="images/lighthouse.jpg")
    there = published(app, PICTURES / "bean-pot.jpg")
    file_of(app, gone).unlink()
    shown = renditions(app, [(gone, 600), (there, 152)])
    assert shown[gone.url or "", 600] == Finding(
        code="picture-unusable", severity="warning", place="images/lighthouse.jpg", mend=GONE
    )
    assert isinstance(shown[there.url or "", 152], Image)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_as_good_as_gone(app: App, kind: str) -> None:
    image = published(app, PICTURES / "lighthouse.jpg")
    file_of(app, image).unlink()
    if kind == "folder":
        file_of(app, image).mkdir()
    else:
        os.mkfifo(file_of(app, image))
    shown = one(app, image, 600)
    assert isinstance(shown, Finding)
    assert (shown.place, shown.mend) == (image.url, GONE)


@pytest.mark.parametrize("damage", ["cut short", "empty", "text"])
def test_a_picture_whose_copy_is_damaged_is_told_and_mended_by_collecting_again(app: App, damage: str) -> None:
    image = published(app, PICTURES / "lighthouse.jpg", file="lighthouse.jpg")
    whole = file_of(app, image).read_bytes()
    file_of(app, image).write_bytes({"cut short": whole[:20_000], "empty": b"", "text": b"text"}[damage])
    shown = one(app, image, 600)
    assert isinstance(shown, Finding)
    assert (shown.severity, shown.place) == ("warning", "lighthouse.jpg")
    assert shown.mend.startswith("the picture is damaged or is no picture;")
    published(app, PICTURES / "lighthouse.jpg")
    assert resized(app, image, 600).width == 1200


@pytest.mark.parametrize(
    "name",
    [
        "../publisher.toml",
        "..",
        "",
        "sub/a.jpg",
        "lighthouse.jpg",
        "0" * 24 + ".jpg/x",
        "0" * 24 + ".jpg?v=1",
        "\0.jpg",
    ],
)
def test_only_what_we_published_is_ever_read(app: App, name: str) -> None:
    app.images_folder.mkdir()
    (app.images_folder / "lighthouse.jpg").write_bytes((PICTURES / "lighthouse.jpg").read_bytes())
    (app.images_folder / ("0" * 24 + ".jpg")).write_bytes((PICTURES / "lighthouse.jpg").read_bytes())
    assert isinstance(one(app, Image(url=app.links.image(name)), 600), Finding)


def taken() -> bytes:
    """A picture that says by whom it was taken."""
    exif = Pillow.Exif()
    exif[0x013B] = "Ines Duarte"
    out = io.BytesIO()
    with Pillow.open(PICTURES / "lighthouse.jpg") as picture:
        picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_nothing_but_the_picture_itself_goes_out(app: App, tmp_path: Path) -> None:
    (tmp_path / "taken.jpg").write_bytes(taken())
    image = published(app, tmp_path / "taken.jpg")
    assert b"Duarte" in (tmp_path / "taken.jpg").read_bytes() == taken()
    assert b"Duarte" not in file_of(app, image).read_bytes()
    assert b"Duarte" not in file_of(app, resized(app, image, 600)).read_bytes()
    assert file_of(app, image).name == hashlib.sha256(file_of(app, image).read_bytes()).hexdigest()[:24] + ".jpg"


def test_what_feeds_say_of_a_picture_is_true_of_the_file_that_readers_get(app: App) -> None:
    (app.folder / "content" / "articles" / "ward.jpg").write_bytes(taken())
    article_file(app.folder, "ward", headline="A new ward", image="{file: ward.jpg, alt: The ward}")
    (article,) = collect(app, ["articles"]).articles
    assert article.image
    file = file_of(app, article.image)
    assert article.image.length == file.stat().st_size < len(taken())
    assert (article.image.width, article.image.height) == pixels(file)


def test_a_picture_that_was_exchanged_for_something_else_meanwhile_is_not_published(app: App, tmp_path: Path) -> None:
    found = measured(Image(), PICTURES / "lighthouse.jpg")
    assert isinstance(found, Image)
    (tmp_path / "now.jpg").write_text("Duarte")
    with pytest.raises(SourceError, match=r"now\.jpg: the picture is damaged"):
        publisher_of(app)(tmp_path / "now.jpg", found)
    assert not app.images_folder.exists()


def test_all_files_of_an_article_are_found(app: App) -> None:
    (app.folder / "content" / "articles" / "map.pdf").write_bytes(b"%PDF-1.4 a map")
    article_file(
        app.folder,
        "ward",
        headline="A new ward",
        image="{file: ../images/lighthouse.jpg, alt: The lighthouse}",
        attachments="[{file: map.pdf, title: A map}]",
        body="![Beans](../images/bean-pot.jpg) and [a page of ours](https://news.alderbay.example/images/x/../y.jpg).",
    )
    article_file(app.folder, "other", headline="Another", image="{file: ../images/fever-night.jpg, alt: Night}")
    collect(app, ["articles"])
    ward, other = show_article(app, "a-new-ward"), show_article(app, "another")
    assert ward.image and other.image
    assert len(files_of(app, ward)) == 3
    small, large = (resized(app, ward.image, width) for width in (152, 600))
    resized(app, other.image, 600)
    beans = app.images_folder / (hashlib.sha256((PICTURES / "bean-pot.jpg").read_bytes()).hexdigest()[:24] + ".jpg")
    (attachment,) = app.files_folder.iterdir()
    images = [file_of(app, ward.image), beans, file_of(app, small), file_of(app, large)]
    assert files_of(app, ward) == [*images, attachment]
    beans.unlink()
    assert files_of(app, ward) == [path for path in (*images, attachment) if path != beans]


def test_an_article_without_pictures_has_no_files(app: App) -> None:
    article_file(app.folder, "words", headline="Only words")
    collect(app, ["articles"])
    assert files_of(app, show_article(app, "only-words")) == []


DRAFTING = """
import sys
from pathlib import Path
from publisher.actions.publishing import renditions
from publisher.records import Image
from tests.conftest import opened
with opened(Path(sys.argv[1])) as app:
    wishes = [(Image(url=url), width) for url in sys.argv[2:] for width in (600, 152)]
    sys.stdin.read()
    print(sorted(one.url for one in renditions(app, wishes).values()))
"""


def test_two_processes_at_once_make_the_same(app: App) -> None:
    images = [published(app, path) for path in sorted(PICTURES.glob("*.jpg"))[:6]]
    with app.database.read():
        pass  # the database stands before they begin
    command = [sys.executable, "-c", DRAFTING, str(app.folder), *(image.url or "" for image in images)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    told = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    urls = sorted(resized(app, image, width).url or "" for image in images for width in (600, 152))
    assert told == [f"{urls}\n"] * 2
    assert all(hashlib.sha256(data).hexdigest()[:24] == name[:24] for name, (data, _) in folder(app).items())
    assert len(folder(app)) == 18
