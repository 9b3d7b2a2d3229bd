"""A list of subscribers: every row counts or is told of, and who has left stays away."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from publisher.actions.subscribers import Imported, import_subscribers, list_subscribers
from publisher.app import App
from publisher.errors import SourceError
from publisher.records import Finding, Subscriber, Suppression
from publisher.store import subscribers
from publisher.subscribers import Row, read_csv
from tests.conftest import ROOT

HEADER = "address,name,language,topics,consent_source,consent_at\n"
TOPICS = ("heart", "sleep", "nutrition")
NO_HEADER = Finding(
    code="no-header",
    severity="error",
    place="list.csv:1",
    mend=(
        "the first line must name the columns, with address among them: "
        "address,name,language,topics,consent_source,consent_at"
    ),
)


def read(data: str | bytes) -> list[Row]:
    return list(read_csv(data if isinstance(data, bytes) else data.encode("utf-8"), "list.csv", TOPICS))


def people(rows: list[Row]) -> list[Subscriber]:
    return [row for row in rows if isinstance(row, Subscriber)]


def addresses(rows: list[Row]) -> list[str]:
    return [person.address for person in people(rows)]


def told(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.code, row.severity, row.place, row.mend) for row in rows if isinstance(row, Finding)]


def bad_address(line: int, why: str) -> tuple[str, str, str, str]:
    return ("bad-address", "error", f"list.csv:{line}", f"no valid address: {why}; mend or remove the line")


NO_AT = "An email address must have an @-sign"


# What is read


def test_a_whole_row_is_read() -> None:
    (person,) = people(read(HEADER + "Ana.Ruiz@Example.COM,Ana Ruiz,es,heart;sleep,website form,2026-03-04\n"))
    assert person == Subscriber(
        address="Ana.Ruiz@example.com",
        address_key="ana.ruiz@example.com",
        public_id=person.public_id,
        name="Ana Ruiz",
        language="es",
        topics=("heart", "sleep"),
        state="active",
        consent_source="website form",
        consent_at="2026-03-04",
    )


def test_an_address_alone_is_enough() -> None:
    (person,) = people(read("address\nana@example.com\n"))
    assert (person.name, person.language, person.topics) == (None, None, ())
    assert (person.consent_source, person.consent_at) == (None, None)


def test_every_row_gets_a_public_id_of_its_own_that_tells_nothing() -> None:
    text = HEADER + "ana@example.com,,,,,\nbo@example.com,,,,,\n"
    ids = {person.public_id for person in people(read(text)) + people(read(text))}
    assert len(ids) == 4
    assert all(len(id) == 32 and set(id) <= set("0123456789abcdef") for id in ids)


def test_the_columns_may_stand_in_any_order_and_case() -> None:
    (person,) = people(read("Topics, NAME ,Address\nsleep,Bo,bo@example.com\n"))
    assert (person.address, person.name, person.topics) == ("bo@example.com", "Bo", ("sleep",))


def test_a_list_from_windows_reads_like_any_other() -> None:
    text = HEADER + "ana@example.com,Ana,,,,\nbo@example.com,Bo,,,,\n"
    rows = read(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert [(p.address, p.name) for p in people(rows)] == [("ana@example.com", "Ana"), ("bo@example.com", "Bo")]
    assert told(rows) == []


def test_the_last_line_needs_no_line_end_and_empty_lines_do_not_count() -> None:
    rows = read(HEADER + "\nana@example.com,,,,,\n\n   \n,,,,,\nbo@example.com")
    assert addresses(rows) == ["ana@example.com", "bo@example.com"]
    assert told(rows) == []


@pytest.mark.parametrize("name", ["María Núñez", "Jürgen Groß", "Łukasz Żółty", "王小明", "Σοφία", "O'Brien", "D’Arcy"])
def test_names_keep_their_letters(name: str) -> None:
    (person,) = people(read(HEADER + f"ana@example.com,{name},,,,\n"))
    assert person.name == name


def test_a_name_with_a_comma_or_a_line_end_stands_in_quotation_marks() -> None:
    rows = read(HEADER + 'ana@example.com,"Ruiz, Ana",,,,\nbo@example.com,"Bo\nLindqvist ""Bobo""",,,,\n')
    assert [person.name for person in people(rows)] == ["Ruiz, Ana", 'Bo Lindqvist "Bobo"']


def test_control_characters_go_out_of_names() -> None:
    (person,) = people(read(HEADER + '"ana@example.com","An\x07a\x1b\r\nBcc: x\u2028y\u202ez\x7f","en",,"a\tb\x01",\n'))
    assert person.name == "Ana Bcc: x yz"
    assert person.consent_source == "a b"


