"""How hard a text is to read, by formulas that anyone can check with a pencil."""

import pytest
from hypothesis import given, strategies as st

from publisher.digest.check.reading import _english, _german, _spanish, blocks, cut, grade
from tests.watchdog import ends

SIMPLE = "The cat sat on the mat. The dog ran to the old red barn. " * 5
HARD = (
    "Considerable pharmacological heterogeneity necessitates individualised multidisciplinary stratification,"
    " incorporating comprehensive institutional recommendations regarding perioperative anticoagulation. " * 5
)


def syllables(words: str) -> dict[str, int]:
    """`heart 1 emergency 4` as a table."""
    parts = words.split()
    return dict(zip(parts[::2], map(int, parts[1::2]), strict=True))


ENGLISH = syllables(
    "the 1 heart 1 health 1 hospital 3 emergency 4 entrance 2 table 2 tables 2 people 2 patient 2 station 2 special 2"
    " family 3 families 3 medicine 3 doctor 2 nurse 1 nurses 2 walked 1 wanted 2 needed 2 closed 1 area 3 idea 3"
    " radio 3 being 2 going 2 quiet 2 science 2 insurance 3 pressure 2 breathe 1 breathing 2 safely 2 movement 2"
    " cases 2 changes 2 clinics 2 children 2 asthma 2 immediately 5 information 4 insulin 3 vaccination 4 ready 2"
    " beautiful 3 cooked 1 created 3 usual 3 simple 2 people's 2 you'll 1 step-free 2 twenty-four 3 thermometer 4"
    " cardiovascular 6 hypertension 4 physician 3 anesthesia 4 ambulance 3 experience 4 previous 3 earlier 3 said 1"
    " through 1 house 1 houses 2 used 1 tired 1 hours 1 candles 2 bottles 2 rules 1 miles 1 million 2 onion 2"
)
SPANISH = syllables(
    "salud 2 cuando 2 hospital 3 día 2 médico 3 intérprete 4 información 4 guía 2 guitarra 3 queso 2 agua 2 ciudad 2"
    " bienvenida 4 responsabilidad 6 maíz 2 playa 2 rey 1 muy 1 leer 2 ahora 3 prohibir 3 pingüino 3 y 1 viaje 2"
)
GERMAN = syllables("Krankenhaus 3 Haus 1 Häuser 2 neue 2 bauen 2 Eier 2 Herz 1 Schwester 2 Notaufnahme 4 Öffnung 2")


@pytest.mark.parametrize("word", ENGLISH)
def test_english_syllables_are_counted(word: str) -> None:
    assert _english(word) == ENGLISH[word]


@pytest.mark.parametrize("word", SPANISH)
def test_spanish_syllables_are_counted(word: str) -> None:
    assert _spanish(word) == SPANISH[word]


@pytest.mark.parametrize("word", GERMAN)
def test_german_syllables_are_counted(word: str) -> None:
    assert _german(word) == GERMAN[word]


def test_flesch_kincaid_is_what_the_pencil_says() -> None:
    # 13 words of one syllable in two sentences: 0.39 x 6.5 + 11.8 x 1 - 15.59 is below the first grade.
    assert grade("<p>" + SIMPLE + "</p>", "en") == 0
    # 8 words of two syllables in each sentence: 0.39 x 8 + 11.8 x 2 - 15.59 = 11.13
    assert grade("Doctor doctor doctor doctor doctor doctor doctor doctor. " * 10, "en-US") == 11.1


def test_inflesz_is_what_the_pencil_says() -> None:
    # 10 words of two syllables: 206.835 - 62.3 x 2 - 10 = 72.235, a half of the way from 80 (grade 4) to 65 (6).
    assert grade("Salud salud salud salud salud salud salud salud salud salud. " * 8, "es") == 5.0


def test_the_first_sachtextformel_is_what_the_pencil_says() -> None:
    # 8 words a sentence, all of one syllable and short: 0.1672 x 8 - 0.0327 x 100 - 0.875 is below the first grade.
    assert grade("Das Herz schlägt und wir sind bei dir. " * 10, "de") == 0
    # 5 words a sentence, all of four syllables: 0.1935 x 100 + 0.1672 x 5 + 0.1297 x 100 - 0.875 = 32.281
    assert grade("Notaufnahme Notaufnahme Notaufnahme Notaufnahme Notaufnahme. " * 14, "de-AT") == 32.3


@pytest.mark.parametrize("language", ["en", "es", "de"])
def test_a_hard_text_asks_for_more_school_than_a_simple_one(language: str) -> None:
    simple, hard = grade(SIMPLE, language), grade(HARD, language)
    assert simple is not None and hard is not None
    assert simple < 6 < 12 < hard


def test_other_languages_and_short_texts_have_no_grade() -> None:
    assert grade(SIMPLE, "vi") is None
    assert grade(SIMPLE, "") is None
    assert grade("word " * 59, "en") is None
    assert grade("word " * 60, "en") is not None
    assert grade("", "en") is None


def test_headings_and_items_end_a_sentence_and_inline_tags_end_no_word() -> None:
    assert blocks("<h2>One</h2><ul><li>t<b>w</b>o</li><li>three &amp; four<br>five</li></ul> six") == [
        "One", "two", "three & four", "five", "six",
    ]  # fmt: skip
    as_list = "<ul>" + "<li>Wear warm socks every evening</li>" * 15 + "</ul>"
    in_one = "<p>" + "wear warm socks every evening " * 15 + "</p>"
    one, other = grade(as_list, "en"), grade(in_one, "en")
    assert one is not None and other is not None and one < 8 < 20 < other


def test_titles_times_and_prices_end_no_sentence() -> None:
    told = "Dr. Halvex and Ms. Quist meet at 6 p.m. on the 3.5 acre farm for $1,200.50 in all "
    assert grade((told + "today. ") * 6, "en") == grade((told.replace(". ", " ") + "today. ") * 6, "en")


def test_a_body_is_cut_before_a_tag_and_not_within_it() -> None:
    assert cut("<p>One</p><p>Two</p>", 12) == "<p>One</p>"
    assert cut("<p>One</p><p>Two</p>", 15) == "<p>One</p><p>Tw"
    assert cut("short", 100) == "short"


@given(st.text(), st.sampled_from(["en", "es", "de", "xx", "EN-gb", "", "-"]))
def test_any_text_can_be_graded(text: str, language: str) -> None:
    grade(text, language)
    grade(text * 60, language)


@pytest.mark.parametrize(
    "text", ["<" * 10**6, "a" * 10**6, "Dr. " * 10**6, "A. " * 10**6, "ea-" * 10**6, "&amp" * 10**6]
)
def test_no_text_holds_the_grading_up(text: str) -> None:
    with ends():
        grade(text, "en")
