"""publisher.toml: what is wrong is said line by line, and every value knows where it came from."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from publisher.actions.sites import SAMPLE_NOW, init_site
from publisher.config import Config, defaults, load, rows, schedule
from publisher.errors import ConfigError

ROOT = Path(__file__).parents[1]
BROKEN = sorted((Path(__file__).parent / "data" / "configs").glob("*.toml"))
Golden = Callable[[Path, bytes], None]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("PUBLISHER_")]:
        monkeypatch.delenv(name)


def site_with(tmp_path: Path, text: str | bytes) -> Path:
    (tmp_path / "publisher.toml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return tmp_path


def complaint(folder: Path) -> str:
    """What the program says of this folder's settings, with the folder's own path left out."""
    with pytest.raises(ConfigError) as caught:
        load(folder, today=date(2026, 11, 23))
    return str(caught.value).replace(f"{folder}/", "")


def origins(config: Config) -> dict[str, str]:
    return {name: origin for name, _, origin in rows(config)}


def values(config: Config) -> dict[str, Any]:
    return {name: value for name, value, _ in rows(config)}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_config_is_told_line_by_line(path: Path, tmp_path: Path, golden: Golden) -> None:
    shutil.copy(path, tmp_path / "publisher.toml")
    golden(path.with_suffix(".txt"), complaint(tmp_path).encode() + b"\n")


def test_the_broken_configs_are_there() -> None:
    assert len(BROKEN) >= 40
    assert {p.stem for p in BROKEN} == {p.stem for p in BROKEN[0].parent.glob("*.txt")}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_complaint_names_the_file_and_a_line_and_shows_no_inner_workings(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "publisher.toml")
    last = len(path.read_bytes().splitlines())
    for line in complaint(tmp_path).splitlines():
        assert line.startswith("publisher.toml:"), line
        number = line.split(":")[1] if "(at line" not in line else line.split("(at line ")[1].split(",")[0]
        assert 1 <= int(number) <= last, line
        for inner in ("pattern", "tuple", "instance of", "dictionary", "codec", "Traceback", "pydantic", "parse"):
            assert inner not in line, line


def test_errors_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    shutil.copy(BROKEN[0].parent / "several-errors.toml", tmp_path / "publisher.toml")
    numbers = [int(line.split(":")[1]) for line in complaint(tmp_path).splitlines()]
    assert len(numbers) >= 8
    assert numbers == sorted(numbers)


def test_a_folder_without_publisher_toml_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/publisher.toml: there is no such file; run this in a site folder, name one with --site, "
        "or make one with `publisher init`"
    )


def test_a_folder_called_publisher_toml_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "publisher.toml").mkdir()
    said = complaint(tmp_path)
    assert said.startswith("publisher.toml: cannot be read (")
    assert len(said.splitlines()) == 1
    assert "Errno" not in said


def test_a_file_from_windows_is_read_and_its_lines_are_counted(tmp_path: Path) -> None:
    site_with(tmp_path, b"\xef\xbb\xbf[site]\r\ntitle = 'Alder Bay'\r\n")
    config = load(tmp_path)
    assert config.site.title == "Alder Bay"
    assert origins(config)["site.title"] == "publisher.toml:2"


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    config = load(site_with(tmp_path, ""))
    assert config.model_dump(exclude={"folder"}) == Config().model_dump(exclude={"folder"})
    assert set(origins(config).values()) == {"default"}


def test_without_a_site_there_are_defaults_to_look_at_a_file_with(tmp_path: Path) -> None:
    config = defaults(tmp_path)
    assert config.folder == tmp_path
    assert config.site.zone == "UTC"
    assert config.newsletter == ()


def test_the_environment_wins_over_the_file_and_rows_tell_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_with(tmp_path, '[site]\ntitle = "From the file"\nzone = "Europe/Berlin"\n')
    monkeypatch.setenv("PUBLISHER_SITE__TITLE", "From the environment")
    told = {name: (value, origin) for name, value, origin in rows(load(tmp_path))}
    assert told["site.title"] == ("From the environment", "environment")
    assert told["site.zone"] == ("Europe/Berlin", "publisher.toml:3")
    assert told["site.language"] == ("en", "default")


def test_an_empty_environment_variable_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_SITE__TITLE", "")
    config = load(site_with(tmp_path, '[site]\ntitle = "From the file"\n'))
    assert config.site.title == "From the file"
    assert origins(config)["site.title"] == "publisher.toml:2"


def test_a_list_of_tables_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_with(tmp_path, '[[topic]]\nslug = "sleep"\ntitle = "Sleep"\n')
    monkeypatch.setenv("PUBLISHER_TOPIC", '[{"slug": "heart", "title": "Heart health"}]')
    config = load(tmp_path)
    assert [topic.slug for topic in config.topic] == ["heart"]
    assert origins(config)["topic.0.slug"] == "environment"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "PUBLISHER_SITE__URL",
            "nope",
            (
                'environment PUBLISHER_SITE__URL: "url" in [site]: "nope" is not a public address; '
                'write it like "https://news.example.org"'
            ),
        ),
        (
            "PUBLISHER_SITE__TITEL",
            "News",
            'environment PUBLISHER_SITE__TITEL: unknown key "titel" in [site] (did you mean "title"?)',
        ),
        (
            "PUBLISHER_SITE",
            "oops",
            "environment PUBLISHER_SITE: must be JSON; or set one key at a time, like PUBLISHER_SITE__URL",
        ),
    ],
)
def test_a_bad_variable_is_named_and_the_file_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert complaint(site_with(tmp_path, '[site]\nurl = "https://news.example.org"\n')) == said


def test_the_environment_cannot_move_the_site_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_FOLDER", "/elsewhere")
    assert load(site_with(tmp_path, "")).folder == tmp_path


def test_every_value_of_a_newsletter_knows_its_line(tmp_path: Path) -> None:
    text = """\
