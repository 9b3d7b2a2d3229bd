"""Lists of other programs: recognised by their first line, and nobody who left is taken for a subscriber."""

import zipfile
from pathlib import Path

import pytest

from publisher.subscribers import UNREADABLE, Row, read_list
from tests.subscribers.reading import KNOWN, ROOT, addresses, codes, people, read, sheets, stands, told, unclear

LISTS = ROOT / "tests" / "data" / "lists"
ANA, BO, CY = "ana.ruiz@example.com", "bo.lind@example.org", "cy.moss@example.net"
DI, ED = "di.park@example.com", "ed.sauer@example.org"
MAILCHIMP = {
    kind: f"{kind}_email_audience_export_0a1b2c3d4e.csv"
    for kind in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")
}

Person = tuple[str, str, str | None, str | None, tuple[str, ...], str | None]


def shown(row: Row) -> Person:
    return (row.address, row.state, row.reason, row.name, row.topics, row.consent_at)


@pytest.mark.parametrize(
    ("name", "program", "expected"),
    [
        (
            MAILCHIMP["subscribed"],
            "Mailchimp",
            [
                (ANA, "active", None, "Ana Ruiz", ("heart",), "2024-05-01 09:15:02"),
                (BO, "active", None, "Bo Lind", ("sleep",), "2023-11-20 16:00:00"),
            ],
        ),
        (MAILCHIMP["unsubscribed"], "Mailchimp", [(CY, "left", "unsubscribed", "Cy Moss", (), "2022-01-10 08:00:00")]),
        (MAILCHIMP["cleaned"], "Mailchimp", [(DI, "left", "bounced", "Di Park", (), "2022-03-01 08:00:00")]),
        (MAILCHIMP["nonsubscribed"], "Mailchimp", [(ED, "unconfirmed", None, "Ed Sauer", (), None)]),
        (
            "constant-contact.csv",
            "Constant Contact",
            [
                (ANA, "active", None, "Ana Ruiz", ("sleep",), "2021-11-15 19:42:23 +0000"),
                (BO, "left", "unsubscribed", "Bo Lind", (), "2020-01-15 10:00:00 +0000"),
                (CY, "unconfirmed", None, "Cy Moss", (), "2023-01-15 10:00:00 +0000"),
                (DI, "left", "bounced", "Di Park", (), "2019-01-15 10:00:00 +0000"),
            ],
        ),
        (
            "listmonk.csv",
            "listmonk",
            [
                (ANA, "active", None, "Ana Ruiz", (), "2024-05-01 09:12:44.123456 +0000 UTC"),
                (BO, "left", "unsubscribed", "Bo Lind", (), "2023-05-01 09:12:44 +0000 UTC"),
                (CY, "left", "unsubscribed", "Cy Moss", (), "2023-05-02 09:12:44 +0000 UTC"),
            ],
        ),
        (
            "ghost.csv",
            "Ghost",
            [
                (ANA, "active", None, "Ana Ruiz", ("heart",), "2024-05-01T09:12:44.000Z"),
                (BO, "left", "unsubscribed", "Bo Lind", (), "2023-05-01T09:12:44.000Z"),
            ],
        ),
        (
            "substack.csv",
            "Substack",
            [
                (ANA, "active", None, None, (), "2024-05-01T09:12:44.000Z"),
                (BO, "left", "unsubscribed", None, (), "2023-05-01T09:12:44.000Z"),
            ],
        ),
        (
            "mailpoet.csv",
            "MailPoet",
            [
                (ANA, "active", None, 'Ana "Anita" Ruiz', ("sleep",), "2024-05-01 09:15:02"),
                (BO, "left", "unsubscribed", "Bo Lind", (), "2023-05-01 09:12:44"),
                (CY, "unconfirmed", None, "Cy Moss", (), "2023-05-02 09:12:44"),
                (DI, "left", "bounced", "Di Park", (), "2023-05-03 09:12:44"),
                (ED, "unconfirmed", None, "Ed Sauer", (), "2023-05-04 09:12:44"),
            ],
        ),
        (
            "keila.csv",
            "Keila",
            [
                (ANA, "active", None, "Ana Ruiz", (), None),
                (BO, "left", "unsubscribed", "Bo Lind", (), None),
                (CY, "left", "bounced", "Cy Moss", (), None),
            ],
        ),
        (
            "outlook.csv",
            "Outlook",
            [(ANA, "active", None, "Ana Ruiz", (), None), (BO, "active", None, "Bo Lind", (), None)],
        ),
        (
            "addresses.txt",
            "a plain list",
            [(one, "active", None, None, (), None) for one in (ANA, BO, CY)],
        ),
        (
            "named.txt",
            "a plain list",
            [
                (ANA, "active", None, "Ruiz, Ana", (), None),
                (BO, "active", None, "Bo Lind", (), None),
                (CY, "active", None, None, (), None),
                (DI, "active", None, None, (), None),
            ],
        ),
        (
            "table.csv",
            "a table with an address column",
            [(ANA, "active", None, "Ana Ruiz", (), None), (BO, "left", "unsubscribed", "Bo Lind", (), None)],
        ),
        (
            "publisher.csv",
            "Publisher",
            [
                (ANA, "active", None, "Ana Ruiz", ("heart", "sleep"), "2026-03-04"),
                ("bo@example.org", "left", "bounced", "=Bo", (), "2026-03-05"),
                ("+cy@example.net", "unconfirmed", None, "Cy", (), "2026-03-06"),
            ],
        ),
    ],
)
def test_an_export_is_recognised_and_read(name: str, program: str, expected: list[Person]) -> None:
    ((sheet, rows),) = sheets(LISTS / name)
    assert sheet.program == program
    assert [shown(row) for row in people(rows)] == expected
    expected_warnings = ["enabled"] if program == "listmonk" else []
    assert [code for code, severity, *_ in told(rows) if severity != "note"] == expected_warnings
    assert program == "Publisher" or all(row.consent_source is None for row in people(rows))


