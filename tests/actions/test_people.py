"""What we hold of people can be shown, taken along and erased, to the last byte."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.actions.bounces import read_reports
from publisher.actions.choosing import leave
from publisher.actions.people import erase_subscriber, export_subscribers, list_subscribers, segments, show_subscriber
from publisher.actions.sending import send_issue
from publisher.actions.subscribing import ask, confirm, mail_requests
from publisher.app import App
from publisher.errors import AddressError, IssueError
from publisher.records import Wish
from publisher.store import requests
from tests.actions.people import (
    HARBOR,
    WEEK,
    WEEKLY,
    a_list,
    about,
    approved,
    certificate,
    dump,
    more_settings,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.actions.test_bounces import bounce
from tests.conftest import NOW

Open = Callable[..., App]
ANA = "ana.erasable@example.org"


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    more_settings(two_newsletters(site), '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    return open_app(site, database_url=database_url)


@pytest.fixture
def plain(site: Path, open_app: Open) -> App:
    """On SQLite alone, for what only looks."""
    more_settings(two_newsletters(site), '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    return open_app(site)


def lived(app: App) -> None:
    """Ana came by a list, got an issue, asked for another newsletter, left one, and a copy of hers came back."""
    header = "address,name,newsletters,consent_source,consent_at"
    rows = (f"{ANA},Ana Erasable,{WEEKLY},web form,2026-03-04", f"zoe@example.org,Zoe,{WEEKLY},web form,2026-03-04")
    taken(app, a_list(app.folder, "people.csv", *rows, header=header))
    approved(app)
    send_issue(app, app.newsletter(WEEKLY), WEEK)
    ask(app, Wish(address=ANA, address_key=ANA, newsletters=(HARBOR,)))
    mail_requests(app)
    with app.database.read() as connection:
        (request,) = requests.of(connection, ANA)
    confirm(app, app.signing_links.sign("confirm", request.public_id))
    leave(app, app.signing_links.sign("unsubscribe", person(app, ANA).public_id, HARBOR), everything=False, how="page")
    list(read_reports(app, [("b", bounce(app, "4.2.2", who=ANA))]))


def test_all_that_we_hold_on_an_address_is_shown(app: App) -> None:
    lived(app)
    found = show_subscriber(app, " Ana.Erasable@EXAMPLE.org ")
    assert found.person and not found.is_unknown
    assert (found.address, found.person.name, found.person.newsletters) == (ANA, "Ana Erasable", (WEEKLY,))
    assert found.intake and found.intake.files == "people.csv"
    assert [(one.newsletter, one.reason) for one in found.suppressions] == [(HARBOR, "unsubscribed")]
    assert [event.what for event in found.history] == ["confirmed", "left"]
    assert [bool(request.used_at) for request in found.requests] == [True]
    assert [(c.newsletter, c.period, c.delivery.state) for c in found.copies] == [(WEEKLY, WEEK, "accepted")]
    assert [b.kind for b in found.bounces] == ["bounce"]


def test_showing_changes_nothing(plain: App) -> None:
    lived(plain)
    before = dump(plain)
    show_subscriber(plain, ANA)
    show_subscriber(plain, "nobody@example.org")
    assert dump(plain) == before


def test_of_an_unknown_address_there_is_nothing_to_show(plain: App) -> None:
    found = show_subscriber(plain, "nobody@example.org")
    assert found.is_unknown and found.person is None and found.copies == ()


@pytest.mark.parametrize("text", ["", "ana", "ana@", "a b@example.org", "x" * 10_000 + "@example.org"])
def test_what_is_no_address_is_said_in_one_short_line(plain: App, text: str) -> None:
    with pytest.raises(AddressError, match="is no mail address: ") as refused:
        show_subscriber(plain, text)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_erasing_takes_the_person_out_and_keeps_what_was_counted(app: App) -> None:
    lived(app)
    issue_before = send_issue(app, app.newsletter(WEEKLY), WEEK)
    held = erase_subscriber(app, ANA, who="greta")
    assert held.person and len(held.copies) == 1
    after = send_issue(app, app.newsletter(WEEKLY), WEEK)
    assert str(after.certificate) == str(issue_before.certificate)
    found = about(app, ANA)
    assert (found.person, found.history, found.copies, found.requests, found.bounces) == (None, (), (), (), ())
    assert reasons(app, ANA) == [("", "erased"), (HARBOR, "unsubscribed")]
    assert found.suppressions[0].how == "erased by greta"
    whole = repr(dump(app))
    assert ANA not in whole and "Erasable" not in whole
    assert [p.address for p in list_subscribers(app)] == ["zoe@example.org"]


def written_mails(app: App) -> list[bytes]:
    return [path.read_bytes() for path in app.outbox.rglob("*.eml")]


def test_no_byte_of_the_address_is_left_in_the_database_or_the_outbox(site: Path, open_app: Open) -> None:
    app = open_app(two_newsletters(site))
    app.config = app.config.model_copy(
        update={"bounces": app.config.bounces.model_copy(update={"address": "bounces@news.alderbay.example"})}
    )
    lived(app)
    assert any(ANA.encode() in mail for mail in written_mails(app))
    public_id = person(app, ANA).public_id
    erase_subscriber(app, ANA, who="greta")
    assert not [mail for mail in written_mails(app) if ANA.encode() in mail]
    assert len(written_mails(app)) == 1
    for file in site.glob("publisher.db*"):
        data = file.read_bytes()
        for word in (ANA, "Erasable", "erasable", public_id):
            assert word.encode() not in data, (file.name, word)
        assert bytes.fromhex(public_id) not in data


def test_no_byte_is_left_of_people_who_came_with_many_others(site: Path, open_app: Open) -> None:
    app = open_app(two_newsletters(site))
    names = [f"{n * 7919 % 3000:04}.person@example.org" for n in range(3000)]
    for start in range(3):
        rows = [f"{name},Family Of {name[:4]}" for name in names[start::3]]
        taken(app, a_list(site, "many.csv", *rows, header="address,name"), newsletters=(WEEKLY,))
    taken(app, a_list(site, "more.csv", *(f"{name},," for name in names[::5])), newsletters=(HARBOR,))
    (site / "many.csv").unlink()
    for name in names[:200:7]:
        erase_subscriber(app, name, who="greta")
    held = b"".join(file.read_bytes() for file in site.glob("publisher.db*"))
    left = [name for name in names[:200:7] if name.encode() in held or f"Family Of {name[:4]}".encode() in held]
    assert left == []


def test_erasing_again_or_someone_unknown_only_forbids_the_address(app: App) -> None:
    for _ in range(2):
        found = erase_subscriber(app, "nobody@example.org", who="greta")
        assert found.person is None
    assert reasons(app, "nobody@example.org") == [("", "erased")]
    with_people(app, "nobody@example.org")
    assert list_subscribers(app) == []


def test_a_dry_run_of_erasing_shows_what_there_is_and_changes_nothing(plain: App) -> None:
    lived(plain)
    before, mails = dump(plain), written_mails(plain)
    held = erase_subscriber(plain, ANA, who="greta", dry_run=True)
    assert held.person and (dump(plain), written_mails(plain)) == (before, mails)


def test_erasing_someone_who_complained_keeps_the_complaint(app: App) -> None:
    taken(app, a_list(app.folder, "spam.csv", f"{ANA},left,complained"))
    erase_subscriber(app, ANA, who="greta")
    assert reasons(app, ANA) == [("", "complained")]


def test_the_number_of_someone_erased_is_never_given_to_another(app: App) -> None:
    with_people(app, ANA)
    number = person(app, ANA).id
    erase_subscriber(app, ANA, who="greta")
    with_people(app, "next@example.org")
    assert person(app, "next@example.org").id > number


def test_the_others_of_an_issue_keep_their_copies(plain: App) -> None:
    lived(plain)
    erase_subscriber(plain, ANA, who="greta")
    assert [c.delivery.state for c in about(plain, "zoe@example.org").copies] == ["accepted"]
    assert [str(mail.count(b"zoe@example.org") > 0) for mail in written_mails(plain)] == ["True"]


def test_the_list_is_of_all_or_of_one_newsletter(plain: App) -> None:
    with_people(plain, "a@example.org")
    with_people(plain, "b@example.org", newsletters=(HARBOR,))
    assert [p.address for p in list_subscribers(plain)] == ["a@example.org", "b@example.org"]
    assert [p.address for p in list_subscribers(plain, HARBOR)] == ["b@example.org"]
    with pytest.raises(IssueError, match='there is no newsletter "harbour"'):
        list_subscribers(plain, "harbour")


def test_the_segments_count_nobody_twice_and_name_nobody(app: App) -> None:
    header = "address,language,topics,newsletters"
    rows = (
        f"a@example.org,en,heart;sleep,{WEEKLY}",
        f"b@example.org,en,sleep;heart,{WEEKLY}",
        f"c@example.org,,,{WEEKLY}",
    )
    taken(app, a_list(app.folder, "people.csv", *rows, header=header))
    weekly, harbor = segments(app)
    assert (weekly.willing, harbor.willing) == (3, 0)
    assert weekly.languages == {"en": 2, "": 1}
    assert weekly.topics == {"heart": 2, "sleep": 2, "": 1}
    assert "example.org" not in repr(segments(app))


def test_an_export_says_why_someone_left(plain: App) -> None:
    with_people(plain, "a@example.org", "b@example.org", "c@example.org")
    rows = ("a@example.org,left,bounced", "b@example.org,left,complained")
    taken(plain, a_list(plain.folder, "gone.csv", *rows))
    out = io.StringIO()
    assert export_subscribers(plain, out, "csv") == 3
    rows_out = list(csv.DictReader(io.StringIO(out.getvalue().removeprefix("\ufeff"))))
    assert [(row["state"], row["reason"]) for row in rows_out] == [
        ("left", "bounced"), ("left", "complained"), ("active", ""),
    ]  # fmt: skip
    assert out.getvalue().startswith('\ufeff"address","name",') and "\r\n" in out.getvalue()


def test_the_json_of_an_export_is_one_document_with_what_their_record_holds(plain: App) -> None:
    out = io.StringIO()
    assert export_subscribers(plain, out, "json") == 0
    assert json.loads(out.getvalue()) == []
    lived(plain)
    out = io.StringIO()
    assert export_subscribers(plain, out, "json", WEEKLY) == 2
    ana, zoe = json.loads(out.getvalue())
    assert (ana["address"], ana["newsletters"], zoe["name"]) == (ANA, [WEEKLY], "Zoe")
    assert "fingerprint" not in ana and ana["created_at"] == NOW.isoformat()


def test_an_issue_on_its_way_stays_whole_when_someone_is_erased(app: App) -> None:
    with_people(app, ANA, "zoe@example.org")
    issue = approved(app)
    from tests.actions.people import frozen

    frozen(app)
    erase_subscriber(app, ANA, who="greta")
    done = send_issue(app, app.newsletter(WEEKLY), WEEK).certificate
    assert (done.counts, done.holds) == ({"accepted": 1, "skipped": 1}, True)
    assert certificate(app, issue).recipients == 2