def test_a_topic_is_taken_once_and_an_unknown_one_is_left_out_with_a_warning() -> None:
    rows = read(HEADER + "ana@example.com,,,heart; sleep ;heart;;hart,,\n")
    assert people(rows)[0].topics == ("heart", "sleep")
    mend = 'there is no topic "hart"; known are heart, sleep, nutrition'
    assert told(rows) == [("unknown-topic", "warning", "list.csv:2", mend)]


def test_a_language_that_is_none_is_left_out_with_a_warning() -> None:
    rows = read(HEADER + "ana@example.com,,English,,,\nbo@example.com,,pt-BR,,,\n")
    assert [person.language for person in people(rows)] == [None, "pt-BR"]
    mend = '"English" is no language tag and is left out; write it like en, es or pt-BR'
    assert told(rows) == [("bad-language", "warning", "list.csv:2", mend)]


def test_the_sample_list_is_in_order() -> None:
    data = (ROOT / "subscribers.example.csv").read_bytes()
    topics = ("heart", "prevention", "nutrition", "sleep", "children", "community")
    rows = list(read_csv(data, "subscribers.example.csv", topics))
    assert told(rows) == []
    assert len(people(rows)) == len(list(csv.reader(io.StringIO(data.decode())))) - 1 > 0


# Addresses


def test_a_domain_in_other_letters_becomes_ascii() -> None:
    (person,) = people(read(HEADER + "kontakt@Bücher.example,,,,,\n"))
    assert (person.address, person.address_key) == ("kontakt@xn--bcher-kva.example",) * 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ana@example.com", "ana@example.com"),
        ("Ana@Example.com", " ana@EXAMPLE.com "),
        ("kontakt@bücher.example", "KONTAKT@xn--bcher-kva.example"),
        ("kontakt@bücher.example", "kontakt@BÜCHER.example"),
    ],
)
def test_an_address_is_taken_once_however_it_is_written(first: str, second: str) -> None:
    rows = read(HEADER + f"{first},First,,,,\nbo@example.com,,,,,\n{second},Second,,,,\n")
    assert [person.name for person in people(rows)] == ["First", None]
    mend = "the same address stands in line 2; the first counts"
    assert told(rows) == [("double", "note", "list.csv:4", mend)]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ana", NO_AT),
        ("", NO_AT),
        ("ana@", "There must be something after the @-sign"),
        ("ana@localhost", "The part after the @-sign is not valid. It should have a period"),
        (
            "Ana <ana@example.com>",
            "A display name and angle brackets around the email address are not permitted here",
        ),
        ("ana@[192.0.2.1]", "A bracketed IP address after the @-sign is not allowed here"),
        (
            "jürgen@example.com",
            "the part before the @ has letters beyond ASCII, which most relays refuse",
        ),
    ],
)
def test_a_line_without_a_valid_address_is_told_and_the_rest_goes_on(address: str, why: str) -> None:
    rows = read(HEADER + f"{address},Ana,,,,\nbo@example.com,,,,,\n")
    assert told(rows) == [bad_address(2, why)]
    assert addresses(rows) == ["bo@example.com"]


@pytest.mark.parametrize(
    "trick", ["a@example.com\r\nBcc: b@example.com", "a@example.com\nb@example.com", "a@exa mple.com"]
)
def test_no_address_smuggles_a_header(trick: str) -> None:
    rows = read(HEADER + f'"{trick}",,,,,\n')
    assert people(rows) == []
    assert [code for code, *_ in told(rows)] == ["bad-address"]


# Lists that are broken


def test_lines_are_numbered_as_an_editor_shows_them_also_after_quoted_line_ends() -> None:
    rows = read(HEADER + 'ana@example.com,"Ana\nMaria\nRuiz",,,,\nnobody,,,,,\nworse,"of\ntwo lines",,,,\nlast,,,,,\n')
    assert told(rows) == [bad_address(5, NO_AT), bad_address(6, NO_AT), bad_address(8, NO_AT)]


@pytest.mark.parametrize("data", ["", "\n", "ana@example.com,Ana\n", "email,name\nana@example.com,Ana\n"])
def test_a_list_without_a_header_is_told_what_the_first_line_must_be(data: str) -> None:
    assert read(data) == [NO_HEADER]


def test_a_list_with_semicolons_between_columns_is_told_what_the_first_line_must_be() -> None:
    assert read("address;name\nana@example.com;Ana\n") == [NO_HEADER]


def test_a_column_that_is_not_read_is_told_once() -> None:
    rows = read("address,topic,phone\nana@example.com,heart,555\nbo@example.com,sleep,556\n")
    assert told(rows) == [
        ("unknown-column", "warning", "list.csv:1", 'the column "topic" is not read; did you mean "topics"?'),
        (
            "unknown-column",
            "warning",
            "list.csv:1",
            ('the column "phone" is not read; known are address,name,language,topics,consent_source,consent_at'),
        ),
    ]
    assert addresses(rows) == ["ana@example.com", "bo@example.com"]