@pytest.mark.parametrize(
    ("program", "header"),
    [
        ("Mailchimp", "EMAIL,FNAME,LNAME,MEMBER_RATING,OPTIN_TIME,LEID,EUID"),
        ("Mailchimp", "Email Address,First Name,Last Name,Member Rating,Optin Time,Confirm Time"),
        ("Ghost", "email,name,note,subscribed_to_emails,complimentary_plan,created_at"),
        ("Ghost", "id,email,name,note,subscribed_to_emails,stripe_customer_id,created_at,deleted_at,labels,products"),
        ("Substack", "email,active_subscription,expiry,email_disabled,prefer_digests,created_at"),
        ("Substack", "Email,Name,Stripe plan,Cancel date,Start date"),
        ("listmonk", "email,name,attributes"),
        ("MailPoet", "Email,First name,Last name,List status,Global status,List"),
        ("Constant Contact", "Email Address,First Name,Last Name,Email Status"),
        ("Constant Contact", "Email address,First name,Last name,Email Lists,Source Name,Created At"),
        ("Keila", "Email,First name,Last name,Data"),
        ("Outlook", "First Name,Middle Name,Last Name,E-mail Address,E-mail 2 Address"),
        ("Publisher", "ADDRESS,Name"),
        ("a plain list", "E-Mail"),
        ("a table with an address column", "Vorname,Nachname,E-Mail-Adresse"),
        ("a table with an address column", "name,address,email"),
    ],
)
def test_a_program_is_recognised_in_its_variants(tmp_path: Path, program: str, header: str) -> None:
    (tmp_path / "list.csv").write_text(header + "\n")
    ((sheet, _),) = sheets(tmp_path / "list.csv")
    assert sheet.program == program


