"""Whatever comes later, and whatever is broken, whoever left is not written to, and nobody stands in another's way."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions.choosing import leave, newsletters_of
from publisher.actions.people import erase_subscriber
from publisher.actions.sending import send_issue
from publisher.actions.subscribing import ask, confirm, mail_requests
from publisher.app import App
from publisher.errors import StoreError
from publisher.keys import Keyring
from publisher.records import Wish
from publisher.store import deliveries, requests, subscribers
from publisher.subscribers import Address, parse
from tests.actions.people import (
    HARBOR,
    WEEKLY,
    a_list,
    approved as approved_issue,
    frozen,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.conftest import KEYS, NOW

Open = Callable[..., App]


def wish(address: str, *newsletters: str) -> Wish:
    found = parse(address)
    assert isinstance(found, Address)
    return Wish(address=found.written, address_key=found.key, newsletters=newsletters or (WEEKLY,))


def token_for(app: App, address: str) -> str:
    found = parse(address)
    assert isinstance(found, Address)
    with app.database.read() as connection:
        request = requests.latest(connection, found.key)
    assert request
    return app.signing_links.sign("confirm", request.public_id)


def test_a_form_of_before_leaving_brings_nobody_back(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org")
    ask(app, wish("ana@example.org", HARBOR))
    link = token_for(app, "ana@example.org")
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id), everything=True, how="one-click")
    assert confirm(app, link).state == "invalid"
    assert (person(app).state, reasons(app)) == ("left", [("", "unsubscribed")])


def test_a_newsletter_that_is_not_declared_for_a_while_stays_left(site: Path, open_app: Open) -> None:
    before = (site / "publisher.toml").read_text()
    app = open_app(two_newsletters(site))
    with_people(app, "ana@example.org")
    with app.database.write() as connection:
        subscribers.change(connection, person(app), newsletters=())
    link = app.signing_links.sign("unsubscribe", person(app).public_id, HARBOR)
    approved_issue(app, HARBOR)
    both = (site / "publisher.toml").read_text()
    (site / "publisher.toml").write_text(before)
    leave(open_app(site), link, everything=False, how="one-click")
    (site / "publisher.toml").write_text(both)
    again = open_app(site)
    with again.database.read() as connection:
        assert subscribers.willing(connection, HARBOR, NOW) == 0
        assert newsletters_of(again, connection, person(again)) == (WEEKLY,)


@pytest.mark.parametrize("line", ["ana@example.org,gesperrt", "ana@example.org,left,a,b", 'ana@example.org,"left" x'])
def test_a_line_that_cannot_be_understood_makes_nobody_active(
    site: Path, open_app: Open, database_url: str, line: str
) -> None:
    app = open_app(site, database_url=database_url)
    good = a_list(site, "good.csv", "ana@example.org,active", "bo@example.org,active", header="address,state")
    bad = a_list(site, "bad.csv", line, header="address,state")
    done = taken(app, good, bad)
    assert (done.counts.new, done.counts.unclear, done.rejected) == (1, 1, 1)
    assert person(app, "bo@example.org").state == "active"
    with app.database.read() as connection:
        assert subscribers.willing(connection, WEEKLY, NOW) == 1


def test_who_is_held_already_stays_when_a_line_about_them_is_broken(site: Path, open_app: Open) -> None:
    app = open_app(site)
    with_people(app, "ana@example.org")
    done = taken(app, a_list(site, "bad.csv", "ana@example.org,gesperrt", header="address,state"))
    assert (done.counts.unclear, person(app).state) == (1, "active")


def test_a_further_newsletter_needs_evidence_too(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(two_newsletters(site), database_url=database_url)
    with_people(app, "ana@example.org")
    people = a_list(site, "more.csv", "ana@example.org,active", header="address,state")
    refused = taken(app, people, newsletters=(HARBOR,), source="", consent="")
    assert refused.refusal and person(app).newsletters == (WEEKLY,)
    assert taken(app, people, newsletters=(HARBOR,)).counts.widened == 1


def test_whoever_leaves_after_the_claim_gets_nothing(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    with_people(app, "ana@example.org", "bo@example.org")
    approved_issue(app)
    issue = frozen(app)
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "sender", NOW, timedelta(seconds=60), 10)
    assert len(claimed) == 2
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id), everything=True, how="one-click")
    with app.database.write() as connection:
        fenced = deliveries.intend(connection, issue, claimed, "sender", NOW)
        assert [one.address for one in fenced] == ["bo@example.org"]
        assert deliveries.certificate(connection, issue).counts == {"sending": 1, "skipped": 1}


@pytest.mark.parametrize(
    "typed",
    ["=?utf-8?q?a=0D=0ABcc=3A_b=40e.net?=@example.org", "=?utf-8?q?evil=40example.net=2C?=@example.org"],
)
def test_an_address_that_looks_like_headers_stops_nobody_and_reaches_no_other(
    site: Path, open_app: Open, typed: str
) -> None:
    app = open_app(site)
    ask(app, wish(typed))
    ask(app, wish("honest@example.org"))
    assert mail_requests(app) == 2
    heads = [file.read_bytes().split(b"\r\n\r\n")[0] for file in (app.outbox / "confirmations").glob("*.eml")]
    sent_to = {line for head in heads for line in head.split(b"\r\n") if line.startswith((b"To:", b"Bcc:", b"Cc:"))}
    assert sent_to == {f"To: {typed}".encode(), b"To: honest@example.org"}


def test_another_key_file_is_refused_before_anybody_is_taken_in(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(site, database_url=database_url)
    with_people(app, "ana@example.org")
    erase_subscriber(app, "ana@example.org", who="tests")
    other = App(app.config, clock=app.clock, keys=Keyring({**KEYS.keys, "suppression": (("1", b"x" * 32),)}))
    with pytest.raises(StoreError, match="not the key file that the database was made with"):
        with_people(other, "ana@example.org")
    other.close()
    assert reasons(app) == [("", "erased")]


def test_every_copy_has_a_return_path_of_its_own_where_reports_have_an_address(site: Path, open_app: Open) -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text() + '\n[bounces]\naddress = "bounces@news.alderbay.example"\n')
    app = open_app(site)
    with_people(app, "ana@example.org", "bo@example.org")
    issue = approved_issue(app)
    send_issue(app, app.newsletter(None), issue.period)
    assert app.return_paths
    found = {}
    for file in app.outbox.glob(f"{WEEKLY}/*/*.eml"):
        first, _, rest = file.read_bytes().partition(b"\r\n")
        copy = app.return_paths.read(first.decode().removeprefix("Return-Path: <").removesuffix(">"))
        assert copy and copy.issue == issue.id and rest.startswith(b"Date: ")
        found[file.stem] = copy.public_id
    assert len(found) == 2 and all(name == public_id for name, public_id in found.items())
