"""Coming: the form tells nobody anything, and only the owner of a mailbox can make a subscriber of it."""

import email
import email.policy
import re
import time
from pathlib import Path

import pytest

from publisher.actions.choosing import leave_all
from publisher.records import Suppression
from publisher.store import suppressions
from tests.conftest import NOW
from tests.web.conftest import House, eventually, served

TRAP = '<div class="trap" aria-hidden="true">'


def wish(address: str, **more: str | list[str]) -> dict[str, str | list[str]]:
    return {"address": address, "newsletter": "health-weekly", "language": "en", **more}


def link_in(message: bytes) -> str:
    text = email.message_from_bytes(message, policy=email.policy.default).get_body(("plain",))
    assert text
    found = re.search(r"^https://news\.alderbay\.example/(\S+)\s*$", text.get_content(), re.MULTILINE)
    assert found
    return found[1]


# The form


def test_the_form_says_what_one_agrees_to_and_needs_no_script(house: House) -> None:
    page = house.ask("subscribe")
    assert page.status == 200
    for told in ("Alder Bay Hospital sends you", "once a week", "You can unsubscribe at any time", "protect your data"):
        assert told in page.text
    html = page.body.decode()
    assert 'href="https://www.alderbay.example/privacy"' in html
    assert (
        "<script" not in html
        and "javascript:" not in html
        and " on" not in re.sub(r">[^<]*<", "><", html).split("<body>")[1].replace(" one", "")
    )
    assert "checked" not in html
    assert TRAP in html and 'tabindex="-1" autocomplete="off"' in html
    assert 'autocomplete="email" inputmode="email"' in html
    assert "set-cookie" not in page.headers


def test_a_site_with_one_newsletter_does_not_ask_which_nor_in_which_language(lone: House) -> None:
    html = lone.ask("subscribe").body.decode()
    assert 'name="newsletter"' not in html and 'name="language"' not in html
    assert lone.send("subscribe", {"address": "just-the-address@example.org"}).status == 200
    (row,) = [row for row in lone.dump()["request"] if row[1] == "just-the-address@example.org"]
    assert (row[3], row[5]) == (("health-weekly",), None)


def test_a_newsletter_named_in_the_address_is_ticked(house: House) -> None:
    html = house.ask("subscribe?newsletter=research&newsletter=none").body.decode()
    assert re.findall(r'value="([\w-]+)" checked', html) == ["research"]


@pytest.mark.parametrize(
    ("path", "accept", "lang", "direction"),
    [
        ("subscribe", "", "en", "ltr"),
        ("subscribe", "es-MX,es;q=0.9,en;q=0.8", "es", "ltr"),
        ("subscribe", "xx, ar;q=0.5", "ar", "rtl"),
        ("subscribe", "zh-TW", "zh-Hant", "ltr"),
        ("subscribe", "tlh, *;q=0.5", "en", "ltr"),
        ("subscribe?lang=de", "es", "de", "ltr"),
        ("subscribe?lang=../../x", "vi", "vi", "ltr"),
    ],
)
def test_the_page_speaks_the_language_asked_for(
    house: House, path: str, accept: str, lang: str, direction: str
) -> None:
    page = house.ask(path, headers={"Accept-Language": accept})
    assert f'<html lang="{lang}" dir="{direction}">' in page.body.decode()
    assert page.headers["vary"] == "Accept-Language"


def test_the_language_of_the_page_is_ticked_for_the_mail(house: House) -> None:
    html = house.ask("subscribe", headers={"Accept-Language": "es-AR"}).body.decode()
    assert '<option value="es" lang="es" selected>Español</option>' in html
    assert '<html lang="es"' in house.send("subscribe?lang=es", wish("from-page@example.org")).body.decode()


def test_what_stands_in_another_language_than_the_page_says_so(house: House) -> None:
    html = house.ask("subscribe?lang=vi").body.decode()
    assert '<bdi lang="en">Health Weekly</bdi>' in html and '<bdi lang="en">Heart health</bdi>' in html
    html = house.ask("subscribe?lang=es").body.decode()
    assert "<bdi>Salud cada semana</bdi>" in html and "<bdi>Salud del corazón</bdi>" in html


# What cannot be an address


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "maria", "maria@", "@example.org", "a b@example.org", "x" * 10_000 + "@example.org", "a@b", "%@%",
        "a@example.org\nBcc: b@example.org", "nul\0@example.org", "<script>alert(1)</script>@example.org",
        "maria@example.org, jo@example.org", "\u202e@example.org",
    ],
    ids=lambda address: repr(address[:20]),
)  # fmt: skip
def test_what_is_no_address_comes_back_with_a_word_of_help(house: House, address: str) -> None:
    before = house.dump()
    page = house.send("subscribe", wish(address, topic=["heart", "sleep"]))
    html = page.body.decode()
    assert page.status == 422
    assert "<title>Error: Subscribe by email" in html
    assert '<a href="#address">Please enter your whole email address' in html
    assert 'aria-invalid="true" aria-describedby="address-wrong"' in html and 'id="address-wrong"' in html
    assert re.findall(r'value="([\w-]+)" checked', html) == ["health-weekly", "heart", "sleep"]
    assert "<script" not in html
    assert house.dump() == before