# Statuses


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Subscribed", ("active", None)),
        ("ENABLED", ("active", None)),
        ("confirmed", ("active", None)),
        ("true", ("active", None)),
        ("Unsubscribed", ("left", "unsubscribed")),
        ("blocklisted", ("left", "unsubscribed")),
        ("disabled", ("left", "unsubscribed")),
        ("opted_out", ("left", "unsubscribed")),
        ("cleaned", ("left", "bounced")),
        ("Hard  Bounce", ("left", "bounced")),
        ("complained", ("left", "complained")),
        ("SPAM", ("left", "complained")),
        ("abuse", ("left", "complained")),
        ("Unconfirmed", ("unconfirmed", None)),
        ("pending", ("unconfirmed", None)),
        ("non-subscribed", ("unconfirmed", None)),
        ("transactional", ("unconfirmed", None)),
        ("Inactive", ("unconfirmed", None)),
    ],
)
def test_a_status_becomes_a_state(tmp_path: Path, word: str, state: tuple[str, str | None]) -> None:
    (person,) = people(read(tmp_path, f"email,status\n{ANA},{word}\n"))
    assert (person.state, person.reason) == state


def test_a_status_we_do_not_know_is_never_taken_for_active(tmp_path: Path) -> None:
    rows = read(tmp_path, f"email,Status\n{ANA},subscribd\n{BO},\n{CY},active\n")
    assert told(rows) == [
        (
            "unknown-status",
            "error",
            "list.csv:2",
            '"subscribd" in the column "Status" is no status we know; write subscribed or unsubscribed',
        ),
        ("unknown-status", "error", "list.csv:3", "its status is empty; fill it in, or remove the line"),
    ]
    assert addresses(rows) == [CY]


@pytest.mark.parametrize(
    ("header", "cells", "state"),
    [
        ("status,unsubscribed_at", "active,2024-01-01", ("left", "unsubscribed")),
        ("status,unsubscribed_at", "active,", ("active", None)),
        ("email status,email permission status", "Active,Opted Out", ("left", "unsubscribed")),
        ("list status,global status", "unsubscribed,subscribed", ("left", "unsubscribed")),
        ("list status,global status", ",subscribed", ("active", None)),
        ("subscribed,bounced", "true,yes", ("left", "bounced")),
        ("confirmed", "no", ("unconfirmed", None)),
        ("unsubscribed", "", ("active", None)),
        ("unsubscribed", "0", ("active", None)),
        ("unsubscribed", "3 May 2024", ("left", "unsubscribed")),
        ("email_disabled,complained", "false,true", ("left", "complained")),
    ],
)
def test_where_two_columns_speak_leaving_wins(
    tmp_path: Path, header: str, cells: str, state: tuple[str, str | None]
) -> None:
    (person,) = people(read(tmp_path, f"email,{header}\n{ANA},{cells}\n"))
    assert (person.state, person.reason) == state


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("unsubscribed.csv", ("left", "unsubscribed")),
        ("Unsubscribes 2024.txt", ("left", "unsubscribed")),
        ("cleaned.csv", ("left", "bounced")),
        ("non-subscribed.csv", ("unconfirmed", None)),
        ("Non-Subscribers.csv", ("unconfirmed", None)),
        ("block list.csv", ("left", "unsubscribed")),
        ("complaints.csv", ("left", "complained")),
    ],
)
def test_a_file_named_after_those_who_left_brings_nobody_back(
    tmp_path: Path, name: str, state: tuple[str, str | None]
) -> None:
    rows = read(tmp_path, f"{ANA}\n", name)
    assert [(row.state, row.reason) for row in people(rows)] == [state]
    assert codes(rows) == [("kind-of-file", "note", name)]


def test_a_mailchimp_file_without_its_name_still_tells_customers_from_subscribers(tmp_path: Path) -> None:
    header = "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID\n"
    rows = read(tmp_path, header + f"{ANA},2,,2024-05-01 09:15:02,1\n{BO},2,,,2\n")
    assert [(row.address, row.state) for row in people(rows)] == [(ANA, "active"), (BO, "unconfirmed")]
    assert codes(rows) == [("no-status", "warning", "list.csv")]


def test_mailchimps_files_of_those_who_left_are_known_without_their_names(tmp_path: Path) -> None:
    for kind, reason in (("unsubscribed", "unsubscribed"), ("cleaned", "bounced")):
        rows = read(tmp_path, (LISTS / MAILCHIMP[kind]).read_bytes(), "people.csv")
        assert [(row.state, row.reason) for row in people(rows)] == [("left", reason)]


