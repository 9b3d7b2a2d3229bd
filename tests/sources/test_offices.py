"""An office's folder: documents become articles as they were meant, and nothing harmful or unready comes in."""

import io
import os
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image as Pillow

from publisher.records import Article, Collected
from publisher.sources.markdown import Reading
from publisher.sources.office_folders import documents_of, own_id_of, to_read
from publisher.sources.offices import read_document
from tests.sources.word_files import W, deleted, docx, inserted, link, para, run, shown, table

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def read(folder: Path, data: bytes | str, name: str = "story.docx") -> Collected:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    reading = Reading(
        home="https://news.example/",
        zone="America/Los_Angeles",
        topics=(),
        publish=lambda path, _: f"https://news.example/images/{path.name}",
        attach=lambda path: f"https://news.example/files/{path.name}",
        folder=folder,
    )
    embedded = folder.parent / "private"
    return read_document(
        path, source="office", place=name, own_id="story", folder=folder, reading=reading, embedded=embedded
    )


def article(folder: Path, data: bytes | str, name: str = "story.docx") -> Article:
    """The one article of a document about which there is nothing to say."""
    collected = read(folder, data, name)
    assert collected.problems == ()
    (found,) = collected.articles
    return found


def codes(collected: Collected) -> list[str]:
    return [problem.code for problem in collected.problems]


def picture(colour: str = "teal", *, exif: str | None = None, format: str = "PNG") -> bytes:
    out = io.BytesIO()
    image = Pillow.new("RGB", (40, 30), colour)
    notes = image.getexif()
    if exif:
        notes[0x010E] = exif
    image.save(out, format, exif=notes)
    return out.getvalue()


def test_a_release_in_word_gives_headline_dates_authors_and_its_text(folder: Path) -> None:
    data = docx(
        para("FOR IMMEDIATE RELEASE"),
        para("Night shift gets a garden", style="Title"),
        para("Forty beds of herbs on the roof", style="Subtitle"),
        para("November 20, 2026"),
        para("By Ana Ruiz"),
        para("The ", run("roof", bold=True), " of the east wing is green, says ", link("the team", "rId9"), "."),
        para("How it began", style="Heading2"),
        para("Soil", number=1),
        para("Water", number=1),
        para("First dig", number=2),
        table([["Bed", "Herb"], ["1", "Mint"]]),
        creator="Communications Office",
        links={"rId9": "https://www.alderbay.example/team?a=1&b=2"},
    )
    assert article(folder, data) == Article(
        source="office",
        key="story",
        headline="Night shift gets a garden",
        summary="Forty beds of herbs on the roof",
        published=date(2026, 11, 20),
        authors=("Ana Ruiz",),
        body="<p>The <strong>roof</strong> of the east wing is green, says "
        '<a href="https://www.alderbay.example/team?a=1&amp;b=2">the team</a>.</p>'
        "<h2>How it began</h2><ul><li>Soil</li><li>Water</li></ul><ol><li>First dig</li></ol>"
        "<table><tbody><tr><td><p>Bed</p></td><td><p>Herb</p></td></tr>"
        "<tr><td><p>1</p></td><td><p>Mint</p></td></tr></tbody></table>",
    )


@pytest.mark.parametrize(
    ("first", "title"),
    [
        (para("Night shift gets a garden", style="Heading1"), ""),
        (para(run("Night shift gets a garden", bold=True)), ""),
        (para("Night shift gets a garden"), "Night shift gets a garden"),
        (para(run("Press release", bold=True)) + para(run("Night shift gets a garden", bold=True)), ""),
        (para("Media contact: Ana Ruiz, 555-0100") + para("Night shift gets a garden", style="Heading1"), "Old title"),
    ],
)
def test_a_headline_is_known_by_its_style_its_form_or_the_properties(folder: Path, first: str, title: str) -> None:
    found = article(folder, docx(first, para("The roof is green."), title=title))
    assert (found.headline, found.body) == ("Night shift gets a garden", "<p>The roof is green.</p>")


