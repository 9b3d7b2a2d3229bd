"""Staying and leaving: the pages that the personal links in each mail lead to."""

import re
from datetime import timedelta

import pytest

from publisher.actions.choosing import leave_all
from publisher.records import Subscriber
from publisher.store import subscribers, suppressions
from tests.conftest import NOW
from tests.web.conftest import Answer, Fields, House

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def ticked(page: Answer) -> list[str]:
    return re.findall(r'value="([\w-]*)" checked', page.body.decode())


def choose(house: House, person: Subscriber, **fields: str | list[str]) -> Answer:
    """The form of preferences as it is shown, sent with these fields."""
    path = house.link("preferences", person.public_id)
    shown: Fields = {"revision": house.ask(path).field("revision"), "newsletter": ["health-weekly", "research"]}
    return house.send(path, {**shown, **fields})


def events(house: House, person: Subscriber) -> list[tuple[str, str]]:
    with house.app.database.read() as connection:
        return [(event.what, event.how) for event in subscribers.history(connection, person)]


def forbidden(house: House, person: Subscriber) -> list[tuple[str, str, str]]:
    with house.app.database.read() as connection:
        held = suppressions.of(connection, house.app.fingerprint(person.address_key))
    return [(one.newsletter, one.reason, one.how) for one in held]


# Preferences


def test_the_page_shows_what_we_hold_and_hides_the_address(house: House) -> None:
    person = house.person("bartholomew@example.org", topics=("heart",), newsletters=("research",), language="es")
    page = house.ask(house.link("preferences", person.public_id))
    assert page.status == 200 and '<html lang="es" dir="ltr">' in page.body.decode()
    assert "b•••@example.org" in page.text and "artholomew" not in page.body.decode()
    assert ticked(page) == ["research", "heart", ""]
    assert '<option value="es" lang="es" selected>' in page.body.decode()
    assert f'href="https://news.alderbay.example/{house.link("unsubscribe", person.public_id)}"' in page.body.decode()


def test_a_choice_is_saved_and_shown(house: House) -> None:
    person = house.person()
    page = choose(house, person, newsletter="research", topic=["sleep", "heart"], language="es", pause="4")
    assert (
        page.status == 200
        and '<p class="notice" role="status" tabindex="-1" autofocus>Guardado.</p>' in page.body.decode()
    )
    now = house.now(person)
    assert (now.newsletters, now.topics, now.language) == (("research",), ("heart", "sleep"), "es")
    assert now.paused_until and now.paused_until.date() == (NOW + timedelta(weeks=4)).date()
    assert "En pausa hasta el 21 de diciembre de 2026" in page.text
    assert ticked(page) == ["research", "heart", "sleep", ""]
    assert events(house, person) == [("paused", "by the page of preferences")]


def test_a_pause_can_be_kept_and_ended(house: House) -> None:
    person = house.person(paused_until=NOW + timedelta(weeks=3))
    assert choose(house, person, pause="").status == 200
    assert house.now(person).paused_until == person.paused_until
    assert choose(house, person, pause="0").status == 200
    assert house.now(person).paused_until is None


def test_no_pause_is_longer_than_the_site_allows(house: House) -> None:
    person = house.person()
    assert choose(house, person, pause="99999").status == 200
    until = house.now(person).paused_until
    assert until and until.date() == (NOW + timedelta(weeks=12)).date()


def test_no_topic_means_all_of_them(house: House) -> None:
    person = house.person(topics=("heart",))
    assert choose(house, person).status == 200
    assert house.now(person).topics == ()


def test_what_is_no_topic_newsletter_or_language_is_left_out(house: House) -> None:
    person = house.person(language="en")
    page = choose(
        house, person, topic=["none", "x" * 5000, "heart"], language="../../etc", newsletter=["research", "x"]
    )
    assert page.status == 200
    now = house.now(person)
    assert (now.topics, now.language, now.newsletters) == (("heart",), "en", ("research",))


def test_whose_language_no_newsletter_has_keeps_it(house: House) -> None:
    person = house.person(language="de")
    page = choose(house, person, language="en", topic="heart")
    assert '<html lang="de"' in page.body.decode()
    assert house.now(person).language == "de"