# Topics, names, languages


def test_tags_that_are_no_topics_of_ours_are_counted_in_one_note(tmp_path: Path) -> None:
    rows = read(tmp_path, f'email,tags\n{ANA},"HEART,Spring fair"\n{BO},"VIP;sleep"\n{CY},"Spring fair"\n')
    assert [row.topics for row in people(rows)] == [("heart",), ("sleep",), ()]
    mend = "different tags that are no topics of ours: 2; they are left out"
    assert told(rows) == [("tags", "note", "list.csv", mend)]


def test_a_topic_whose_title_has_a_comma_is_found(tmp_path: Path) -> None:
    rows = read(
        tmp_path, f'email,group\n{ANA},"Eating well, living well"\n{BO},"""eating well, living well"", ""x"""\n'
    )
    assert [row.topics for row in people(rows)] == [("nutrition",), ("nutrition",)]


def test_names_come_whole_or_in_parts(tmp_path: Path) -> None:
    rows = read(tmp_path, f"first_name,LastName,Email,Name\nAna,Ruiz,{ANA},\n,Lind,{BO},\n,,{CY},Cy Moss\n,,{DI},\n")
    assert [row.name for row in people(rows)] == ["Ana Ruiz", "Lind", "Cy Moss", None]


def test_languages_are_taken_where_they_are_tags(tmp_path: Path) -> None:
    rows = read(tmp_path, f"email,locale\n{ANA},ES\n{BO},pt_BR\n{CY},Spanish\n")
    assert [row.language for row in people(rows)] == ["es", "pt-BR", None]
    assert told(rows) == []


def test_an_address_column_may_hold_names_too(tmp_path: Path) -> None:
    assert addresses(read(tmp_path, f'email,city\n"Ruiz, Ana <{ANA}>",Harbor\n')) == [ANA]


def test_an_apostrophe_in_another_programs_list_is_no_mark_of_ours(tmp_path: Path) -> None:
    assert [row.name for row in people(read(tmp_path, f"email,name\n{ANA},'=Ana\n"))] == ["'=Ana"]


# Zips


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_mailchimps_zip_is_read_whole(tmp_path: Path) -> None:
    members = {f"audience_export_0a/{name}": (LISTS / name).read_bytes() for name in MAILCHIMP.values()}
    path = zipped(tmp_path / "export.zip", members | {"__MACOSX/._x.csv": b"\0\1", "notes.pdf": b"%PDF"})
    found = sheets(path)
    assert [(sheet.place, sheet.program) for sheet, _ in found] == [
        (f"export.zip/{name}", "Mailchimp") for name in MAILCHIMP.values()
    ]
    assert [(row.address, row.state, row.reason) for _, rows in found for row in people(rows)] == [
        (ANA, "active", None),
        (BO, "active", None),
        (CY, "left", "unsubscribed"),
        (DI, "left", "bounced"),
        (ED, "unconfirmed", None),
    ]


def test_a_table_without_addresses_beside_a_list_in_a_zip_is_only_noted(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "s.zip", {"posts.csv": b"post_id,title\n1,x\n", "email_list.csv": f"email\n{ANA}\n".encode()}
    )
    (posts, noted), (_, rows) = sheets(path)
    assert (posts.program, codes(noted)) == ("no list", [("not-a-list", "note", "s.zip/posts.csv")])
    assert addresses(rows) == [ANA]


def test_a_name_in_a_zip_is_no_path(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "z.zip", {"../../etc/x.csv": f"email\n{ANA}\n".encode(), "..\\\x1b[2J\n.csv": b"email\nno\n"}
    )
    (one, _), (other, rows) = sheets(path)
    assert (one.place, other.place) == ("z.zip/x.csv", "z.zip/[2J .csv")
    assert codes(rows) == [("bad-address", "error", "z.zip/[2J .csv:2")]
    assert [entry.name for entry in tmp_path.iterdir()] == ["z.zip"]


# Progress


