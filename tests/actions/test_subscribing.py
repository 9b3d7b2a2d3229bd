"""The form: what a stranger types holds only once the owner of the mailbox confirms it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from publisher.actions.bounces import read_reports
from publisher.actions.choosing import Choice, choices, choose, leave
from publisher.actions.people import erase_subscriber
from publisher.actions.run import tend
from publisher.actions.subscribing import ask, confirm, look_at_confirmation, mail_requests
from publisher.app import App
from publisher.errors import TransportError
from publisher.records import Request, Wish
from publisher.store import requests, subscribers
from publisher.subscribers import parse
from tests.actions.people import (
    HARBOR,
    WEEKLY,
    a_list,
    about,
    at,
    dump,
    more_settings,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.actions.test_bounces import complaint
from tests.conftest import NOW

Open = Callable[..., App]
HEADERS = [
    "Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
]  # fmt: skip


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    more_settings(two_newsletters(site), '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    return open_app(site, database_url=database_url)


@pytest.fixture
def plain(site: Path, open_app: Open) -> App:
    """On SQLite alone, for what no database has a say in."""
    return open_app(two_newsletters(site))


def wish(address: str = "ana@example.org", *newsletters: str, **more: Any) -> Wish:
    found = parse(address)
    assert not isinstance(found, str), found
    return Wish(address=found.written, address_key=found.key, newsletters=newsletters or (WEEKLY,), **more)


def asked(app: App, *wishes: Wish) -> str:
    """The link of the last wish, as its mail will hold it."""
    for one in wishes or (wish(),):
        assert ask(app, one) == "taken"
    return token(app, latest(app, (wishes or (wish(),))[-1].address_key))


def latest(app: App, key: str = "ana@example.org") -> Request:
    with app.database.read() as connection:
        found = requests.latest(connection, key)
    assert found
    return found


def token(app: App, request: Request) -> str:
    return app.signing_links.sign("confirm", request.public_id)


def number_asked(app: App) -> int:
    return len(dump(app)["request"])


def mails(app: App) -> list[EmailMessage]:
    files = sorted((app.folder / "outbox" / "confirmations").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=SMTP) for file in files]


def the_mail(app: App) -> EmailMessage:
    (mail,) = mails(app)
    return mail


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


def link_in(mail: EmailMessage) -> str:
    (link,) = re.findall(r"^https://\S+$", text_of(mail).replace("\r", ""), re.MULTILINE)[:1]
    return str(link)


def test_nothing_holds_before_it_is_confirmed(app: App) -> None:
    link = asked(app, wish("ana@example.org", HARBOR, topics=("heart",), language="es"))
    assert about(app, "ana@example.org").person is None
    assert mail_requests(app) == 1
    assert look_at_confirmation(app, link).state == "open"
    assert about(app, "ana@example.org").person is None
    done = confirm(app, link)
    ana = person(app)
    assert (done.state, done.public_id) == ("done", ana.public_id)
    assert (ana.state, ana.newsletters, ana.topics, ana.language) == ("active", (HARBOR,), ("heart",), "es")
    assert (ana.consent_source, ana.consent_at) == ("form on the web, confirmed by mail", "2026-11-23T15:00:00+00:00")
    assert [(e.what, e.how) for e in about(app, "ana@example.org").history] == [
        ("confirmed", "by the form on the web: asked 2026-11-23 15:00 UTC, confirmed by mail 2026-11-23 15:00 UTC")
    ]


def test_looking_at_the_link_changes_nothing(app: App) -> None:
    link = asked(app)
    before = dump(app)
    for _ in range(3):
        assert look_at_confirmation(app, link).state == "open"
    assert dump(app) == before


def test_a_link_confirms_once(app: App) -> None:
    link = asked(app)
    confirm(app, link)
    before = dump(app)
    assert [confirm(app, link).state, look_at_confirmation(app, link).state] == ["used", "used"]
    assert dump(app) == before


def test_many_who_press_at_once_confirm_once(app: App, site: Path, open_app: Open, database_url: str) -> None:
    link = asked(app)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: confirm(open_app(site, database_url=database_url), link).state, range(8)))
    assert sorted(done) == ["done", *["used"] * 7]
    assert len(about(app, "ana@example.org").history) == 1


def test_a_used_link_does_not_bring_back_who_left_meanwhile(app: App) -> None:
    link = asked(app)
    confirm(app, link)
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id), everything=True, how="by the page")
    before = dump(app)
    assert confirm(app, link).state == "used"
    assert dump(app) == before and person(app).state == "left"


def test_a_link_ends_after_its_days(app: App) -> None:
    link = asked(app)
    before = dump(app)
    assert confirm(at(app, NOW + timedelta(days=7)), link).state == "invalid"
    assert look_at_confirmation(app, link).state == "invalid"
    assert dump(app) == before
    assert confirm(at(app, NOW + timedelta(days=7, seconds=-1)), link).state == "done"


def test_a_forged_link_confirms_nothing(app: App) -> None:
    link = asked(app)
    with_people(app, "zoe@example.org")
    request, links, zoe = latest(app), app.signing_links, person(app, "zoe@example.org")
    before = dump(app)
    forged = (
        "", "..", "1.zz.zz", link[:-1], link + "A", link.replace(".", ""), "2" + link[1:],
        f"1.{'0' * 32}.{link.split('.')[2]}", links.sign("confirm", "0" * 32),
        links.sign("unsubscribe", request.public_id), links.sign("confirm", request.public_id, WEEKLY),
        links.sign("confirm", zoe.public_id), f"1.{request.public_id.upper()}.{link.split('.')[2]}", "1.\ud800.x",
    )  # fmt: skip
    for one in forged:
        assert (look_at_confirmation(app, one).state, confirm(app, one).state) == ("invalid", "invalid"), one
    assert dump(app) == before


def test_one_address_is_mailed_once_a_day_however_often_it_asks(app: App) -> None:
    for name in ("ana@example.org", "Ana@EXAMPLE.org", "ANA@example.org"):
        assert ask(app, wish(name)) == "taken"
    assert (number_asked(app), mail_requests(app), mail_requests(app)) == (1, 1, 0)
    assert ask(at(app, NOW + timedelta(hours=24, seconds=-1)), wish()) == "taken"
    assert number_asked(app) == 1
    assert ask(at(app, NOW + timedelta(hours=24)), wish()) == "taken"
    assert (number_asked(app), mail_requests(app)) == (2, 1)


def test_one_address_that_asks_many_times_at_once_is_mailed_once(
    app: App, site: Path, open_app: Open, database_url: str
) -> None:
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: ask(open_app(site, database_url=database_url), wish()), range(12)))
    assert said == ["taken"] * 12
    assert number_asked(app) == 1


def test_all_together_can_ask_so_often_in_an_hour(site: Path, open_app: Open, database_url: str) -> None:
    more_settings(site, "[subscribe]\nhourly_in_all = 3\n")
    app = open_app(site, database_url=database_url)
    assert [ask(app, wish(f"p{n}@example.org")) for n in range(5)] == ["taken"] * 3 + ["too-many"] * 2
    assert ask(at(app, NOW + timedelta(minutes=60, seconds=-1)), wish("late@example.org")) == "too-many"
    assert ask(at(app, NOW + timedelta(minutes=60)), wish("late@example.org")) == "taken"
    assert mail_requests(app) == 4


def test_who_gets_it_already_is_told_so_and_where_to_choose(app: App) -> None:
    with_people(app, "Ana@example.org")
    asked(app, wish("ana@EXAMPLE.org"))
    assert mail_requests(app) == 1
    mail = the_mail(app)
    assert str(mail["To"]) == "Ana@example.org"
    link = link_in(mail)
    assert link.startswith("https://news.alderbay.example/preferences/")
    shown = choices(app, link.rpartition("/")[2])
    assert shown and shown.person == person(app)


def test_the_answer_is_the_same_whoever_asks(app: App) -> None:
    with_people(app, "known@example.org", "left@example.org")
    rows = ("left@example.org,left,", "spam@example.org,left,complained", "unconfirmed@example.org,unconfirmed,")
    taken(app, a_list(app.folder, "gone.csv", *rows), newsletters=(WEEKLY,))
    erase_subscriber(app, "erased@example.org", who="tests")
    names = ("new", "known", "left", "spam", "unconfirmed", "erased")
    assert [ask(app, wish(f"{name}@example.org")) for name in names] == ["taken"] * 6
    assert number_asked(app) == 6
    assert mail_requests(app) == 5
    kinds = {str(mail["To"]).partition("@")[0]: link_in(mail).split("/")[3] for mail in mails(app)}
    assert kinds == {"known": "preferences"} | dict.fromkeys(("new", "left", "unconfirmed", "erased"), "confirm")
    assert mail_requests(app) == 0


def test_who_has_one_newsletter_and_asks_for_another_is_asked_to_confirm_it(app: App) -> None:
    with_people(app, "ana@example.org")
    link = asked(app, wish("ana@example.org", HARBOR))
    mail_requests(app)
    assert link_in(the_mail(app)).endswith(link)
    confirm(app, link)
    assert (set(person(app).newsletters), person(app).state) == ({WEEKLY, HARBOR}, "active")


def test_who_left_comes_back_by_confirming_and_only_to_what_they_asked_for(app: App) -> None:
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    leave(app, app.signing_links.sign("unsubscribe", person(app).public_id), everything=True, how="by the page")
    link = asked(app, wish("ana@example.org", HARBOR))
    assert person(app).state == "left"
    confirm(app, link)
    assert (person(app).state, person(app).newsletters, reasons(app)) == ("active", (HARBOR,), [])
    with app.database.read() as connection:
        assert (subscribers.willing(connection, HARBOR, NOW), subscribers.willing(connection, WEEKLY, NOW)) == (1, 0)


def test_who_left_one_newsletter_and_returns_to_the_other_stays_away_from_the_first(app: App) -> None:
    with_people(app, "ana@example.org", newsletters=(WEEKLY, HARBOR))
    links = app.signing_links
    leave(app, links.sign("unsubscribe", person(app).public_id, WEEKLY), everything=False, how="by the page")
    leave(app, links.sign("unsubscribe", person(app).public_id), everything=True, how="by the page")
    confirm(app, asked(app, wish("ana@example.org", HARBOR)))
    assert (person(app).newsletters, reasons(app)) == ((HARBOR,), [(WEEKLY, "unsubscribed")])


def test_who_was_erased_comes_back_by_confirming_as_someone_new(app: App) -> None:
    with_people(app, "ana@example.org")
    before = person(app)
    erase_subscriber(app, "ana@example.org", who="tests")
    confirm(app, asked(app))
    after = person(app)
    assert (after.state, reasons(app)) == ("active", [])
    assert after.public_id != before.public_id and after.id != before.id


def test_who_never_confirmed_is_confirmed_by_their_own_mailbox(app: App) -> None:
    taken(app, a_list(app.folder, "asked.csv", "ana@example.org,unconfirmed,"), newsletters=(HARBOR,))
    confirm(app, asked(app))
    assert (person(app).state, person(app).newsletters) == ("active", (WEEKLY,))


def test_who_complained_gets_no_mail_and_cannot_confirm(app: App) -> None:
    with_people(app, "ana@example.org")
    link = asked(app, wish("ana@example.org", HARBOR))
    assert app.return_paths
    from publisher.return_paths import Copy

    to = app.return_paths.make(Copy(1, person(app).public_id))
    assert [one.action for one in read_reports(app, [("c", complaint(to, "ana@example.org"))])] == ["suppress"]
    before = dump(app)
    assert confirm(app, link).state == "invalid"
    assert dump(app) == before
    assert mail_requests(app) == 0
    assert mails(app) == [] and person(app).state == "left"


def test_who_is_erased_before_confirming_asked_for_nothing(app: App) -> None:
    link = asked(app)
    mail_requests(app)
    erase_subscriber(app, "ana@example.org", who="tests")
    assert mails(app) == []
    assert (confirm(app, link).state, about(app, "ana@example.org").requests) == ("invalid", ())


def test_a_pause_ends_when_someone_asks_for_more(app: App) -> None:
    with_people(app, "ana@example.org")
    page = app.signing_links.sign("preferences", person(app).public_id)
    pause = Choice(newsletters=(WEEKLY,), topics=(), language=None, pause_weeks=4, revision=0)
    assert choose(app, page, pause)[0] == "saved"
    confirm(app, asked(app, wish("ana@example.org", HARBOR)))
    assert person(app).paused_until is None


# The mail itself.


def test_the_mail_has_exactly_its_headers_and_one_link(plain: App) -> None:
    asked(plain)
    mail_requests(plain)
    mail = the_mail(plain)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert str(mail["From"]) == "Alder Bay Hospital <weekly@news.alderbay.example>"
    assert (str(mail["To"]), mail["Auto-Submitted"]) == ("ana@example.org", "auto-generated")
    assert str(mail["Date"]) == "Mon, 23 Nov 2026 15:00:00 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@news\.alderbay\.example>", str(mail["Message-ID"]).strip())
    assert link_in(mail).endswith(f"/confirm/{token(plain, latest(plain))}")
    html = mail.get_body(("html",))
    assert html and link_in(mail) in html.get_content() and "<img" not in html.get_content()
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not [part.defects for part in mail.walk() if part.defects]


def test_the_mail_holds_nothing_that_was_typed(plain: App) -> None:
    asked(plain, wish("buy.cheap.pills.at.evil+example@example.org"))
    mail_requests(plain)
    mail = the_mail(plain)
    for part in mail.iter_parts():
        assert isinstance(part, EmailMessage) and "pills" not in part.get_content()
    assert "pills" not in f"{mail['Subject']}{mail['From']}{mail['Message-ID']}"


def test_the_same_mail_again_is_the_same_bytes(plain: App) -> None:
    asked(plain)
    mail_requests(plain)
    (file,) = (plain.folder / "outbox" / "confirmations").iterdir()
    before = file.read_bytes()
    file.unlink()
    with plain.database.write() as connection:
        connection.exec_driver_sql("UPDATE request SET mailed_at = NULL")
    assert mail_requests(at(plain, NOW + timedelta(hours=3))) == 1
    assert file.read_bytes() == before


def test_a_mail_that_could_not_leave_is_sent_later_and_the_service_says_so(plain: App) -> None:
    asked(plain)
    (plain.folder / "outbox").write_text("a file is in the way")
    with pytest.raises(TransportError):
        mail_requests(plain)
    lines = list(tend(at(plain, NOW + timedelta(minutes=6))))
    assert [well for _, well in lines][:1] == [False] and lines[0][0].startswith("confirmations: ")
    (plain.folder / "outbox").unlink()
    later = at(plain, NOW + timedelta(minutes=12))
    assert list(tend(later)) == [("confirmations: 1 sent that had been left over", True)]
    assert list(tend(later)) == []


def test_a_request_that_ended_is_not_mailed_any_more(plain: App) -> None:
    asked(plain)
    assert mail_requests(at(plain, NOW + timedelta(days=7))) == 0


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("josé@example.org", "josé@example.org"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("O'Neil+x@example.org", "O'Neil+x@example.org"),
        (f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.example", None),
        ("=?utf-8?q?hello?=@example.org", None),
        ("=?utf-8?q?a=0D=0ABcc=3Avictim=40evil.example?=@example.org", None),
        ("=?us-ascii?b?eA0KQmNjOiB2QGUueA?=@example.org", None),
    ],
)
def test_the_mail_goes_to_the_very_address_that_was_typed(plain: App, address: str, written: str | None) -> None:
    asked(plain, wish(address))
    assert mail_requests(plain) == 1
    (file,) = (plain.folder / "outbox" / "confirmations").iterdir()
    lines = file.read_bytes().decode("utf-8").split("\r\n\r\n")[0].split("\r\n")
    assert f"To: {written or address}" in lines
    assert sorted(line.partition(":")[0] for line in lines if line[:1] != "\t" and line[:1] != " ") == sorted(HEADERS)
    if address.isascii():
        assert file.read_bytes().isascii()


def test_one_strange_address_does_not_keep_the_mails_of_others_back(plain: App) -> None:
    for address in ("=?utf-8?q?a=0D=0ABcc=3Avictim=40evil.example?=@example.org", "ana@example.org"):
        found = parse(address)
        if not isinstance(found, str):
            asked(plain, wish(address))
    lines = list(tend(plain))
    assert all(well for _, well in lines)
    files = (plain.folder / "outbox" / "confirmations").glob("*.eml")
    assert any(b"\r\nTo: ana@example.org\r\n" in file.read_bytes() for file in files)


@pytest.mark.parametrize(("language", "says"), [("es", "Salud cada semana"), ("en", "Health Weekly"), (None, "Health")])
def test_the_mail_is_in_the_language_that_was_chosen(plain: App, language: str | None, says: str) -> None:
    asked(plain, wish(language=language))
    mail_requests(plain)
    mail = the_mail(plain)
    assert says in text_of(mail)
    html = mail.get_body(("html",))
    assert html and f'lang="{language or "en"}"' in html.get_content()


def test_no_phrase_of_the_mail_is_left_unfilled(plain: App) -> None:
    with_people(plain, "known@example.org")
    for number, language in enumerate(("en", "es", "de", "fr", "pt", "ar", "vi", "zh", "zh-Hant")):
        asked(plain, wish(f"p{number}@example.org", WEEKLY, HARBOR, language=language))
    asked(plain, wish("known@example.org"))
    assert mail_requests(plain) == 10
    for mail in mails(plain):
        whole = f"{mail['Subject']}{text_of(mail)}"
        assert "{" not in whole and "}" not in whole


def test_confirming_while_a_list_brings_the_same_person_works(
    app: App, site: Path, open_app: Open, database_url: str
) -> None:
    link = asked(app)
    others = [open_app(site, database_url=database_url) for _ in range(2)]
    path = a_list(site, "people.csv", *(f"p{n}@example.org,," for n in range(300)), "ana@example.org,,")
    with ThreadPoolExecutor(2) as pool:
        taking = pool.submit(taken, others[0], path, newsletters=(HARBOR,))
        confirming = pool.submit(confirm, others[1], link)
        assert (taking.result().refusal, confirming.result().state) == (None, "done")
    assert person(app).state == "active" and set(person(app).newsletters) >= {WEEKLY}
