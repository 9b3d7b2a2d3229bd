"""Each fault of privacy, planted into the golden edition, is found by its own finding and no other."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from publisher.delivery.compose import Composer
from publisher.digest.check import contents, delivery, message, privacy
from publisher.digest.check.document import read
from publisher.links import Links
from publisher.records import Article, Block, Delivery, Edition, Finding, Teaser, Topic
from tests.conftest import KEYS, NOW, ROOT

HOME = "https://news.alderbay.example/"
ADDRESS = ("1200 Harbour Road", "Alder Bay, WA 98000", "USA")
SUBJECT = "Health Weekly: The new emergency entrance opens December 1"
TOPICS = {slug: Topic(slug=slug, title=title) for slug, title in {"heart": "Heart health", "sleep": "Sleep"}.items()}
TITLE = '<p class="tagline"'
PICTURE = 'width="52" height="52" alt=""'


def golden_edition() -> Edition:
    """The sample site's, of whose blocks all readers get all."""
    folder = ROOT / "tests" / "data" / "editions"
    html, text = ((folder / f"health-weekly-2026-W48.{ending}").read_text() for ending in ("html", "txt"))
    token = re.search(r"ZQ([0-9a-f]+?)UNSUBSCRIBEQZ", html)
    assert token
    numbers = {int(number) for number in re.findall(rf"ZQ{token[1]}B(\d+)QZ", html + text)}
    return Edition(
        language="en", subject=SUBJECT, preheader="The harbor garden reopens, and a calm plan for a night of fever",
        title="Health Weekly", sender_name="Alder Bay Hospital", sender_address="weekly@news.alderbay.example",
        greeting="Hello.", greeting_named="Hello, {name}.", html=html, text=text, nonce=token[1], hash="0" * 64,
        blocks=tuple(Block(number=number, kind="item") for number in sorted(numbers)), date=NOW,
    )  # fmt: skip


GOLDEN = golden_edition()


def planted(old: str, new: str, *, part: str = "html", of: Edition = GOLDEN) -> Edition:
    """The golden edition with its first `old` replaced; `ZQ<NAME>` in `new` is that personal value."""
    document: str = getattr(of, part)
    assert old in document, "the golden edition has changed; plant the fault elsewhere"
    new = re.sub(r"ZQ<(\w+)>", lambda name: of.token(name[1]), new)
    return replace(of, **{part: document.replace(old, new, 1)})


def put(html: str, of: Edition = GOLDEN) -> Edition:
    """The golden edition with this before the tagline."""
    return planted(TITLE, f"{html}{TITLE}", of=of)


def samples_of(edition: Edition) -> list[message.Sample]:
    """Two invented readers of everything and one who chose a topic."""
    links = Links(HOME.removesuffix("/"), KEYS)
    composer = Composer([edition], "health-weekly/2026-W48", "health-weekly", links, b"m" * 32)
    found = []
    for number, topics in enumerate(((), (), ("heart",)), start=1):
        reader = Delivery(
            issue=1, subscriber=number, public_id=f"{number}" * 32, address=f"reader-{number}@personal.example",
            name=f"Rea & Der <{number}>" if number > 1 else None, language="en", topics=topics, state="claimed",
        )  # fmt: skip
        found.append(
            message.Sample(
                message=composer.message(reader), public_id=reader.public_id, address=reader.address,
                name=reader.name, topics=topics,
            )
        )  # fmt: skip
    return found


def gate(
    edition: Edition = GOLDEN,
    carried: Sequence[Article | Teaser] = (),
    *,
    samples: Sequence[message.Sample] | None = None,
    address: Sequence[str] = ADDRESS,
    own_texts: Mapping[str, str] | None = None,
) -> list[Finding]:
    """All that the families of articles, privacy and delivery find of an edition and its messages."""
    document = read(edition)
    return [
        *contents.check(carried, NOW, most_grade=10, own_texts=own_texts or {}),
        *privacy.check(document, edition, HOME, TOPICS),
        *delivery.check(document, edition, HOME, address),
        *message.check(edition, samples_of(edition) if samples is None else samples, HOME),
    ]