@pytest.mark.parametrize("packed", [False, True])
def test_the_bytes_that_were_read_add_up_to_the_file(tmp_path: Path, packed: bool) -> None:
    text = "email,name\n" + "".join(f"reader{i}@example.org,Reader {i}\n" for i in range(20_000))
    path = tmp_path / "list.csv"
    path.write_text(text)
    if packed:
        path = zipped(tmp_path / "list.zip", {"a.csv": text.encode(), "b.csv": text.encode()})
    steps: list[int] = []
    count = sum(len(list(sheet.rows)) for sheet in read_list(path, KNOWN, steps.append))
    assert count == (40_000 if packed else 20_000)
    assert sum(steps) == path.stat().st_size
    assert len(steps) > 5 and min(steps) >= 0


# Who may have left


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("unsubscribed.csv", "address"),
        ("unsubscribed.csv", "address,name"),
        ("blacklist.csv", "email,name"),
        ("Désabonnés.csv", "email,name"),
        ("list.csv", "address,unsubscribed"),
        ("list.csv", "address,Unsubscribe time"),
        ("list.csv", "email,Unsubscribed?"),
        ("list.csv", "email,Opt-out?"),
        ("list.csv", "email,Unsubscribed from all email"),
        ("list.csv", "email,EMAIL_BLACKLISTED"),
        ("list.csv", "email,Removed"),
        ("list.csv", "email,Unsubscribe reason"),
        ("list.csv", "email,Désabonné"),
        ("list.csv", "email,De\u0301sabonne\u0301"),
    ],
)
def test_whoever_is_named_as_one_who_left_is_not_active(tmp_path: Path, name: str, header: str) -> None:
    rows = read(tmp_path, f"{header}\n{ANA},yes\n" if "," in header else f"{header}\n{ANA}\n", name)
    assert stands(rows) == [(ANA, "left", "unsubscribed")]


def test_a_list_of_our_own_named_after_bounces_brings_nobody_back(tmp_path: Path) -> None:
    rows = read(tmp_path, f"Address,Name\n{ANA},Ana\n", "bounced.csv")
    assert stands(rows) == [(ANA, "left", "bounced")]
    assert codes(rows) == [("kind-of-file", "note", "bounced.csv")]


def test_in_our_own_format_a_state_goes_before_the_name_of_the_file(tmp_path: Path) -> None:
    rows = read(tmp_path, f"address,state\n{ANA},active\n{BO},\n", "unsubscribed.csv")
    assert stands(rows) == [(ANA, "active", None), (BO, "left", "unsubscribed")]


@pytest.mark.parametrize(
    ("column", "cell", "state"),
    [
        ("subscribed?", "no", ("left", "unsubscribed")),
        ("state", "left", ("left", "unsubscribed")),
        ("reason", "unsubscribed", ("left", "unsubscribed")),
        ("reason", "hard bounce", ("left", "bounced")),
        ("Email Subscriber Status", "Unsubscribed", ("left", "unsubscribed")),
        ("Email Marketing Consent", "UNSUBSCRIBED", ("left", "unsubscribed")),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED", ("unconfirmed", None)),
        ("Permission", "Unsubscribed", ("left", "unsubscribed")),
        ("Statut", "désabonné", ("left", "unsubscribed")),
        ("Statut", "abonné", ("active", None)),
        ("Status", "abgemeldet", ("left", "unsubscribed")),
        ("hard_bounced", "1", ("left", "bounced")),
        ("reason", "", ("active", None)),
    ],
)
@pytest.mark.parametrize("format_of", ["email", "address,name"])
def test_a_column_under_another_name_still_says_who_left(
    tmp_path: Path, format_of: str, column: str, cell: str, state: tuple[str, str | None]
) -> None:
    ours = format_of != "email"
    rows = read(tmp_path, f"{format_of},{column}\n{ANA},{'Ana,' if ours else ''}{cell}\n")
    assert stands(rows) == [(ANA, *state)]


