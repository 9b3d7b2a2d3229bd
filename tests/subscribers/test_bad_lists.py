"""Files in every encoding, and files that are no lists: each of these is one clear line, and takes no more time or
memory than its size."""

import codecs
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from publisher.records import Finding
from publisher.subscribers import UNREADABLE, Row, decoding, read_list, tables
from tests.subscribers.reading import HEADER, KNOWN, addresses, codes, people, read, sheets, told

TABLE = "email,name\nana@example.com,Ana Núñez\nbo@example.org,Bo €\n"
NAMES = ["Ana Núñez", "Bo €"]


# Encodings and separators


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        ("sep=;\r\n" + TABLE.replace(",", ";")).encode(),
        codecs.BOM_UTF8 + ("sep=,\n" + TABLE).encode(),
        codecs.BOM_UTF16_LE + TABLE.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
        ("\n\n" + TABLE + "\n\n\n").encode(),
        (TABLE + ",\n" * 1000).encode(),
    ],
    ids=[
        "UTF-8",
        "marked",
        "UTF-16LE",
        "UTF-16BE",
        "CRLF",
        "CR",
        ";",
        "tab",
        "sep=;",
        "marked sep=",
        "Excel",
        "blank",
        "end",
    ],
)
def test_a_list_is_read_however_it_was_saved(tmp_path: Path, data: bytes) -> None:
    rows = read(tmp_path, data)
    assert [row.name for row in people(rows)] == NAMES
    assert told(rows) == []


def test_letters_of_windows_are_read_and_noted(tmp_path: Path) -> None:
    rows = read(tmp_path, TABLE.encode("cp1252"))
    assert [row.name for row in people(rows)] == NAMES
    mend = "it is not UTF-8, so its letters are read as Windows-1252; look whether the names are right"
    assert told(rows) == [("windows-letters", "note", "list.csv", mend)]


def test_letters_of_windows_are_found_at_the_end_of_a_long_list_too(tmp_path: Path) -> None:
    text = "email,name\n" + "ana@example.com,Ana\n" * 10_000 + "bo@example.org,Bo Lindström\n"
    rows = read(tmp_path, text.encode("cp1252"))
    assert codes(rows) == [("windows-letters", "note", "list.csv")]
    assert people(rows)[-1].name == "Bo Lindström"


def test_utf_8_that_breaks_is_not_taken_for_windows_letters(tmp_path: Path) -> None:
    rows = read(tmp_path, "email,name\nana@example.com,Ana Núñez\n".encode() + b"bo@example.org,Bo \xe9\n")
    mend = "the line is not UTF-8 like the lines before it; export the list again as CSV (UTF-8)"
    assert told(rows) == [("not-text", "error", "list.csv:3", mend)]
    assert people(rows) == []


@given(st.integers(0, 70))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_letters_and_line_ends_may_fall_between_two_blocks(tmp_path: Path, shift: int) -> None:
    line = '{}@example.com,"Ån\r\nä"\r\n'
    text = "email,name\r\n" + "".join(line.format("x" * (1 + (i + shift) % 60)) for i in range(4_000))
    rows = read(tmp_path, text.encode())
    assert len(people(rows)) == 4_000
    assert {row.name for row in people(rows)} == {"Ån ä"}
    assert [row.line for row in people(rows)] == list(range(2, 8_002, 2))


# What is no list


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


EXCEL = archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>" * 100})
LIST = archive({"subscribed.csv": TABLE.encode() * 500, "cleaned.csv": TABLE.encode() * 500})


