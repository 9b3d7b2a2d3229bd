"""Our own list of subscribers: every row counts or is told of."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from publisher.errors import SourceError
from publisher.records import Finding
from publisher.subscribers import COLUMNS, Known, Row, neutral, read_list, restored
from tests.subscribers.reading import HEADER, KNOWN, ROOT, addresses, codes, people, read, sheets, stands, told, unclear

TOPICS = ", ".join(KNOWN.topics)
NO_AT = "An email address must have an @-sign"


def bad_address(line: int, why: str) -> tuple[str, str, str, str]:
    return ("bad-address", "error", f"list.csv:{line}", f"no valid address: {why}; mend or remove the line")


# What is read


def test_a_whole_row_is_read(tmp_path: Path) -> None:
    text = ",".join(COLUMNS) + (
        "\nAna.Ruiz@Example.COM,Ana Ruiz,es,heart;sleep,weekly,left,bounced,website form,2026-03-04,2026-12-01\n"
    )
    assert read(tmp_path, text) == [
        Row(
            line=2,
            address="Ana.Ruiz@example.com",
            key="ana.ruiz@example.com",
            state="left",
            reason="bounced",
            name="Ana Ruiz",
            language="es",
            topics=("heart", "sleep"),
            newsletters=("weekly",),
            consent_source="website form",
            consent_at="2026-03-04",
            paused_until="2026-12-01",
        )
    ]


def test_an_address_alone_is_enough(tmp_path: Path) -> None:
    assert read(tmp_path, "address\nana@example.com\n") == [
        Row(2, "ana@example.com", "ana@example.com", "active", None, None, None, (), (), None, None, None)
    ]


def test_the_columns_may_stand_in_any_order_and_case(tmp_path: Path) -> None:
    (person,) = people(read(tmp_path, "Topics, NAME ,Address,Consent Source\nsleep,Bo,bo@example.com,form\n"))
    assert (person.address, person.name, person.topics) == ("bo@example.com", "Bo", ("sleep",))
    assert person.consent_source == "form"


def test_the_last_line_needs_no_line_end_and_empty_lines_do_not_count(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "\nana@example.com,,,,,\n\n   \n,,,,,\nbo@example.com")
    assert addresses(rows) == ["ana@example.com", "bo@example.com"]
    assert told(rows) == []


@pytest.mark.parametrize("name", ["María Núñez", "Jürgen Groß", "Łukasz Żółty", "王小明", "Σοφία", "O'Brien", "D’Arcy"])
def test_names_keep_their_letters(tmp_path: Path, name: str) -> None:
    (person,) = people(read(tmp_path, HEADER + f"ana@example.com,{name},,,,\n"))
    assert person.name == name


def test_a_name_with_a_comma_or_a_line_end_stands_in_quotation_marks(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + 'ana@example.com,"Ruiz, Ana",,,,\nbo@example.com,"Bo\nLindqvist ""Bobo""",,,,\n')
    assert [person.name for person in people(rows)] == ["Ruiz, Ana", 'Bo Lindqvist "Bobo"']


def test_control_characters_go_out_of_names(tmp_path: Path) -> None:
    text = '"ana@example.com","An\x07a\x1b\r\nBcc: x\u2028y\u202ez\x7f","en",,"a\tb\x01",\n'
    (person,) = people(read(tmp_path, HEADER + text))
    assert person.name == "Ana Bcc: x yz"
    assert person.consent_source == "a b"


def test_a_name_of_a_page_is_cut(tmp_path: Path) -> None:
    (person,) = people(read(tmp_path, HEADER + f"ana@example.com,{'Ana ' * 500},,,,{'9' * 50}\n"))
    assert person.name is not None and len(person.name) <= 200 and person.name.endswith("Ana")
    assert person.consent_at == "9" * 40


def test_a_topic_is_taken_once_and_an_unknown_one_is_left_out_with_a_warning(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "ana@example.com,,,heart; sleep ;heart;;hart,,\n")
    assert people(rows)[0].topics == ("heart", "sleep")
    mend = f'there is no topic "hart"; known are {TOPICS}'
    assert told(rows) == [("unknown-topic", "warning", "list.csv:2", mend)]