def test_a_heading_inside_of_the_story_is_not_taken_for_its_headline(folder: Path) -> None:
    data = docx(
        para(run("Night shift gets a garden", bold=True)),
        para("The roof is green."),
        para("How it began", style="Heading1"),
        para("With soil."),
        para("# # #"),
    )
    found = article(folder, data)
    assert found.headline == "Night shift gets a garden"
    assert found.body == "<p>The roof is green.</p><h2>How it began</h2><p>With soil.</p>"


def test_a_contact_above_the_headline_is_not_taken_for_it(folder: Path) -> None:
    text = "Media contact: Ana Ruiz, ana@alderbay.example\n\nKnee clinic moves\n\nOn Monday.\n"
    found = article(folder, text, "story.txt")
    assert (found.headline, found.body) == ("Knee clinic moves", "<p>On Monday.</p>")


def test_a_headline_that_only_the_properties_state_is_to_be_checked(folder: Path) -> None:
    collected = read(folder, docx(para("The roof is green."), title="Night shift gets a garden"))
    assert codes(collected) == ["headline-unsure"]
    assert (collected.articles[0].headline, collected.articles[0].body) == (
        "Night shift gets a garden",
        "<p>The roof is green.</p>",
    )


@pytest.mark.parametrize("title", ["", "Document1", "Microsoft Word - draft 3", "Press release template"])
def test_a_document_without_a_headline_is_refused_with_the_mend(folder: Path, title: str) -> None:
    collected = read(folder, docx(para("The roof of the east wing is green."), title=title))
    assert (collected.articles, codes(collected)) == ((), ["headline-missing"])


def test_tracked_changes_are_read_as_accepted_and_comments_never_come_in(folder: Path) -> None:
    comments = f'<w:comments xmlns:w="{W}"><w:comment w:id="0">{para("Is this secret?")}</w:comment></w:comments>'
    mark = '<w:r><w:commentReference w:id="0"/></w:r>'
    body = para("Open from ", deleted("seven"), inserted("eight"), " on.", mark)
    found = article(folder, docx(para("Hours", style="Title"), body, more={"word/comments.xml": comments}))
    assert found.body == "<p>Open from eight on.</p>"


def test_text_that_its_writer_hid_never_comes_in(folder: Path) -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Do not tell.</w:t></w:r>"
    shown_again = '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> On Monday.</w:t></w:r>'
    data = docx(para("Hours", style="Title"), para(run("Open."), hidden, shown_again), para(hidden))
    assert article(folder, data).body == "<p>Open. On Monday.</p>"


def test_notes_at_the_foot_stay_without_links_to_places_in_the_document(folder: Path) -> None:
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="5">{para("A note.")}</w:footnote></w:footnotes>'
    body = para("Open", '<w:r><w:footnoteReference w:id="5"/></w:r>', ".")
    found = article(folder, docx(para("Hours", style="Title"), body, more={"word/footnotes.xml": notes}))
    assert found.body == "<p>Open<sup>[1]</sup>.</p><ol><li><p>A note. </p></li></ol>"


def test_the_date_of_a_dateline_is_read_and_stays(folder: Path) -> None:
    found = article(folder, docx(para("Hours", style="Title"), para("ALDER BAY, Calif. (Nov. 20, 2026) – It is open.")))
    assert (found.published, found.body) == (
        date(2026, 11, 20),
        "<p>ALDER BAY, Calif. (Nov. 20, 2026) – It is open.</p>",
    )


def test_a_picture_that_lies_on_another_computer_is_told_and_not_fetched(folder: Path) -> None:
    for how in ("r:embed", "r:link"):
        data = docx(
            para("Hours", style="Title"),
            para("Open.", shown("rId5", "x").replace("r:embed", how)),
            links={"rId5": "http://127.0.0.1:9/x.png"},
        )
        collected = read(folder, data)
        assert (codes(collected), collected.articles[0].body) == (["missing-image"], "<p>Open.</p>")


