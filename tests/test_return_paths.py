"""Return paths: only ours are read, whatever a relay or a stranger makes of them."""

import pytest
from hypothesis import given, strategies as st

from publisher.keys import Keyring
from publisher.return_paths import LONGEST_NAME, Copy, ReturnPaths
from tests.conftest import KEYS

PATHS = ReturnPaths("Bounces@News.example.org", KEYS)
COPIES = st.builds(Copy, st.integers(0, 999_999), st.text("0123456789abcdef", min_size=32, max_size=32))
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def ring(*keys: tuple[str, bytes]) -> Keyring:
    return Keyring(KEYS.keys | {"return-path": keys})


@given(COPIES)
def test_what_was_made_is_read_back(copy: Copy) -> None:
    made = PATHS.make(copy)
    assert PATHS.read(made) == copy
    assert made.isascii() and made == made.lower() and made.endswith("@news.example.org")
    assert copy.public_id not in made


@given(COPIES, st.text(LETTERS, min_size=1, max_size=LONGEST_NAME), st.integers(1, 99))
def test_it_is_never_too_long_for_a_relay(copy: Copy, name: str, key: int) -> None:
    made = ReturnPaths(f"{name}@example.org", ring((str(key), b"k" * 32))).make(copy)
    assert len(made.partition("@")[0]) <= 64


@given(COPIES, st.data())
def test_a_change_of_one_character_is_refused(copy: Copy, data: st.DataObject) -> None:
    made = PATHS.make(copy)
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda c: c.lower() != made[place]))
    assert PATHS.read(made[:place] + letter + made[place + 1 :]) is None


@given(COPIES, st.data())
def test_a_character_more_or_less_is_refused(copy: Copy, data: st.DataObject) -> None:
    made = PATHS.make(copy)
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from("0123456789ab-+@. \n\0"))
    without = made[:place] + made[place + 1 :]
    more = made[:place] + letter + made[place:]
    assert PATHS.read(without) is None
    assert PATHS.read(more) is None or more.strip() == made


@given(COPIES, st.randoms(use_true_random=False))
def test_a_relay_may_change_the_case(copy: Copy, random: object) -> None:
    made = PATHS.make(copy)
    shouted = "".join(c.upper() if getattr(random, "random")() < 0.5 else c for c in made)  # noqa: B009
    assert PATHS.read(f" {shouted} ") == copy


@given(st.text())
def test_whatever_is_sent_is_only_refused(text: str) -> None:
    assert PATHS.read(text) is None
    assert PATHS.read(f"bounces+{text}@news.example.org") is None


@pytest.mark.parametrize("letter", ["\u212a", "\u0130", "\u017f"])
def test_a_letter_that_only_looks_like_a_small_one_is_refused(letter: str) -> None:
    for number in range(60):
        made = PATHS.make(Copy(number, f"{number:032x}"))
        for place, old in enumerate(made):
            if old == letter.lower()[0] and place > len("bounces+"):
                assert PATHS.read(made[:place] + letter + made[place + 1 :]) is None


def test_a_number_has_one_way_to_be_written() -> None:
    made = PATHS.make(Copy(7, "ab" * 16))
    assert PATHS.read(made.replace("+7-", "+07-")) is None


def test_a_path_of_another_copy_or_place_is_refused() -> None:
    copy = Copy(7, "ab" * 16)
    made = PATHS.make(copy)
    assert PATHS.read(made.replace("+7-", "+8-")) is None
    for base in ("bounce@news.example.org", "bounces@example.org", "bounces@news.example.com"):
        assert ReturnPaths(base, KEYS).read(made) is None
        assert PATHS.read(ReturnPaths(base, KEYS).make(copy)) is None


def test_after_a_rotation_old_paths_still_work_and_new_keys_sign() -> None:
    copy = Copy(7, "ab" * 16)
    old = PATHS.make(copy)
    rotated = ReturnPaths("bounces@news.example.org", ring(("2", b"n" * 32), *KEYS.keys["return-path"]))
    assert rotated.read(old) == copy
    assert "-2" in rotated.make(copy) and rotated.read(rotated.make(copy)) == copy
    assert PATHS.read(rotated.make(copy)) is None
    assert ReturnPaths("bounces@news.example.org", ring(("2", b"n" * 32))).read(old) is None


def test_another_sites_key_or_another_purpose_makes_no_path_of_ours() -> None:
    copy = Copy(7, "ab" * 16)
    assert PATHS.read(ReturnPaths("bounces@news.example.org", ring(("1", b"x" * 32))).make(copy)) is None
    links = ReturnPaths("bounces@news.example.org", ring(*KEYS.keys["links"]))
    assert PATHS.read(links.make(copy)) is None
