"""Each fault of an article, or of the words around it, is found by its own finding at its headline."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from publisher.actions.collect import collect
from publisher.app import App
from publisher.digest.check import contents
from publisher.records import Article, Event, Finding, Image, Teaser
from publisher.store import content
from tests.conftest import NOW
from tests.digest.test_gate_privacy import GOLDEN, codes, gate
from tests.watchdog import ends

PARAGRAPH = "<p>The garden is open to all. There is a bench at every bend, and a bowl of water for the dogs.</p>"
ARTICLE = Article(
    source="articles", key="garden", id="tag:garden", headline="The garden is open again", body=PARAGRAPH * 5,
    summary="Come in by the harbor path, from sunrise to sunset.", published_at=NOW - timedelta(days=1),
    image=Image(url="https://news.alderbay.example/images/a.jpg", alt="Two people on a bench by the bay."),
    url="https://www.alderbay.example/garden",
)  # fmt: skip
TEASER = Teaser(source="pages", key="quilt", headline="The thousandth quilt", excerpt="It went home with a patient of…")
EVENT = Event(
    source="events", key="walk", title="The Lantern Walk", start=NOW + timedelta(days=9), zone="America/Los_Angeles",
    place="The main lobby",
)  # fmt: skip
PLACE = "The garden is open again"


def found(article: Article | Teaser, **more: object) -> set[str]:
    """All codes of the gate's three families; every finding stands at the item's headline."""
    findings = gate(GOLDEN, [replace(article, **more)])
    assert {finding.place for finding in findings} <= {contents._place(replace(article, **more))}
    return codes(findings)


def test_a_good_article_and_a_good_teaser_have_no_finding() -> None:
    assert gate(GOLDEN, [ARTICLE, TEASER]) == []


def test_the_sample_sites_articles_and_teasers_have_no_finding_but_what_is_due(
    sample: Path, open_app: Callable[..., App]
) -> None:
    app = open_app(sample)
    collect(app)
    with app.database.read() as connection:
        items = [*content.articles(connection), *content.teasers(connection)]
    findings = contents.check(items, NOW, most_grade=10, language="en")
    assert len(items) > 20
    # One of them waits for Thanksgiving, and where to park was to be looked at again three weeks ago.
    assert {(finding.code, finding.place) for finding in findings} == {
        ("embargoed", "This year’s Lighthouse Award goes to the night cleaning crew"),
        ("review-due", "Where to park while the east lot is closed"),
    }
    grades = contents.grades(items)
    assert len(grades) > 15 and all(2 < grade < 9 for grade in grades.values())


def test_an_article_under_embargo_is_found_and_cannot_be_overridden() -> None:
    (finding,) = gate(GOLDEN, [replace(ARTICLE, embargo=NOW + timedelta(hours=1))])
    assert (finding.code, finding.severity, finding.place) == ("embargoed", "error", PLACE)
    assert finding.mend.startswith("may not be read before 2026-11-23 16:00 UTC")
    assert contents.EMBARGOED.final
    assert found(ARTICLE, published_at=NOW + timedelta(days=1)) == {"embargoed"}
    assert found(ARTICLE, published_at=None, embargo=NOW + timedelta(days=1)) == {"embargoed"}
    assert found(ARTICLE, embargo=NOW) == set()


def test_a_withdrawn_article_is_found_and_cannot_be_overridden() -> None:
    assert found(ARTICLE, withdrawn_at=NOW) == {"withdrawn"}
    assert contents.WITHDRAWN.final


def test_an_article_past_its_review_is_found() -> None:
    assert found(ARTICLE, review_by=date(2026, 11, 22)) == {"review-due"}
    assert found(ARTICLE, review_by=date(2026, 11, 23)) == set()


@pytest.mark.parametrize(
    ("alt", "code"),
    [
        (None, "alt-missing"), ("", "alt-missing"), ("IMG_2034.jpg", "alt-file-name"),
        ("Photo of two people on a bench.", "alt-redundant"),
    ],
)  # fmt: skip
def test_a_picture_without_good_words_is_found(alt: str | None, code: str) -> None:
    assert found(ARTICLE, image=Image(url="https://news.alderbay.example/a.jpg", alt=alt)) == {code}
    if alt != "":
        attribute = "" if alt is None else f' alt="{alt}"'
        body = f'{ARTICLE.body}<p><img src="https://news.alderbay.example/b.jpg"{attribute}></p>'
        assert found(ARTICLE, body=body) == {code}


def test_a_picture_of_no_account_in_a_body_needs_no_words() -> None:
    assert found(ARTICLE, body=f'{ARTICLE.body}<p><img src="https://news.alderbay.example/b.jpg" alt=""></p>') == set()


def test_a_teasers_picture_without_words_is_the_pages_own_matter() -> None:
    assert found(TEASER, image=Image(url="https://news.alderbay.example/b.jpg")) == set()


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ('<a href="https://www.alderbay.example/">click here</a>', "link-vague"),
        ('<a href="https://www.alderbay.example/">https://www.alderbay.example/</a>', "link-url"),
        ('<a href="https://www.alderbay.example/"></a>', "link-empty"),
    ],
)
def test_a_link_in_a_body_that_says_nothing_is_found(link: str, code: str) -> None:
    assert found(ARTICLE, body=f"{ARTICLE.body}<p>To apply, {link}.</p>") == {code}


def test_a_link_in_a_body_that_names_its_page_is_left_alone() -> None:
    link = '<a href="https://www.alderbay.example/volunteer">the <b>volunteer</b> page</a>'
    picture = '<a href="https://www.alderbay.example/"><img src="https://a.example/a.png" alt="A map of the paths"></a>'
    assert found(ARTICLE, body=f"{ARTICLE.body}<p>See {link} {picture}.</p>") == set()


def test_an_article_above_the_reading_grade_is_found_with_its_grade() -> None:
    hard = "<p>Multidisciplinary anticoagulation recommendations necessitate institutional stratification.</p>" * 20
    (finding,) = gate(GOLDEN, [replace(ARTICLE, body=hard)])
    grade = contents.grades([replace(ARTICLE, body=hard)])[PLACE]
    assert (finding.code, finding.place) == ("reading-grade", PLACE)
    assert grade > 10 and f"reads at grade {grade:g}, the newsletter's limit is 10" in finding.mend
    assert codes(contents.check([replace(ARTICLE, body=hard)], NOW, most_grade=int(grade) + 1)) == set()


def test_grades_are_told_by_headline_and_only_where_there_are_any() -> None:
    assert list(contents.grades([ARTICLE, TEASER, replace(ARTICLE, headline="Short", body="<p>Hi.</p>")])) == [PLACE]
    assert contents.grades([ARTICLE], language="vi") == {}
    assert contents.grades([replace(ARTICLE, language="en")], language="vi") != {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The note said MRN 00482913 on it.", "patient-record"), ("He was born on 03/04/1956.", "patient-birth"),
        ("Thank you, Mrs. Halloran, 360-555-0199.", "patient-phone"),
        ("It was 078-05-1120 all along.", "patient-social-security"),
    ],
)  # fmt: skip
def test_what_may_be_a_patients_is_found_wherever_it_stands(text: str, code: str) -> None:
    assert found(ARTICLE, body=f"{ARTICLE.body}<p>{text}</p>") == {code}
    assert found(ARTICLE, summary=text) == {code}
    assert found(ARTICLE, headline=text) == {code}
    assert found(ARTICLE, correction=text) == {code}
    assert found(ARTICLE, image=Image(url="https://a.example/a.jpg", alt=text)) == {code}
    assert found(ARTICLE, body=f'{ARTICLE.body}<img src="https://a.example/a.jpg" alt="{text}">') == {code}
    assert found(TEASER, caption=text) == {code}
    (finding,) = gate(own_texts={"note": text})
    assert (finding.code, finding.place, finding.severity) == (code, "note", "warning")


PLACEHOLDERS = [
    "Lorem ipsum dolor", "TODO: ask the ward", "The time is TBD", "XXX", "[insert the date here]", "{{ title }}",
    "{{7*7}}", "Hello %FIRSTNAME%", "Hello *|FNAME|*", "<your name>", "%%name%%", "[[name]]", "${name}", "{% if a %}",
]  # fmt: skip


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_gap_that_nobody_filled_is_found(text: str) -> None:
    assert found(ARTICLE, summary=text) == {"placeholder"}
    assert found(ARTICLE, headline=text) == {"placeholder"}
    assert found(ARTICLE, correction=text) == {"placeholder"}
    assert found(ARTICLE, image=Image(url="https://a.example/a.jpg", alt=text)) == {"placeholder"}
    assert found(TEASER, caption=text) == {"placeholder"}
    assert codes(gate(own_texts={"greeting": text})) == {"placeholder"}


@pytest.mark.parametrize(
    "text", ["TODO lo que necesita saber", "50% of 100% is 50%", "Insert the card (slowly)", "[Video] A {rare} bird"]
)
def test_ordinary_words_are_no_gaps(text: str) -> None:
    assert found(ARTICLE, headline=text) == set()


@pytest.mark.parametrize("headline", ["FLU SHOTS FOR EVERYONE THIS WEEK", "The garden is open!!"])
def test_a_shouting_headline_is_found(headline: str) -> None:
    assert found(ARTICLE, headline=headline) == {"headline-shouting"}
    assert found(TEASER, headline=headline) == {"headline-shouting"}


@pytest.mark.parametrize(
    "text", ["Gar\u202eden", "Gar\u2067den", "Gar\u200bden", "Gar\u2028den", "Gar\x07den", "=?utf-8?q?Garden?="]
)
def test_strange_characters_are_found(text: str) -> None:
    assert found(ARTICLE, headline=text) == {"strange-characters"}
    assert found(ARTICLE, summary=text) == {"strange-characters"}
    assert codes(gate(own_texts={"note [es]": text})) == {"strange-characters"}
    assert gate(own_texts={"subject [en]": text}) == []  # the edition's subject is looked at by `delivery`


@pytest.mark.parametrize(
    "text", ["La niñez", "健康なからだ", "صحة القلب", "Emoji 👩‍⚕️ at work", "soft\u00adhyphen", "می‌خواهم"]
)
def test_writing_of_all_kinds_is_not_strange(text: str) -> None:
    assert found(ARTICLE, headline=text) == set()


def test_an_item_that_is_in_the_issue_twice_is_found_at_the_second() -> None:
    other = replace(TEASER, headline="the garden is open  again")
    (finding,) = gate(GOLDEN, [ARTICLE, other])
    assert (finding.code, finding.place) == ("item-twice", "the garden is open again")
    same_page = replace(ARTICLE, headline="Another headline", url=f"{ARTICLE.url}/")
    assert codes(gate(GOLDEN, [ARTICLE, TEASER, same_page])) == {"item-twice"}
    assert gate(GOLDEN, [replace(ARTICLE, url=None), replace(TEASER, url=None)]) == []


def test_an_article_and_its_translations_may_share_a_headline_and_a_page() -> None:
    spanish = replace(ARTICLE, key="jardin", id="tag:jardin", translation_of="garden", language="es")
    french = replace(spanish, key="jardin-fr", id="tag:jardin-fr", language="fr")
    assert gate(GOLDEN, [ARTICLE, spanish, french]) == []
    assert gate(GOLDEN, [spanish, french]) == []
    other = replace(spanish, translation_of="another", url=None)
    assert codes(gate(GOLDEN, [ARTICLE, other])) == {"item-twice"}


def of_events(*events: Event) -> list[Finding]:
    return contents.check([], NOW, most_grade=10, events=events)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The time is TBD", "placeholder"), ("The\u200b walk", "strange-characters"),
        ("Ask Mrs. Halloran, 360-555-0199", "patient-phone"),
    ],
)  # fmt: skip
def test_what_a_mail_says_of_an_event_is_looked_at(text: str, code: str) -> None:
    (in_title,), (in_place,) = of_events(replace(EVENT, title=text)), of_events(replace(EVENT, place=text))
    assert (in_title.code, in_title.place) == (code, text)
    assert (in_place.code, in_place.place) == (code, EVENT.title)


def test_a_shouting_event_is_found_and_a_good_one_is_left_alone() -> None:
    assert codes(of_events(replace(EVENT, title="COME TO THE LANTERN WALK"))) == {"headline-shouting"}
    assert of_events(EVENT, replace(EVENT, title="Another walk", place=None)) == []


def test_an_event_is_there_twice_when_it_begins_at_the_same_time() -> None:
    again = replace(EVENT, key="again", title="the lantern  walk")
    (finding,) = of_events(EVENT, again)
    assert (finding.code, finding.place) == ("item-twice", "the lantern walk")
    assert of_events(EVENT, replace(again, start=EVENT.start + timedelta(days=7))) == []


def test_of_a_very_long_article_the_beginning_is_checked_and_that_is_said() -> None:
    body = PARAGRAPH * (600_000 // len(PARAGRAPH)) + "<p>MRN 00482913</p>"
    (finding,) = gate(GOLDEN, [replace(ARTICLE, body=body)])
    assert (finding.code, finding.severity) == ("article-long", "note")
    assert found(ARTICLE, body=f"<p>MRN 00482913</p>{body}") == {"article-long", "patient-record"}


def test_ten_thousand_pictures_without_words_are_told_some_times_only() -> None:
    body = ARTICLE.body + '<img src="https://news.alderbay.example/b.jpg">' * 10_000
    findings = contents.check([replace(ARTICLE, body=body)], NOW, most_grade=10)
    assert 1 <= len(findings) <= 20
    assert codes(findings) == {"alt-missing"}


HEAVY = {
    "words": PARAGRAPH, "depth": "<div>", "pictures": '<img src="https://a.example/b.jpg">',
    "open links": "<a href=x>w ",
    "links": '<a href="https://a.example/">a good page</a> ', "brackets": "<", "references": "&amp;",
    "names": "Jane Doe 360-555-0142 ", "vowels": "ea-", "quotes": '<img "', "lists": "<ul><li>",
}  # fmt: skip


@pytest.mark.parametrize("piece", HEAVY.values(), ids=HEAVY)
def test_a_body_of_twenty_megabytes_holds_nothing_up(piece: str) -> None:
    body = piece * (20_000_000 // len(piece))
    with ends():
        assert "article-long" in codes(contents.check([replace(ARTICLE, body=body)], NOW, most_grade=10))


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.sampled_from(["en", "es", "de", "x"]))
def test_any_article_can_be_checked(headline: str, summary: str, body: str, language: str) -> None:
    article = replace(ARTICLE, headline=headline, summary=summary, body=body, language=language)
    tagged = replace(article, body=f'<a href="x">{body}</a><img alt="{body}">', published_at=None)
    teaser = replace(TEASER, headline=headline, excerpt=summary, caption=body, image=Image(url=body, alt=summary))
    event = replace(EVENT, title=headline, place=summary)
    items = [article, tagged, teaser, replace(article, correction=body)]
    contents.check(items, NOW, most_grade=10, events=[event, event], own_texts={headline: summary})
    contents.grades([article, tagged, teaser])