@pytest.mark.parametrize("header", ["address,status", "address,name,Email status"])
def test_a_status_in_our_own_format_is_read(tmp_path: Path, header: str) -> None:
    commas = "," * header.count(",")
    rows = read(tmp_path, f"{header}\n{ANA}{commas}unsubscribed\n{BO}{commas}odd\n")
    assert stands(rows) == [(ANA, "left", "unsubscribed"), (BO, "unclear", None)]
    assert codes(rows) == [("unknown-status", "error", "list.csv:3")]


@pytest.mark.parametrize(
    "column",
    [
        "Unsub info",
        "GDPR consent",
        "Newsletter opt-outs",
        "Bounce class",
        "Lead status",
        "Spam score",
        "Fecha de la baja",
        "Abgemeldet von",
        "removed by",
    ],
)
@pytest.mark.parametrize("format_of", ["email", "address"])
def test_a_column_that_may_tell_who_left_stops_the_import(tmp_path: Path, format_of: str, column: str) -> None:
    rows = read(tmp_path, f"{format_of},{column}\n{ANA},x\n")
    mend = (
        f'the column "{column}" may tell who left, and is not read; rename it to "state" with '
        "active, unconfirmed or left in it, or remove it if it says nothing about leaving"
    )
    assert told(rows)[-1] == ("unclear-column", "error", "list.csv:1", mend)
    assert people(rows) == []
    assert "unclear-column" in UNREADABLE


def test_a_status_that_stands_twice_is_read_twice(tmp_path: Path) -> None:
    assert stands(read(tmp_path, f"email,status,Status\n{ANA},active,unsubscribed\n")) == [
        (ANA, "left", "unsubscribed")
    ]


@pytest.mark.parametrize("column", ["Embajada", "Marital status", "Trabajador", "Consent source", "notes"])
def test_a_column_that_says_nothing_of_leaving_stops_nothing(tmp_path: Path, column: str) -> None:
    rows = read(tmp_path, f"email,{column}\n{ANA},x\n")
    assert stands(rows) == [(ANA, "active", None)]
    assert told(rows) == []


@pytest.mark.parametrize("cell", ["Unsubscribed", " opted-out ", "BOUNCED", "cleaned", "blacklisted", "désabonné"])
@pytest.mark.parametrize("format_of", ["email", "address"])
def test_a_word_of_leaving_in_any_column_is_not_passed_over(tmp_path: Path, format_of: str, cell: str) -> None:
    rows = read(tmp_path, f"{format_of},name,x\n{ANA},Ana,{cell}\n{BO},Bo,reader\n{CY},Unsubscribed,\n")
    assert stands(rows) == [(ANA, "unclear", None), (BO, "active", None), (CY, "active", None)]
    mend = f'"{cell.strip()}" in the column "x" may say that they left; rename the column to "state", or remove it'
    assert told(rows)[-1] == ("unclear-status", "error", "list.csv:2", mend)


def test_a_state_of_the_country_is_none_of_a_subscription_where_a_city_stands_beside_it(tmp_path: Path) -> None:
    rows = read(tmp_path, f"email,city,state\n{ANA},Harbor,ME\n{BO},Harbor,left\n")
    assert stands(rows) == [(ANA, "active", None), (BO, "left", "unsubscribed")]
    assert unclear(read(tmp_path, f"email,state\n{ANA},ME\n")) == [ANA]


def test_a_row_that_ends_before_the_column_of_the_state_is_unclear(tmp_path: Path) -> None:
    mend = "it ends before the column that tells who left; fill in the cells it lacks"
    for header in ("email,name,status", "address,name,state", "email,name,Subscribed", "address,name,status"):
        rows = read(tmp_path, f"{header}\n{ANA},Ana\n\n ,\n{BO},Bo,active\n")
        assert stands(rows) == [(ANA, "unclear", None), (BO, "active", None)]
        assert told(rows) == [("short-row", "error", "list.csv:2", mend)]
    assert unclear(read(tmp_path, f"email,name,Unsubscribed\n{ANA},Ana\n")) == [ANA]


# What the name of a file does not say


