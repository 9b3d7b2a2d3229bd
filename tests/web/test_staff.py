"""The page of an issue for the staff: a look changes nothing, a button acts once and for its owner alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from publisher.actions.collect import collect
from publisher.actions.editing import Wish, edit_issue
from publisher.actions.issues import as_draft, draft_issue, find_issue
from publisher.actions.passes import make_link, open_pass
from publisher.records import Issue
from tests.conftest import ROOT, _new_database, take_in
from tests.web.conftest import House, at_once, served

WEEK = "2026-W48"
STAFF = """
[[staff]]
name = "Ana Ruiz"
address = "ana@alderbay.example"
rights = "approver"

[[staff]]
name = "Ben Cole"
address = "ben@alderbay.example"
rights = "administrator"

[[staff]]
name = "Cy Marsh"
address = "cy@alderbay.example"
rights = "author"
"""


def settings(rule: str):  # type: ignore[no-untyped-def]
    def of(text: str) -> str:
        return text.replace('approval = "automatic"', f'approval = "{rule}"') + STAFF

    return of


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return (
        _new_database(request.getfixturevalue("postgres"))
        if request.param == "postgresql"
        else "sqlite:///publisher.db"
    )


@pytest.fixture
def desk(tmp_path: Path, url: str) -> Iterator["Desk"]:
    with served(tmp_path, settings("one-person"), PUBLISHER_STORE__URL=url, PUBLISHER_GATE__SPAM="false") as house:
        yield Desk(house)


@pytest.fixture
def pair(tmp_path: Path, url: str) -> Iterator["Desk"]:
    with served(tmp_path, settings("two-person"), PUBLISHER_STORE__URL=url, PUBLISHER_GATE__SPAM="false") as house:
        yield Desk(house)


class Desk:
    """A served site with a draft, and what staff do with it."""

    def __init__(self, house: House) -> None:
        self.house, self.app = house, house.app
        shutil.copytree(ROOT / "content", house.folder / "content", dirs_exist_ok=True)
        (house.folder / "people.csv").write_text("address\nreader@example.org\n")
        self.letter = self.app.newsletter("health-weekly")
        collect(self.app, ["articles"])
        take_in(self.app, house.folder / "people.csv")
        draft_issue(self.app, self.letter)

    @property
    def issue(self) -> Issue:
        return find_issue(self.app, self.letter, WEEK)

    def link(self, name: str) -> str:
        return urlsplit(make_link(self.app, self.letter, WEEK, name)[1]).path

    def press(
        self, link: str, act: str, text: str = "", revision: int | None = None, **headers: str
    ) -> tuple[int, str]:
        seen = self.issue.revision if revision is None else revision
        answer = self.house.send(link, {"act": act, "revision": str(seen), "text": text}, **headers)
        return answer.status, answer.text

    def edit(self, subject: str) -> None:
        edit_issue(self.app, self.letter, WEEK, Wish(texts={"subject": subject}), who="cy")

    def history(self) -> list[tuple[str, str]]:
        return [(row[3], row[5]) for row in sorted(self.house.look()["audit"])]


def subject_of(desk: Desk) -> str:
    """What stands in the mail's subject."""
    edition = as_draft(desk.app, desk.letter, desk.issue).edition
    assert edition
    return edition.subject


def test_a_look_shows_the_issue_and_changes_nothing_however_often(desk: Desk) -> None:
    link = desk.link("ana ruiz")
    before = desk.house.look()
    page = desk.house.ask(link)
    for method in ("HEAD", "GET", "GET"):
        assert desk.house.ask(link, method, headers={"Purpose": "prefetch"}).status == 200
    assert desk.house.look() == before
    for shown in (subject_of(desk), "Approve", "Hold", "Comment", "draft"):
        assert shown in page.text
    assert "ana" not in link.lower() and "@" not in link and "@alderbay.example" not in page.text
    assert page.headers["cache-control"].startswith("no-store") or "private" in page.headers["cache-control"]
    assert (
        "script" not in page.headers["content-security-policy"] or "'none'" in page.headers["content-security-policy"]
    )
    assert b"<script" not in page.body and "sandbox srcdoc=" in page.body.decode()


def test_an_approver_approves_once_and_what_they_saw_is_frozen(desk: Desk) -> None:
    link, seen = desk.link("Ana Ruiz"), desk.issue.revision
    status, said = desk.press(link, "approve")
    assert (status, desk.issue.state) == (200, "approved") and "What you saw is what will leave" in said
    after = desk.house.look()
    assert desk.press(link, "approve", revision=seen)[0] == 200  # the form sent twice
    assert desk.house.look() == after
    assert desk.history()[-1] == ("Ana Ruiz", "approved")


def test_ten_presses_at_once_approve_once(desk: Desk) -> None:
    link, seen = desk.link("Ana Ruiz"), desk.issue.revision
    found = at_once(*[lambda: desk.press(link, "approve", revision=seen)] * 10)
    assert {status for status, _ in found} <= {200, 409} and 200 in {status for status, _ in found}
    assert [after for _, after in desk.history()].count("approved") == 1
    assert len(desk.house.look()["approval"]) == 1