@pytest.mark.parametrize(
    ("creator", "authors"),
    [
        ("Bo Lindqvist", ("Bo Lindqvist",)),
        ("Microsoft Office User", ()),
        ("Alder Bay Hospital", ()),
        ("blindqvist", ()),
        ("Admin", ()),
        ("PC 4 Ward", ()),
    ],
)
def test_the_properties_name_an_author_only_where_it_is_a_person(
    folder: Path, creator: str, authors: tuple[str, ...]
) -> None:
    data = docx(para("Hours", style="Title"), para("Open from eight."), creator=creator)
    assert article(folder, data).authors == authors


def test_pictures_in_the_text_are_published_and_the_first_above_all_is_the_articles_own(folder: Path) -> None:
    data = docx(
        para(shown("rId7", "The bay")),
        para("Calm again", style="Caption"),
        para("After the storm", style="Title"),
        para("Look:", shown("rId8", "A pier")),
        pictures={"rId7": picture(), "rId8": picture("navy")},
    )
    found = article(folder, data)
    assert found.image is not None
    assert (found.image.alt, found.image.caption, found.image.width) == ("The bay", "Calm again", 40)
    assert found.body.startswith('<p>Look:<img alt="A pier" height="30" src="https://news.example/images/')
    kept = sorted((folder.parent / "private").iterdir())
    assert len(kept) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_a_picture_between_the_headline_and_the_date_stays(folder: Path) -> None:
    data = docx(
        para("After the storm", style="Title"),
        para(shown("rId7", "The bay")),
        para("November 20, 2026"),
        para("Calm."),
        pictures={"rId7": picture()},
    )
    found = article(folder, data)
    assert found.published == date(2026, 11, 20)
    assert found.body.startswith('<p><img alt="The bay"')
    assert found.body.endswith("</p><p>Calm.</p>")


def test_a_picture_that_cannot_be_shown_is_told_and_the_article_stands(folder: Path) -> None:
    data = docx(
        para("Hours", style="Title"),
        para("Open.", shown("rId7.emf", "x"), shown("rId8", "torn"), shown("rId9")),
        pictures={"rId7.emf": b"\x01\x00", "rId8": b"no picture", "rId9": picture()},
    )
    collected = read(folder, data)
    assert codes(collected) == ["missing-image", "missing-image", "alt-missing"]
    assert collected.articles[0].body.count("<img") == 1


def test_a_picture_beside_is_the_lead_with_the_alt_that_its_file_states(folder: Path) -> None:
    (folder / "story.JPG").write_bytes(picture(exif="Herbs on a roof", format="JPEG"))
    image = article(folder, docx(para("Hours", style="Title"), para("Open."))).image
    assert image is not None
    assert (image.alt, image.file, image.url) == (
        "Herbs on a roof",
        "story.JPG",
        "https://news.example/images/story.JPG",
    )


def test_a_picture_above_the_text_joins_it_where_another_lies_beside(folder: Path) -> None:
    (folder / "story.jpg").write_bytes(picture("red", exif="Herbs on a roof", format="JPEG"))
    blocks = (
        para(shown("rId7", "The bay")),
        para("Calm", style="Caption"),
        para("Hours", style="Title"),
        para("Open."),
    )
    found = article(folder, docx(*blocks, pictures={"rId7": picture()}))
    assert found.image is not None
    assert found.image.file == "story.jpg"
    assert found.body.startswith('<figure><img src="https://news.example/images/')
    assert found.body.endswith('alt="The bay"><figcaption>Calm</figcaption></figure>\n<p>Open.</p>')


def test_a_picture_beside_that_says_nothing_asks_for_an_alt(folder: Path) -> None:
    (folder / "story.png").write_bytes(picture())
    collected = read(folder, "Hours\n\nOpen from eight.\n", "story.txt")
    assert codes(collected) == ["alt-missing"]
    assert collected.articles[0].image is not None


