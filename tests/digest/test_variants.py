"""One superset document an issue and language: readers get the blocks of their topics, in their language."""

import re
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from publisher.actions.collect import collect
from publisher.actions.issues import Draft, draft_issue
from publisher.app import App
from publisher.delivery.compose import Composer
from publisher.links import Links
from publisher.records import Block, Delivery, Edition, blocks_for
from tests.conftest import KEYS, ROOT, article_file

Open = Callable[..., App]
VALUES = {"GREETING": "Hello.", "EMAIL": "ana@example.org", "UNSUBSCRIBE": "https://u.example/", "PREFERENCES": "#p"}
TOPICS = ("heart", "prevention", "nutrition", "sleep", "children", "community")


def drafted(site: Path, open_app: Open, **more: object) -> Draft:
    app = open_app(site, **more)
    collect(app)
    return draft_issue(app, app.newsletter(None))


def configured(site: Path, *changes: tuple[str, str]) -> None:
    """Change publisher.toml; each change must find its place."""
    toml = (site / "publisher.toml").read_text()
    for old, new in changes:
        assert old in toml
        toml = toml.replace(old, new)
    (site / "publisher.toml").write_text(toml)


def copies(edition: Edition, topics: Sequence[str] = ()) -> tuple[str, str]:
    return edition.html_for(topics, VALUES), edition.text_for(topics, VALUES)


def reader(topics: Sequence[str] = (), language: str | None = None, name: str | None = None) -> Delivery:
    return Delivery(
        issue=1, subscriber=1, public_id="ab" * 16, address="ana@example.org", name=name, language=language,
        topics=tuple(topics), state="claimed",
    )  # fmt: skip


def parts(composer: Composer, delivery: Delivery) -> tuple[str, str]:
    """The HTML and text of a finished message, as a mail program decodes them."""
    message = message_from_bytes(composer.message(delivery), policy=policy.default)
    assert isinstance(message, EmailMessage)
    found = [message.get_body((kind,)) for kind in ("html", "plain")]
    html, text = (part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in found if part)
    return html, text


def three_topics(site: Path) -> None:
    article_file(site, "lead", headline="Leads it", date="2026-11-22", topics="[community]")
    article_file(site, "heart", headline="Of hearts", date="2026-11-21", topics="[heart]")
    article_file(site, "sleep", headline="Of sleep", date="2026-11-20", topics="[sleep]")
    article_file(site, "both", headline="Of both", date="2026-11-19", topics="[heart, sleep]")
    article_file(site, "all", headline="Of everything", date="2026-11-18")


def test_a_reader_who_chose_no_topic_gets_everything(site: Path, open_app: Open) -> None:
    three_topics(site)
    edition = drafted(site, open_app).editions[0]
    for copy in copies(edition):
        for headline in ("Leads it", "Of hearts", "Of sleep", "Of both", "Of everything"):
            assert headline.lower() in copy.lower()


def test_a_reader_gets_the_lead_what_has_their_topic_and_what_has_none(site: Path, open_app: Open) -> None:
    three_topics(site)
    edition = drafted(site, open_app).editions[0]
    for copy in copies(edition, ["sleep"]):
        for headline in ("Leads it", "Of sleep", "Of both", "Of everything"):
            assert headline.lower() in copy.lower()
        assert "of hearts" not in copy.lower()


def test_what_is_left_out_is_nowhere_in_the_copy_not_even_in_the_preheader(site: Path, open_app: Open) -> None:
    three_topics(site)
    html, text = copies(drafted(site, open_app).editions[0], ["nutrition"])
    for hidden in ("Of hearts", "Of sleep", "Of both"):
        assert hidden not in html and hidden not in text
    assert f"ZQ{drafted(site, open_app).editions[0].nonce}" not in html + text


def test_a_section_without_an_item_for_the_reader_loses_its_heading(site: Path, open_app: Open) -> None:
    configured(site, ("# sections = ", "sections = "))
    three_topics(site)
    article_file(site, "child", headline="Of children", date="2026-11-19", topics="[children]")
    edition = drafted(site, open_app).editions[0]
    everything, chosen = copies(edition)[0], copies(edition, ["heart"])[0]
    headings = [re.findall(r"<h2[^>]*>([^<]+)</h2>", copy) for copy in (everything, chosen)]
    assert headings[0][:3] == ["Heart health", "Children", "More this week"]
    assert headings[1][:2] == ["Heart health", "More this week"]


