"""Each article's reason to be in or out, what changed since the last issue, and the coming issues."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.editing import Wish, edit_issue
from publisher.actions.explaining import Explanation, coming_issues, explain_issue
from publisher.actions.issues import draft_issue, list_issues
from publisher.app import App
from publisher.errors import StoreError
from tests.conftest import NOW, article_file

Open = Callable[..., App]
WEEK = timedelta(days=7)


def reasons(told: Explanation) -> dict[str | None, tuple[str, str]]:
    return {v.item.headline: (v.why, v.because) for v in told.selection.verdicts}


def test_every_rule_gives_its_reason(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text()
    toml = toml.replace("most = 12", 'most = 2\ntopics = ["heart"]\nsources = ["articles"]\noldest_days = 20')
    (site / "publisher.toml").write_text(toml)
    heart = {"topics": "[heart]"}
    article_file(site, "carried", headline="Carried", date="2026-11-14", **heart)
    app = open_app(site, NOW - WEEK)
    collect(app)
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), "2026-W47", who="ana")
    for name, date, more in (
        ("lead", "2026-11-22", heart),
        ("chosen", "2026-11-21", heart),
        ("no-room", "2026-11-20", heart),
        ("other-topic", "2026-11-20", {"topics": "[sleep]"}),
        ("too-new", "2026-11-24", heart),
        ("under-embargo", "2026-11-20", heart | {"embargo": "2026-11-25T08:00:00-08:00"}),
        ("review-due", "2026-11-20", heart | {"review_by": "2026-11-22"}),
        ("out-by-hand", "2026-11-20", heart),
        ("withdrawn", "2026-11-20", heart),
        ("translation", "2026-11-20", heart | {"language": "es", "translation_of": "lead"}),
    ):
        article_file(site, name, headline=name, date=date, **more)
    (site / "page.txt").write_text("Another source\n\nThe first paragraph says what happened here, and to whom.\n")
    app = open_app(site, NOW)
    collect(app)
    collect(app, files=[site / "page.txt"])
    withdraw_article(app, "withdrawn", why=None)
    draft_issue(app, app.newsletter(None))
    edit_issue(app, app.newsletter(None), "2026-W48", Wish(excluded=["out-by-hand"]), who="ana")
    told = explain_issue(app, app.newsletter(None))
    found = reasons(told)
    assert {headline: why for headline, (why, _) in found.items() if headline != "Carried"} == {
        "lead": "lead", "chosen": "chosen", "no-room": "no-room", "other-topic": "other-topic", "too-new": "too-new",
        "under-embargo": "under-embargo", "review-due": "review-due", "out-by-hand": "out-by-hand",
        "withdrawn": "withdrawn", "translation": "translation", "Another source": "other-source",
    }  # fmt: skip
    assert found["lead"][1] == 'leads the issue, by the rule lead = "newest-with-image"'
    assert found["translation"][1] == 'says in es what "lead" says, and stands in its place'
    assert found["Another source"][1] == 'comes from "by-hand"; this newsletter takes articles'
    assert found["under-embargo"][1] == "under embargo until 2026-11-25 16:00 UTC; a later issue takes it"
    assert [v.item.headline for v in told.selection.verdicts][:2] == ["lead", "chosen"]


def test_one_article_is_explained_however_old_it_is(site: Path, open_app: Open) -> None:
    article_file(site, "ancient", headline="Ancient", date="2019-01-01")
    app = open_app(site)
    collect(app)
    assert "Ancient" not in reasons(explain_issue(app, app.newsletter(None)))
    why, because = reasons(explain_issue(app, app.newsletter(None), name="ancient"))["Ancient"]
    assert (why, because[:30]) == ("too-old", "released 2019-01-01 14:00 UTC;")
    with pytest.raises(StoreError, match='there is no article or teaser "nowhere"'):
        explain_issue(app, app.newsletter(None), name="nowhere")


def test_explaining_changes_nothing(sample: Path, open_app: Open) -> None:
    app = open_app(sample)
    collect(app)
    explain_issue(app, app.newsletter(None))
    coming_issues(app, app.newsletter(None), 4)
    assert list_issues(app) == []


def test_what_changed_since_the_last_issue(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text().replace("most = 12", "most = 2")
    (site / "publisher.toml").write_text(toml)
    for name, day in (("a", 17), ("b", 18), ("c", 19)):
        article_file(site, name, headline=name, date=f"2026-11-{day}")
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), "2026-W48", who="ana")
    app = open_app(site, NOW + WEEK)
    article_file(site, "b", headline="b", date="2026-11-18", correction="It said five; it is six.")
    article_file(site, "d", headline="d", date="2026-11-25")
    collect(app)
    withdraw_article(app, "c", why=None)
    since = explain_issue(app, app.newsletter(None)).since
    assert since and since.period == "2026-W48"
    told = {
        kind: [item.headline for item in getattr(since, kind)] for kind in ("new", "waited", "corrected", "withdrawn")
    }
    assert told == {"new": ["d"], "waited": ["a"], "corrected": ["b"], "withdrawn": ["c"]}


def test_the_coming_issues_carry_everything_once(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text().replace("most = 12", "most = 2")
    (site / "publisher.toml").write_text(toml)
    for day in (17, 18, 19, 20, 21):
        article_file(site, f"d{day}", headline=f"d{day}", date=f"2026-11-{day}")
    article_file(site, "later", headline="later", date="2026-11-20", embargo="2026-12-02T08:00:00-08:00")
    app = open_app(site)
    collect(app)
    coming = coming_issues(app, app.newsletter(None), 4)
    assert [one.period.name for one in coming] == ["2026-W48", "2026-W49", "2026-W50", "2026-W51"]
    carried = [[item.headline for item in one.selection.carried] for one in coming]
    assert carried == [["d21", "d20"], ["d19", "d18"], ["later", "d17"], []]


def test_what_was_simulated_is_what_then_happens(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text().replace("most = 12", "most = 3")
    (site / "publisher.toml").write_text(toml)
    for day in range(10, 28):
        article_file(site, f"d{day}", headline=f"d{day}", date=f"2026-11-{day}")
    app = open_app(site)
    collect(app)
    foreseen = [[item.id for item in one.selection.carried] for one in coming_issues(app, app.newsletter(None), 4)]
    happened = []
    for week in range(4):
        app = open_app(site, NOW + week * WEEK)
        draft = draft_issue(app, app.newsletter(None))
        happened.append(list(draft.issue.carried))
        approve_issue(app, app.newsletter(None), draft.issue.period, who="ana")
    assert foreseen == happened