def test_an_old_form_undoes_nothing(house: House) -> None:
    person = house.person()
    path = house.link("preferences", person.public_id)
    old = house.ask(path).field("revision")
    choose(house, person, topic="sleep")
    before = house.dump()
    page = house.send(path, {"revision": old, "newsletter": "research", "topic": "heart"})
    assert page.status == 409 and "have been changed meanwhile" in page.text
    assert ticked(page) == ["health-weekly", "research", "sleep", ""]
    assert house.dump() == before
    assert page.field("revision") == str(house.now(person).revision)


@pytest.mark.parametrize("revision", ["", "-1", "x", "1e3", "٣", "9" * 4000, "0\0"])
def test_a_form_without_its_revision_changes_nothing(house: House, revision: str) -> None:
    person = house.person()
    before = house.dump()
    sent = {"revision": revision, "newsletter": "research"}
    assert house.send(house.link("preferences", person.public_id), sent).status == 409
    assert house.dump() == before


def test_without_any_newsletter_the_page_offers_to_leave(house: House) -> None:
    person = house.person()
    before = house.dump()
    page = choose(house, person, newsletter=[], topic="heart")
    assert page.status == 422 and "please unsubscribe" in page.text
    assert ticked(page) == ["heart", ""]
    assert house.dump() == before


def test_on_a_site_with_one_newsletter_topics_can_be_chosen(lone: House) -> None:
    person = lone.person()
    path = lone.link("preferences", person.public_id)
    shown = lone.ask(path)
    assert 'name="newsletter"' not in shown.body.decode() and 'name="language"' not in shown.body.decode()
    assert lone.send(path, {"revision": shown.field("revision"), "topic": "heart"}).status == 200
    assert lone.now(person).topics == ("heart",)


def test_who_left_sees_that_and_comes_back_by_the_form_alone(house: House) -> None:
    person = house.person()
    path = house.link("preferences", person.public_id)
    revision = house.ask(path).field("revision")
    house.send(house.link("unsubscribe", person.public_id), ONE_CLICK)
    page = house.ask(path)
    assert page.status == 200 and "You are not subscribed" in page.text
    assert 'href="https://news.alderbay.example/subscribe"' in page.body.decode()
    before = house.dump()
    assert house.send(path, {"revision": revision, "newsletter": "research"}).status == 409
    assert house.send(path, {"revision": str(int(revision) + 1), "newsletter": "research"}).status == 409
    assert house.dump() == before


# Leaving by the page


def test_the_button_leaves_one_newsletter(house: House) -> None:
    person = house.person()
    path = house.link("unsubscribe", person.public_id, "health-weekly")
    page = house.ask(path)
    assert "Unsubscribe from Health Weekly" in page.text and "Unsubscribe from everything" in page.text
    assert f'href="https://news.alderbay.example/{house.link("preferences", person.public_id)}"' in page.body.decode()
    done = house.send(path, {"leave": "this"})
    assert done.status == 200
    assert (
        "We will not send you “Health Weekly” any more" in done.text
        and "You still receive: Research Letter" in done.text
    )
    now = house.now(person)
    assert (now.state, now.newsletters) == ("active", ("research",))
    assert forbidden(house, person) == [("health-weekly", "unsubscribed", "by the page")]


def test_the_other_button_leaves_everything(house: House) -> None:
    person = house.person()
    done = house.send(house.link("unsubscribe", person.public_id, "research"), {"leave": "everything"})
    assert "Alder Bay Hospital will not send you any newsletters any more" in done.text
    assert 'href="https://news.alderbay.example/subscribe"' in done.body.decode()
    assert house.now(person).state == "left"
    assert forbidden(house, person) == [("", "unsubscribed", "by the page")]
    assert events(house, person) == [("left", "by the page")]


def test_who_receives_only_this_one_is_asked_only_about_it(house: House) -> None:
    person = house.person(newsletters=("research",))
    page = house.ask(house.link("unsubscribe", person.public_id, "research"))
    assert page.body.count(b"<button") == 1 and "Unsubscribe from Research Letter" in page.text