def codes(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def test_the_golden_edition_and_its_messages_have_no_finding() -> None:
    assert gate() == []


TRACKING = {
    "a pixel": f'<img src="{HOME}images/a.png" width="1" height="1" alt="">',
    "a pixel without a width": f'<img src="{HOME}images/a.png" height="0" alt="">',
    "a pixel by its style": f'<img src="{HOME}images/a.png" style="width:1px; height:1px" alt="">',
    "a picture nobody is shown": f'<img src="{HOME}images/a.png" width="60" height="60" alt="" style="display:none">',
    "a picture within what nobody is shown": f'<div style="display:none"><img src="{HOME}images/a.png" alt=""></div>',
    "a reader's address in a picture's": f'<img src="{HOME}images/a.png?u=ZQ<EMAIL>" width="60" height="60" alt="">',
    "a reader's own page as a picture": '<img src="ZQ<UNSUBSCRIBE>" width="60" height="60" alt="">',
    "a reader's address in a background": f"<p style=\"background:url('{HOME}a.png?ZQ<EMAIL>')\">A</p>",
    "a pixel for Outlook": f'<!--[if mso]><img src="{HOME}images/a.png" width="1" height="1"><![endif]-->',
}


@pytest.mark.parametrize("html", TRACKING.values(), ids=TRACKING)
def test_whatever_tells_who_opened_the_mail_is_found(html: str) -> None:
    assert codes(gate(put(html))) == {"tracking"}


ELSEWHERE = "https://cdn.elsewhere.example/a"
LOADED = {
    "a picture": f'<img src="{ELSEWHERE}.png" width="60" height="60" alt="">',
    "a picture without a scheme": '<img src="//cdn.elsewhere.example/a.png" width="60" height="60" alt="">',
    "a picture of a host that begins like ours": '<img src="https://news.alderbay.example.evil.example/a.png" alt="">',
    "a larger picture": f'<img src="{HOME}a.png" srcset="{HOME}a.png 1x, {ELSEWHERE}.png 2x" alt="">',
    "an old background": f'<table background="{ELSEWHERE}.png"><tr><td>A</td></tr></table>',
    "a poster": f'<video poster="{ELSEWHERE}.png"></video>',
    "a background": f'<p style="background-image:url({ELSEWHERE}.png)">A</p>',
    "a background in escapes": f"<p style=\"background:\\75rl('{ELSEWHERE}.png')\">A</p>",
    "a set of backgrounds": f"<p style=\"background:image-set('{ELSEWHERE}.png' 1x)\">A</p>",
    "a font": f"<style>@font-face{{font-family:A;src:url({ELSEWHERE}.woff2)}}</style>",
    "a sheet by import": f'<style>@import "{ELSEWHERE}.css";</style>',
    "a sheet by link": f'<link rel="stylesheet" href="{ELSEWHERE}.css">',
    "an object": f'<object data="{ELSEWHERE}.svg"></object>',
    "a frame": f'<iframe src="{ELSEWHERE}.html"></iframe>',
    "another page after a while": f'<meta http-equiv="refresh" content="0; url={ELSEWHERE}.html">',
    "a background for Outlook": f'<!--[if gte mso 9]><v:fill type="tile" src="{ELSEWHERE}.png"/><![endif]-->',
    "a sheet for Outlook": f"<!--[if mso]><style>td{{background:url({ELSEWHERE}.png)}}</style><![endif]-->",
}


@pytest.mark.parametrize("html", LOADED.values(), ids=LOADED)
def test_whatever_would_be_loaded_from_elsewhere_is_found_with_its_address(html: str) -> None:
    findings = gate(put(html))
    assert codes(findings) == {"third-party"}
    assert all("elsewhere" in finding.place or "evil" in finding.place for finding in findings)


def test_what_a_text_says_of_addresses_is_only_text() -> None:
    assert (
        gate(put("<p>Write src=https://elsewhere.example/a.png and url(https://elsewhere.example) and @import.</p>"))
        == []
    )


PERSONAL = {
    "the reader's mail address": '<a href="https://alderbay.example/?u=ZQ<EMAIL>">Your page at the hospital</a>',
    "the reader's name": '<a href="https://alderbay.example/?n=ZQ<GREETING>">Your page at the hospital</a>',
    "a token with something behind it": '<a href="ZQ<UNSUBSCRIBE>?from=mail">Leave us by this page</a>',
    "a token as a parameter": '<a href="https://alderbay.example/?back=ZQ<PREFERENCES>">Choose and come back</a>',
    "a reader's address in a mail's subject": '<a href="mailto:a@alderbay.example?subject=ZQ<EMAIL>">Write to us</a>',
    "a form": '<form action="https://alderbay.example/ZQ<EMAIL>"></form>',
}


@pytest.mark.parametrize("html", PERSONAL.values(), ids=PERSONAL)
def test_an_address_with_a_personal_value_in_it_is_found(html: str) -> None:
    assert codes(gate(put(html))) == {"personal-link"}


def test_an_address_with_a_personal_value_in_the_text_part_is_found() -> None:
    edition = planted("Preferences:", "<https://alderbay.example/?u=ZQ<EMAIL>>\nPreferences:", part="text")
    assert codes(gate(edition)) == {"personal-link"}


TRACKED = {
    "for statistics": "https://www.alderbay.example/visit?utm_source=mail&utm_campaign=w48",
    "in the place of the page": "https://www.alderbay.example/visit#utm_medium=mail",
    "for one reader": "https://www.alderbay.example/visit?mc_eid=0123456789",
    "by a network": "https://www.alderbay.example/visit?page=2&fbclid=abc",
    "by an advertiser": "https://www.alderbay.example/visit?gclid=abc",
    "by a mail service": "https://www.alderbay.example/visit?_hsenc=abc&_hsmi=1",
}


@pytest.mark.parametrize("url", TRACKED.values(), ids=TRACKED)
def test_a_parameter_that_counts_readers_is_found(url: str) -> None:
    assert codes(gate(put(f'<a href="{url}">The visiting page</a>'))) == {"link-tracks"}


def test_a_parameter_that_counts_nobody_is_left_alone() -> None:
    assert gate(put('<a href="https://www.alderbay.example/visit?page=2&amp;lang=es&amp;map=1">Visiting</a>')) == []


REDIRECTED = [
    "https://bit.ly/abc",
    "https://t.co/abc",
    "https://alderbay.us1.list-manage.com/track/click?u=1",
    "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.alderbay.example",
    "https://urldefense.com/v3/__https://www.alderbay.example__",
    "https://www.google.com/url?q=https://www.alderbay.example",
    "https://click.mail.alderbay.example/abc",
]


@pytest.mark.parametrize("url", REDIRECTED)
def test_a_link_through_a_service_that_counts_clicks_is_found(url: str) -> None:
    assert codes(gate(put(f'<a href="{url}">The visiting page</a>'))) == {"link-redirects"}


@pytest.mark.parametrize("query", ["topic=heart", "t=sleep,heart", "subject=Heart+health", "a=1&topics=SLEEP"])
def test_a_topic_among_the_parameters_of_our_own_page_is_found(query: str) -> None:
    assert codes(gate(put(f'<a href="{HOME}issues/health-weekly?{query}">Older issues</a>'))) == {"topic-in-url"}


def test_a_topic_in_a_public_path_or_on_another_site_is_left_alone() -> None:
    html = f'<a href="{HOME}feeds/topics/heart.html">About the feed</a>'
    assert gate(put(html + '<a href="https://www.alderbay.example/?q=heart">What we say of hearts</a>')) == []


@pytest.mark.parametrize("title", ["Heart health weekly", "The Sleep Letter", "Living with HEART failure"])
def test_a_newsletter_named_after_a_topic_is_found(title: str) -> None:
    assert codes(gate(replace(GOLDEN, title=title))) == {"list-names-topic"}


def test_a_newsletter_whose_name_only_begins_like_a_topic_is_left_alone() -> None:
    assert gate(replace(GOLDEN, title="Hearty and Sleepless Weekly")) == []


# --- the proof on finished messages ---


def tampered(old: bytes, new: bytes, *, which: Sequence[int] = (0, 1, 2)) -> list[message.Sample]:
    """The messages with `old` replaced in some; `%n` in `new` is the reader's number."""
    samples = samples_of(GOLDEN)
    for number in which:
        assert old in samples[number].message
        changed = samples[number].message.replace(old, new.replace(b"%n", str(number).encode()), 1)
        samples[number] = replace(samples[number], message=changed)
    return samples


def test_a_header_that_differs_from_reader_to_reader_is_found() -> None:
    samples = tampered(b"Precedence: bulk", b"Precedence: bulk-%n")
    (finding,) = gate(samples=samples)
    assert (finding.code, finding.place) == ("personal-header", "Precedence")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<health-weekly.news.", b"<heart.news."),
        (b"Precedence: bulk", b"Precedence: list"),
        (b"Subject: ", b"Subject:  "),
    ],
)
def test_a_header_that_tells_of_a_chosen_topic_is_found(old: bytes, new: bytes) -> None:
    assert codes(gate(samples=tampered(old, new, which=[2]))) == {"topic-told"}