@pytest.mark.parametrize(
    "name",
    [
        "readers_no_bounces.csv",
        "active-without-unsubscribes.csv",
        "not yet unsubscribed.csv",
        "subscribed_and_unsubscribed.csv",
        "unconfirmed+unsubscribed.txt",
    ],
)
@pytest.mark.parametrize("header", ["email,name", "address", "email"])
def test_a_name_that_may_mean_either_stops_the_import(tmp_path: Path, name: str, header: str) -> None:
    rows = read(tmp_path, f"{header}\n{ANA}\n", name)
    mend = "its name may mean that those in it left, or that they did not; rename it so that it says what it holds"
    assert told(rows) == [("unclear-name", "error", name, mend)]
    assert people(rows) == []
    assert "unclear-name" in UNREADABLE


def test_such_a_name_stops_nothing_where_a_column_says_who_left(tmp_path: Path) -> None:
    rows = read(tmp_path, f"email,status\n{ANA},active\n{BO},bounced\n", "readers_no_bounces.csv")
    assert stands(rows) == [(ANA, "active", None), (BO, "left", "bounced")]
    assert told(rows) == []


# Rows that are rejected


@pytest.mark.parametrize(
    "row",
    [
        f"{ANA},Ruiz, Ana,x,y",
        f'{ANA},"Ana,active',
        f'{ANA},"Ana" x,active',
        f'"{ANA}"x,Ana,active',
        f"Ruiz,Ana,{ANA},active",
        f"{ANA},Ana,subscribd",
        f"{ANA},Ana,",
        f"{ANA},Ana",
    ],
)
def test_a_row_that_is_rejected_leaves_its_address_unclear(tmp_path: Path, row: str) -> None:
    rows = read(tmp_path, f"email,name,status\n{row}\n{BO},Bo,active\n")
    expected = [] if row.startswith('"') else [(ANA, "unclear", None)]
    assert stands(rows) == [*expected, (BO, "active", None)]
    assert [code[2] for code in codes(rows)] == ["list.csv:2"]


@pytest.mark.parametrize("row", [f"{ANA},Ruiz, Ana", f'{ANA},"Ana', f'{ANA},"Ana" x'])
def test_a_row_that_is_rejected_among_those_who_left_has_left(tmp_path: Path, row: str) -> None:
    for header, state in (("email,name", ("left", "bounced")), ("address,name", ("left", "bounced"))):
        assert stands(read(tmp_path, f"{header}\n{row}\n", "cleaned.csv")) == [(ANA, *state)]


def test_a_line_of_a_plain_list_with_more_than_an_address_is_unclear(tmp_path: Path) -> None:
    rows = read(tmp_path, f"{BO}\n{ANA} unsubscribed\nno@, {CY}\n")
    assert stands(rows) == [(BO, "active", None), (ANA, "unclear", None), (CY, "unclear", None)]
    assert len(codes(rows)) == 2


# listmonk and Substack


def test_an_export_of_listmonk_is_said_not_to_tell_who_left_a_list() -> None:
    ((_, rows),) = sheets(LISTS / "listmonk.csv")
    mend = (
        "this export of listmonk does not tell who left a list; import as well what listmonk exports of each list "
        'filtered to unsubscribed people, in files named "unsubscribed…"'
    )
    assert told(rows) == [("enabled", "warning", "listmonk.csv", mend)]


def test_the_unsubscribed_people_of_a_list_of_listmonk_have_left_although_enabled(tmp_path: Path) -> None:
    rows = read(tmp_path, (LISTS / "listmonk.csv").read_bytes(), "unsubscribed-weekly.csv")
    assert {row.state for row in people(rows)} == {"left"}
    assert codes(rows) == [("kind-of-file", "note", "unsubscribed-weekly.csv")]


def test_who_receives_nothing_from_substack_has_left_and_who_stopped_paying_has_not(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        "Email,Name,Subscription type,Cancel date,Start date,Receiving emails for\n"
        f"{ANA},Ana,Free,2024-05-01,2023-05-01,Harbor News\n{BO},Bo,Free,,2023-05-01,\n",
    )
    assert stands(rows) == [(ANA, "active", None), (BO, "left", "unsubscribed")]
