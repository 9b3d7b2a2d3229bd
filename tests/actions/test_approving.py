"""What is approved is what was examined and what leaves, whoever approves and whatever changes meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue, find_issue, list_issues, show_issue
from publisher.actions.pages import issue_page
from publisher.actions.reporting import check_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.errors import GateClosed, IssueError
from publisher.schedule import tick
from tests.conftest import NOW, article_file, take_in

Open = Callable[..., App]
WEEK = "2026-W48"


def readers(app: App) -> None:
    (app.folder / "people.csv").write_text(
        "address,language\nana@example.org,en\nines@example.org,es\nbea@example.org,es\n"
    )
    take_in(app, app.folder / "people.csv")


def two_languages(site: Path) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    article_file(site, "uno", headline="Uno", date="2026-11-20", language="es", translation_of="one")


def approved(site: Path, open_app: Open) -> App:
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), WEEK, who="ana")
    readers(app)
    return app


def test_a_translation_put_under_embargo_after_the_approval_stops_the_issue(site: Path, open_app: Open) -> None:
    two_languages(site)
    app = approved(site, open_app)
    article_file(
        site, "uno", headline="Uno", date="2026-11-20", language="es", translation_of="one",
        embargo="2026-12-20T10:00:00-08:00",
    )  # fmt: skip
    collect(app)
    with pytest.raises(IssueError, match="cannot be sent: Uno: may not be read before 2026-12-20 18:00 UTC"):
        send_issue(app, app.newsletter(None), WEEK)


def test_a_translation_withdrawn_after_the_approval_stops_the_issue_and_leaves_its_page(
    site: Path, open_app: Open
) -> None:
    two_languages(site)
    app = approved(site, open_app)
    withdraw_article(app, "uno", why=None)
    with pytest.raises(IssueError, match="cannot be sent: Uno: was withdrawn"):
        send_issue(app, app.newsletter(None), WEEK)


def test_a_translation_withdrawn_before_the_approval_stops_nothing(site: Path, open_app: Open) -> None:
    two_languages(site)
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    withdraw_article(app, "uno", why=None)
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), WEEK, who="ana")
    readers(app)
    assert send_issue(app, app.newsletter(None), WEEK).certificate.holds
    assert "One" in issue_page(app, "health-weekly", WEEK, "es").html


def test_the_report_of_what_was_approved_still_tells_what_was_found(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", summary="Lorem ipsum dolor sit amet.")
    app = open_app(site)
    collect(app)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('address = ["1200 Harbour Road", "Alder Bay, WA 98000", "USA"]', ""))
    app = open_app(site)
    drafted = draft_issue(app, app.newsletter(None)).issue.findings
    with pytest.raises(GateClosed, match="postal address"):
        approve_issue(app, app.newsletter(None), WEEK, who="ana")
    approve_issue(app, app.newsletter(None), WEEK, who="ana", override="The address is printed on the envelope")
    report = check_issue(app, app.newsletter(None), WEEK, with_spam=False)
    assert {f.code for f in drafted} <= {f.code for f in report.findings}
    assert "postal-address-missing" in {f.code for f in report.findings}
    assert [(o.codes, o.reason) for o in report.overrides] == [
        (("postal-address-missing",), "The address is printed on the envelope")
    ]


def test_what_the_gate_finds_at_the_approval_holds_an_automatic_issue_once(site: Path, open_app: Open) -> None:
    two_languages(site)
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('address = ["1200 Harbour Road", "Alder Bay, WA 98000", "USA"]', ""))
    app = open_app(site)
    readers(app)
    first, second = [[done.line for done in tick(app)] for _ in range(2)]
    assert first[0].startswith("health-weekly 2026-W48 held: ") and "postal address" in first[0]
    assert not any("health-weekly" in line for line in second)
    assert list_issues(app)[0].state == "held"
    approve_issue(app, app.newsletter(None), WEEK, who="ana", override="The address is printed on the envelope")
    assert any("accepted" in done.line for done in tick(app))


def test_an_issue_that_a_person_works_on_does_not_leave_by_itself(site: Path, open_app: Open) -> None:
    from publisher.actions.editing import Wish, edit_issue

    two_languages(site)
    app = approved(site, open_app)
    edit_issue(app, app.newsletter(None), WEEK, Wish(texts={"note": "half finished"}), who="ana")
    tick(app)
    assert find_issue(app, app.newsletter(None), WEEK).state == "held"


def test_two_weeks_approved_at_once_never_carry_the_same(site: Path, open_app: Open, database_url: str) -> None:
    article_file(site, "one", headline="One", date="2026-11-24")
    app = open_app(site, NOW + timedelta(days=3), database_url)
    collect(app)
    for week in (WEEK, "2026-W49"):
        draft_issue(app, app.newsletter(None), week=week)

    def approve(week: str) -> str:
        other = open_app(site, NOW + timedelta(days=3), database_url)
        try:
            return approve_issue(other, other.newsletter(None), week, who="ana").issue.state
        except IssueError as exc:
            return str(exc)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(approve, (WEEK, "2026-W49")))
    assert told[0] == "approved" and "another issue carried 1 of it meanwhile" in told[1]


def test_an_issue_approved_before_its_slot_may_carry_what_is_released_by_then(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20", embargo="2026-11-23T06:00:00-08:00")
    app = open_app(site, NOW - timedelta(hours=5))
    collect(app)
    newsletter = app.newsletter(None)
    draft_issue(app, newsletter)
    assert approve_issue(app, newsletter, WEEK, who="ana").issue.state == "approved"
    readers(app)
    with pytest.raises(IssueError, match="One: may not be read before 2026-11-23 14:00 UTC"):
        send_issue(app, newsletter, WEEK)
    later = open_app(site, NOW)
    assert send_issue(later, newsletter, WEEK).certificate.holds


def test_a_spam_filter_that_fails_holds_nobody_up(
    site: Path, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_languages(site)
    broken = tmp_path / "bin" / "spamassassin"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    app = open_app(site)
    app.config = app.config.model_copy(update={"gate": app.config.gate.model_copy(update={"spam": True})})
    collect(app)
    draft_issue(app, app.newsletter(None))
    made = approve_issue(app, app.newsletter(None), WEEK, who="ana")
    assert {(f.code, f.severity) for f in made.issue.findings} >= {("spam-unmeasured", "warning")}
    assert show_issue(app, app.newsletter(None), WEEK)[0].issue.state == "approved"