[[newsletter]]
name = "weekly"
title = "Weekly"
sender = { name = "Alder Bay", address = "weekly@alderbay.example" }

[[newsletter]]
name = "monthly"
title = "Monthly"   # not = "Weekly"
at = "08:00"

[newsletter.sender]
name = "Alder Bay"
address = "monthly@alderbay.example"
"""
    told = {name: origin for name, origin in origins(load(site_with(tmp_path, text))).items() if origin != "default"}
    assert told == {
        "newsletter.0.name": "publisher.toml:2",
        "newsletter.0.title": "publisher.toml:3",
        "newsletter.0.sender.name": "publisher.toml:4",
        "newsletter.0.sender.address": "publisher.toml:4",
        "newsletter.1.name": "publisher.toml:7",
        "newsletter.1.title": "publisher.toml:8",
        "newsletter.1.at": "publisher.toml:9",
        "newsletter.1.sender.name": "publisher.toml:12",
        "newsletter.1.sender.address": "publisher.toml:13",
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///publisher.db", "sqlite:///publisher.db"),
        ("postgresql://desk@db.example/news", "postgresql://desk@db.example/news"),
        ("postgresql://desk:s3cret@db.example:5432/news", "postgresql://desk:****@db.example:5432/news"),
        ("postgresql://:s3cret@db.example/news", "postgresql://:****@db.example/news"),
        ("postgresql://desk:p@s3cret@db.example/news", "postgresql://desk:****@db.example/news"),
        ("postgresql://desk:p/s3cret@db.example/news", "postgresql://desk:****@db.example/news"),
        (
            "postgresql:///news?host=/run/pg&password=s3cret&sslmode=require",
            "postgresql:///news?host=/run/pg&password=****&sslmode=require",
        ),
    ],
)
def test_a_password_never_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, shown: str) -> None:
    site_with(tmp_path, f'[store]\nurl = "{url}"\n')
    assert values(load(tmp_path))["store.url"] == shown
    monkeypatch.setenv("PUBLISHER_STORE__URL", url)
    assert values(load(tmp_path))["store.url"] == shown


def test_masking_leaves_public_addresses_alone(tmp_path: Path) -> None:
    config = load(site_with(tmp_path, '[site]\nurl = "https://news.example.org:8443/@news"\n'))
    assert values(config)["site.url"] == "https://news.example.org:8443/@news"


@pytest.mark.parametrize(
    "url", ["https://a.example/\\nX", "https://a b.example", "https://a.example/?q=1", "ftp://a.example", "https://"]
)
def test_only_a_whole_public_address_is_one(tmp_path: Path, url: str) -> None:
    said = complaint(site_with(tmp_path, f'[site]\nurl = "{url}"\n'))
    assert said.startswith('publisher.toml:2: "url" in [site]: ')
    assert said.endswith('is not a public address; write it like "https://news.example.org"')


def test_the_shipped_config_loads() -> None:
    config = load(ROOT)
    assert config.site.title == "Alder Bay Hospital News"
    assert [n.name for n in config.newsletter] == ["health-weekly"]
    assert config.newsletter[0].sender.address == "weekly@news.alderbay.example"


@pytest.mark.parametrize("with_sample", [False, True])
def test_the_config_that_init_writes_loads(tmp_path: Path, with_sample: bool) -> None:
    init_site(tmp_path / "new", with_sample=with_sample, now=SAMPLE_NOW)
    config = load(tmp_path / "new")
    assert len(config.newsletter) == 1
    assert len(config.topic) >= 1
    assert all((config.folder / source.path).is_dir() for source in config.source)


def test_init_writes_comments_that_agree_with_the_values(tmp_path: Path) -> None:
    init_site(tmp_path, with_sample=False, now=datetime.fromisoformat("2026-11-23T15:00:00+00:00"))
    told = origins(load(tmp_path))
    text = (tmp_path / "publisher.toml").read_text(encoding="utf-8").splitlines()
    line = int(told["newsletter.0.approval"].split(":")[1])
    assert text[line - 1].startswith('approval = "one-person"')


def test_a_config_is_frozen(tmp_path: Path) -> None:
    config = load(site_with(tmp_path, '[site]\ntitle = "News"\n'))
    with pytest.raises(ValidationError):
        config.folder = Path("/elsewhere")
    with pytest.raises(ValidationError):
        config.site.title = "Other news"


def settings_of(model: type[BaseModel]) -> Iterator[str]:
    """Every table and key that publisher.toml takes."""
    for name, info in model.model_fields.items():
        if name == "folder":
            continue
        yield name
        for inner in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from settings_of(inner)


def test_every_setting_is_explained_in_the_documentation() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    settings = set(settings_of(Config))
    assert {"oldest_days", "catch_up_hours", "lease_seconds", "slug"} <= settings
    missing = {name for name in settings if f"`{name}`" not in page and f"[{name}]" not in page}
    assert missing == set()


def with_holidays(tmp_path: Path, lines: str) -> Path:
    (tmp_path / "days.txt").write_text(lines, encoding="utf-8")
    sender = '{ name = "S", address = "s@example.org" }'
    keys = ('name = "weekly"', 'title = "W"', f"sender = {sender}", 'holidays = "days.txt"')
    return site_with(tmp_path, "\n".join(["[[newsletter]]", *keys, ""]))


def test_a_file_of_holidays_has_one_date_a_line_and_perhaps_a_name(tmp_path: Path) -> None:
    folder = with_holidays(tmp_path, "\ufeff# Alder Bay\n\n2026-12-25  Christmas Day # closed\n2027-01-01\n")
    config = load(folder)
    assert schedule(config.newsletter[0], config).holidays == (
        (date(2026, 12, 25), "Christmas Day"),
        (date(2027, 1, 1), ""),
    )


def test_every_line_that_is_no_holiday_is_told_with_its_file_and_number(tmp_path: Path) -> None:
    said = complaint(with_holidays(tmp_path, "2026-12-25 Christmas\n25.12.2026\n2026-02-30 never\n2026-W52\n"))
    assert said.splitlines() == [
        f'publisher.toml:5: [[newsletter]] "weekly": days.txt:{number}: "{text}" is no date; '
        "write it like 2026-12-25, a name may follow"
        for number, text in ((2, "25.12.2026"), (3, "2026-02-30"), (4, "2026-W52"))
    ]