def test_a_name_whose_comma_pushes_the_other_columns_aside_is_not_taken_as_consent() -> None:
    rows = read(HEADER + "ana@example.com,Ruiz, Ana,en,,web form,2026-03-04\nbo@example.com,Bo,,,,,,,\n")
    mend = "7 columns where the first line names 6; put quotation marks around commas"
    assert told(rows) == [("bad-csv", "error", "list.csv:2", mend)]
    assert addresses(rows) == ["bo@example.com"]


def test_a_quotation_mark_that_never_ends_costs_one_line_only() -> None:
    rows = read(HEADER + 'ana@example.com,"Ana,,,,\nbo@example.com,,,,,\ncy@example.com,,,,,\n')
    mend = "the line is not CSV (unexpected end of data); mend its quotation marks"
    assert told(rows) == [("bad-csv", "error", "list.csv:2", mend)]
    assert addresses(rows) == ["bo@example.com", "cy@example.com"]


def test_a_quotation_mark_in_the_wrong_place_costs_one_line_only() -> None:
    rows = read(
        HEADER
        + 'ana@example.com,"Ana" Ruiz,,,,\nbo@example.com,,,,,\ncy@example.com,"Cy,,,,\ndi@example.com,"Di",,,,\n'
    )
    assert [(code, place) for code, _, place, _ in told(rows)] == [("bad-csv", "list.csv:2"), ("bad-csv", "list.csv:4")]
    assert addresses(rows) == ["bo@example.com", "di@example.com"]


def test_a_cell_without_end_costs_one_line_only() -> None:
    rows = read(HEADER + f"ana@example.com,{'x' * 200_000},,,,\nbo@example.com,,,,,\n")
    assert [(code, place) for code, _, place, _ in told(rows)] == [("bad-csv", "list.csv:2")]
    assert addresses(rows) == ["bo@example.com"]


def test_of_many_broken_lines_each_is_named() -> None:
    rows = read(HEADER + 'x@example.com,"x" y,,,,\n' * 3_000)
    assert [place for *_, place, _ in told(rows)] == [f"list.csv:{line}" for line in range(2, 3_002)]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ((HEADER + "ana@example.com,Ana,,,,\n").encode("utf-16"), "list.csv"),
        ((HEADER + "ana@example.com,Ana,,,,\n").encode("utf-16-le"), "list.csv"),
        ((HEADER + "ana@example.com,Ana,,,,\nbo@example.com,Jürgen,,,,\n").encode("latin-1"), "list.csv:3"),
        (HEADER.encode() + b"ana@exam\0ple.com,Ana,,,,\n", "list.csv"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "list.csv"),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "Latin-1", "NUL bytes", "Excel"],
)
def test_a_list_that_is_no_utf_8_text_is_one_problem(data: bytes, place: str) -> None:
    mend = "this is not UTF-8 text; export it as CSV (UTF-8)"
    assert told(read(data)) == [("not-text", "error", place, mend)]


def test_a_list_of_unreasonable_size_is_told_as_that() -> None:
    (problem,) = read(b"a" * (50 * 1024 * 1024 + 1))
    assert isinstance(problem, Finding)
    assert (problem.code, problem.mend) == (
        "too-large",
        "the file has more than 50 MB; check what it is, or split it",
    )


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


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200) | st.lists(CELLS | st.text(max_size=6), max_size=40).map("".join))
@example(text='"')
@example(text='a@example.com,"')
@example(text="a@xn--.example")
@example(text="a@" + "ü" * 300 + ".example")
def test_any_text_gives_subscribers_and_problems(text: str) -> None:
    rows = read((HEADER + text).encode("utf-8", "surrogatepass"))
    assert all(isinstance(row, Subscriber | Finding) for row in rows)
    keys = [person.address_key for person in people(rows)]
    assert len(keys) == len(set(keys))
    for person in people(rows):
        assert person.address.isascii()
        assert person.address.isprintable()
        assert " " not in person.address
        assert person.address_key == person.address.casefold()
        assert person.name is None or (person.name.isprintable() and len(person.name) <= 200)
        assert set(person.topics) <= set(TOPICS)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_give_subscribers_and_problems(data: bytes) -> None:
    rows = read(data)
    assert rows == [NO_HEADER] or all(isinstance(row, Subscriber | Finding) for row in rows)
    assert rows


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1, max_size=8))
def test_no_row_of_a_well_written_list_is_lost(names: list[str]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["address", "name"])
    writer.writerows([f"reader{i}@example.com", name] for i, name in enumerate(names))
    rows = read(file.getvalue())
    assert addresses(rows) == [f"reader{i}@example.com" for i in range(len(names))]
    assert told(rows) == []