def test_two_different_people_must_approve_the_same_content(pair: Desk) -> None:
    ana, ben = pair.link("Ana Ruiz"), pair.link("Ben Cole")
    assert "One more person must" in pair.press(ana, "approve")[1]
    assert pair.press(ana, "approve")[0] == 200 and pair.press(pair.link("Ana Ruiz"), "approve")[0] == 200
    assert pair.issue.state == "draft"
    assert pair.press(ben, "approve")[0] == 200
    assert pair.issue.state == "approved" and pair.history()[-1][0] == "Ana Ruiz and Ben Cole"


def test_two_people_at_the_same_moment_are_enough(pair: Desk) -> None:
    ana, ben = pair.link("Ana Ruiz"), pair.link("Ben Cole")
    found = at_once(lambda: pair.press(ana, "approve"), lambda: pair.press(ben, "approve"))
    assert [status for status, _ in found] == [200, 200], found
    assert pair.issue.state == "approved"


def test_an_edit_makes_approvals_and_links_void_and_a_new_link_goes_to_its_owner(pair: Desk) -> None:
    ana, ben = pair.link("Ana Ruiz"), pair.link("Ben Cole")
    pair.press(ana, "approve")
    pair.edit("Another subject")
    status, said = pair.press(ben, "approve")
    assert status == 409 and "Nothing was done" in said and pair.issue.state == "draft"
    assert "The issue has changed" in pair.house.ask(ben).text
    assert pair.press(ben, "fresh")[0] == 200
    pair.press(ben, "fresh")
    fresh = [row for row in pair.house.look()["staff_notice"] if "fresh" in row]
    assert len(fresh) == 1 and "Ben Cole" in fresh[0]
    assert pair.press(pair.link("Ben Cole"), "approve")[0] == 200
    assert pair.issue.state == "draft", "an approval of what it was before counted"


def test_an_author_comments_and_may_do_no_more(desk: Desk) -> None:
    link = desk.link("Cy Marsh")
    page = desk.house.ask(link).text
    assert "Approve" not in page.split("Your word")[1].split("What happened")[0]
    for act in ("approve", "hold"):
        status, said = desk.press(link, act, "no")
        assert status == 403 and "you may not" in said
    evil = '<script>alert(1)</script> "quoted" \u202e'
    assert desk.press(link, "comment", evil)[0] == 200 and desk.press(link, "comment", evil)[0] == 200
    assert len(desk.house.look()["comment"]) == 1
    shown = desk.house.ask(link).body.decode()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert desk.issue.state == "draft"


def test_a_hold_stops_it_and_says_why(desk: Desk) -> None:
    link = desk.link("Ben Cole")
    desk.press(link, "approve")
    assert desk.press(link, "hold", "The second story\r\nis wrong")[0] == 200
    assert (desk.issue.state, desk.issue.reason) == ("held", "The second story is wrong")
    assert "held" in desk.house.ask(desk.link("Ana Ruiz")).text


def test_what_is_no_link_of_ours_opens_nothing_and_tells_nothing(desk: Desk) -> None:
    link = desk.link("Ana Ruiz")
    key, public_id, mac = link.removeprefix("/staff/").split(".")
    other = desk.link("Ben Cole").removeprefix("/staff/").split(".")
    subscriber = desk.house.link("unsubscribe", public_id, "health-weekly").removeprefix("unsubscribe/")
    unknown = desk.house.ask("/staff/1.00000000000000000000000000000000.AAAAAAAAAAAAAAAAAAAAAA")
    before = desk.house.look()
    for token in (
        f"{key}.{public_id}.{other[2]}",
        f"{key}.{other[1]}.{mac}",
        f"{key}.{public_id}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
        subscriber,
        public_id,
        "x" * 5000,
        "%00",
        "..%2f..",
    ):
        for answer in (desk.house.ask(f"/staff/{token}"), desk.house.send(f"/staff/{token}", {"act": "approve"})):
            assert answer.status in (404, 414, 400)
            if answer.status == 404 and len(token) < 1000 and "%" not in token:
                assert answer.text == unknown.text
    assert desk.house.look() == before and desk.issue.state == "draft"


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_a_form_of_another_site_does_nothing(desk: Desk, headers: dict[str, str]) -> None:
    status, said = desk.press(desk.link("Ana Ruiz"), "approve", **headers)
    assert status == 403 and "not ours" in said and desk.issue.state == "draft"


def test_whoever_left_the_staff_has_no_link_any_more(desk: Desk) -> None:
    link = desk.link("Ana Ruiz")
    desk.app.staff["Ana Ruiz"] = desk.app.staff["Ben Cole"]
    assert open_pass(desk.app, link.removeprefix("/staff/")) is None