def test_what_was_typed_is_still_there(house: House) -> None:
    assert 'value="maria&#34;@"' in house.send("subscribe", wish('maria"@')).body.decode()


def test_without_a_newsletter_the_form_asks_which(house: House) -> None:
    page = house.send("subscribe", {"address": "maria@example.org"})
    assert page.status == 422
    assert '<a href="#newsletters">Please choose at least one newsletter.' in page.body.decode()


# Slips of the finger


def test_a_likely_slip_is_asked_about_once_and_either_answer_holds(house: House) -> None:
    before = house.dump()
    page = house.send("subscribe", wish("slip.one@gmial.com", topic="heart"))
    assert page.status == 200 and "Did you mean slip.one@gmail.com?" in page.text
    assert house.dump() == before
    more = {"typed": page.field("typed"), "topic": "heart"}
    assert "mailbox" in house.send("subscribe", wish("slip.one@gmial.com", meant="typed", **more)).text
    assert "mailbox" in house.send("subscribe", wish("slip.one@gmial.com", meant="slip.one@gmail.com", **more)).text
    asked = {row[1]: row[4] for row in house.dump()["request"] if row[1].startswith("slip.one")}
    assert asked == {"slip.one@gmial.com": ["heart"], "slip.one@gmail.com": ["heart"]}


def test_who_wrote_a_third_address_meanwhile_gets_that(house: House) -> None:
    fields = wish("slip.two@example.org", meant="slip.two@gmail.com", typed="slip.two@gmial.com")
    assert "mailbox" in house.send("subscribe", fields).text
    assert [row[1] for row in house.dump()["request"] if row[1].startswith("slip.two")] == ["slip.two@example.org"]


def test_the_question_does_not_tell_who_is_known(house: House) -> None:
    house.person("known.slip@gmial.com")
    known, new = (house.send("subscribe", wish(f"{name}.slip@gmial.com")) for name in ("known", "other"))
    assert known.body == new.body.replace(b"other.slip", b"known.slip")


# The answer


def test_the_answer_is_the_same_to_the_byte_whatever_we_hold(house: House) -> None:
    house.person("same.known@example.org")
    left, complained = house.person("same.left@example.org"), house.person("same.complained@example.org")
    with house.app.database.write() as connection:
        leave_all(house.app, connection, left, "unsubscribed", "test")
        leave_all(house.app, connection, complained, "complained", "test")
    house.send("subscribe", wish("same.asked@example.org"))
    before = house.dump()["request"]
    names = ("new", "known", "left", "complained", "asked")
    answers = [house.send("subscribe", wish(f"same.{name}@example.org")) for name in names]
    answers.append(house.send("subscribe", wish("same.robot@example.org", website="https://example.com")))
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert len({tuple(sorted(answer.bare_headers.items())) for answer in answers}) == 1
    stored = {row[1] for row in house.dump()["request"]} - {row[1] for row in before}
    assert stored == {f"same.{name}@example.org" for name in ("new", "known", "left", "complained")}
    eventually(lambda: house.mail_to("same.left@example.org"))
    assert house.mail_to("same.complained@example.org") == house.mail_to("same.robot@example.org") == []
    assert len(house.mail_to("same.asked@example.org")) == 1


def test_the_time_of_the_answer_does_not_tell_either(house: House) -> None:
    """What is to be written takes a few milliseconds, or none; the answer waits for all alike."""
    house.person("time.known@example.org")
    took = []
    for address in ("time.new@example.org", "time.known@example.org", "time.new@example.org"):
        began = time.monotonic()
        house.send("subscribe", wish(address))
        took.append(time.monotonic() - began)
    assert min(took) >= 0.15


def test_a_form_on_the_offices_own_website_works(house: House) -> None:
    answer = house.send(
        "subscribe",
        {"address": "embedded@example.org", "newsletter": "research", "lang": "es"},
        Origin="https://www.alderbay.example",
        Referer="https://www.alderbay.example/",
        Sec_Fetch_Site="cross-site",
    )
    assert answer.status == 200 and '<html lang="es"' in answer.body.decode()
    (row,) = [row for row in house.dump()["request"] if row[1] == "embedded@example.org"]
    assert (row[3], row[5]) == (("research",), "es")


def test_no_page_sets_a_cookie_or_loads_anything(house: House) -> None:
    person = house.person()
    paths = ("subscribe", "confirm/x", house.link("preferences", person.public_id))
    for path in (*paths, house.link("unsubscribe", person.public_id)):
        page = house.ask(path)
        html = page.body.decode()
        assert "set-cookie" not in page.headers
        assert not re.search(r"<(img|script|iframe|object|video|link rel=.stylesheet)|@import|url\(", html)
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        assert (page.headers["referrer-policy"], page.headers["x-content-type-options"]) == ("no-referrer", "nosniff")
        if path != "subscribe":
            assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == ("no-store", "noindex")


