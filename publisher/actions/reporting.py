"""The gate's report on one issue: as a record, and as a page that stands by itself."""

from collections.abc import Callable

from publisher.actions.gate import Report, links_found, proved
from publisher.actions.issues import as_draft, find_issue
from publisher.app import App
from publisher.digest.check import rules
from publisher.errors import IssueError
from publisher.languages import direction
from publisher.records import Newsletter


def check_issue(
    app: App,
    newsletter: Newsletter,
    period: str,
    *,
    visit_links: bool = False,
    with_spam: bool = True,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Everything the gate can find on the issue as it is now. `visit_links` asks every link whether it is there."""
    from publisher.digest.check.contents import grades

    draft = as_draft(app, newsletter, find_issue(app, newsletter, period))
    if not draft.editions:
        raise IssueError(f"{newsletter.name} {period} carries nothing, so there is nothing to check")
    proof = proved(app, newsletter, draft.issue, draft.editions, with_spam=with_spam)
    found, asked = [*draft.issue.findings, *proof.findings], None
    if visit_links:
        dead, asked = links_found(app, draft.editions, progress)
        found += dead
    return Report(
        newsletter=newsletter.name,
        title=newsletter.title,
        period=period,
        state=draft.issue.state,
        at=app.clock(),
        findings=tuple(dict.fromkeys(found)),
        examined=proof.examined,
        grades=grades(draft.selection.everything_shown, app.language),
        overrides=draft.issue.overrides,
        links_asked=asked,
    )


def report_page(app: App, report: Report) -> str:
    """The report as one HTML page that needs nothing else: to print, to file, to send to the privacy office."""
    return app.templates.render(
        "web/report.html.j2",
        report=report,
        lang="en",
        dir=direction("en"),
        organisation=app.organisation,
        palette=app.templates.data("email/palette.json"),
        rules_passed=len(rules()) - len({finding.code for finding in report.findings}),
        rules_known=len(rules()),
    )