@pytest.mark.parametrize("fields", [{}, {"leave": ""}, {"leave": "no"}, {"List-Unsubscribe": "yes"}, {"x": "y"}])
def test_a_form_without_its_button_changes_nothing(house: House, fields: dict[str, str]) -> None:
    person = house.person()
    before = house.dump()
    page = house.send(house.link("unsubscribe", person.public_id), fields)
    assert page.status == 422 and "<button" in page.body.decode()
    assert house.dump() == before


def test_whoever_left_sees_so_as_often_as_they_look(house: House) -> None:
    person = house.person()
    path = house.link("unsubscribe", person.public_id, "research")
    house.send(path, {"leave": "everything"})
    before = house.dump()
    for answer in (
        house.ask(path),
        house.send(path, {"leave": "this"}),
        house.send(path, ONE_CLICK),
        house.send(path, {}),
    ):
        assert answer.status == 200 and "You are unsubscribed" in answer.text
    assert house.dump() == before


def test_a_newsletter_that_is_no_more_can_still_be_left(house: House) -> None:
    person = house.person(newsletters=("old-letter", "research"))
    assert "Unsubscribe from old-letter" in house.ask(house.link("unsubscribe", person.public_id, "old-letter")).text


# One click, as mail programs send it


def test_one_click_leaves_at_once(house: House) -> None:
    person = house.person(language="es")
    answer = house.send(house.link("unsubscribe", person.public_id, "research"), ONE_CLICK)
    assert answer.status == 200 and "Se ha dado de baja" in answer.text
    assert not {"location", "set-cookie"} & answer.headers.keys()
    assert house.now(person).newsletters == ("health-weekly",)
    assert forbidden(house, person) == [("research", "unsubscribed", "one-click")]


def test_one_click_as_multipart_leaves_too(house: House) -> None:
    person = house.person()
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    path = house.link("unsubscribe", person.public_id)
    for kind in ("multipart/form-data; boundary=b", 'Multipart/Form-Data; charset=utf-8; boundary="b"'):
        answer = house.ask(path, "POST", body, {"Content-Type": kind})
        assert answer.status == 200 and "You are unsubscribed" in answer.text
    assert house.now(person).state == "left"
    assert events(house, person) == [("left", "one-click")]


def test_one_click_by_a_link_for_all_leaves_everything(house: House) -> None:
    person = house.person()
    house.send(house.link("unsubscribe", person.public_id), ONE_CLICK)
    assert house.now(person).state == "left"


def test_a_link_that_an_older_key_signed_still_leaves(house: House) -> None:
    from publisher.keys import open_keys, rotate
    from publisher.links import Links

    person = house.person()
    old = house.link("unsubscribe", person.public_id)
    rotate(house.app.keys_file, "links")
    fresh = Links("https://news.alderbay.example", open_keys(house.app.keys_file))
    assert fresh.check("unsubscribe", old.partition("/")[2]) == person.public_id
    assert house.send(old, ONE_CLICK).status == 200


def test_someone_erased_is_as_unknown_as_a_stranger(house: House) -> None:
    person = house.person()
    path = house.link("unsubscribe", person.public_id)
    with house.app.database.write() as connection:
        leave_all(house.app, connection, person, "erased", "asked for by mail")
        subscribers.forget(connection, person)
    answer = house.send(path, ONE_CLICK)
    assert (answer.status, answer.body) == (404, house.ask("unsubscribe/x").body)


# Languages


def test_arabic_runs_from_right_to_left(house: House) -> None:
    person = house.person(language="ar")
    for purpose in ("preferences", "unsubscribe"):
        page = house.ask(house.link(purpose, person.public_id)).body.decode()  # type: ignore[arg-type]
        assert '<html lang="ar" dir="rtl">' in page
    assert "أسبوعان، حتى 7 ديسمبر 2026" in house.ask(house.link("preferences", person.public_id)).text


def test_whose_language_we_do_not_speak_gets_that_of_the_browser(house: House) -> None:
    person = house.person(language="tlh")
    path = house.link("preferences", person.public_id)
    assert '<html lang="fr"' in house.ask(path, headers={"Accept-Language": "fr-CA,fr;q=0.9"}).body.decode()
    assert '<html lang="en"' in house.ask(path).body.decode()
