"""Importing: all or nothing, in any order, with evidence; and whoever left stays away."""

import csv
import io
import itertools
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import inspect

from publisher.actions.choosing import leave
from publisher.actions.importing import Imported, import_subscribers
from publisher.actions.people import erase_subscriber, export_subscribers, list_subscribers
from publisher.actions.subscribing import ask, confirm
from publisher.app import App
from publisher.errors import IssueError, SourceError
from publisher.records import Suppression, Wish
from publisher.store import requests, suppressions
from tests.actions.people import (
    HARBOR,
    WEEKLY,
    a_list,
    about,
    at,
    dump,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.conftest import KEYS, NOW, ROOT

Open = Callable[..., App]
LISTS = ROOT / "tests" / "data" / "lists"
STATES = {
    "subscribed": "active,",
    "unconfirmed": "unconfirmed,",
    "unsubscribed": "left,unsubscribed",
    "cleaned": "left,bounced",
    "complained": "left,complained",
}


def counted(done: Imported) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: number for name, number in asdict(done.counts).items() if number}


def test_the_counts_say_what_became_of_each_address(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    first = a_list(site, "first.csv", "ana@example.org,,", "bo@example.org,unconfirmed,", "cy@example.org,left,")
    assert counted(taken(app, first, newsletters=[WEEKLY])) == {
        "rows": 3, "new": 1, "unconfirmed": 1, "left": 1, "suppressed": 1,
    }  # fmt: skip
    rows = (
        "ana@example.org,,", "Ana@Example.org,,", "bo@example.org,active,", "cy@example.org,,", "di@example.org,,",
        "di@example.org,,", "ed@example.org,unconfirmed,", "fay@example.org,left,bounced", "not an address,,",
    )  # fmt: skip
    done = taken(app, a_list(site, "second.csv", *rows), newsletters=[WEEKLY, HARBOR])
    assert counted(done) == {
        "rows": 8, "new": 1, "unconfirmed": 1, "known": 2, "confirmed": 1, "left": 2, "suppressed": 1, "doubles": 2,
        "widened": 1,
    }  # fmt: skip
    assert (done.rejected, done.refusal, done.dry_run) == (1, None, False)
    assert [(f.severity, f.place) for f in done.findings] == [("error", "second.csv:10")]
    assert done.sheets == (("second.csv", "Publisher", 8),)


def orders() -> list[tuple[str, ...]]:
    return [order for number in (2, 3) for order in itertools.permutations(STATES, number)]


def end(kinds: tuple[str, ...]) -> tuple[str, bool]:
    """The state that any order of lists must end in, and whether it is a complaint."""
    if {"unsubscribed", "cleaned", "complained"} & set(kinds):
        return "left", "complained" in kinds
    return ("active" if "subscribed" in kinds else "unconfirmed"), False


def state(app: App, address: str) -> tuple[str, bool]:
    found = about(app, address)
    forbidden = {one.reason for one in found.suppressions if not one.newsletter}
    assert found.person is None or (found.person.state == "left") == bool(forbidden)
    return "left" if forbidden else person(app, address).state, "complained" in forbidden


@pytest.mark.parametrize("commands", ["one command", "several commands"])
def test_every_order_of_lists_ends_in_the_same_state(
    site: Path, open_app: Open, database_url: str, commands: str
) -> None:
    app = open_app(site, database_url=database_url)
    people = {f"person{number}@example.org": order for number, order in enumerate(orders())}
    lists = [
        a_list(site, f"{n}.csv", *(f"{who},{STATES[order[n]]}" for who, order in people.items() if n < len(order)))
        for n in range(3)
    ]
    steps = [lists] if commands == "one command" else [[one] for one in lists]
    for step in steps:
        assert taken(app, *step).refusal is None
    assert {who: state(app, who) for who in people} == {who: end(order) for who, order in people.items()}


def test_mailchimps_files_end_the_same_in_any_order_and_in_their_zip(
    site: Path, open_app: Open, tmp_path: Path, ready_file: Path
) -> None:
    subscribed = (LISTS / "subscribed_email_audience_export_0a1b2c3d4e.csv").read_text()
    files = {}
    for kind in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed"):
        name = f"{kind}_email_audience_export_0a1b2c3d4e.csv"
        text = (LISTS / name).read_text()
        if kind == "subscribed":
            # Those who left stand among the subscribed as well: one line of each other file.
            row = subscribed.splitlines()[1]
            for who in ("cy.moss@example.net", "di.park@example.com"):
                text += row.replace("ana.ruiz@example.com", who) + "\n"
        files[name] = text
    ends = []
    for number, order in enumerate(itertools.permutations(files)):
        folder = tmp_path / str(number)
        folder.mkdir()
        packed = folder / "audience_export.zip"
        with zipfile.ZipFile(packed, "w") as made:
            for name in order:
                made.writestr(name, files[name])
        shutil.copy(ready_file, folder / "people.db")
        app = open_app(site, database_url=f"sqlite:///{folder / 'people.db'}")
        if number % 6 == 0:
            for name in order:
                (folder / name).write_text(files[name])
                assert taken(app, folder / name).refusal is None
        else:
            assert taken(app, packed).refusal is None
        ends.append({(p.address, p.state) for p in list_subscribers(app) if p.state != "left"})
        assert reasons(app, "cy.moss@example.net") == [("", "unsubscribed")]
        assert reasons(app, "di.park@example.com") == [("", "bounced")]
        app.close()
    active = {("ana.ruiz@example.com", "active"), ("bo.lind@example.org", "active")}
    assert ends == [active | {("ed.sauer@example.org", "unconfirmed")}] * 24


ROWS = st.tuples(st.integers(0, 3), st.sampled_from(sorted(STATES)), st.sampled_from(["", WEEKLY, HARBOR]))


@pytest.fixture
def two(site: Path, open_app: Open) -> App:
    return open_app(two_newsletters(site))


numbers = itertools.count()


@given(rows=st.lists(ROWS, min_size=1, max_size=7), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_neither_the_order_nor_the_number_of_lists_matters(
    two: App, rows: list[tuple[int, str, str]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(range(len(rows)))) for _ in range(2)]
    cut = data.draw(st.integers(0, len(rows)))
    ends = []
    for order in orders:
        salt = next(numbers)
        lines = [f"p{rows[n][0]}x{salt}@example.org,{STATES[rows[n][1]]},{rows[n][2] or WEEKLY}" for n in order]
        header = "address,state,reason,newsletters"
        whole = a_list(two.folder, f"whole{salt}.csv", *lines, header=header)
        taken(two, whole)
        apart = [line.replace("@example.org", "@example.net") for line in lines]
        for part, some in enumerate((apart[:cut], apart[cut:])):
            if some:
                taken(two, a_list(two.folder, f"part{salt}-{part}.csv", *some, header=header))
        for host in ("example.org", "example.net"):
            ends.append([told(two, f"p{number}x{salt}@{host}") for number in sorted({row[0] for row in rows})])
    assert ends == [ends[0]] * len(ends)


def told(app: App, address: str) -> tuple[object, ...]:
    found = about(app, address)
    forbidden = [one.reason for one in found.suppressions if not one.newsletter]
    if forbidden:
        return "left", "complained" in forbidden
    assert found.person
    # To what someone never confirmed they did not agree, whatever it is.
    agreed = found.person.newsletters if found.person.state == "active" else ()
    return found.person.state, frozenset(agreed)


def test_one_person_in_two_rows_of_one_import_gets_both_newsletters(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    rows = (f"ana@example.org,{WEEKLY}", f"ana@example.org,{HARBOR}")
    done = taken(app, a_list(site, "people.csv", *rows, header="address,newsletters"))
    assert set(person(app).newsletters) == {WEEKLY, HARBOR}
    assert (done.counts.new, done.counts.known, done.counts.doubles) == (1, 0, 1)


def test_who_never_confirmed_one_newsletter_does_not_get_it_by_confirming_another(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    header = "address,state,newsletters"
    taken(app, a_list(site, "asked.csv", f"ana@example.org,unconfirmed,{HARBOR}", header=header))
    taken(app, a_list(site, "agreed.csv", f"ana@example.org,active,{WEEKLY}", header=header))
    assert (person(app).state, person(app).newsletters) == ("active", (WEEKLY,))


def test_the_same_again_adds_nobody_and_changes_no_row(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    rows = [f"person{n}@example.org,{state}" for n, state in enumerate(STATES.values())]
    rows += ["person0@example.org,active,", "both@example.org,active,", "both@example.org,left,"]
    path = a_list(site, "people.csv", *rows)
    taken(app, path, newsletters=[HARBOR, WEEKLY])
    before = dump(app)
    for newsletters in ([HARBOR, WEEKLY], [WEEKLY, HARBOR], [WEEKLY]):
        done = taken(at(app, NOW + timedelta(days=1)), path, newsletters=newsletters)
        assert (done.counts.new, done.counts.widened, done.counts.suppressed) == (0, 0, 0)
        assert dump(app) == before


def test_who_we_have_stays_as_they_are(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    header = "address,name,language,topics"
    taken(app, a_list(site, "one.csv", "ana@example.org,Ana,es,heart", header=header))
    before = person(app)
    taken(app, a_list(site, "two.csv", "ANA@example.org,Anna,en,sleep", header=header))
    assert person(app) == before and before.topics == ("heart",)


def left_by_the_page(app: App) -> None:
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id), everything=True, how="by the page")


def erased(app: App) -> None:
    erase_subscriber(app, "ana@example.org", who="tests")


def bounced(app: App) -> None:
    taken(app, a_list(app.folder, "cleaned.csv", "ana@example.org,left,bounced"))


def complained(app: App) -> None:
    taken(app, a_list(app.folder, "spam.csv", "ana@example.org,left,complained"))


@pytest.mark.parametrize("gone", [left_by_the_page, erased, bounced, complained])
def test_nobody_who_is_gone_comes_back_by_any_import(
    site: Path, open_app: Open, database_url: str, gone: Callable[[App], None]
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org")
    gone(app)
    before = dump(app)
    for state in ("active", "unconfirmed", ""):
        for newsletters in ([WEEKLY], [HARBOR], [WEEKLY, HARBOR]):
            path = a_list(site, "again.csv", f"Ana@EXAMPLE.org,{state},")
            assert counted(taken(app, path, newsletters=newsletters)) == {"rows": 1, "left": 1}
    assert dump(app) == before


def test_a_complaint_outweighs_whatever_was_the_reason_before(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    for number, reason in enumerate(("unsubscribed", "bounced", "complained")):
        who = f"p{number}@example.org"
        for then in (reason, "complained", "unsubscribed"):
            taken(app, a_list(site, "left.csv", f"{who},left,{then}"))
        assert reasons(app, who) == [("", "complained")]


def test_in_one_import_the_gravest_reason_counts(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    rows = ("a@example.org,left,unsubscribed", "a@example.org,left,bounced", "b@example.org,left,bounced")
    taken(app, a_list(site, "left.csv", *rows, "b@example.org,left,complained", "b@example.org,active,"))
    assert reasons(app, "a@example.org") == [("", "bounced")]
    assert reasons(app, "b@example.org") == [("", "complained")]


def test_who_left_is_told_so_in_their_history(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    with_people(app, "ana@example.org")
    taken(app, a_list(site, "gone.csv", "ana@example.org,left,"))
    assert [(e.what, e.how) for e in about(app, "ana@example.org").history] == [("left", "import: gone.csv")]
    assert (person(app).state, person(app).revision) == ("left", 1)


def test_without_evidence_nobody_is_kept(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    before = dump(app)
    path = a_list(site, "people.csv", "ana@example.org,,", "bo@example.org,,", "cy@example.org,left,")
    for options in ({"source": "", "consent": ""}, {"source": "cards", "consent": " "}, {"source": "", "consent": "c"}):
        done = taken(app, path, **options)
        assert (done.counts.unproven, done.counts.new) == (2, 2)
        assert done.refusal == (
            "2 people are new, and nothing says how they agreed: say where with --source "
            '(like "sign-up cards at the front desk") and what proves it with --consent (like "signed cards of 2026")'
        )
        assert dump(app) == before


@pytest.mark.parametrize(
    ("row", "options", "kept"),
    [
        ("ana@example.org,web form,2026-03-04", {}, True),
        ("ana@example.org,web form,", {}, False),
        ("ana@example.org,,2026-03-04", {}, False),
        ("ana@example.org,,2026-03-04", {"source": "cards"}, True),
        ("ana@example.org,web form,", {"consent": "signed"}, True),
        ("ana@example.org,,", {"source": "cards"}, False),
    ],
)
def test_evidence_is_in_the_row_or_in_the_import(
    site: Path, open_app: Open, database_url: str, row: str, options: dict[str, str], kept: bool
) -> None:
    app = open_app(site, database_url=database_url)
    path = a_list(site, "people.csv", row, header="address,consent_source,consent_at")
    done = taken(app, path, **{"source": "", "consent": ""} | options)
    assert (done.refusal is None) == kept == bool(list_subscribers(app))


def test_lists_of_those_who_left_or_never_confirmed_need_no_evidence(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(site, database_url=database_url)
    path = a_list(site, "people.csv", "ana@example.org,unconfirmed,", "bo@example.org,left,")
    assert taken(app, path, source="", consent="").refusal is None
    assert (person(app).state, reasons(app, "bo@example.org")) == ("unconfirmed", [("", "unsubscribed")])


def test_who_confirms_by_a_list_needs_evidence_too(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    taken(app, a_list(site, "asked.csv", "ana@example.org,unconfirmed,"), source="", consent="")
    agreed = a_list(site, "agreed.csv", "ana@example.org,active,")
    assert "nothing says how they agreed" in (taken(app, agreed, source="", consent="").refusal or "")
    assert person(app).state == "unconfirmed"
    assert taken(app, agreed).refusal is None
    history = about(app, "ana@example.org").history
    assert [(e.what, e.how) for e in history] == [
        ("imported", "agreed.csv; cards at the front desk; signed cards"),
    ]


def test_who_confirms_by_a_list_may_have_the_evidence_in_the_row(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    header = "address,state,consent_source,consent_at"
    taken(app, a_list(site, "asked.csv", "ana@example.org,unconfirmed,,", header=header), source="", consent="")
    agreed = a_list(site, "agreed.csv", "ana@example.org,active,web form,2026-03-04", header=header)
    assert taken(app, agreed, source="", consent="").refusal is None
    assert (person(app).state, person(app).consent_source, person(app).consent_at) == (
        "active",
        "web form",
        "2026-03-04",
    )


@pytest.mark.parametrize("evidence", [True, False])
def test_a_dry_run_counts_the_same_and_changes_nothing(
    site: Path, open_app: Open, database_url: str, evidence: bool
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "known@example.org", "leaving@example.org")
    taken(app, a_list(site, "asked.csv", "asked@example.org,unconfirmed,"), newsletters=[WEEKLY])
    rows = [f"person{n}@example.org,{state}" for n, state in enumerate(STATES.values())]
    rows += ["known@example.org,,", "leaving@example.org,left,", "asked@example.org,,", "broken,,"]
    path = a_list(site, "people.csv", *rows)
    before = dump(app)
    options: dict[str, Any] = {"newsletters": [WEEKLY, HARBOR]} | ({} if evidence else {"source": "", "consent": ""})
    planned = taken(app, path, dry_run=True, **options)
    assert dump(app) == before
    assert (planned.refusal is None, planned.counts.unproven) == ((True, 0) if evidence else (False, 3))
    done = taken(app, path, newsletters=[WEEKLY, HARBOR])
    assert replace(planned.counts, unproven=0) == done.counts
    assert (planned.findings, planned.rejected, planned.sheets) == (done.findings, done.rejected, done.sheets)


def broken_zip(path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(
            "subscribed_a.csv", "Email Address,LEID\n" + "".join(f"a{n}@example.org,{n}\n" for n in range(99))
        )
    path.write_bytes(packed.getvalue()[: len(packed.getvalue()) // 2])


def workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/workbook.xml", "<workbook/>")


@pytest.mark.parametrize(
    "spoil",
    [
        broken_zip,
        workbook,
        lambda path: path.write_bytes(b"address\nx@example.org\n\0\0\0"),
        lambda path: path.write_text('address,name\nx@example.org,"never closed\n' * 3),
        lambda path: path.write_text(",".join(["address"] * 1000)),
        lambda path: path.write_text(""),
    ],
    ids=["half a zip", "a workbook", "NUL bytes", "an open quotation", "1000 columns", "nothing"],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_that_cannot_be_read_keeps_nobody_of_any(
    site: Path, open_app: Open, spoil: Callable[[Path], object], place: int
) -> None:
    app = open_app(site)
    before = dump(app)
    bad = site / "bad.csv"
    spoil(bad)
    files = [a_list(site, "one.csv", "ana@example.org,,"), a_list(site, "two.csv", "bo@example.org,left,")]
    files.insert(place, bad)
    done = taken(app, *files)
    if done.refusal is None:
        # An open quotation may end with its line: then only that line is lost, and it is told.
        assert bad.read_bytes().count(b'"') and done.rejected
        return
    assert "mend what is named above" in done.refusal and done.findings[0].place.startswith("bad.csv")
    assert dump(app) == before


def test_a_file_that_is_not_there_keeps_nobody_either(site: Path, open_app: Open) -> None:
    app = open_app(site)
    before = dump(app)
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read"):
        taken(app, a_list(site, "one.csv", "ana@example.org,,"), site / "gone.csv")
    assert dump(app) == before


def test_which_newsletters_are_meant_is_said_in_the_row_or_by_the_flag(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    path = a_list(site, "people.csv", "ana@example.org,", f"bo@example.org,{HARBOR}", header="address,newsletters")
    done = taken(app, path)
    assert done.refusal == (
        "say for which newsletter these people are with --newsletter (known: health-weekly, harbor-notes)"
    )
    assert list_subscribers(app) == []
    assert taken(app, path, newsletters=[WEEKLY, WEEKLY]).newsletters == (WEEKLY,)
    assert {p.address: p.newsletters for p in list_subscribers(app)} == {
        "ana@example.org": (WEEKLY,), "bo@example.org": (HARBOR,),
    }  # fmt: skip
    with pytest.raises(IssueError, match='there is no newsletter "weekly"'):
        taken(app, path, newsletters=["weekly"])


def test_where_there_is_one_newsletter_it_is_meant(site: Path, open_app: Open) -> None:
    app = open_app(site)
    with_people(app, "ana@example.org", newsletters=())
    assert person(app).newsletters == (WEEKLY,)


def test_who_left_needs_no_newsletter(site: Path, open_app: Open) -> None:
    app = open_app(two_newsletters(site))
    assert taken(app, a_list(site, "gone.csv", "ana@example.org,left,")).refusal is None


def test_known_people_get_a_further_newsletter_and_nobody_else_does(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org", "bo@example.org")
    taken(app, a_list(site, "asked.csv", "cy@example.org,unconfirmed,"), newsletters=[WEEKLY])
    rows = ("ana@example.org,,", "cy@example.org,unconfirmed,")
    done = taken(app, a_list(site, "harbor.csv", *rows), newsletters=[HARBOR])
    assert counted(done) == {"rows": 2, "known": 2, "widened": 1}
    assert person(app).newsletters == (WEEKLY, HARBOR)
    assert [e.what for e in about(app, "ana@example.org").history] == ["imported"]
    assert {person(app, f"{who}@example.org").newsletters for who in ("bo", "cy")} == {(WEEKLY,)}


def test_who_left_one_newsletter_does_not_get_it_back_by_an_import(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id, HARBOR), everything=False, how="page")
    before = dump(app)
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    with_people(app, "ana@example.org", newsletters=(HARBOR,))
    assert dump(app) == before and person(app).newsletters == (WEEKLY,)


def test_who_was_erased_after_leaving_one_newsletter_is_gone_from_both(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id, HARBOR), everything=False, how="page")
    erased(app)
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    assert about(app, "ana@example.org").person is None
    assert reasons(app) == [("", "erased"), (HARBOR, "unsubscribed")]


def test_an_export_comes_back_as_the_same_people(site: Path, open_app: Open, database_url: str, tmp_path: Path) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    header = "address,name,language,topics,newsletters,state,reason,consent_source,consent_at"
    rows = (
        f"ana@example.org,'=HYPERLINK(1),es,heart;sleep,{WEEKLY},active,,web form,2026-03-04",
        f"'+bo@example.org,'@cmd,en,,{HARBOR};{WEEKLY},active,,'-card,2026-03-05",
        f"cy@example.org,O'Brien,,,{WEEKLY},unconfirmed,,web form,",
        f"di@example.org,''quoted,pt-BR,,{HARBOR},left,bounced,,",
        f"josé@example.org,José \u202eX,,,{HARBOR},left,complained,,",
        f"=1+1@example.org,＝1,,,{HARBOR},active,,card,2026-03-06",
    )
    known = ("di@example.org,,", "josé@example.org,,", "ed@example.org,,")
    taken(app, a_list(site, "known.csv", *known), newsletters=[HARBOR])
    done = taken(app, a_list(site, "people.csv", *rows, header=header))
    taken(app, a_list(site, "gone.csv", "ed@example.org,left,"))
    assert done.rejected == 0
    with (tmp_path / "once.csv").open("w", encoding="utf-8", newline="") as file:
        export_subscribers(app, file, "csv")
    fresh = open_app(site, database_url=f"sqlite:///{tmp_path / 'fresh.db'}")
    back = taken(fresh, tmp_path / "once.csv", source="", consent="")
    assert (back.refusal, back.rejected) == (None, 0)
    assert states(fresh) == states(app)
    with (tmp_path / "once.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) > 50 and not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n＝＋－＠")]


def states(app: App) -> set[tuple[object, ...]]:
    """Who may be written to with what; who left is told by the suppression list alone."""
    people: set[tuple[object, ...]] = {
        (p.address, p.name, p.language, p.topics, p.newsletters, p.state, p.consent_source, p.consent_at)
        for p in list_subscribers(app)
        if p.state != "left"
    }
    with app.database.read() as connection:
        for who in ("di", "josé", "ed"):
            held = suppressions.of(connection, app.fingerprint(f"{who}@example.org"))
            people |= {(who, one.newsletter, one.reason) for one in held}
    return people


@given(name=st.text(max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_runs_in_a_spreadsheet_and_each_comes_back(two: App, name: str) -> None:
    salt = next(numbers)
    header = ("address", "name", "newsletters")
    buffer = io.StringIO()
    csv.writer(buffer).writerows([header, (f"n{salt}@example.org", f"'{name}" if name[:1] in "=+-@" else name, WEEKLY)])
    path = two.folder / "named.csv"
    path.write_text(buffer.getvalue().replace("\0", ""), encoding="utf-8", errors="ignore", newline="")
    taken(two, path)
    out = io.StringIO()
    export_subscribers(two, out, "csv")
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n＝＋－＠")]


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from publisher.actions.importing import import_subscribers
from publisher.app import App
from publisher.config import load
from publisher.store import heaps, intakes
from tests.conftest import KEYS, NOW

where = sys.argv[3]
module = heaps.Heap if where == "gather" else intakes._Taking
real = getattr(module, where)

def killed(*args, **kwargs):
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, where, killed)
config = load(Path(sys.argv[1]))
config = config.model_copy(update={"store": config.store.model_copy(update={"url": sys.argv[2]})})
app = App(config, clock=lambda: NOW, keys=KEYS)
import_subscribers(app, [Path(sys.argv[1]) / "people.csv"], who="x", source="s", consent="c")
"""


@pytest.mark.parametrize("where", ["gather", "_suppress", "_add", "_widen"])
def test_killed_in_the_middle_nobody_is_kept_and_the_next_import_takes_all(
    site: Path, open_app: Open, database_url: str, where: str
) -> None:
    app = open_app(site, database_url=database_url)
    before = dump(app)
    app.close()
    path = a_list(site, "people.csv", "gone@example.org,left,", *(f"p{n}@example.org,," for n in range(300)))
    command = [sys.executable, "-c", KILLED_AT, str(site), database_url, where]
    killed = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, timeout=60, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    app = open_app(site, database_url=database_url)
    assert dump(app) == before
    assert taken(app, path).counts.new == 300


def test_nothing_is_left_of_the_tables_it_gathers_in(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    for number in range(3):
        path = a_list(site, "people.csv", f"p{number}@example.org,,", f"gone{number}@example.org,left,")
        assert counted(taken(app, path)) == {"rows": 2, "new": 1, "left": 1, "suppressed": 1}
        with app.database.read() as connection:
            look = inspect(connection)
            assert {"gathered", "profile"}.isdisjoint({*look.get_table_names(), *look.get_temp_table_names()})


def test_two_imports_at_once_keep_everybody_once(site: Path, open_app: Open, database_url: str) -> None:
    open_app(site, database_url=database_url).database.read().__enter__()
    ours = [f"p{n}@example.org" for n in range(400)]
    lists = [
        a_list(site, "one.csv", *(f"{who},," for who in ours), *(f"gone{n}@example.org,left," for n in range(200))),
        a_list(
            site, "two.csv", *(f"{who},," for who in reversed(ours)), *(f"gone{n}@example.org,," for n in range(200))
        ),
        a_list(site, "three.csv", *(f"gone{n}@example.org,left,bounced" for n in reversed(range(200)))),
    ]

    def go(path: Path) -> Imported:
        return taken(open_app(site, database_url=database_url), path)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(go, lists))
    assert sum(one.counts.new for one in done) <= 600
    app = open_app(site, database_url=database_url)
    held = list_subscribers(app)
    assert len({p.address_key for p in held}) == len(held)
    assert {p.address for p in held if p.state == "active"} == set(ours)
    assert {state(app, f"gone{n}@example.org")[0] for n in range(200)} == {"left"}


def test_who_leaves_while_an_import_reads_stays_away(
    site: Path, open_app: Open, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org", "bo@example.org")
    other = open_app(site, database_url=database_url)
    links = app.signing_links
    path = a_list(site, "again.csv", "ana@example.org,,", "bo@example.org,,")

    def meanwhile(read: int) -> None:
        if other.clock() == NOW:
            leave(other, links.sign("unsubscribe", person(other).public_id), everything=True, how="by the page")

    taken(app, path, newsletters=[WEEKLY, HARBOR], progress=meanwhile)
    assert (state(app, "ana@example.org")[0], person(app).newsletters) == ("left", (WEEKLY,))
    assert person(app, "bo@example.org").newsletters == (WEEKLY, HARBOR)


def test_the_progress_adds_up_to_the_size_of_the_files(site: Path, open_app: Open) -> None:
    app = open_app(site)
    paths = [a_list(site, f"{n}.csv", *(f"p{n}x{m}@example.org,," for m in range(3000))) for n in range(2)]
    seen: list[int] = []
    taken(app, *paths, progress=seen.append)
    assert sum(seen) == sum(path.stat().st_size for path in paths)


def test_the_import_remembers_who_brought_the_list_and_why(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    lists = [a_list(site, "one.csv", "ana@example.org,,"), a_list(site, "two.csv", "bo@example.org,,")]
    import_subscribers(app, lists, who="greta", source=" desk ", consent=" cards ")
    found = about(app, "bo@example.org")
    assert found.intake
    assert (found.intake.who, found.intake.files) == ("greta", "one.csv, two.csv")
    assert (found.intake.source, found.intake.consent, found.intake.at) == ("desk", "cards", NOW)
    assert found.person and found.person.consent_source == "desk"


def test_who_confirmed_by_mail_after_leaving_stays_when_an_old_list_is_imported(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(site, database_url=database_url)
    with_people(app, "ana@example.org")
    left_by_the_page(app)
    ask(app, Wish(address="ana@example.org", address_key="ana@example.org", newsletters=(WEEKLY,)))
    with app.database.read() as connection:
        (request,) = requests.of(connection, "ana@example.org")
    assert confirm(app, app.signing_links.sign("confirm", request.public_id)).state == "done"
    with_people(app, "ana@example.org")
    assert (person(app).state, reasons(app)) == ("active", [])


def test_a_row_that_left_ends_it_whatever_newsletter_it_names(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    taken(app, a_list(site, "gone.csv", f"ana@example.org,left,{HARBOR}", header="address,state,newsletters"))
    assert state(app, "ana@example.org") == ("left", False)


def test_an_address_that_was_forbidden_before_any_list_is_not_taken_in(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(site, database_url=database_url)
    with app.database.write() as connection:
        forbidden = Suppression(fingerprint=KEYS.fingerprint("ana@example.org"), reason="erased", at=NOW)
        suppressions.add(connection, forbidden)
    with_people(app, "ana@example.org", "bo@example.org")
    assert [p.address for p in list_subscribers(app)] == ["bo@example.org"]
