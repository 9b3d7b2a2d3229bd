"""From what is kept to a finished issue."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import css_inline
import lxml.html
import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import Draft, draft_issue, list_issues, show_issue
from publisher.actions.making import tell
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.digest import inline, render
from publisher.digest.check import clients, document, largest_copy
from publisher.errors import IssueError, TemplateError
from publisher.records import Edition, Edits
from publisher.templating import Templates
from tests.conftest import NOW, ROOT, article_file, take_in

Open = Callable[..., App]
WEEK = "2026-W48"
EDITIONS = ROOT / "tests" / "data" / "editions"


def made(site: Path, open_app: Open, **more: object) -> Draft:
    app = open_app(site, **more)
    collect(app)
    return draft_issue(app, app.newsletter(None), period=None)


def headlines(draft: Draft) -> list[str | None]:
    return ([draft.lead.headline] if draft.lead else []) + [entry.headline for entry in draft.entries]


def test_the_sample_issue_is_the_golden_edition(
    sample: Path, open_app: Open, golden: Callable[[Path, bytes], None]
) -> None:
    edition = made(sample, open_app).edition
    assert edition
    golden(EDITIONS / "health-weekly-2026-W48.html", edition.html.encode("ascii"))
    golden(EDITIONS / "health-weekly-2026-W48.txt", edition.text.encode())


def test_the_sample_issue_has_no_finding_and_its_lead_teasers_and_events(sample: Path, open_app: Open) -> None:
    draft = made(sample, open_app)
    assert draft.issue.findings == ()
    assert draft.lead and draft.lead.headline == "The new emergency entrance opens December 1"
    assert len(draft.entries) == 11
    assert len(draft.events) == 4
    assert all(event.start >= NOW for event in draft.events)
    assert draft.largest_copy < 80 * 1024


def test_drafting_twice_gives_the_same_bytes(sample: Path, open_app: Open) -> None:
    assert made(sample, open_app).edition == made(sample, open_app).edition


def test_the_window_takes_in_its_end_and_not_its_beginning(site: Path, open_app: Open) -> None:
    for name, date in (
        ("at-the-end", "2026-11-23T15:00:00+00:00"),
        ("after-it", "2026-11-23T15:00:01+00:00"),
        ("at-the-beginning", "2026-11-16T15:00:00+00:00"),
        ("just-inside", "2026-11-16T15:00:01+00:00"),
    ):
        article_file(site, name, headline=name, date=date)
    assert headlines(made(site, open_app)) == ["at-the-end", "just-inside"]


def test_this_weeks_issue_drafted_by_hand_after_its_slot_takes_in_what_is_there_now(site: Path, open_app: Open) -> None:
    (site / "page.txt").write_text("A Page of Our Own\n\nThe first paragraph says what happened here, and to whom.\n")
    app = open_app(site, NOW + timedelta(days=2))
    collect(app, files=[site / "page.txt"])
    draft = draft_issue(app, app.newsletter(None))
    assert (draft.issue.period, headlines(draft)) == (WEEK, ["A Page of Our Own"])


def send_this_week(app: App, who: str = "ana") -> None:
    newsletter = app.newsletter(None)
    (app.folder / "people.csv").write_text("address\nana@example.org\n")
    take_in(app, app.folder / "people.csv")
    draft = draft_issue(app, newsletter)
    approve_issue(app, newsletter, draft.issue.period, who=who)
    send_issue(app, newsletter, draft.issue.period)


def test_what_an_issue_carried_is_not_carried_again_and_what_came_late_is(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    send_this_week(app)
    article_file(site, "two", headline="Two", date="2026-11-25")
    article_file(site, "late", headline="Written last week, found this week", date="2026-11-19")
    article_file(site, "old", headline="Older than the first issue", date="2026-11-10")
    draft = made(site, open_app, now=NOW + timedelta(days=7))
    assert headlines(draft) == ["Two", "Written last week, found this week"]


def test_a_late_run_neither_loses_nor_repeats(site: Path, open_app: Open) -> None:
    days = ["2026-11-18", "2026-11-25", "2026-12-02", "2026-12-09", "2026-12-16"]
    for day in days:
        article_file(site, day, headline=day, date=day)
    carried: list[str | None] = []
    for weeks in (0, 1, 3, 4):  # the issue of the third week never ran
        app = open_app(site, NOW + timedelta(days=7 * weeks))
        collect(app)
        draft = draft_issue(app, app.newsletter(None))
        carried += headlines(draft)
        approve_issue(app, app.newsletter(None), draft.issue.period, who="ana")
    assert sorted(carried, key=str) == days


def test_what_found_no_room_comes_next_week(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text().replace("most = 12", "most = 2")
    (site / "publisher.toml").write_text(toml)
    for name, date in (("a", "2026-11-18"), ("b", "2026-11-19"), ("c", "2026-11-20")):
        article_file(site, name, headline=name, date=date)
    app = open_app(site)
    collect(app)
    draft = draft_issue(app, app.newsletter(None))
    assert (headlines(draft), [f.code for f in draft.issue.findings]) == (["c", "b"], ["no-room"])
    approve_issue(app, app.newsletter(None), WEEK, who="ana")
    assert headlines(made(site, open_app, now=NOW + timedelta(days=7))) == ["a"]


def test_an_article_past_its_review_stays_out_with_a_warning(site: Path, open_app: Open) -> None:
    article_file(site, "old", headline="Stale advice", date="2026-11-20", review_by="2026-11-21")
    article_file(site, "new", headline="Fresh advice", date="2026-11-20", review_by="2026-11-24")
    draft = made(site, open_app)
    assert headlines(draft) == ["Fresh advice"]
    (finding,) = draft.issue.findings
    assert (finding.severity, finding.place) == ("warning", "Stale advice")
    assert finding.mend == "left out: its review was due on 2026-11-21; review it and set a new review-by date"


def test_a_rehearsal_of_any_week_runs_to_its_end(site: Path, open_app: Open) -> None:
    article_file(site, "sunday", headline="On Sunday", date="2020-03-01T22:00:00-08:00")
    article_file(site, "monday", headline="On Monday after", date="2020-03-02T00:00:01-08:00")
    app = open_app(site)
    collect(app)
    assert headlines(draft_issue(app, app.newsletter(None), week="2020-W09")) == ["On Sunday"]


def test_an_article_embargoed_at_sending_is_never_sent(site: Path, open_app: Open) -> None:
    article_file(site, "kept", headline="Kept back", date="2026-11-20", embargo="2026-11-26T08:00:00-08:00")
    article_file(site, "open", headline="Ready to read", date="2026-11-20")
    app = open_app(site)
    collect(app)
    assert headlines(draft_issue(app, app.newsletter(None))) == ["Ready to read"]
    rehearsal = draft_issue(app, app.newsletter(None), week=WEEK)
    assert headlines(rehearsal) == ["Ready to read"]
    (finding,) = rehearsal.issue.findings
    assert (finding.code, finding.severity, finding.place) == ("under-embargo", "note", "Kept back")


def test_a_rehearsal_with_an_article_of_tomorrow_cannot_be_sent_today(site: Path, open_app: Open) -> None:
    article_file(site, "tomorrow", headline="Tomorrow's news", date="2026-11-24")
    app = open_app(site)
    collect(app)
    rehearsal = draft_issue(app, app.newsletter(None), week=WEEK)
    assert headlines(rehearsal) == ["Tomorrow's news"]
    assert [f.code for f in rehearsal.issue.findings] == ["embargoed"]
    with pytest.raises(IssueError, match=r"cannot be approved: Tomorrow's news: may not be read before 2026-11-24"):
        approve_issue(app, app.newsletter(None), WEEK, who="ana")


def test_two_drafts_of_one_article_are_not_both_approved(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-24")
    app = open_app(site, NOW + timedelta(days=3))
    collect(app)
    newsletter = app.newsletter(None)
    for week in (WEEK, "2026-W49"):
        draft_issue(app, newsletter, week=week)
    approve_issue(app, newsletter, WEEK, who="ana")
    with pytest.raises(IssueError, match="another issue carried 1 of it meanwhile; draft it again"):
        approve_issue(app, newsletter, "2026-W49", who="ana")


def test_an_issue_is_not_used_up_while_there_is_nobody_to_write_to(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    newsletter = app.newsletter(None)
    draft_issue(app, newsletter)
    approve_issue(app, newsletter, WEEK, who="ana")
    with pytest.raises(IssueError, match="there is nobody to write to; import subscribers first"):
        send_issue(app, newsletter, WEEK)
    assert list_issues(app)[0].state == "approved"


def test_a_text_that_names_an_import_rule_is_only_text(site: Path, open_app: Open) -> None:
    article_file(
        site, "one", headline="One", date="2026-11-20", summary="Write to sales@important.example or @import it"
    )
    assert "@import it" in (made(site, open_app).edition or pytest.fail("no edition")).html


def test_approval_freezes_the_bytes(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    newsletter = app.newsletter(None)
    draft_issue(app, newsletter)
    frozen = approve_issue(app, newsletter, WEEK, who="ana").edition
    article_file(site, "one", headline="One, edited after the approval", date="2026-11-20")
    later = open_app(site, NOW + timedelta(hours=1))
    collect(later)
    assert show_issue(later, newsletter, WEEK)[0].edition == frozen
    with pytest.raises(IssueError, match="is in state approved and cannot be drafted again"):
        draft_issue(later, newsletter)


def test_no_later_setting_changes_what_was_approved(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    (site / "people.csv").write_text("address,name\nana@example.org,Ana\n")
    take_in(app, site / "people.csv")
    draft_issue(app, app.newsletter(None))
    approve_issue(app, app.newsletter(None), WEEK, who="ana")
    toml = site / "publisher.toml"
    changed = toml.read_text().replace("weekly@news.alderbay.example", "other@else.example")
    toml.write_text(changed.replace('title = "Health Weekly"', 'title = "Other"'))
    (site / "templates" / "email").mkdir(parents=True)
    (site / "templates" / "email" / "words.en.json").write_text('{"greeting_named": "Yo {name}!"}')
    later = open_app(site)
    send_issue(later, later.newsletter(None), WEEK)
    (file,) = (site / "outbox").rglob("*.eml")
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert read["From"] == "Alder Bay Hospital <weekly@news.alderbay.example>"
    assert read["List-Id"] == '"Health Weekly" <health-weekly.news.alderbay.example>'
    assert read["Message-ID"].endswith("@news.alderbay.example>")
    assert "Hello, Ana." in read.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("phrases", "said"),
    [
        ('{"greeting_named": "Hi {first}."}', '"greeting_named" has {first}, which nothing fills in; take it out'),
        ('{"greeting": 5}', "must be one JSON object of texts"),
        ("{", "is not valid JSON"),
    ],
)
def test_a_mistake_in_the_phrases_is_one_line_before_anything_is_sent(
    site: Path, open_app: Open, phrases: str, said: str
) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "templates" / "email").mkdir(parents=True)
    (site / "templates" / "email" / "words.en.json").write_text(phrases)
    with pytest.raises(TemplateError, match=re.escape(said)):
        made(site, open_app)


def test_a_sites_own_phrases_need_only_what_differs(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "templates" / "email").mkdir(parents=True)
    (site / "templates" / "email" / "words.en.json").write_text('{"unsubscribe": "Leave"}')
    edition = made(site, open_app).edition
    assert edition and "Leave:" in edition.text and "Preferences:" in edition.text


def test_events_that_are_over_are_not_announced(sample: Path, open_app: Open) -> None:
    draft = made(sample, open_app, now=NOW + timedelta(days=5))
    assert draft.events
    assert all(event.start >= NOW + timedelta(days=5) for event in draft.events)


def test_a_review_date_is_a_day_in_the_newsletters_zone(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text()
    (site / "publisher.toml").write_text(toml.replace('at = "07:00"', 'at = "07:00"\nzone = "Pacific/Auckland"'))
    article_file(site, "one", headline="Due on Sunday", date="2026-11-20", review_by="2026-11-22")
    article_file(site, "two", headline="Due on Monday", date="2026-11-20", review_by="2026-11-23")
    draft = made(site, open_app, now=datetime.fromisoformat("2026-11-22T18:00:00+00:00"))
    assert headlines(draft) == ["Due on Monday"]


@pytest.mark.parametrize(
    ("markup", "code"),
    [
        ('<img src="https://tracker.example/o.gif" width="40" height="40" alt="">', "third-party"),
        ('<td background="https://tracker.example/o.gif"></td>', "third-party"),
        ('<p style="background:url(https://tracker.example/o.gif)"></p>', "third-party"),
        ('<img src="https://news.alderbay.example/o.gif" width="1" height="1" alt="">', "tracking"),
        ('<img src="https://news.alderbay.example/{{ t.email }}.gif" width="9" height="9" alt="">', "tracking"),
    ],
)
def test_a_template_that_lets_others_watch_readers_is_found(site: Path, open_app: Open, markup: str, code: str) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "templates" / "email").mkdir(parents=True)
    shipped = (ROOT / "templates" / "email" / "digest.html.j2").read_text()
    own = shipped.replace("</body>", f'<table role="presentation"><tr>{markup}</tr></table></body>')
    (site / "templates" / "email" / "digest.html.j2").write_text(own)
    assert (code, "error") in [(f.code, f.severity) for f in made(site, open_app).issue.findings]


def test_an_empty_issue_has_no_edition_and_cannot_be_approved(site: Path, open_app: Open) -> None:
    draft = made(site, open_app)
    assert draft.edition is None
    assert [f.code for f in draft.issue.findings] == ["too-few-items"]
    app = open_app(site)
    with pytest.raises(IssueError, match="carries nothing; collect articles and draft it again"):
        approve_issue(app, app.newsletter(None), WEEK, who="ana")


def test_every_change_of_state_is_in_the_audit_log(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    send_this_week(app, who="ana")
    _, history, _ = show_issue(app, app.newsletter(None), WEEK)
    assert [(c.before, c.after, c.who) for c in history] == [
        (None, "draft", "publisher"),
        ("draft", "approved", "ana"),
        ("approved", "sending", "publisher"),
        ("sending", "sent", "publisher"),
    ]


def test_one_issue_a_period_whoever_drafts(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    app = open_app(site)
    collect(app)
    for _ in range(3):
        draft_issue(app, app.newsletter(None))
    assert len(list_issues(app)) == 1


def test_evil_text_is_shown_and_never_run(site: Path, open_app: Open) -> None:
    headline = "=?utf-8?q?x=0D=0ABcc:_v@evil.example=0D=0A=0D=0AHi?= {{7*7}} <script>x</script> \u202e \u2028 end"
    article_file(site, "evil", headline=f"'{headline}'", date="2026-11-20", summary="'{{ 7*7 }} <img src=x onerror=y>'")
    (site / "subscribers.csv").write_text('address,name\na@example.org,"{name} <b> ZQ"\n')
    app = open_app(site)
    collect(app)
    take_in(app, site / "subscribers.csv")
    send_this_week(app)
    file = next(f for f in (site / "outbox").rglob("*.eml") if b"To: a@example.org" in f.read_bytes())
    read = message_from_bytes(file.read_bytes(), policy=policy.default.clone(raise_on_defect=True))
    assert "Bcc" not in read
    assert len(read.get_all("Subject")) == 1
    html = read.get_body(("html",)).get_content()
    text = read.get_body(("plain",)).get_content()
    assert "<script" not in html
    assert "onerror=y" not in re.sub(r"&lt;.*?&gt;", "", html)
    assert "{{7*7}}" in html and "{{7*7}}" in text
    assert "Hello, {name} &lt;b&gt; ZQ." in html


def test_styles_are_inlined_once_and_what_clients_need_stays(sample: Path, open_app: Open) -> None:
    edition = made(sample, open_app).edition
    assert edition
    assert edition.html.startswith("<!DOCTYPE html>")
    assert edition.html.isascii()
    tree = lxml.html.document_fromstring(edition.html)
    assert len(tree.findall(".//h1")) == 1
    assert all(t.get("role") == "presentation" for t in tree.iter("table"))
    assert all(i.get("alt") is not None and i.get("width") and i.get("height") for i in tree.iter("img"))
    assert tree.get("lang") == "en" and tree.get("dir") == "ltr"
    assert "@media" in edition.html and "prefers-color-scheme:dark" in edition.html
    assert "!important" in edition.html
    assert len(tree.xpath("//*[@style]")) > 50


@pytest.mark.parametrize("number", [0, 1, 2], ids=["english", "spanish", "right to left, with sections and a note"])
def test_the_inlined_cascade_equals_another_inliners(sample: Path, open_app: Open, number: int) -> None:
    toml = (sample / "publisher.toml").read_text().replace("# sections = ", "sections = ")
    (sample / "publisher.toml").write_text(f"{toml}\n[newsletter.translations.ar]\n")
    app = open_app(sample)
    collect(app)
    newsletter = app.newsletter(None)
    draft = draft_issue(app, newsletter)
    edits = Edits(note=dict.fromkeys(("en", "es", "ar"), "A note."))
    tellings, _ = tell(app, newsletter, draft.period, draft.selection, edits)
    values, _ = render.view(tellings[number], app.templates)
    html = render.html(values, "abc", app.templates)
    kept = html.replace("data-premailer", "data-css-inline")
    other = css_inline.CSSInliner(load_remote_stylesheets=False).inline(kept)

    def normal(value: str) -> str:
        value = re.sub(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b", r"#\1\1\2\2\3\3", value.strip())
        return re.sub(r"\s*,\s*", ",", value).replace('"', "'")

    def styles(document: str) -> list[tuple[str, dict[str, str]]]:
        found = []
        for element in lxml.html.document_fromstring(document).iter():
            if isinstance(element.tag, str) and element.get("style"):
                pairs = (p.split(":", 1) for p in element.get("style").split(";") if ":" in p)
                found.append((element.tag, {k.strip(): normal(v) for k, v in pairs}))
        return found

    assert styles(inline.inline(html)) == styles(other)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<!doctype html><html></html>", 'must begin with "<!DOCTYPE html>"'),
        ("<!DOCTYPE html><html><head><style>@import 'x.css';</style></head></html>", "@import"),
        ('<!DOCTYPE html><html><head><link rel="stylesheet" href="x.css"></head></html>', "linked style sheets"),
    ],
)
def test_a_template_that_cannot_survive_inlining_is_refused(html: str, said: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(said)):
        inline.inline(html)


def test_a_sites_own_template_wins_and_its_mistake_is_one_line(site: Path, open_app: Open) -> None:
    article_file(site, "one", headline="One", date="2026-11-20")
    own = site / "templates" / "email"
    own.mkdir(parents=True)
    (own / "digest.txt.j2").write_text("first line\n{{ subjet }}\n")
    with pytest.raises(TemplateError) as said:
        made(site, open_app)
    assert str(said.value) == f"{own / 'digest.txt.j2'}:2: 'subjet' is undefined; mend the template"


def test_text_from_people_is_never_compiled_as_a_template() -> None:
    shown = Templates().render("email/_teaser.txt.j2", item={
        "headline": "{{ 7*7 }}", "topic": None, "minutes": None, "lang": None, "source_note": None,
        "summary": "{% raw %}", "url": "https://x.example/",
    }, words={"minutes": "{n}"})  # fmt: skip
    assert "{{ 7*7 }}" in shown and "{% raw %}" in shown


def test_the_text_part_is_readable_at_72_columns(sample: Path, open_app: Open) -> None:
    edition = made(sample, open_app).edition
    assert edition
    for line in edition.text.splitlines():
        assert len(line) <= 72 or line.startswith("<"), line
    assert "\n\n\n" not in edition.text
    for name in ("UNSUBSCRIBE", "PREFERENCES"):
        assert f"<ZQ{edition.nonce}{name}QZ>\n" in edition.text


def test_a_mail_that_gmail_would_cut_cannot_be_approved(site: Path, open_app: Open) -> None:
    toml = (site / "publisher.toml").read_text().replace("most = 12", "most = 40")
    (site / "publisher.toml").write_text(toml)
    for number in range(40):
        article_file(site, f"n{number}", headline=f"Number {number}", date="2026-11-20", summary="word " * 300)
    draft = made(site, open_app)
    assert draft.largest_copy > 102 * 1024
    assert {(f.code, f.severity) for f in draft.issue.findings} == {("too-large", "error")}


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (80 * 1024 - 1, []),
        (80 * 1024, [("large", "warning")]),
        (102 * 1024 - 1, [("large", "warning")]),
        (102 * 1024, [("too-large", "error")]),
    ],
)
def test_the_size_of_the_largest_copy_is_judged_in_bytes_of_decoded_html(
    size: int, found: list[tuple[str, str]]
) -> None:
    nothing = dict.fromkeys(
        (
            "language",
            "subject",
            "preheader",
            "title",
            "sender_name",
            "sender_address",
            "greeting",
            "greeting_named",
            "html",
            "text",
        ),
        "",
    )
    edition = Edition(**nothing, nonce="abc", hash="", date=NOW)
    ways_out = edition.token("UNSUBSCRIBE")
    empty = replace(edition, html=ways_out, text=ways_out)
    padded = replace(empty, html=ways_out + "x" * (size - largest_copy(empty)))
    assert largest_copy(padded) == size
    found_there = clients.check(document.read(padded), padded)
    assert [(f.code, f.severity) for f in found_there if f.code in ("large", "too-large")] == found


def test_the_nonce_avoids_what_the_text_already_holds() -> None:
    first = render.nonce_for({"a": "x"})
    assert first == render.nonce_for({"a": "x"})
    values = {"a": "x", "b": first}
    assert render.nonce_for(values) not in repr(values)