def locked() -> bytes:
    """A zip that says it is encrypted: bit 0 of the flags in both headers."""
    data = bytearray(archive({"list.csv": TABLE.encode()}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged() -> bytes:
    """A zip with one byte of its contents changed."""
    data = bytearray(LIST)
    data[60] ^= 0xFF
    return bytes(data)


BAD = {
    "empty": (b"", "empty", "it is empty; export the list again"),
    "blank": (b"\xef\xbb\xbf\r\n \n", "empty", "it is empty; export the list again"),
    "cut off zip": (LIST[:-30], "broken-zip", "the zip is damaged or breaks off; download it again"),
    "beginning of a zip": (LIST[:50], "broken-zip", "the zip is damaged or breaks off; download it again"),
    "Excel": (EXCEL, "excel", "this is an Excel file; open it in your spreadsheet and save it as CSV (UTF-8)"),
    "cut off Excel": (
        EXCEL[:80],
        "excel",
        "this is an Excel file; open it in your spreadsheet and save it as CSV (UTF-8)",
    ),
    "old Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "excel",
        "this is an Excel file; open it in your spreadsheet and save it as CSV (UTF-8)",
    ),
    "zip of Excel": (
        archive({"list.xlsx": EXCEL}),
        "excel",
        "the zip holds no CSV but another kind of file; open it in your spreadsheet and save it as CSV (UTF-8)",
    ),
    "zip of pictures": (
        archive({"a.png": b"x", "b.jpg": b"y"}),
        "no-list",
        "this is a zip without a list; import the .csv files themselves",
    ),
    "empty zip": (archive({}), "no-list", "this is a zip without a list; import the .csv files themselves"),
    "nested zip": (
        archive({"inner.zip": LIST}),
        "nested",
        "this is an archive within an archive; unpack it and import the .csv files themselves",
    ),
    "locked zip": (locked(), "locked", "the zip is locked with a password; unpack it and import the lists in it"),
    "gzip": (b"\x1f\x8b\x08\x00" + b"\1" * 50, "packed", "this is packed with gzip; unpack it first"),
    "web page": (
        b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>",
        "web-page",
        "this is a web page and no list; sign in and export the list again",
    ),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not-text", "this is a PDF; export the list as CSV"),
}


@pytest.mark.parametrize("name", ["list.csv", "list.zip"])
@pytest.mark.parametrize(("data", "code", "mend"), BAD.values(), ids=BAD.keys())
def test_a_file_that_is_no_list_is_one_clear_line(tmp_path: Path, name: str, data: bytes, code: str, mend: str) -> None:
    assert told(read(tmp_path, data, name)) == [(code, "error", name, mend)]
    assert code in UNREADABLE


def test_nul_bytes_are_one_clear_line(tmp_path: Path) -> None:
    mend = "the line has a NUL byte in it; export the list again as CSV (UTF-8)"
    for data in (
        HEADER.encode() + b"ana@exam\0ple.com,Ana,,,,\n",
        codecs.BOM_UTF16_LE + (HEADER + "ana@exam\0ple.com,,,,,\n").encode("utf-16-le"),
    ):
        assert told(read(tmp_path, data)) == [("nul", "error", "list.csv:2", mend)]
    assert codes(read(tmp_path, TABLE.encode("utf-16-le"))) == [("nul", "error", "list.csv:1")]


def test_noise_is_one_clear_line(tmp_path: Path) -> None:
    assert codes(read(tmp_path, b"email\n\x81\x8d\x90\n")) == [("not-text", "error", "list.csv:2")]


@pytest.mark.parametrize("text", ["ana@example.com,Ana\n", "first,last\nAna,Ruiz\n", "{}", '"'])
def test_a_table_without_an_address_column_is_told_what_the_first_line_must_be(tmp_path: Path, text: str) -> None:
    mend = (
        'no column holds addresses; the first line must name the columns, with "address" or "email" among them, '
        "or each line be one address"
    )
    assert told(read(tmp_path, text)) == [("no-header", "error", "list.csv:1", mend)]


@pytest.mark.parametrize("columns", [201, 2_000_000])
def test_a_table_of_too_many_columns_is_one_clear_line(tmp_path: Path, columns: int) -> None:
    rows = read(tmp_path, "email" + ",x" * columns + "\nana@example.com\n")
    assert codes(rows) == [("too-many-columns", "error", "list.csv:1")]


def test_a_plain_list_names_its_bad_lines_and_goes_on(tmp_path: Path) -> None:
    rows = read(tmp_path, "ana@example.com\nana at example.com\n" + "x" * 3_000_000 + "@example.com\nbo@example.org\n")
    assert codes(rows) == [("bad-address", "error", "list.csv:2"), ("bad-address", "error", "list.csv:3")]
    assert [(row.line, row.address) for row in people(rows)] == [(1, "ana@example.com"), (4, "bo@example.org")]


def test_of_a_zip_with_a_broken_member_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.zip").write_bytes(damaged())
    ((sheet, rows),) = sheets(tmp_path / "list.zip")
    assert codes(rows) == [("broken-zip", "error", "list.zip/subscribed.csv")]
    assert sheet.program == "no list"


def test_an_excel_file_within_a_zip_under_another_name_is_found(tmp_path: Path) -> None:
    assert codes(read(tmp_path, archive({"a.csv": EXCEL}), "a.zip")) == [("excel", "error", "a.zip/a.csv")]


# Caps


def test_more_bytes_than_the_cap_are_not_read() -> None:
    found = decoding.look_through(iter([b"a" * 600, b"b" * 500]), "list.csv", 1_000)
    assert isinstance(found, Finding)
    assert (found.code, found.mend) == ("too-large", "it has more than 500 MB; check what it is, or split it")


def test_a_zip_counts_what_comes_out_of_all_its_members(tmp_path: Path) -> None:
    zeros = b"ana@example.com\n" * (20 * 1024 * 1024)
    data = archive({"a.csv": zeros, "b.csv": zeros})
    assert len(data) < 3_000_000
    assert codes(read(tmp_path, data, "bomb.zip")) == [("too-large", "error", "bomb.zip/b.csv")]


def test_a_zip_with_an_endless_table_of_contents_is_refused(tmp_path: Path) -> None:
    data = archive({f"{i:060}.csv": b"" for i in range(12_000)})
    assert codes(read(tmp_path, data, "many.zip")) == [("broken-zip", "error", "many.zip")]


def test_more_rows_than_the_cap_are_told_where_reading_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_RECORDS", 3)
    found = list(tables.records(iter([["a\n", "\n", "b\n", "c\n"]]), ","))
    assert found[-1] == (4, tables.Broken(tables.TOO_MANY, []))


# Time and memory


def hostile(size: int) -> dict[str, Iterator[str]]:
    """Texts that are as slow as we could make them, of `size` characters each."""
    return {
        "a record that never ends": iter(['x@example.com,"x\n' + "x@example.com,x\n" * (size // 16)]),
        "records that all never end": iter(['x","""\n' * (size // 7)]),
        "a bad mark in each line": iter(['x@example.com,"x" y\n' * (size // 20)]),
        "marks that never end, far apart": iter(
            [('x@example.com,"x\n' + "y@example.com,y\n" * 9_000) * (size // 144_017)]
        ),
        "one line": iter(["x" * size]),
        "empty lines": iter(["\n" * size]),
    }


@pytest.mark.parametrize("kind", list(hostile(1)))
def test_no_text_takes_more_than_its_length(tmp_path: Path, kind: str) -> None:
    def seconds(size: int) -> float:
        text = "email,name\n" + "".join(hostile(size)[kind])
        before = process_time()
        read(tmp_path, text)
        return process_time() - before

    small, large = seconds(300_000), seconds(3_000_000)
    assert large < 40 * small + 2


def test_a_long_list_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,name\n" + "".join(f"reader{i}@example.org,Reader {i}\n" for i in range(100_000)))
    tracemalloc.start()
    try:
        (sheet,) = read_list(path, KNOWN)
        assert sum(1 for row in sheet.rows if isinstance(row, Row)) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 2_500_000 < path.stat().st_size
    finally:
        tracemalloc.stop()


def test_addresses_are_not_repeated_in_findings(tmp_path: Path) -> None:
    rows = read(tmp_path, "email,status\nana.private@example.com,odd\nana private@example.com,active\n")
    assert addresses(rows) == []
    assert not any("private" in mend for *_, mend in told(rows))