def chosen(url: str, topics: tuple[str, ...]) -> Edition:
    """A story for readers who chose one of the topics, with a link."""
    story = f'<!--ZQ<B90>--><p><a href="{url}">All of this story</a></p><!--ZQ<E90>-->'
    edition = put(story)
    return replace(edition, blocks=(*edition.blocks, Block(number=90, kind="item", topics=topics)))


def test_stories_that_are_left_out_for_a_choice_tell_nothing() -> None:
    assert gate(chosen("https://www.alderbay.example/story", ("sleep",))) == []


def test_an_address_that_a_choice_of_topics_changes_is_found() -> None:
    told = "<https://www.alderbay.example/all/ZQ<B90>and-sleepZQ<E90>>\nPreferences:"
    edition = planted("Preferences:", told, part="text")
    edition = replace(edition, blocks=(*edition.blocks, Block(number=90, kind="item", topics=("sleep",))))
    assert codes(gate(edition)) == {"topic-told"}


def test_the_proof_tells_what_is_personal_and_what_is_loaded() -> None:
    facts = message.proof(GOLDEN, samples_of(GOLDEN), HOME)
    assert facts.headers == message.HEADERS
    assert facts.links > 20
    assert facts.loaded_from == ("news.alderbay.example",)
    assert facts.personal_links == (f"{HOME}preferences/…", f"{HOME}unsubscribe/…")


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text(max_size=40))
def test_no_mail_is_too_broken_to_be_examined(html: str, text: str, title: str) -> None:
    edition = replace(
        GOLDEN, html=html, text=text, subject=title, title=title, preheader=title, nonce="none", blocks=()
    )
    document = read(edition)
    privacy.check(document, edition, HOME, TOPICS)
    delivery.check(document, edition, HOME, ADDRESS)


