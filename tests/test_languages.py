"""Languages by their tags: who is served by which, in which direction, with which phrases, dates and hours."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given, strategies as st

from publisher.actions.collect import collect
from publisher.actions.issues import Draft, draft_issue
from publisher.digest.render import _hours, has_phrases, words
from publisher.errors import TemplateError
from publisher.languages import are_kin, direction, fitting, general_first, locale, long_date, name, there
from publisher.templating import Templates, shipped

PACIFIC = ZoneInfo("America/Los_Angeles")
SPOKEN = sorted(path.name.split(".")[1] for path in (shipped() / "email").glob("words.*.json"))
EVERYONES = sorted(locale_identifiers())

subtags = st.text("abzABZ019", min_size=1, max_size=9)
garbage = st.text(max_size=30) | st.lists(subtags, max_size=6).map("-".join) | st.sampled_from(EVERYONES)


@pytest.mark.parametrize(
    ("wanted", "tags", "best"),
    [
        ("es", ["en", "es"], "es"),
        ("ES-mx", ["en", "es", "es-MX"], "es-MX"),
        ("es-MX", ["en", "es"], "es"),
        ("es-MX", ["en", "es-ES", "es-419"], "es-419"),
        ("es-MX", ["es-ES", "es-AR"], "es-AR"),
        ("zh-TW", ["en", "zh", "zh-Hant"], "zh-Hant"),
        ("zh-TW", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh_HK", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-Hant-HK", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-Hant", ["en", "zh", "zh-TW"], "zh-TW"),
        ("zh-CN", ["en", "zh-Hant", "zh"], "zh"),
        ("cmn-Hant", ["en", "zh", "zh-Hant"], "zh-Hant"),
        ("zh-TW", ["en", "zh"], "zh"),
        ("sr-Cyrl-RS", ["en", "sr-Latn", "sr-Cyrl"], "sr-Cyrl"),
        ("sr-RS", ["en", "sr-Latn", "sr-Cyrl"], "sr-Cyrl"),
        ("sr-ME", ["en", "sr-Cyrl", "sr-Latn"], "sr-Latn"),
        ("pt-PT", ["en", "pt-BR", "pt"], "pt"),
        ("pt-PT", ["en", "pt-BR"], "pt-BR"),
        ("pt", ["en", "pt-PT", "pt-BR"], "pt-BR"),
        ("pt-AO", ["pt-BR", "pt-PT"], "pt-PT"),
        ("en-GB", ["es", "en-US", "en-AU"], "en-AU"),
        ("en-AT", ["en", "en-001", "en-150"], "en-150"),
        ("nb", ["en", "no"], "no"),
        ("tl-PH", ["en", "fil"], "fil"),
        ("iw", ["en", "he"], "he"),
        ("fr", ["en", "es"], "en"),
        ("und", ["es", "en"], "es"),
        ("*", ["es", "en"], "es"),
        ("", ["es", "en"], "es"),
        (None, ["es", "en"], "es"),
    ],
)
def test_a_reader_gets_the_tag_that_serves_best(wanted: str | None, tags: Sequence[str], best: str) -> None:
    assert tags[fitting(wanted, tags)] == best


def test_where_there_is_nothing_to_choose_from_the_answer_is_the_first() -> None:
    assert fitting("es", []) == fitting(None, ()) == 0


@given(wanted=st.none() | garbage, tags=st.lists(garbage, max_size=5))
def test_every_reader_gets_one_of_the_tags_however_odd_they_are(wanted: str | None, tags: list[str]) -> None:
    assert fitting(wanted, tags) in range(len(tags) or 1)


@given(tag=garbage)
def test_no_tag_however_odd_raises_anything(tag: str) -> None:
    assert direction(tag) in ("ltr", "rtl")
    assert isinstance(locale(tag), Locale)
    assert name(tag) or not tag
    assert long_date(date(2026, 11, 23), tag)
    assert are_kin(tag, tag)
    assert all(are_kin(general, tag) and "/" not in general for general in general_first(tag))


@given(tags=st.lists(st.sampled_from(EVERYONES), min_size=1, max_size=6), wanted=st.sampled_from(EVERYONES))
def test_a_tag_that_is_offered_is_never_passed_over_for_another(tags: list[str], wanted: str) -> None:
    chosen = tags[fitting(wanted, tags)]
    assert chosen == wanted or wanted not in tags
    assert are_kin(chosen, wanted) or not any(are_kin(tag, wanted) for tag in tags)


@pytest.mark.parametrize(
    ("one", "other", "kin"),
    [
        ("pt", "pt-BR", True),
        ("en-GB", "EN_us", True),
        ("zh-TW", "zh-Hant", True),
        ("zh", "zh-Hans", True),
        ("zh-Hans", "zh-Hant", False),
        ("zh", "zh-TW", False),
        ("sr", "sr-Latn", False),
        ("en", "es", False),
        ("", "", True),
        (None, "", True),
        (None, "en", False),
        ("xx", "xx-YY", True),
    ],
)
def test_kin_are_one_language_in_one_script(one: str | None, other: str | None, kin: bool) -> None:
    assert are_kin(one, other) is are_kin(other, one) is kin


def test_scripts_that_run_right_to_left_do_under_any_tag() -> None:
    arabic = [
        "ar",
        "ar-MA",
        "az-Arab",
        "pa-Arab",
        "pa-PK",
        "ckb",
        "ur",
        "ps",
        "fa",
        "ug",
        "sd",
        "ks",
        "uz-AF",
        "und-arab",
    ]
    others = ["he", "iw", "yi", "dv", "nqo", "rhg", "ff-Adlm", "syr"]
    for tag in arabic + others:
        assert direction(tag) == direction(tag.lower()) == direction(tag.replace("-", "_")) == "rtl"


def test_everything_else_runs_left_to_right() -> None:
    for tag in ("en", "es", "zh-Hant", "ku", "ku-TR", "az", "pa", "ar-Latn", "sd-Deva", "uz", "ff", "xx", "arabic", ""):
        assert direction(tag) == "ltr"


def test_what_cldr_knows_is_known_by_its_own_locale_and_direction() -> None:
    for identifier in EVERYONES:
        known, tag = Locale.parse(identifier), identifier.replace("_", "-")
        assert locale(tag) == known
        assert (direction(tag) == "rtl") is (known.text_direction == "rtl")
        assert long_date(date(2026, 11, 23), tag)


@pytest.mark.parametrize(
    ("tag", "day"),
    [
        ("en", "November 23, 2026"),
        ("en-GB", "23 November 2026"),
        ("vi-US", "23 tháng 11, 2026"),
        ("es-XX", "23 de noviembre de 2026"),
        ("zh-US", "2026年11月23日"),
        ("en-US-x-hospital", "November 23, 2026"),
        ("sr-Arab", "November 23, 2026"),
        ("qqq", "November 23, 2026"),
    ],
)
def test_dates_are_in_the_language_even_where_cldr_does_not_know_the_region(tag: str, day: str) -> None:
    assert long_date(date(2026, 11, 23), tag) == day


@pytest.mark.parametrize(
    ("tag", "own"),
    [("es", "Español"), ("vi-US", "Tiếng Việt"), ("ka", "ქართული"), ("qqq", "qqq"), ("", ""), ("sr-Arab", "sr-Arab")],
)
def test_a_language_has_the_name_that_its_speakers_write(tag: str, own: str) -> None:
    assert name(tag) == own


@pytest.mark.parametrize(
    ("tag", "tags"),
    [
        ("pt-BR", ("pt", "pt-Latn", "pt-BR")),
        ("zh-TW", ("zh-Hant", "zh-TW")),
        ("zh-Hant", ("zh-Hant",)),
        ("zh-CN", ("zh", "zh-Hans", "zh-CN")),
        ("es_MX", ("es", "es-Latn", "es-419", "es-MX")),
        ("tl", ("fil", "tl", "fil-Latn")),
        ("qqq", ("qqq",)),
        ("../../etc", ()),
        ("", ()),
    ],
)
def test_texts_stand_under_general_tags_and_own_ones(tag: str, tags: tuple[str, ...]) -> None:
    assert general_first(tag) == tags


def own(folder: Path, tag: str, **phrases: str) -> Templates:
    (folder / "email").mkdir(exist_ok=True)
    (folder / "email" / f"words.{tag}.json").write_text(json.dumps(phrases), encoding="utf-8")
    return Templates(folder)


def test_readers_of_traditional_characters_never_meet_simplified_ones() -> None:
    for tag in ("zh-Hant", "zh-TW", "zh-Hant-HK", "zh_MO"):
        assert words(Templates(), tag)["view_in_browser"] == "在瀏覽器中檢視"
    for tag in ("zh", "zh-CN", "zh-Hans-SG"):
        assert words(Templates(), tag)["view_in_browser"] == "在浏览器中查看"


def test_a_regions_own_words_overlay_the_languages(tmp_path: Path) -> None:
    templates = own(tmp_path, "pt-PT", unsubscribe="Cancelar a subscrição")
    assert words(templates, "pt-PT")["unsubscribe"] == "Cancelar a subscrição"
    assert words(templates, "pt-AO")["unsubscribe"] == "Cancelar a subscrição"
    assert words(templates, "pt-PT")["preferences"] == words(templates, "pt")["preferences"]
    assert words(templates, "pt-BR") == words(templates, "pt") == words(Templates(), "pt")


def test_a_script_without_words_of_its_own_has_english_and_says_so(tmp_path: Path) -> None:
    assert words(Templates(), "vi-Hani") == words(Templates(), "en") == words(Templates(), "qqq")
    for tag in ("vi-Hani", "qqq", "ko", "../../x", ""):
        assert not has_phrases(Templates(), tag)
    for tag in (*SPOKEN, "en-GB", "zh-TW", "es-US", "PT-br"):
        assert has_phrases(Templates(), tag)
    assert has_phrases(own(tmp_path, "ko", greeting="안녕하세요."), "ko-KR")


def test_a_regions_own_words_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="which nothing fills in"):
        words(own(tmp_path, "pt-PT", greeting="Olá {nome}."), "pt-PT")


@pytest.mark.parametrize("tag", SPOKEN)
def test_every_language_has_every_phrase_with_the_same_gaps(tag: str) -> None:
    written = json.loads((shipped() / "email" / f"words.{tag}.json").read_text(encoding="utf-8"))
    english = words(Templates(), "en")
    assert list(written) == list(english)
    for phrase, said in written.items():
        assert said == said.strip() != ""
        assert said.count("{") == english[phrase].count("{")
        assert not tag.startswith("zh") or not set(",;:!?") & set(said)


def test_hours_can_be_told_in_every_language_that_cldr_knows() -> None:
    midnight = datetime(2026, 11, 23, tzinfo=PACIFIC)
    for tongue in map(Locale.parse, EVERYONES):
        for begins, lasts in ((10.5, 0.5), (10.5, 3.5), (0, 12), (12, 12), (22, 3), (18, 0), (9, 48)):
            start = midnight + timedelta(hours=begins)
            told = [_hours(start, end, PACIFIC, tongue) for end in (None, start + timedelta(hours=lasts))]
            assert all(told) and not {"\u2009", "\u202f"} & set("".join(told))


@pytest.mark.parametrize(
    ("tag", "hours", "told"),
    [
        ("en", (10.5, 14), "10:30 AM – 2:00 PM"),
        ("en", (18, 19), "6:00 – 7:00 PM"),
        ("en", (22, 25), "10:00 PM – 1:00 AM"),
        ("en", (18, None), "6:00 PM"),
        ("es", (18, 19), "6:00–7:00 p.m."),
        ("es-ES", (18, 19), "18:00–19:00"),
        ("de", (10.5, 14), "10:30–14:00 Uhr"),
        ("fr", (10.5, 14), "10:30 – 14:00"),
        ("fr", (10.5, None), "10:30"),
        ("zh-Hant", (10, 12.5), "上午10:00 – 中午12:30"),
        ("zh-TW", (18, 19), "下午6:00 – 晚上7:00"),
        ("zh", (10, 12.5), "10:00–12:30"),
    ],
)
def test_hours_are_told_by_the_clock_that_readers_live_by(
    tag: str, hours: tuple[float, float | None], told: str
) -> None:
    start, end = (
        datetime(2026, 11, 23, tzinfo=PACIFIC) + timedelta(hours=hour) if hour is not None else None for hour in hours
    )
    assert start
    assert _hours(start, end, PACIFIC, locale(tag)).replace("\u00a0", " ") == told


def test_a_country_that_cldr_does_not_know_the_language_in_changes_nothing() -> None:
    assert str(there(locale("es"), "America/Los_Angeles")) == "es_US"
    for tag, zone in (
        ("vi", "America/Los_Angeles"),
        ("es-MX", "America/Los_Angeles"),
        ("es", "UTC"),
        ("zh", "No/Where"),
    ):
        assert there(locale(tag), zone) == locale(tag)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The sample issue in every language that has phrases, and in two by their regions."""
    import shutil

    from tests.conftest import ROOT, opened

    folder = tmp_path_factory.mktemp("spoken")
    shutil.copytree(ROOT / "content", folder / "content")
    toml = (ROOT / "publisher.toml").read_text(encoding="utf-8")
    further = [tag for tag in (*SPOKEN, "zh-TW", "pt-PT") if tag not in ("en", "es")]
    tables = "".join(f'[newsletter.translations.{tag}]\ntitle = "Health Weekly"\n\n' for tag in further)
    (folder / "publisher.toml").write_text(toml.replace("[delivery]\n", f"{tables}[delivery]\n"), encoding="utf-8")
    with opened(folder) as app:
        collect(app)
        return draft_issue(app, app.newsletter(None))


def test_the_sample_issue_has_no_finding_in_any_language_that_has_phrases(spoken: Draft) -> None:
    assert [edition.language for edition in spoken.editions][:2] == ["en", "es"]
    assert {edition.language for edition in spoken.editions} == {*SPOKEN, "zh-TW", "pt-PT"}
    assert [f for f in spoken.issue.findings if f.severity != "note"] == []


@pytest.mark.parametrize("tag", SPOKEN)
def test_every_edition_tells_the_events_and_their_hours_in_its_language(spoken: Draft, tag: str) -> None:
    edition = next(edition for edition in spoken.editions if edition.language == tag)
    start = datetime(2026, 11, 24, 18, tzinfo=PACIFIC)
    assert _hours(start, start + timedelta(hours=1), PACIFIC, locale(tag)) in edition.text
    assert words(Templates(), tag)["see_all_events"] in edition.text
