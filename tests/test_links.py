"""Tokens: only ours open anything, and they say nothing about whom they are for."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import replace

from hypothesis import given, strategies as st

from publisher.keys import Keyring
from publisher.links import Links, Purpose, public_id_in
from publisher.records import Article, Teaser
from tests.conftest import KEYS

LINKS = Links("https://news.example/office", KEYS)
PUBLIC_IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
ARTICLE = Article(source="s", key="k", headline="H", body="", slug="a-story")
TEASER = Teaser(source="s", key="k", headline="H")


@given(PUBLIC_IDS)
def test_a_token_opens_what_it_was_made_for_and_nothing_else(public_id: str) -> None:
    token = LINKS.sign("unsubscribe", public_id)
    assert LINKS.check("unsubscribe", token) == public_id
    assert LINKS.check("preferences", token) is None
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)


@given(PUBLIC_IDS, st.data())
def test_an_altered_token_opens_nothing(public_id: str, data: st.DataObject) -> None:
    token = LINKS.sign("unsubscribe", public_id)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != token[place]))
    assert LINKS.check("unsubscribe", token[:place] + letter + token[place + 1 :]) is None


@given(st.text())
def test_whatever_is_sent_as_a_token_is_only_refused(text: str) -> None:
    assert LINKS.check("unsubscribe", text) is None


def test_after_a_rotation_new_keys_sign_and_old_links_still_work() -> None:
    old = LINKS.sign("unsubscribe", "ab" * 16)
    rotated = Links("https://news.example", Keyring({"links": (("2", b"n" * 32), *KEYS.keys["links"])}))
    assert rotated.check("unsubscribe", old) == "ab" * 16
    assert rotated.sign("unsubscribe", "ab" * 16).startswith("2.")
    assert Links("https://news.example", Keyring({"links": (("2", b"n" * 32),)})).check("unsubscribe", old) is None


def test_every_address_lies_below_the_site() -> None:
    assert LINKS.home == "https://news.example/office/"
    assert LINKS.article(ARTICLE) == "https://news.example/office/a/a-story"
    assert LINKS.article(replace(ARTICLE, url="https://x.example/1")) == "https://x.example/1"
    assert LINKS.feed("topics/heart", "rss") == "https://news.example/office/feeds/topics/heart.rss"
    assert LINKS.issue("weekly", "2026-W48") == "https://news.example/office/issues/weekly/2026-W48"
    assert LINKS.personal("unsubscribe", "ab" * 16).startswith("https://news.example/office/unsubscribe/1.")


def test_a_teaser_leads_to_its_story_else_to_the_page_that_showed_it_else_to_the_article_beside_it() -> None:
    beside = ARTICLE
    assert (
        LINKS.teaser(replace(TEASER, url="https://x.example/1", page="https://x.example/"), beside)
        == "https://x.example/1"
    )
    assert LINKS.teaser(replace(TEASER, page="https://x.example/"), beside) == "https://x.example/"
    assert LINKS.teaser(TEASER, beside) == "https://news.example/office/a/a-story"
    assert LINKS.teaser(TEASER, None) == LINKS.home


PURPOSES: tuple[Purpose, ...] = ("unsubscribe", "preferences", "confirm")
NEWSLETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=20)


@given(PUBLIC_IDS, st.sampled_from(PURPOSES), NEWSLETTERS, st.sampled_from(PURPOSES), NEWSLETTERS)
def test_a_token_is_for_one_purpose_and_one_newsletter(
    public_id: str, purpose: Purpose, newsletter: str, other: Purpose, another: str
) -> None:
    token = LINKS.sign(purpose, public_id, newsletter)
    same = (purpose, newsletter) == (other, another)
    assert LINKS.check(other, token, another) == (public_id if same else None)
    assert not newsletter[8:] or newsletter not in token


def test_a_token_of_before_there_were_several_newsletters_stays_good() -> None:
    old = hmac.digest(b"l" * 32, b"unsubscribe\x001\x00" + b"ab" * 16, "sha256")[:16]
    token = f"1.{'ab' * 16}.{urlsafe_b64encode(old).decode().rstrip('=')}"
    assert LINKS.check("unsubscribe", token) == "ab" * 16
    assert LINKS.check("unsubscribe", token, "weekly") is None


@given(PUBLIC_IDS)
def test_a_token_is_found_in_its_own_link_alone(public_id: str) -> None:
    link = LINKS.personal("unsubscribe", public_id, "weekly")
    token = LINKS.token_in("unsubscribe", link)
    assert token and LINKS.check("unsubscribe", token, "weekly") == public_id
    assert LINKS.token_in("preferences", link) is None
    assert Links("https://news.example", KEYS).token_in("unsubscribe", link) is None
    assert LINKS.token_in("unsubscribe", "x" + link) is None
    more = LINKS.token_in("unsubscribe", link + "?x=1") or ""
    assert LINKS.check("unsubscribe", more, "weekly") is None


@given(st.text())
def test_the_id_in_a_token_is_asked_for_without_trust(text: str) -> None:
    assert isinstance(public_id_in(text), str)
    assert LINKS.token_in("unsubscribe", text) is None


def test_the_form_for_new_subscribers_has_an_address() -> None:
    assert LINKS.subscribe() == "https://news.example/office/subscribe"