def test_a_row_whose_topics_are_all_unknown_is_rejected_because_none_would_mean_all(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "ana@example.com,,,hart,,\nbo@example.com,,,,,\n")
    assert codes(rows) == [("unknown-topic", "warning", "list.csv:2"), ("no-topic", "error", "list.csv:2")]
    assert addresses(rows) == ["bo@example.com"]
    assert unclear(rows) == ["ana@example.com"]


def test_a_row_whose_newsletters_are_all_unknown_is_rejected_too(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,newsletters\nana@example.com,daily\nbo@example.com,\n")
    assert codes(rows) == [("unknown-newsletter", "warning", "list.csv:2"), ("no-newsletter", "error", "list.csv:2")]
    assert stands(rows) == [("ana@example.com", "unclear", None), ("bo@example.com", "active", None)]


def test_who_left_is_not_lost_for_a_newsletter_that_is_gone(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,newsletters,topics,state\nana@example.com,daily,hart,left\n")
    assert [code for code, *_ in codes(rows)] == ["unknown-topic", "unknown-newsletter"]
    assert stands(rows) == [("ana@example.com", "left", "unsubscribed")]


def test_a_pause_is_read_as_it_is_written(tmp_path: Path) -> None:
    rows = read(
        tmp_path, f"address,paused_until\nana@example.com,2026-12-01\nbo@example.com,\ncy@example.com,{'9' * 99}\n"
    )
    assert [row.paused_until for row in people(rows)] == ["2026-12-01", None, "9" * 40]
    (person,) = people(read(tmp_path, "email,paused_until\nana@example.com,2026-12-01\n"))
    assert person.paused_until is None


def test_who_left_is_not_lost_for_a_topic_that_is_gone(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,topics,state\nana@example.com,hart,left\n")
    assert codes(rows) == [("unknown-topic", "warning", "list.csv:2")]
    assert [(row.state, row.topics) for row in people(rows)] == [("left", ())]


def test_an_unknown_newsletter_is_left_out_with_a_warning(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,newsletters\nana@example.com,weekly;daily;monthly\n")
    assert people(rows)[0].newsletters == ("weekly", "monthly")
    mend = 'there is no newsletter "daily"; known are weekly, monthly'
    assert told(rows) == [("unknown-newsletter", "warning", "list.csv:2", mend)]


def test_a_language_that_is_none_is_left_out_with_a_warning(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "ana@example.com,,English,,,\nbo@example.com,,pt-BR,,,\n")
    assert [person.language for person in people(rows)] == [None, "pt-BR"]
    mend = '"English" is no language tag and is left out; write it like en, es or pt-BR'
    assert told(rows) == [("bad-language", "warning", "list.csv:2", mend)]


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        (",", ("active", None)),
        ("active,", ("active", None)),
        ("unconfirmed,", ("unconfirmed", None)),
        ("left,", ("left", "unsubscribed")),
        ("Left,complained", ("left", "complained")),
        ("left,moved away", ("left", "unsubscribed")),
        (",bounced", ("left", "bounced")),
        ("active,unsubscribed", ("left", "unsubscribed")),
    ],
)
def test_who_has_left_is_read_as_that(tmp_path: Path, cells: str, state: tuple[str, str | None]) -> None:
    (person,) = people(read(tmp_path, f"address,state,reason\nana@example.com,{cells}\n"))
    assert (person.state, person.reason) == state


def test_a_state_that_is_none_is_never_taken_for_active(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,state\nana@example.com,actve\n")
    mend = '"actve" is no state; write active, unconfirmed or left'
    assert told(rows) == [("unknown-status", "error", "list.csv:2", mend)]
    assert stands(rows) == [("ana@example.com", "unclear", None)]


def test_the_sample_list_is_in_order() -> None:
    data = (ROOT / "subscribers.example.csv").read_bytes()
    topics = dict.fromkeys(("heart", "prevention", "nutrition", "sleep", "children", "community"), "")
    (sheet,) = read_list(ROOT / "subscribers.example.csv", Known(topics=topics, newsletters=()))
    rows = list(sheet.rows)
    assert told(rows) == []
    assert len(people(rows)) == len(list(csv.reader(io.StringIO(data.decode())))) - 1 > 0


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-", "@ana", "\tx", "\rx", "＝1", "'=1", "''@", "＠x"])
def test_a_cell_that_a_spreadsheet_would_run_comes_back_as_it_was(tmp_path: Path, cell: str) -> None:
    assert neutral(cell)[0] == "'" and restored(neutral(cell)) == cell
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([COLUMNS, ["ana@example.com", neutral(f"{cell}a"), *[""] * 8]])
    (person,) = people(read(tmp_path, file.getvalue()))
    assert person.name == f"{cell}a".strip()


@given(st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠aO")) | st.text())
def test_any_cell_comes_back_as_it_was(cell: str) -> None:
    assert restored(neutral(cell)) == cell
    assert not neutral(cell).startswith(tuple("=+-@\t\r\n＝＋－＠"))


@pytest.mark.parametrize("cell", ["O'Brien", "'tis", "' '", "'"])
def test_an_apostrophe_that_is_not_ours_stays(cell: str) -> None:
    assert restored(cell) == neutral(cell) == cell


# Lines that are broken


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ana", NO_AT),
        ("ana@", "There must be something after the @-sign"),
        ("ana@localhost", "The part after the @-sign is not valid. It should have a period"),
        (
            "Ana <ana@example.com>",
            "A display name and angle brackets around the email address are not permitted here",
        ),
        ("ana@[192.0.2.1]", "A bracketed IP address after the @-sign is not allowed here"),
        ("a" * 10_000 + "@example.com", "it has 10,012 characters, and an address has at most 254"),
    ],
)
def test_a_line_without_a_valid_address_is_told_and_the_rest_goes_on(tmp_path: Path, address: str, why: str) -> None:
    rows = read(tmp_path, HEADER + f"{address},Ana,,,,\nbo@example.com,,,,,\n")
    assert told(rows) == [bad_address(2, why)]
    assert addresses(rows) == ["bo@example.com"]


@pytest.mark.parametrize(
    "trick", ["a@example.com\r\nBcc: b@example.com", "a@example.com\nb@example.com", "a@exa mple.com"]
)
def test_no_address_smuggles_a_header(tmp_path: Path, trick: str) -> None:
    rows = read(tmp_path, HEADER + f'"{trick}",,,,,\n')
    assert people(rows) == []
    assert codes(rows) == [("bad-address", "error", "list.csv:2")]


def test_lines_are_numbered_as_an_editor_shows_them_also_after_quoted_line_ends(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        HEADER + 'ana@example.com,"Ana\nMaria\nRuiz",,,,\nnobody,,,,,\nworse,"of\ntwo lines",,,,\nlast,,,,,\n',
    )
    assert told(rows) == [bad_address(5, NO_AT), bad_address(6, NO_AT), bad_address(8, NO_AT)]
    assert [(person.line, person.state) for person in people(rows)] == [(2, "active")]


def test_a_column_that_is_not_read_is_told_once(tmp_path: Path) -> None:
    rows = read(tmp_path, "address,topic,phone,paused_until\nana@example.com,heart,555,\nbo@example.com,sleep,556,\n")
    known = ",".join(COLUMNS)
    assert told(rows) == [
        ("unknown-column", "warning", "list.csv:1", 'the column "topic" is not read; did you mean "topics"?'),
        ("unknown-column", "warning", "list.csv:1", f'the column "phone" is not read; known are {known}'),
    ]
    assert addresses(rows) == ["ana@example.com", "bo@example.com"]


def test_a_name_whose_comma_pushes_the_other_columns_aside_is_not_taken_as_consent(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "ana@example.com,Ruiz, Ana,en,,web form,2026-03-04\nbo@example.com,Bo,,,,,,,\n")
    mend = "7 columns where the first line names 6; put quotation marks around commas"
    assert told(rows) == [("bad-csv", "error", "list.csv:2", mend)]
    assert addresses(rows) == ["bo@example.com"]


def test_a_quotation_mark_that_never_ends_costs_one_line_only(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + 'ana@example.com,"Ana,,,,\nbo@example.com,,,,,\ncy@example.com,,,,,\n')
    mend = "the line is not CSV (unexpected end of data); mend its quotation marks"
    assert told(rows) == [("bad-csv", "error", "list.csv:2", mend)]
    assert addresses(rows) == ["bo@example.com", "cy@example.com"]


def test_a_quotation_mark_in_the_wrong_place_costs_one_line_only(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        HEADER
        + 'ana@example.com,"Ana" Ruiz,,,,\nbo@example.com,,,,,\ncy@example.com,"Cy,,,,\ndi@example.com,"Di",,,,\n',
    )
    assert codes(rows) == [("bad-csv", "error", "list.csv:2"), ("bad-csv", "error", "list.csv:4")]
    assert addresses(rows) == ["bo@example.com", "di@example.com"]


@pytest.mark.parametrize("length", [200_000, 3_000_000])
def test_a_cell_without_end_costs_one_line_only(tmp_path: Path, length: int) -> None:
    rows = read(tmp_path, HEADER + f"ana@example.com,{'x' * length},,,,\nbo@example.com,,,,,\n")
    assert codes(rows) == [("bad-csv", "error", "list.csv:2")]
    assert addresses(rows) == ["bo@example.com"]


def test_a_row_of_two_million_columns_costs_one_line_only(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + "ana@example.com" + ",x" * 2_000_000 + "\nbo@example.com,,,,,\n")
    mend = "the row goes on for more than 1 MB; mend its quotation marks, or remove it"
    assert told(rows) == [("bad-csv", "error", "list.csv:2", mend)]
    assert [(row.line, row.address, row.state) for row in people(rows)] == [
        (2, "ana@example.com", "unclear"),
        (3, "bo@example.com", "active"),
    ]


def test_of_many_broken_lines_each_is_named(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + 'x@example.com,"x" y,,,,\n' * 3_000)
    assert [place for *_, place in codes(rows)] == [f"list.csv:{line}" for line in range(2, 3_002)]


# Files that cannot be read


def test_a_list_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        sheets(tmp_path / "gone.csv")
    assert str(caught.value) == (
        f"{tmp_path / 'gone.csv'}: cannot be read (No such file or directory); mend its path or its rights"
    )


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be read \(it is a folder\)"):
        sheets(tmp_path)


# Whatever comes

CELLS = st.sampled_from(
    [
        "ana@example.com",
        "ANA@EXAMPLE.COM",
        "b@ü.example",
        "@",
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        ";",
        "heart",
        " ",
        "\u2028",
    ]
)
ANYTHING = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANYTHING
@given(text=st.text(max_size=200) | st.lists(CELLS | st.text(max_size=6), max_size=40).map("".join))
@example(text='"')
@example(text='a@example.com,"')
@example(text="a@xn--.example")
@example(text="a@" + "ü" * 300 + ".example")
def test_any_text_gives_rows_and_findings(tmp_path: Path, text: str) -> None:
    for row in read(tmp_path, (HEADER + text).encode("utf-8", "surrogatepass")):
        assert isinstance(row, Row | Finding)
        if isinstance(row, Row):
            assert row.address.isprintable() and " " not in row.address
            assert row.key == row.address.casefold()
            assert row.name is None or (row.name.isprintable() and len(row.name) <= 200)
            assert set(row.topics) <= set(KNOWN.topics)


@ANYTHING
@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"PK\x03\x04", b"email\n", b"\xff\xfe", b"sep=;\n"]))
def test_any_bytes_give_rows_and_findings(tmp_path: Path, data: bytes, start: bytes) -> None:
    rows = read(tmp_path, start + data)
    assert all(isinstance(row, Row | Finding) for row in rows)
    assert rows or start in (b"email\n", b"sep=;\n")


@ANYTHING
@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1, max_size=8)
)
def test_no_row_of_a_well_written_list_is_lost(tmp_path: Path, names: list[str]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["address", "name"])
    writer.writerows([f"reader{i}@example.com", name] for i, name in enumerate(names))
    rows = read(tmp_path, file.getvalue())
    assert addresses(rows) == [f"reader{i}@example.com" for i in range(len(names))]
    assert told(rows) == []