def test_the_text_of_a_chosen_copy_has_no_gaps(site: Path, open_app: Open) -> None:
    three_topics(site)
    edition = drafted(site, open_app).editions[0]
    for topics in ((), ("heart",), ("sleep",), ("nutrition",)):
        text = copies(edition, topics)[1]
        assert "\n\n\n" not in text
        assert all(line == line.rstrip() for line in text.split("\n"))


def test_events_follow_the_topics_too(sample: Path, open_app: Open) -> None:
    edition = drafted(sample, open_app).editions[0]
    assert "Infant and child CPR practice night" in copies(edition, ["children"])[0]
    assert "Infant and child CPR practice night" not in copies(edition, ["heart"])[0]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.sets(st.sampled_from(TOPICS)), language=st.sampled_from(["en", "es"]), name=st.sampled_from([None, "Ana"])
)
def test_a_finished_message_is_the_copy_to_the_letter(
    variants: tuple[Edition, ...], chosen: set[str], language: str, name: str | None
) -> None:
    composer = Composer(variants, "weekly/2026-W48", "weekly", Links("https://bay.example", KEYS), b"m" * 32)
    delivery = reader(sorted(chosen), language, name)
    edition = next(e for e in variants if e.language == language)
    html, text = parts(composer, delivery)
    assert html == edition.html_for(chosen, composer.values(delivery))
    assert text == edition.text_for(chosen, composer.values(delivery))


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> tuple[Edition, ...]:
    """The sample issue's editions, made once."""
    import shutil

    from tests.conftest import ROOT, opened

    folder = tmp_path_factory.mktemp("variants")
    shutil.copy(ROOT / "publisher.toml", folder)
    shutil.copytree(ROOT / "content", folder / "content")
    with opened(folder) as app:
        collect(app)
        return draft_issue(app, app.newsletter(None)).editions


def test_headers_are_the_same_whatever_topics_were_chosen(variants: tuple[Edition, ...]) -> None:
    composer = Composer(variants, "weekly/2026-W48", "weekly", Links("https://bay.example", KEYS), b"m" * 32)
    heads = {composer.message(reader(topics)).partition(b"\r\n\r\n")[0] for topics in ((), ("heart",), ("sleep",))}
    assert len(heads) == 1


@pytest.mark.parametrize(
    ("language", "edition"), [("es", "es"), ("es-MX", "es"), ("ES", "es"), ("en-GB", "en"), ("fr", "en"), (None, "en")]
)
def test_a_reader_gets_their_language_or_else_the_main_one(
    variants: tuple[Edition, ...], language: str | None, edition: str
) -> None:
    composer = Composer(variants, "weekly/2026-W48", "weekly", Links("https://bay.example", KEYS), b"m" * 32)
    html, _ = parts(composer, reader(language=language))
    assert re.search(r'<html lang="([^"]+)"', html)[1] == edition  # type: ignore[index]


def test_an_edition_shows_the_translation_and_else_the_original_with_its_own_language(
    variants: tuple[Edition, ...],
) -> None:
    english, spanish = variants
    assert spanish.subject == "Salud cada semana: La nueva entrada de urgencias abre el 1 de diciembre"
    assert "Póngase la vacuna" in spanish.text and "Get your flu shot" not in spanish.text
    assert "Póngase la vacuna" not in english.text and "Get your flu shot" in english.text
    html = spanish.html_for((), VALUES)
    fallback = re.search(r"<h3[^>]*>(?=<a[^>]*>Cleaning up after a storm)", html)
    assert fallback and 'lang="en" dir="ltr"' in fallback[0]
    translated = re.search(r"<h3[^>]*>(?=<a[^>]*>P&#243;ngase)", html)
    assert translated and "lang=" not in translated[0]