def bomb() -> bytes:
    return docx(para("H", style="Title"), more={"word/media/zero.png": b"\0" * 30_000_000})


def with_doctype(encoding: str = "utf-8") -> bytes:
    text = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "b">]><w:document xmlns:w="{W}"/>'
    return docx(more={"word/document.xml": text.encode(encoding)})


def of_many_parts() -> bytes:
    return docx(more={f"word/{number}.xml": "<a/>" for number in range(2_100)})


def of_huge_text() -> bytes:
    return docx(para("H", style="Title"), *(para(os.urandom(4_000).hex()) for _ in range(1_100)))


def as_deep_as_it_goes() -> bytes:
    return docx(para("H", style="Title"), "<w:sdt><w:sdtContent>" * 3_000 + "</w:sdtContent></w:sdt>" * 3_000)


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        with_doctype(),
        with_doctype("utf-16"),
        of_many_parts(),
        of_huge_text(),
        as_deep_as_it_goes(),
        docx(para("x"))[:-200],
        b"PK\x03\x04",
        b"",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old document",
        docx(more={"word/document.xml": "<w:document"}),
        docx(more={"word/document.xml": '<?xml version="1.0" encoding="cp037"?><a/>'}),
    ],
    ids=[
        "bomb",
        "doctype",
        "doctype-utf-16",
        "many-parts",
        "huge-text",
        "deep",
        "torn",
        "a-beginning",
        "empty",
        "old",
        "broken-xml",
        "strange-encoding",
    ],
)
def test_what_is_no_harmless_document_is_refused_with_one_finding(folder: Path, data: bytes) -> None:
    collected = read(folder, data)
    assert (collected.articles, codes(collected)) == ((), ["not-readable"])


@given(st.integers(0, 4_000), st.binary(min_size=1, max_size=12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_document_raises_nothing(tmp_path: Path, at: int, junk: bytes) -> None:
    whole = docx(para("Hours", style="Title"), para("Open from eight.", shown("rId7")), pictures={"rId7": picture()})
    at %= len(whole)
    read(tmp_path, whole[:at] + junk + whole[at + len(junk) :])


@given(st.text(max_size=400) | st.binary(max_size=400))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_raises_nothing(tmp_path: Path, written: str | bytes) -> None:
    read(tmp_path, written.encode("utf-8", "replace") if isinstance(written, str) else written, "story.txt")


def test_a_plain_text_gives_headline_date_author_paragraphs_and_lists(folder: Path) -> None:
    text = """\
\ufeffFOR IMMEDIATE RELEASE

Knee clinic moves
November 20, 2026
By Ana Ruiz

The clinic moves on Monday, and
the old door is closed. See https://www.alderbay.example/knee.

- Bring a card
- Bring a friend

Tom & Ana <3 the new rooms.

###
"""
    assert article(folder, text.replace("\n", "\r\n"), "story.txt") == Article(
        source="office",
        key="story",
        headline="Knee clinic moves",
        published=date(2026, 11, 20),
        authors=("Ana Ruiz",),
        body="<p>The clinic moves on Monday, and the old door is closed. See "
        '<a href="https://www.alderbay.example/knee">https://www.alderbay.example/knee</a>.</p>\n'
        "<ul><li>Bring a card</li><li>Bring a friend</li></ul>\n<p>Tom &amp; Ana &lt;3 the new rooms.</p>",
    )


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("Embargoed until December 5, 2026, 10:00 a.m. ET", datetime(2026, 12, 5, 15, 0, tzinfo=UTC)),
        ("EMBARGOED UNTIL: December 5, 2026", datetime(2026, 12, 5, 8, 0, tzinfo=UTC)),
    ],
)
def test_an_embargo_that_can_be_read_is_kept(folder: Path, line: str, until: datetime) -> None:
    assert article(folder, f"{line}\n\nKnee clinic moves\n\nOn Monday.\n", "story.txt").embargo == until


