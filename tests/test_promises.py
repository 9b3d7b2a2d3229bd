"""What people agree to says how often only where that is true of every newsletter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.app import App
from tests.test_languages import SPOKEN

Open = Callable[..., App]
PROMISES = ("agree_one", "agree_several", "confirm_lead", "confirm_mail_lead")


@pytest.mark.parametrize("language", SPOKEN)
def test_once_a_week_is_promised_where_all_newsletters_are_weekly(site: Path, open_app: Open, language: str) -> None:
    weekly = open_app(site).words(language)
    settings = site / "publisher.toml"
    settings.write_text(settings.read_text().replace('weekday = "monday"', 'interval = "daily"'))
    daily = open_app(site).words(language)
    for name in PROMISES:
        assert daily[name] == weekly[f"{name}_at_times"] != weekly[name]
        assert len(daily[name]) < len(weekly[name]) and "{organisation}" in daily[name]