# Into the store


LIST = HEADER + "ana@example.com,Ana,en,heart,form,2026-03-04\nnobody,,,,,\nBo@bücher.example,Bo,,,,\n"


def importing(site: Path, text: str, app: App, *, dry_run: bool = False) -> Imported:
    path = site / "list.csv"
    path.write_text(text, encoding="utf-8")
    return import_subscribers(app, path, dry_run=dry_run)


@pytest.fixture
def app(site: Path, open_app: Callable[..., App], database_url: str) -> App:
    return open_app(site, database_url=database_url)


def leave(app: App, key: str) -> None:
    with app.database.write() as connection:
        subscribers.suppress(connection, Suppression(address_key=key, reason="unsubscribed", at=app.clock()))


def test_a_list_is_imported_and_its_bad_line_told(site: Path, app: App) -> None:
    imported = importing(site, LIST, app)
    assert imported == Imported(
        read=2,
        new=2,
        left=0,
        problems=(Finding(code="bad-address", severity="error", place="list.csv:3", mend=bad_address(3, NO_AT)[3]),),
    )
    ana, bo = list_subscribers(app)
    assert (ana.address, ana.name, ana.language, ana.topics) == ("ana@example.com", "Ana", "en", ("heart",))
    assert (ana.consent_source, ana.consent_at, ana.state) == ("form", "2026-03-04", "active")
    assert bo.address == "Bo@xn--bcher-kva.example"


def test_importing_twice_adds_nothing_and_changes_nobody(site: Path, app: App) -> None:
    importing(site, LIST, app)
    before = list_subscribers(app)
    again = importing(site, LIST.replace("Ana", "Anna").replace("ana@example", "ANA@Example"), app)
    assert (again.read, again.new, again.left) == (2, 0, 0)
    assert list_subscribers(app) == before


def test_a_longer_list_adds_only_the_new_ones(site: Path, app: App) -> None:
    importing(site, LIST, app)
    more = importing(site, LIST + "cy@example.com,Cy,,,,\n", app)
    assert (more.read, more.new) == (3, 1)
    assert [person.name for person in list_subscribers(app)] == ["Ana", "Bo", "Cy"]


def test_who_has_left_stays_away(site: Path, app: App) -> None:
    importing(site, LIST, app)
    leave(app, "ana@example.com")
    again = importing(site, LIST.replace("ana@example.com", "Ana@EXAMPLE.com"), app)
    assert (again.read, again.new, again.left) == (2, 0, 1)
    assert [(person.name, person.state) for person in list_subscribers(app)] == [("Ana", "left"), ("Bo", "active")]


def test_who_asked_never_to_be_written_to_is_not_taken_in_at_all(site: Path, app: App) -> None:
    leave(app, "bo@xn--bcher-kva.example")
    imported = importing(site, LIST, app)
    assert (imported.read, imported.new, imported.left) == (2, 1, 1)
    assert [person.name for person in list_subscribers(app)] == ["Ana"]


def test_a_dry_run_counts_and_changes_nothing(site: Path, app: App) -> None:
    importing(site, HEADER + "ana@example.com,Ana,,,,\n", app)
    leave(app, "cy@example.com")
    rehearsal = importing(site, LIST + "cy@example.com,,,,,\n", app, dry_run=True)
    assert (rehearsal.read, rehearsal.new, rehearsal.left) == (3, 1, 1)
    assert [person.name for person in list_subscribers(app)] == ["Ana"]
    assert importing(site, LIST + "cy@example.com,,,,,\n", app).new == rehearsal.new


def test_ten_thousand_come_in_at_once(site: Path, app: App) -> None:
    text = HEADER + "".join(f"reader{i}@example.com,Reader {i},,,,\n" for i in range(10_001))
    assert importing(site, text, app).new == 10_001
    assert len(list_subscribers(app)) == 10_001


def test_the_moment_of_importing_is_that_of_the_clock(
    site: Path, open_app: Callable[..., App], database_url: str
) -> None:
    """The clock is handed in: two apps on one database at two moments agree on who is there."""
    early = open_app(site, now=datetime(2026, 1, 1, tzinfo=UTC), database_url=database_url)
    late = open_app(site, now=datetime(2026, 12, 1, tzinfo=UTC), database_url=database_url)
    assert importing(site, LIST, early).new == 2
    assert importing(site, LIST, late).new == 0
    assert list_subscribers(late) == list_subscribers(early)


def test_a_list_that_is_not_there_is_one_line(site: Path, app: App) -> None:
    with pytest.raises(SourceError) as caught:
        import_subscribers(app, site / "gone.csv")
    assert str(caught.value) == (
        f"{site / 'gone.csv'}: cannot be read (No such file or directory); mend its path or its rights"
    )
