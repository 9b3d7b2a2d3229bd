"""Personal links of the staff: each opens the page of one issue for one person, until some hours after its slot.

In a link stands a random id with a MAC of the key for staff, which covers the person's address too: where
publisher.toml gives the name another address, its old links are void; and so is every link once the content changes.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.actions.issues import find_issue
from publisher.actions.standing import content_now
from publisher.app import App
from publisher.digest.period import period_named
from publisher.errors import IssueError
from publisher.links import public_id_in
from publisher.records import Issue, Newsletter, NoticeKind, Pass, Person
from publisher.store import Connection, issues, staff

_LEAST_HOURS = 24
"""So long a link is good, however late it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a good link opens: the issue as it is now, with the hash of its `content`, to this person."""

    person: Person
    newsletter: Newsletter
    issue: Issue
    content: str
    seen: Pass

    @property
    def is_current(self) -> bool:
        """Whether the content is still what the link was made for."""
        return self.seen.hash == self.content


def open_pass(app: App, token: str) -> Opened | None:
    """What a link's token opens; None for one that is forged or too old, or whose owner has left the staff."""
    public_id = public_id_in(token)
    if not re.fullmatch("[0-9a-f]{32}", public_id):
        return None
    with app.database.read() as connection:
        seen = staff.find_pass(connection, public_id)
        issue = issues.by_numbers(connection, [seen.issue]).get(seen.issue) if seen else None
    person = app.staff.get(seen.who) if seen else None
    if seen is None or issue is None or person is None:
        return None
    if app.signing_links.check("staff", token, person.address) != public_id or app.clock() >= seen.expires_at:
        return None
    newsletter = app.newsletters.get(issue.newsletter)
    if newsletter is None or not person.works_on(newsletter.name):
        return None
    return Opened(person=person, newsletter=newsletter, issue=issue, content=content_now(newsletter, issue), seen=seen)


def link_of(app: App, opens: Pass | str, person: Person) -> str:
    """The URL of a pass; whoever has it acts as this person."""
    public_id = opens if isinstance(opens, str) else opens.public_id
    return app.signing_links.personal("staff", public_id, person.address)


def make_link(app: App, newsletter: Newsletter, period: str, name: str) -> tuple[Person, str, datetime]:
    """A new link for one of the staff, to be handed over; whom it is for and until when. Raises IssueError."""
    person = staff_named(app, newsletter, name)
    issue = find_issue(app, newsletter, period)
    with app.database.write() as connection:
        made = _new_pass(app, connection, newsletter, issue, person)
    return person, link_of(app, made, person), made.expires_at


def staff_named(app: App, newsletter: Newsletter, name: str) -> Person:
    """The one of the staff of a newsletter who is called so. Raises IssueError for nobody."""
    known = app.staff_of(newsletter.name)
    found = next((person for person in known if person.name.casefold() == name.casefold()), None)
    if found is None:
        names = ", ".join(person.name for person in known) or "nobody; add [[staff]] to publisher.toml"
        raise IssueError(f'"{name}" is not of the staff of {newsletter.name} (known: {names})')
    return found


def ask_for_fresh(app: App, opened: Opened) -> bool:
    """Have a new link mailed to whom an old one belongs, once for each old link and content; whether it is new."""
    with app.database.write() as connection:
        about = f"{opened.content[:40]} {opened.seen.public_id}"
        text = "Here is your new link\nThe issue has changed since the mail before, so that its link is void."
        return _notice(app, connection, opened.newsletter, opened.issue, opened.person, "fresh", about, text)


def write_down(
    app: App,
    connection: Connection,
    newsletter: Newsletter,
    issue: Issue,
    kind: NoticeKind,
    about: str,
    text: str,
    *,
    but: str | None = None,
    only: tuple[str, ...] | None = None,
) -> int:
    """Write down mails to the staff of a newsletter, each with a link of its own; how many are new.

    Each is there once for its `kind` and `about`, and is sent afterwards. The first line of `text` is the headline.
    """
    people = [p for p in app.staff_of(newsletter.name) if p.name != but and (only is None or p.name in only)]
    return sum(_notice(app, connection, newsletter, issue, person, kind, about, text) for person in people)


def _notice(
    app: App,
    connection: Connection,
    newsletter: Newsletter,
    issue: Issue,
    person: Person,
    kind: NoticeKind,
    about: str,
    text: str,
) -> bool:
    if staff.has_notice(connection, issue.id, person.name, kind, about):
        return False
    opens = _new_pass(app, connection, newsletter, issue, person)
    return staff.add_notice(connection, opens, kind, about, text, app.clock())


def _new_pass(app: App, connection: Connection, newsletter: Newsletter, issue: Issue, person: Person) -> Pass:
    slot = period_named(newsletter, issue.period).slot
    until = max(slot + timedelta(hours=newsletter.catch_up_hours), app.clock() + timedelta(hours=_LEAST_HOURS))
    return staff.new_pass(connection, issue.id, person.name, content_now(newsletter, issue), until)