def test_a_language_that_runs_the_other_way_says_so_block_by_block(site: Path, open_app: Open) -> None:
    configured(site, ("[newsletter.translations.es] ", "[newsletter.translations.ar] "))
    article_file(site, "one", headline="First", date="2026-11-22")
    article_file(site, "two", headline="Second", date="2026-11-21")
    article_file(site, "thani", headline="الثاني", date="2026-11-21", language="ar", translation_of="two")
    arabic = drafted(site, open_app).editions[1]
    html = arabic.html_for((), VALUES)
    assert re.search(r'<html lang="ar" dir="rtl"', html)
    assert re.search(r'<h2[^>]*lang="en" dir="ltr"[^>]*><a[^>]*>First', html)
    assert "&#1575;&#1604;&#1579;&#1575;&#1606;&#1610;" in html and ">Second<" not in html


def test_an_article_and_its_translations_are_one_item(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    article_file(site, "uno", headline="Uno", date="2026-11-21", language="es", translation_of="one.md")
    draft = drafted(site, open_app)
    assert draft.lead and (draft.lead.headline, draft.entries) == ("One", ())
    assert [e.subject for e in draft.editions] == ["Health Weekly: One", "Salud cada semana: Uno"]


def test_a_translation_whose_original_is_not_there_stands_for_itself(site: Path, open_app: Open) -> None:
    article_file(site, "uno", headline="Uno", date="2026-11-21", language="es", translation_of="gone")
    draft = drafted(site, open_app)
    assert draft.lead and draft.lead.headline == "Uno"


def test_two_articles_that_call_each_other_their_original_are_both_there(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", translation_of="uno")
    article_file(site, "uno", headline="Uno", date="2026-11-21", language="es", translation_of="one")
    assert len(drafted(site, open_app).issue.carried) == 2


def test_a_translation_of_what_was_carried_long_ago_is_no_news(site: Path, open_app: Open) -> None:
    article_file(site, "old", headline="Old", date="2026-06-01")
    article_file(site, "viejo", headline="Viejo", date="2026-11-21", language="es", translation_of="old")
    article_file(site, "new", headline="New", date="2026-11-20")
    draft = drafted(site, open_app)
    assert draft.lead and (draft.lead.headline, draft.entries) == ("New", ())


def test_a_translation_under_embargo_is_not_shown(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    article_file(
        site, "uno", headline="Uno", date="2026-11-21", language="es", translation_of="one",
        embargo="2026-11-30T08:00:00-08:00",
    )  # fmt: skip
    assert [e.subject for e in drafted(site, open_app).editions] == ["Health Weekly: One", "Salud cada semana: One"]


@given(st.sets(st.sampled_from(TOPICS)), st.lists(st.sets(st.sampled_from(TOPICS)), min_size=1, max_size=6))
def test_a_group_stands_just_when_an_item_in_it_does(chosen: set[str], items: list[set[str]]) -> None:
    blocks = [Block(number=1, kind="group")]
    blocks += [Block(number=n, kind="item", topics=tuple(sorted(t)), inside=1) for n, t in enumerate(items, start=2)]
    stands = blocks_for(blocks, chosen)
    wanted = {n for n, topics in enumerate(items, start=2) if not chosen or not topics or topics & chosen}
    assert stands == wanted | ({1} if wanted else set())


def test_a_teaser_stands_for_its_article_while_that_may_not_be_read(site: Path, open_app: Open) -> None:
    """It was on a page that anybody can read; the article behind it is not out yet."""
    page = (ROOT / "content" / "pages" / "harbour-garden-reopens.txt").read_text()
    headline = "Sewing Circle Gives Its Thousandth Quilt"
    first = page.split("What's New")[0]
    story = first.replace("Harbor Garden Reopens With a Path for Everyone", f"{headline}\n\nDecember 20, 2026")
    (site / "content" / "pages" / "a-quilt.txt").write_text(story)
    (site / "content" / "pages" / "garden.txt").write_text(page)
    draft = drafted(site, open_app)
    carried = {item.headline: type(item).__name__ for item in draft.selection.carried}
    assert carried.get(headline) == "Teaser"
