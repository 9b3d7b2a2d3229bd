"""What the office chooses by hand for one issue, on both databases, and that every edit is written down."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import digest
from publisher.actions.approving import approve_issue
from publisher.actions.articles import withdraw_article
from publisher.actions.collect import collect
from publisher.actions.editing import Wish, edit_issue
from publisher.actions.issues import Draft, draft_issue, find_issue, redraft, show_issue
from publisher.actions.previewing import preview_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.digest.period import period_named
from publisher.errors import IssueError, Overtaken, StoreError
from publisher.records import Article, Edits
from tests.conftest import NOW, ROOT, article_file, take_in

Open = Callable[..., App]
WEEK = "2026-W48"


@pytest.fixture
def app(site: Path, open_app: Open, database_url: str) -> App:
    """A site with three articles and a draft of this week, on either database."""
    for name, day in (("one", 18), ("two", 19), ("three", 20)):
        article_file(site, name, headline=name.capitalize(), date=f"2026-11-{day}")
    app = open_app(site, NOW, database_url)
    collect(app)
    draft_issue(app, app.newsletter(None))
    return app


def edit(app: App, **wish: object) -> Draft:
    return edit_issue(app, app.newsletter(None), WEEK, Wish(**wish), who="ana")  # type: ignore[arg-type]


def carried(draft: Draft) -> list[str | None]:
    return [item.headline for item in draft.selection.carried]


def history(app: App) -> list[tuple[str | None, str, str, str | None]]:
    _, changes, _ = show_issue(app, app.newsletter(None), WEEK)
    return [(change.before, change.after, change.who, change.why) for change in changes]


def test_texts_by_hand_are_those_of_the_mail_in_their_language(app: App) -> None:
    edit(app, texts={"subject": "By hand", "preheader": "Read on", "note": "We are closed on Thursday."})
    draft = edit(app, texts={"subject": "A mano"}, language="es")
    english, spanish = draft.editions
    assert (english.subject, spanish.subject) == ("By hand", "A mano")
    assert english.preheader == "Read on"
    for part in (english.html, english.text):
        assert "We are closed on Thursday." in part
        assert "We are closed on Thursday." not in spanish.html


def test_an_empty_text_goes_back_to_the_rule(app: App) -> None:
    edit(app, texts={"subject": "By hand"})
    draft = edit(app, texts={"subject": ""})
    assert draft.editions[0].subject == "Health Weekly: Three"


@pytest.mark.parametrize(
    ("greeting", "plain", "named"),
    [
        ("Good morning, {name}.", "Good morning.", "Good morning, {name}."),
        ("Dear {name},", "Dear,", "Dear {name},"),
        ("Good morning.", "Good morning.", "Good morning."),
    ],
)
def test_a_greeting_by_hand_may_have_a_place_for_the_name(app: App, greeting: str, plain: str, named: str) -> None:
    edition = edit(app, texts={"greeting": greeting}).editions[0]
    assert (edition.greeting, edition.greeting_named) == (plain, named)


def test_a_lead_by_hand_leads_and_an_order_by_hand_is_kept(app: App) -> None:
    assert carried(edit(app, lead="one")) == ["One", "Three", "Two"]
    assert carried(edit(app, order=["two", "three"])) == ["One", "Two", "Three"]
    assert carried(edit(app, lead="")) == ["Three", "Two", "One"]


def test_what_is_left_out_by_hand_is_out_until_it_is_taken_in_again(app: App) -> None:
    assert carried(edit(app, excluded=["two"])) == ["Three", "One"]
    assert carried(draft_issue(app, app.newsletter(None))) == ["Three", "One"]
    assert carried(edit(app, included=["Two"])) == ["Three", "Two", "One"]


def test_what_is_taken_in_by_hand_needs_no_rule_and_has_room_before_others(app: App) -> None:
    article_file(app.folder, "ancient", headline="Ancient", date="2020-01-01")
    toml = (app.folder / "publisher.toml").read_text().replace("most = 12", "most = 2")
    (app.folder / "publisher.toml").write_text(toml)
    collect(app)
    assert carried(edit(app, included=["ancient"])) == ["Three", "Two", "One", "Ancient"]


def test_leaving_to_the_rules_and_taking_all_edits_back(app: App) -> None:
    edit(app, excluded=["two"], lead="one")
    assert carried(edit(app, automatic=["two"])) == ["One", "Three", "Two"]
    draft = edit(app, reset=True)
    assert carried(draft) == ["Three", "Two", "One"]


def test_no_edit_gets_an_article_past_its_embargo_or_its_review_or_its_withdrawal(app: App) -> None:
    article_file(app.folder, "kept", headline="Kept", date="2026-11-20", embargo="2026-12-20T08:00:00-08:00")
    article_file(app.folder, "stale", headline="Stale", date="2026-11-20", review_by="2026-11-01")
    article_file(app.folder, "gone", headline="Gone", date="2026-11-20")
    collect(app)
    withdraw_article(app, "gone", why=None)
    draft = edit(app, included=["kept", "stale", "gone"], lead="kept")
    assert carried(draft) == ["Three", "Two", "One"]
    assert "lead-unusable" in [finding.code for finding in draft.issue.findings]


def test_every_edit_is_a_line_of_the_history(app: App) -> None:
    edit(app, texts={"subject": "By hand"})
    edit(app, lead="one")
    told = history(app)
    assert told[0] == (None, "draft", "publisher", "drafted")
    assert told[1] == ("draft", "draft", "ana", 'edited: subject [en] "By hand"')
    assert told[2][3] is not None and told[2][3] == "edited: lead one"


def test_an_edit_makes_an_approval_void_and_a_person_must_approve_again(app: App) -> None:
    newsletter = app.newsletter(None)
    approve_issue(app, newsletter, WEEK, who="ben")
    edit(app, texts={"subject": "After all"})
    assert find_issue(app, newsletter, WEEK).state == "held"
    assert history(app)[-1] == (
        "approved", "held", "ana", 'edited: subject [en] "After all"; the approval is void',
    )  # fmt: skip
    with pytest.raises(IssueError, match="state held: mend what held it, then approve it"):
        send_issue(app, newsletter, WEEK)
    approve_issue(app, newsletter, WEEK, who="ben")
    assert find_issue(app, newsletter, WEEK).editions[0].subject == "After all"


def test_what_has_left_cannot_be_edited(app: App) -> None:
    (app.folder / "people.csv").write_text("address\nana@example.org\n")
    take_in(app, app.folder / "people.csv")
    approve_issue(app, app.newsletter(None), WEEK, who="ben")
    send_issue(app, app.newsletter(None), WEEK)
    with pytest.raises(IssueError, match="state sent: it has left"):
        edit(app, texts={"subject": "Too late"})


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"lead": "nowhere"}, 'there is no article "nowhere"; `publisher issue explain` lists what there is'),
        ({"included": ["nowhere"]}, 'there is no article or teaser "nowhere"'),
        ({"texts": {"subject": "x"}, "language": "fr"}, 'health-weekly is not made in "fr" (it is in: en, es)'),
        ({"texts": {"subject": "x" * 201}}, "the subject has 201 characters; at most 200 fit"),
        ({}, "that changes nothing: it is so already, or"),
        ({"texts": {"subject": ""}}, "that changes nothing: it is so already, or"),
        ({"texts": {"greeting": "Dear {Name},"}}, "nothing fills in {Name} in the greeting; a name is written {name}"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(app: App, wish: dict[str, object], said: str) -> None:
    with pytest.raises((IssueError, StoreError)) as caught:
        edit(app, **wish)
    assert said in str(caught.value)


def test_a_text_by_hand_is_one_line_and_is_never_compiled(app: App) -> None:
    edition = edit(
        app, texts={"subject": "a\r\nBcc: x@example.org {{7*7}} <script>", "note": "{{ org.name }}"}
    ).editions[0]
    assert edition.subject == "a Bcc: x@example.org {{7*7}} <script>"
    assert "{{ org.name }}" in edition.text and "<title>a Bcc: x@example.org {{7*7}} &lt;script&gt;" in edition.html


def test_a_greeting_is_text_wherever_it_is_shown(app: App, tmp_path: Path) -> None:
    edition = edit(app, texts={"greeting": "Grüß Gott <script>alert(1)</script> & {name}."}).editions[0]
    shown = [
        digest.for_one_reader(edition)[0],
        digest.for_the_web(edition, digest.Found(canonical="https://x.example/")),
    ]
    for html in shown:
        assert "<script>alert" not in html
        assert "Gr&#252;&#223; Gott &lt;script&gt;" in html or "Grüß Gott &lt;script&gt;" in html
    made = preview_issue(app, app.newsletter(None), WEEK, tmp_path, pictures=False)
    assert b"Gr&#252;&#223; Gott" in made.files[0].read_bytes()


def test_what_was_carried_before_can_be_taken_in_by_hand_and_approved(app: App, open_app: Open) -> None:
    approve_issue(app, app.newsletter(None), WEEK, who="ben")
    later = open_app(app.folder, NOW + timedelta(days=7), app.config.store.url)
    article_file(app.folder, "new", headline="New", date="2026-11-25")
    collect(later)
    draft_issue(later, later.newsletter(None))
    draft = edit_issue(later, later.newsletter(None), "2026-W49", Wish(included=["two"], lead="one"), who="ana")
    assert carried(draft) == ["One", "New", "Two"]
    assert approve_issue(later, later.newsletter(None), "2026-W49", who="ben").issue.state == "approved"


def test_a_wish_that_cannot_be_met_is_a_finding(app: App) -> None:
    article_file(app.folder, "uno", headline="Uno", date="2026-11-20", language="es", translation_of="one")
    article_file(app.folder, "kept", headline="Kept", date="2026-11-20", embargo="2026-12-20T08:00:00-08:00")
    collect(app)
    draft = edit(app, included=["uno", "kept"])
    told = [(f.code, f.place) for f in draft.issue.findings if f.code == "wish-unmet"]
    assert told == [("wish-unmet", "Kept"), ("wish-unmet", "Uno")] or told == [
        ("wish-unmet", "Uno"),
        ("wish-unmet", "Kept"),
    ]


def test_of_two_who_edit_at_once_the_second_is_told(app: App) -> None:
    """Both read the same draft; the clock stands still, so no moment tells them apart."""
    known = find_issue(app, app.newsletter(None), WEEK)
    edit(app, texts={"subject": "First"})
    turn = period_named(app.newsletter(None), WEEK)
    with pytest.raises(Overtaken, match="was changed by someone else meanwhile; look at it again"):
        redraft(
            app, app.newsletter(None), turn, known.cut_off, known, Edits(note={"en": "Second"}), "ben", why="edited"
        )
    assert find_issue(app, app.newsletter(None), WEEK).edits == Edits(subject={"en": "First"})


def test_what_changed_since_the_draft_is_not_approved_unseen(app: App) -> None:
    article_file(app.folder, "three", headline="Three, and something else", date="2026-11-20")
    collect(app)
    with pytest.raises(IssueError, match="is not what was drafted any more: an article, a picture or"):
        approve_issue(app, app.newsletter(None), WEEK, who="ben")
    draft_issue(app, app.newsletter(None))
    assert approve_issue(app, app.newsletter(None), WEEK, who="ben").issue.state == "approved"


def test_an_edit_names_the_article_once_it_has_arrived_in_its_teasers_place(site: Path, open_app: Open) -> None:
    headline = "Sewing Circle Gives Its Thousandth Quilt"
    shutil.copy(ROOT / "content" / "pages" / "harbour-garden-reopens.txt", site / "content" / "pages")
    app = open_app(site)
    collect(app)
    draft_issue(app, app.newsletter(None))
    assert carried(edit(app, order=[headline]))[1] == headline
    story = (ROOT / "content" / "pages" / "harbour-garden-reopens.txt").read_text().split("What's New")[0]
    page = story.replace("Harbor Garden Reopens With a Path for Everyone", headline)
    (site / "content" / "pages" / "quilt.txt").write_text(page)
    collect(app)
    draft = draft_issue(app, app.newsletter(None))
    assert carried(draft).count(headline) == 1
    assert all(isinstance(item, Article) for item in draft.selection.carried if item.headline == headline)


def test_edits_are_kept_through_a_later_draft_of_the_week(app: App, open_app: Open) -> None:
    edit(app, texts={"subject": "By hand"}, lead="one")
    later = open_app(app.folder, NOW + timedelta(days=1), app.config.store.url)
    draft = draft_issue(later, later.newsletter(None))
    assert draft.editions[0].subject == "By hand" and draft.lead and draft.lead.headline == "One"
