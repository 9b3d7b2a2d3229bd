"""What subscribers decide holds at once: what they leave, pause or choose is so before the next copy is claimed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from publisher.actions.bounces import read_reports
from publisher.actions.choosing import Choice, choices, choose, leave, look_at_leaving
from publisher.actions.people import erase_subscriber, segments
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.keys import Keyring
from publisher.links import Links
from publisher.records import Suppression
from publisher.store import deliveries, subscribers, suppressions
from tests.actions.people import (
    HARBOR,
    WEEK,
    WEEKLY,
    a_list,
    about,
    approved,
    at,
    certificate,
    dump,
    frozen,
    more_settings,
    person,
    reasons,
    taken,
    two_newsletters,
    with_people,
)
from tests.actions.test_bounces import bounce
from tests.conftest import KEYS, NOW

Open = Callable[..., App]
BOTH = (WEEKLY, HARBOR)


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    """A site with two newsletters, and Ana, who gets both."""
    more_settings(two_newsletters(site), '[bounces]\naddress = "bounces@news.alderbay.example"\n')
    opened = open_app(site, database_url=database_url)
    with_people(opened, "ana@example.org", newsletters=BOTH)
    return opened


def token(app: App, newsletter: str = "") -> str:
    return app.signing_links.sign("unsubscribe", person(app).public_id, newsletter)


def preferences(app: App) -> str:
    return app.signing_links.sign("preferences", person(app).public_id)


def choice(app: App, **more: object) -> Choice:
    shown = choices(app, preferences(app))
    assert shown
    same = Choice(
        newsletters=shown.newsletters,
        topics=shown.person.topics,
        language=shown.person.language,
        pause_weeks=None,
        revision=shown.person.revision,
    )
    return replace(same, **more)  # type: ignore[arg-type]


def test_by_the_link_of_one_newsletter_only_that_one_is_left(app: App) -> None:
    done = leave(app, token(app, HARBOR), everything=False, how="by the page")
    assert done and (done.receives, done.has_left, done.others) == ((WEEKLY,), True, (WEEKLY,))
    assert (person(app).state, person(app).newsletters) == ("active", (WEEKLY,))
    assert reasons(app) == [(HARBOR, "unsubscribed")]
    assert [(e.what, e.how) for e in about(app, "ana@example.org").history] == [("left", "harbor-notes: by the page")]


def test_by_the_same_link_everything_can_be_left(app: App) -> None:
    done = leave(app, token(app, HARBOR), everything=True, how="by the page")
    assert done and (done.receives, done.has_left, done.person.state) == ((), True, "left")
    assert reasons(app)[0] == ("", "unsubscribed")


def test_who_leaves_their_last_newsletter_has_left(app: App) -> None:
    for newsletter in BOTH:
        leave(app, token(app, newsletter), everything=False, how="by the page")
    assert person(app).state == "left"
    assert reasons(app)[0] == ("", "unsubscribed")


def test_an_old_link_without_a_newsletter_leaves_everything(app: App) -> None:
    found = look_at_leaving(app, token(app))
    assert found and (found.newsletter, found.receives, found.others, found.has_left) == (None, BOTH, (), False)
    leave(app, token(app), everything=False, how="by the page")
    assert person(app).state == "left"


@pytest.mark.parametrize("everything", [True, False])
def test_leaving_again_changes_nothing(app: App, everything: bool) -> None:
    with_people(app, "bo@example.org", "cy@example.org", newsletters=BOTH)
    for who, newsletter in (("ana", ""), ("bo", WEEKLY), ("cy", HARBOR)):
        link = app.signing_links.sign("unsubscribe", person(app, f"{who}@example.org").public_id, newsletter)
        first = leave(at(app, NOW), link, everything=everything, how="by the page")
        before = dump(app)
        for _ in range(2):
            assert leave(at(app, NOW + timedelta(days=1)), link, everything=everything, how="again") == first
        assert dump(app) == before


def test_many_who_press_at_once_leave_once(app: App, open_app: Open, site: Path, database_url: str) -> None:
    link = token(app, WEEKLY)

    def press(_: int) -> object:
        return leave(open_app(site, database_url=database_url), link, everything=True, how="one click")

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(press, range(8)))
    assert all(done)
    assert [e.what for e in about(app, "ana@example.org").history] == ["left"]
    assert person(app).revision == 1


def test_looking_changes_nothing(app: App) -> None:
    before = dump(app)
    for newsletter in ("", *BOTH):
        look_at_leaving(app, token(app, newsletter))
    choices(app, preferences(app))
    assert dump(app) == before


def test_the_link_of_a_newsletter_that_is_declared_no_longer_still_leaves_it(
    app: App, site: Path, open_app: Open, database_url: str
) -> None:
    link = token(app, HARBOR)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'name = "{HARBOR}"', 'name = "another"'))
    later = open_app(site, database_url=database_url)
    found = leave(later, link, everything=False, how="by the page")
    assert found and (found.newsletter, found.receives) == (HARBOR, (WEEKLY,))
    assert reasons(later) == [(HARBOR, "unsubscribed")]


def test_the_link_of_an_issue_of_a_newsletter_nobody_has_any_more_still_leaves(
    app: App, site: Path, open_app: Open, database_url: str
) -> None:
    approved(app)
    link = token(app, WEEKLY)
    leave(app, link, everything=False, how="by the page")
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace(f'name = "{WEEKLY}"', 'name = "another"'))
    found = look_at_leaving(open_app(site, database_url=database_url), link)
    assert found and (found.newsletter, found.has_left) == (WEEKLY, True)


def test_old_keys_still_open_the_way_out(app: App) -> None:
    link = token(app, WEEKLY)
    app.keys = Keyring(KEYS.keys | {"links": (("2", b"n" * 32), *KEYS.keys["links"])})
    for name in ("keyring", "signing_links"):
        vars(app).pop(name, None)
    assert token(app).startswith("2.")
    done = leave(app, link, everything=False, how="by the page")
    assert done and done.receives == (HARBOR,)


def strangers(app: App) -> list[str]:
    who = person(app).public_id
    links = app.signing_links
    good = token(app)
    return [
        "",
        ".",
        "..",
        who,
        f"1.{who}.",
        f"1.{who.upper()}.{good.split('.')[2]}",
        f"1.{who[:-1]}.{good.split('.')[2]}",
        f"1.{who}é.{good.split('.')[2]}",
        "1.zz.zz",
        f"1.{'zz' * 16}.zz",
        f"1.{'0' * 32}.{good.split('.')[2]}",
        f"2.{who}.{good.split('.')[2]}",
        good[:-1],
        good + "A",
        good + ".",
        good.replace(".", "\0"),
        links.sign("unsubscribe", "0" * 32),
        links.sign("confirm", who),
        links.sign("unsubscribe", who, "no-such-newsletter"),
        Links("https://news.alderbay.example", Keyring({"links": (("1", b"x" * 32),)})).sign("unsubscribe", who),
        "1." + "ab" * 100_000 + ".x",
        "1.\ud800.x",
    ]


def test_a_link_that_is_not_ours_opens_nothing(app: App) -> None:
    before = dump(app)
    for forged in [*strangers(app), preferences(app)]:
        assert look_at_leaving(app, forged) is None, forged[:80]
        assert leave(app, forged, everything=True, how="x") is None, forged[:80]
    for forged in [*strangers(app), token(app), token(app, WEEKLY)]:
        assert choices(app, forged) is None, forged[:80]
        assert choose(app, forged, choice(app, newsletters=(WEEKLY,))) == ("unknown", None), forged[:80]
    assert dump(app) == before


@given(text=st.text())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_as_a_token_is_only_refused(app: App, text: str) -> None:
    for forged in (text, f"1.{text}.x", f"{text}.{person(app).public_id}.{text}"):
        assert look_at_leaving(app, forged) is None
        assert choices(app, forged) is None


def test_a_link_of_someone_who_was_erased_opens_nothing(app: App) -> None:
    links = (token(app), token(app, WEEKLY), preferences(app))
    erase_subscriber(app, "ana@example.org", who="tests")
    assert [look_at_leaving(app, links[0]), leave(app, links[1], everything=True, how="x")] == [None, None]
    assert choices(app, links[2]) is None


def test_a_choice_is_kept_once_and_told_in_the_history(app: App) -> None:
    wanted = choice(app, newsletters=(WEEKLY,), topics=("sleep", "heart", "nonsense"), language="es")
    state, shown = choose(app, preferences(app), wanted)
    assert state == "saved" and shown and shown.newsletters == (WEEKLY,)
    assert (person(app).topics, person(app).language) == (("heart", "sleep"), "es")
    assert reasons(app) == [(HARBOR, "unsubscribed")]
    assert [(e.what, e.how) for e in about(app, "ana@example.org").history] == [
        ("changed", "by the page of preferences")
    ]
    before = dump(app)
    assert choose(app, preferences(app), wanted)[0] == "stale"
    assert dump(app) == before


def test_a_choice_that_changes_nothing_leaves_no_trace(app: App) -> None:
    before = dump(app)
    assert choose(app, preferences(app), choice(app))[0] == "saved"
    assert dump(app) == before


def test_a_form_of_before_changes_nothing_any_more(app: App) -> None:
    old = choice(app, language="es")
    leave(app, token(app, HARBOR), everything=False, how="by the page")
    before = dump(app)
    state, shown = choose(app, preferences(app), old)
    assert state == "stale" and shown and shown.newsletters == (WEEKLY,)
    assert dump(app) == before


def test_two_who_save_at_once_save_once(app: App, open_app: Open, site: Path, database_url: str) -> None:
    link = preferences(app)
    wishes = [choice(app, language="es"), choice(app, topics=("heart",))]

    def save(wish: Choice) -> str:
        return choose(open_app(site, database_url=database_url), link, wish)[0]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, wishes)) == ["saved", "stale"]


def test_without_any_newsletter_nothing_is_saved(app: App) -> None:
    before = dump(app)
    for none in ((), ("no-such-newsletter",)):
        assert choose(app, preferences(app), choice(app, newsletters=none))[0] == "stale"
    assert dump(app) == before


def test_who_has_left_comes_back_by_the_form_for_new_subscribers_alone(app: App) -> None:
    leave(app, token(app), everything=True, how="by the page")
    before = dump(app)
    assert choose(app, preferences(app), choice(app, newsletters=BOTH))[0] == "stale"
    assert dump(app) == before


def test_a_newsletter_that_was_left_can_be_chosen_again(app: App) -> None:
    leave(app, token(app, HARBOR), everything=False, how="by the page")
    assert choose(app, preferences(app), choice(app, newsletters=BOTH))[0] == "saved"
    assert (set(person(app).newsletters), reasons(app)) == (set(BOTH), [])


def test_a_complaint_about_one_newsletter_is_not_lifted_by_choosing_it(app: App) -> None:
    with app.database.write() as connection:
        spam = Suppression(
            fingerprint=KEYS.fingerprint("ana@example.org"), reason="complained", at=NOW, newsletter=HARBOR
        )
        suppressions.add(connection, spam)
    choose(app, preferences(app), choice(app, newsletters=BOTH))
    assert reasons(app) == [(HARBOR, "complained")]


def test_a_newsletter_that_the_page_does_not_show_is_left_as_it_is(
    app: App, site: Path, open_app: Open, database_url: str
) -> None:
    toml = site / "publisher.toml"
    declared = toml.read_text()
    toml.write_text(declared.replace(f'name = "{HARBOR}"', 'name = "another"'))
    hidden = open_app(site, database_url=database_url)
    assert choose(hidden, preferences(hidden), choice(hidden, newsletters=(WEEKLY,), language="es"))[0] == "saved"
    toml.write_text(declared)
    again = open_app(site, database_url=database_url)
    assert (set(person(again).newsletters), reasons(again)) == (set(BOTH), [])


def test_a_pause_lasts_as_long_as_was_said(app: App) -> None:
    choose(app, preferences(app), choice(app, pause_weeks=2))
    assert person(app).paused_until == NOW + timedelta(weeks=2)
    assert [e.what for e in about(app, "ana@example.org").history] == ["paused"]
    for moment, number in ((timedelta(), 0), (timedelta(weeks=2, seconds=-1), 0), (timedelta(weeks=2), 1)):
        with app.database.read() as connection:
            assert subscribers.willing(connection, WEEKLY, NOW + moment) == number


def test_a_pause_is_ended_or_left_alone(app: App) -> None:
    choose(app, preferences(app), choice(app, pause_weeks=2))
    choose(app, preferences(app), choice(app, language="es"))
    assert person(app).paused_until == NOW + timedelta(weeks=2)
    choose(app, preferences(app), choice(app, pause_weeks=0))
    assert person(app).paused_until is None
    assert [e.what for e in about(app, "ana@example.org").history] == ["paused", "changed", "changed"]


def test_a_pause_has_a_longest(app: App) -> None:
    for asked, weeks in ((10_000, 12), (-5, 0), (13, 12), (0, 0), (12, 12)):
        assert choose(app, preferences(app), choice(app, pause_weeks=asked))[0] == "saved"
        assert person(app).paused_until == (NOW + timedelta(weeks=weeks) if weeks else None)


def test_a_language_the_site_does_not_write_in_is_left_out(app: App) -> None:
    choose(app, preferences(app), choice(app, language="xx-evil", topics=("heart",)))
    assert (person(app).language, person(app).topics) == (None, ("heart",))


# Who may be written to: at the freezing, and again at each claim.


def everyone(app: App) -> None:
    """One person for each reason not to be written to, and two who may be: Ana and Zoe."""
    with_people(app, "zoe@example.org", "late@example.org", "left@example.org", "one@example.org", newsletters=BOTH)
    with_people(app, "harbor@example.org", newsletters=(HARBOR,))
    taken(app, a_list(app.folder, "asked.csv", "asked@example.org,unconfirmed,"), newsletters=BOTH)
    with app.database.write() as connection:
        late = subscribers.with_key(connection, "late@example.org")
        assert late
        subscribers.change(connection, late, paused_until=NOW + timedelta(seconds=1))
        for who, newsletter in (("left@example.org", ""), ("one@example.org", WEEKLY)):
            gone = Suppression(fingerprint=KEYS.fingerprint(who), reason="unsubscribed", at=NOW, newsletter=newsletter)
            suppressions.add(connection, gone)


def recipients(app: App, number: int) -> set[str]:
    with app.database.read() as connection:
        issue = connection.exec_driver_sql(f"SELECT address FROM delivery WHERE issue = {number}")
        return {row[0] for row in issue}


def test_the_recipients_are_those_who_may_be_written_to_and_as_many_as_were_counted(app: App) -> None:
    everyone(app)
    weekly, harbor = segments(app)
    assert (weekly.willing, weekly.paused, weekly.unconfirmed) == (2, 1, 1)
    assert (harbor.willing, harbor.paused, harbor.unconfirmed) == (4, 1, 1)
    issue = approved(app)
    frozen(app)
    assert recipients(app, issue.id) == {"ana@example.org", "zoe@example.org"}
    assert certificate(app, issue).recipients == weekly.willing


def test_the_counts_by_topic_and_language_are_of_those_who_get_it(app: App) -> None:
    everyone(app)
    header = "address,language,topics,newsletters"
    taken(app, a_list(app.folder, "es.csv", f"eva@example.org,es,heart;sleep,{WEEKLY}", header=header))
    weekly, _ = segments(app)
    assert weekly.languages == {"": 2, "es": 1}
    assert weekly.topics == {"": 2, "heart": 1, "sleep": 1}


def link(app: App, who: str, newsletter: str = "") -> str:
    return app.signing_links.sign("unsubscribe", person(app, who).public_id, newsletter)


def pauses(app: App, who: str) -> None:
    wish = Choice(newsletters=BOTH, topics=(), language=None, pause_weeks=1, revision=0)
    assert choose(app, app.signing_links.sign("preferences", person(app, who).public_id), wish)[0] == "saved"


def leaves_one(app: App, who: str) -> None:
    leave(app, link(app, who, WEEKLY), everything=False, how="by the page")


def leaves_all(app: App, who: str) -> None:
    leave(app, link(app, who, HARBOR), everything=True, how="by the page")


def is_erased(app: App, who: str = "ana@example.org") -> None:
    erase_subscriber(app, who, who="tests")


def bounces(app: App, who: str) -> None:
    (judged,) = read_reports(app, [("b", bounce(app, issue=0, who=who))])
    assert judged.action == "suppress"


def is_imported_as_left(app: App, who: str) -> None:
    taken(app, a_list(app.folder, "gone.csv", f"{who},left,"))


def chooses_the_other(app: App, who: str) -> None:
    wish = Choice(newsletters=(HARBOR,), topics=(), language=None, pause_weeks=None, revision=0)
    assert choose(app, app.signing_links.sign("preferences", person(app, who).public_id), wish)[0] == "saved"


HAPPENINGS = (pauses, leaves_one, leaves_all, is_erased, bounces, is_imported_as_left, chooses_the_other)


def test_the_copies_of_those_who_changed_their_mind_are_skipped(app: App) -> None:
    people = {f"{happens.__name__}@example.org": happens for happens in HAPPENINGS}
    with_people(app, *people, newsletters=BOTH)
    issue = approved(app)
    frozen(app)
    for who, happens in people.items():
        happens(app, who)
    done = send_issue(app, app.newsletter(WEEKLY), WEEK).certificate
    assert (done.counts, done.holds) == ({"accepted": 1, "skipped": len(people)}, True)
    assert certificate(app, issue).recipients == 1 + len(people)
    (mail,) = (app.folder / "outbox" / WEEKLY).rglob("*.eml")
    assert b"To: ana@example.org\r\n" in mail.read_bytes()


def test_who_leaves_the_other_newsletter_still_gets_this_one(app: App) -> None:
    approved(app)
    frozen(app)
    leave(app, token(app, HARBOR), everything=False, how="by the page")
    assert send_issue(app, app.newsletter(WEEKLY), WEEK).certificate.counts == {"accepted": 1}


def test_a_copy_that_a_sender_holds_of_someone_erased_does_not_leave(app: App) -> None:
    issue = approved(app)
    frozen(app)
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "sender", NOW, timedelta(seconds=60), 10)
    is_erased(app)
    with app.database.write() as connection:
        assert deliveries.intend(connection, issue, claimed, "sender", NOW) == []
    assert certificate(app, issue).counts == {"skipped": 1}


def test_what_a_relay_answers_about_someone_erased_meanwhile_is_not_kept(app: App) -> None:
    issue = approved(app)
    frozen(app)
    with app.database.write() as connection:
        _, claimed = deliveries.claim(connection, issue, "sender", NOW, timedelta(seconds=60), 10)
        (leaving,) = deliveries.intend(connection, issue, claimed, "sender", NOW)
    is_erased(app)
    with app.database.write() as connection:
        told = replace(leaving, state="accepted", reply="250 2.1.5 <ana@example.org> queued")
        deliveries.settle(connection, [told], NOW)
    assert certificate(app, issue).counts == {"accepted": 1}
    assert "ana@example.org" not in repr(dump(app)["delivery"])