# Confirming


def test_whoever_confirms_is_a_subscriber(house: House) -> None:
    house.send("subscribe", wish("confirms@example.org", topic="heart", language="es"))
    path = link_in(house.mailed("confirms@example.org"))
    page = house.ask(path)
    assert (page.status, '<html lang="es"' in page.body.decode()) == (200, True)
    assert "Salud cada semana" in page.text and "Sí, quiero suscribirme" in page.text
    before = house.dump()
    empty = house.send(path, {})
    assert (empty.status, house.dump()) == (422, before)
    done = house.send(path, {"confirm": "yes"})
    assert (done.status, "Ya está suscrito" in done.text) == (200, True)
    assert len([row for row in house.dump()["subscriber"] if "confirms@example.org" in row]) == 1
    found = re.search(r'href="https://news\.alderbay\.example/(preferences/[^"]+)"', done.body.decode())
    assert found and house.ask(found[1]).status == 200
    after = house.dump()
    for answer in (house.ask(path), house.send(path, {"confirm": "yes"})):
        assert (answer.status, "Ya lo había confirmado" in answer.text) == (200, True)
    assert house.dump() == after


def test_links_that_do_not_work_look_all_the_same(house: House) -> None:
    house.send("subscribe", wish("forged@example.org"))
    path = link_in(house.mailed("forged@example.org"))
    person = house.person()
    wrong = [
        "confirm/x",
        "confirm/1.2.3",
        path[:-1],
        f"{path}A",
        f"confirm/{path.partition('/')[2].swapcase()}",
        f"confirm/{house.link('unsubscribe', person.public_id).partition('/')[2]}",
        house.link("confirm", "0" * 32),
        "confirm/%F0%9F%A9%BA",
        f"confirm/{'x' * 5000}",
        "preferences/x",
        "unsubscribe/x",
        house.link("preferences", "0" * 32),
        house.link("unsubscribe", "0" * 32),
        house.link("unsubscribe", "0" * 32, "research"),
    ]
    before = house.dump()
    answers = [house.ask(path) for path in wrong] + [
        house.send(path, {"confirm": "yes", "leave": "everything", "List-Unsubscribe": "One-Click", "revision": "0"})
        for path in wrong
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert len({tuple(sorted(answer.bare_headers.items())) for answer in answers}) == 1
    assert 'href="https://news.alderbay.example/subscribe"' in answers[0].body.decode()
    assert house.dump() == before


def test_who_complained_cannot_confirm(house: House) -> None:
    house.send("subscribe", wish("complains@example.org"))
    path = link_in(house.mailed("complains@example.org"))
    with house.app.database.write() as connection:
        fingerprint = house.app.fingerprint("complains@example.org")
        suppressions.add(connection, Suppression(fingerprint=fingerprint, reason="complained", at=NOW))
    assert house.send(path, {"confirm": "yes"}).status == 404
    assert not [row for row in house.dump()["subscriber"] if "complains@example.org" in row]


def test_the_mail_says_nothing_that_a_stranger_typed(house: House) -> None:
    house.send("subscribe", wish("typed@example.org", name="Buy pills", topic="https://example.com/pills", lang="Buy"))
    message = house.mailed("typed@example.org")
    assert b"pills" not in message and b"Buy" not in message


def test_who_receives_it_already_is_told_so_by_mail_alone(house: House) -> None:
    person = house.person("already@example.org", language="es")
    house.send("subscribe", wish("already@example.org", language="en"))
    message = house.mailed("already@example.org")
    assert "Ya recibe" in str(email.message_from_bytes(message, policy=email.policy.default)["subject"])
    assert link_in(message) == house.link("preferences", person.public_id)


# Closed


@pytest.mark.parametrize("how", ["closed", "without a newsletter"])
def test_a_closed_form_says_so(tmp_path: Path, how: str) -> None:
    def settings(text: str) -> str:
        if how == "closed":
            return text.replace("[subscribe]", "[subscribe]\nopen = false")
        first, last = text.index("[[newsletter]]"), text.index("[delivery]")
        text = text[:first] + text[last:]
        return text[: text.index("[[newsletter]]")] + text[text.index("[web]") :]

    with served(tmp_path, settings) as closed:
        for answer in (closed.ask("subscribe"), closed.send("subscribe", wish("maria@example.org"))):
            assert (answer.status, "Subscribing is not possible here" in answer.text) == (404, True)
        assert closed.dump()["request"] == []
        person = closed.person()
        for purpose in ("preferences", "unsubscribe"):
            assert closed.ask(closed.link(purpose, person.public_id)).status == 200  # type: ignore[arg-type]