@pytest.mark.parametrize(
    "line",
    [
        "EMBARGOED UNTIL 10 a.m. on December 5, 2026",
        "Under embargo until Monday",
        "Not for publication before noon, December 5, 2026",
    ],
)
def test_an_embargo_that_cannot_be_read_keeps_the_document_back(folder: Path, line: str) -> None:
    for name, data in (
        ("story.txt", f"{line}\n\nKnee clinic moves\n\nOn Monday.\n".encode()),
        ("story.docx", docx(para(line), para("Knee clinic moves", style="Title"), para("On Monday."))),
        ("story.docx", docx(para("Knee clinic moves", style="Title"), para(line), para("On Monday."))),
    ):
        collected = read(folder, data, name)
        assert (collected.articles, codes(collected)) == ((), ["embargo-unread"])


def test_a_text_that_begins_with_a_paragraph_gets_no_invented_headline(folder: Path) -> None:
    text = "The clinic moves on Monday, and whoever comes from the\nsouth takes the new bridge.\n\nMore.\n"
    collected = read(folder, text, "story.txt")
    assert (collected.articles, codes(collected)) == ((), ["headline-missing"])


@pytest.mark.parametrize("ending", [".doc", ".odt", ".rtf", ".pages", ".DOCM"])
def test_a_document_of_another_program_is_told_to_be_saved_as_docx(folder: Path, ending: str) -> None:
    collected = read(folder, b"x", f"story{ending}")
    assert codes(collected) == ["save-as-docx"]
    assert "save it as .docx" in collected.problems[0].mend


@pytest.mark.parametrize("name", ["~$story.docx", ".story.docx", "story.docx.part", "~story.tmp", "story.jpg", "story"])
def test_lock_hidden_and_temporary_files_are_passed_over(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    assert not to_read(folder / name, NOW + timedelta(days=400))


def test_a_file_that_is_being_copied_is_left_for_the_next_time(folder: Path) -> None:
    path = folder / "story.docx"
    path.write_bytes(b"")
    os.utime(path, (NOW.timestamp() - 100, NOW.timestamp() - 100))
    assert not to_read(path, NOW)
    path.write_bytes(b"half")
    os.utime(path, (NOW.timestamp() - 3, NOW.timestamp() - 3))
    assert not to_read(path, NOW)
    assert to_read(path, NOW + timedelta(seconds=30))
    assert not to_read(folder / "gone.docx", NOW)


def test_a_folder_gives_each_document_once_and_tells_of_twins(folder: Path) -> None:
    names = ("b.docx", "b.txt", "b.doc", "c.odt", "in/a.md", "~$b.docx", "b.jpg", ".hidden/x.md", "in/deep/d.HTM")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    paths, problems = documents_of(folder, NOW + timedelta(days=400))
    assert [own_id_of(path, folder) + path.suffix for path in paths] == ["b.docx", "c.odt", "in/a.md", "in/deep/d.HTM"]
    assert [(one.code, one.place) for one in problems] == [("same-name", "b.txt")]


def test_scripts_and_bad_links_in_a_document_do_not_come_in(folder: Path) -> None:
    data = docx(
        para("Hours <script>alert(1)</script>", style="Title"),
        para(run("<script>alert(1)</script> "), link("here", "rId9")),
        links={"rId9": "javascript:alert(1)"},
    )
    found = article(folder, data)
    assert found.headline == "Hours <script>alert(1)</script>"  # words, as somebody wrote them
    assert found.body == "<p>&lt;script&gt;alert(1)&lt;/script&gt; <a>here</a></p>"


def test_a_package_with_the_same_part_twice_is_refused(folder: Path) -> None:
    packed = io.BytesIO(docx(para("Hours", style="Title"), para("Open.")))
    with zipfile.ZipFile(packed, "a") as package, pytest.warns(UserWarning):
        package.writestr("word/document.xml", "<other/>")
    assert codes(read(folder, packed.getvalue())) == ["not-readable"]
