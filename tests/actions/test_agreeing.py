"""Who has approved what, what a deadline does, and whom staff are told of: rules, and the service that keeps them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.actions.agreeing import approve_by_hand, hold_issue, release_issue
from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import find_issue
from publisher.app import App
from publisher.config import load
from publisher.errors import IssueError
from publisher.records import Approval, is_enough, stand_by
from publisher.schedule import tick
from publisher.store import staff as notices
from tests.conftest import KEYS, NOW, article_file, quick, take_in
from tests.web.test_staff import STAFF

Open = Callable[..., App]
WEEK = "2026-W48"
NAMES = st.sampled_from(["ana", "ben", "cy"])
WORDS = st.builds(
    Approval,
    who=NAMES,
    hash=st.sampled_from(["now", "before"]),
    at=st.just(NOW),
    how=st.sampled_from(["link", "command line"]),
    void_at=st.none() | st.just(NOW),
)


@given(given_=st.lists(WORDS, max_size=8), able=st.sets(NAMES))
def test_two_different_people_stand_by_the_same_content_or_it_is_not_enough(
    given_: list[Approval], able: set[str]
) -> None:
    by = stand_by(given_, able, "now")
    assert len(set(by)) == len(by) and set(by) <= able
    for who in by:
        assert any(one.who == who and one.hash == "now" and one.void_at is None and one.how == "link" for one in given_)
    assert is_enough("two-person", given_, able, "now") == (len(by) >= 2)
    assert is_enough("one-person", given_, able, "now") == bool(by)
    voided = [Approval(who=a.who, hash=a.hash, at=a.at, how=a.how, void_at=NOW) for a in given_]
    assert not is_enough("one-person", voided, able, "now")


class Office:
    """A newsletter whose draft is made a day ahead, on a clock that the test moves."""

    def __init__(self, site: Path, rule: str = "one-person", more: str = "") -> None:
        self.site = site
        settings = site / "publisher.toml"
        text = settings.read_text().replace(
            'approval = "automatic"', f'approval = "{rule}"\ndraft_hours = 24\nremind_hours = 4\n{more}'
        )
        settings.write_text(text + STAFF)
        article_file(site, "one", headline="One", date="2026-11-20")
        (site / "people.csv").write_text("address\nreader@example.org\n")
        self.slot = NOW
        self.now = NOW - timedelta(hours=25)
        self.app = App(quick(load(site)), clock=lambda: self.now, keys=KEYS)
        self.letter = self.app.newsletter(None)
        collect(self.app)
        take_in(self.app, site / "people.csv")

    def at(self, moment: datetime) -> list[str]:
        self.now = moment
        return [one.line for one in tick(self.app)]

    @property
    def state(self) -> str:
        return find_issue(self.app, self.letter, WEEK).state

    def told(self) -> list[tuple[str, str]]:
        """Who was told what, each mail once."""
        with self.app.database.read() as connection:
            issue = find_issue(self.app, self.letter, WEEK)
            return sorted((one.kind, one.who) for one in notices.notices(connection, issue.id))

    def mails(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted((self.app.outbox / "staff").rglob("*.eml"))]


EVERYBODY = ("Ana Ruiz", "Ben Cole", "Cy Marsh")


def test_the_draft_is_made_ahead_announced_once_and_reminded_of(site: Path) -> None:
    office = Office(site)
    office.at(office.slot - timedelta(hours=24, minutes=1))
    with pytest.raises(IssueError):
        assert office.state
    office.at(office.slot - timedelta(hours=24))
    assert office.state == "draft"
    for hours in (23, 12, 5):
        office.at(office.slot - timedelta(hours=hours))
    assert office.told() == [("draft", who) for who in EVERYBODY]
    assert len(office.mails()) == 3
    office.at(office.slot - timedelta(hours=4))
    office.at(office.slot - timedelta(hours=1))
    assert [one for one in office.told() if one[0] == "reminder"] == [
        ("reminder", "Ana Ruiz"),
        ("reminder", "Ben Cole"),
    ]
    mail = office.mails()[0]
    assert b"/staff/" in mail.replace(b"=\r\n", b"") and mail.count(b"\r\nTo: ") == 1
    office.app.close()


def test_approved_ahead_it_leaves_at_its_slot_and_staff_get_the_certificate(site: Path) -> None:
    office = Office(site)
    office.at(office.slot - timedelta(hours=24))
    approve_by_hand(office.app, office.letter, WEEK, who="Ana Ruiz")
    office.at(office.slot - timedelta(minutes=1))
    assert office.state == "approved"
    office.at(office.slot)
    assert office.state == "sent"
    office.at(office.slot + timedelta(minutes=1))
    assert [one for one in office.told() if one[0] == "certificate"] == [("certificate", who) for who in EVERYBODY]
    drafts, proofs = office.mails()[:3], [mail for mail in office.mails() if b"Sent" in mail.split(b"\r\n\r\n")[0]]
    buttons = b"buttons Approve, Hold and Comment"
    assert any(buttons in mail for mail in drafts) and len(proofs) == 3
    assert not any(buttons in mail for mail in proofs), "what was sent can be approved no more"
    office.app.close()


def test_at_the_deadline_what_nobody_approved_is_held(site: Path) -> None:
    office = Office(site)
    office.at(office.slot - timedelta(hours=24))
    office.at(office.slot)
    issue = find_issue(office.app, office.letter, WEEK)
    assert (issue.state, issue.reason) == ("held", "it was not approved by its slot")
    office.at(office.slot + timedelta(minutes=1))
    assert ("acted", "Ana Ruiz") in office.told()
    office.app.close()


def test_at_the_deadline_a_clean_issue_is_sent_where_that_is_the_rule(site: Path) -> None:
    office = Office(site, more='deadline = "send"')
    office.at(office.slot - timedelta(hours=24))
    assert office.state == "draft"
    office.at(office.slot)
    assert office.state == "sent"
    office.app.close()


def test_what_changed_since_its_draft_is_held_at_the_deadline_and_not_sent(site: Path) -> None:
    office = Office(site, more='deadline = "send"')
    office.at(office.slot - timedelta(hours=24))
    article_file(site, "one", headline="Another one", date="2026-11-20")
    office.at(office.slot - timedelta(hours=1))
    assert office.state == "draft"
    office.at(office.slot)
    issue = find_issue(office.app, office.letter, WEEK)
    assert issue.state == "held" and "is not what was drafted any more" in (issue.reason or "")
    office.app.close()


def test_where_two_must_approve_the_command_line_cannot(site: Path) -> None:
    office = Office(site, "two-person")
    office.at(office.slot - timedelta(hours=24))
    with pytest.raises(IssueError, match="publisher staff link"):
        approve_by_hand(office.app, office.letter, WEEK, who="Ana Ruiz")
    assert office.state == "draft"
    office.app.close()


def test_a_held_issue_is_a_draft_again_once_released(site: Path) -> None:
    office = Office(site)
    office.at(office.slot - timedelta(hours=24))
    approve_issue(office.app, office.letter, WEEK, who="ana")
    hold_issue(office.app, office.letter, WEEK, who="ben", why="the second story")
    office.at(office.slot)
    assert office.state == "held"
    release_issue(office.app, office.letter, WEEK, who="ben")
    assert office.state == "draft"
    with pytest.raises(IssueError, match="not held"):
        release_issue(office.app, office.letter, WEEK, who="ben")
    office.app.close()