MARKUP = """
<img <a <p <style> <!--[if~mso]> <![endif]--> ~src= ~href= ~style= ~srcset= " > url( @import https:// // [ ] @
: data: \\ # ? & utm_source=1 %00 \u202e ZQnoneEMAILQZ </style> , mailto: 0x7f.1
"""
PIECES = [piece.replace("~", " ") for piece in MARKUP.split()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_mixture_of_markup_is_too_broken_to_be_examined(pieces: list[str]) -> None:
    edition = replace(GOLDEN, html="".join(pieces), text="".join(pieces), nonce="none", blocks=())
    document = read(edition)
    privacy.check(document, edition, HOME, TOPICS)
    delivery.check(document, edition, HOME, ADDRESS)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2000))
def test_no_message_is_too_broken_to_be_examined(junk: bytes, at: int) -> None:
    whole = samples_of(GOLDEN)
    broken = [replace(sample, message=sample.message[:at] + junk + sample.message[at:]) for sample in whole]
    for samples in (broken, [broken[0], *whole[1:]], [replace(whole[0], message=junk)]):
        message.check(GOLDEN, samples, HOME)
        message.proof(GOLDEN, samples, HOME)


def test_a_moment_is_enough_for_a_large_mail() -> None:
    story = '<p><a href="https://www.alderbay.example/a">A story of ours</a> and what it says of the garden.</p>'
    edition = put(story * 1000)
    began = datetime.now(UTC)
    assert gate(edition) == []
    assert (datetime.now(UTC) - began).total_seconds() < 5
