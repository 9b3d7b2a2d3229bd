"""What an approval is for, who stands by an issue now, and what happens at its slot."""

import json
from collections.abc import Sequence
from hashlib import sha256
from zoneinfo import ZoneInfo

from publisher.actions.issues import told_of
from publisher.app import App
from publisher.records import Issue, Newsletter, Period, approvers_of, needed, stand_by
from publisher.store import approvals

_LIST_RULE = "active readers of this newsletter who are neither paused nor suppressed when the sending begins"


def content_of(newsletter: Newsletter, told: str) -> str:
    """The hash that an approval is for, of what leaves and of who gets it (SHA-256, 64 hexadecimal digits).

    `told` tells the contents of all editions (`told_of`). The audience is what decides who gets it: the newsletter, its
    main and further languages, its topics, sources and sender, and the rule by which the list is asked. It is not the
    addresses themselves: who subscribes or leaves after the approval does not make it void.
    """
    audience = [
        *(newsletter.name, newsletter.language, *newsletter.languages, "topics", *newsletter.topics),
        *("sources", *newsletter.sources, "sender", *newsletter.sender, _LIST_RULE),
    ]
    return sha256(json.dumps([told, audience]).encode()).hexdigest()


def content_now(newsletter: Newsletter, issue: Issue) -> str:
    """The hash for an approval of the stored issue: as it was frozen, else as it was drafted."""
    return content_of(newsletter, told_of(issue.editions) if issue.editions else issue.looked_at)


def standing(app: App, newsletter: Newsletter, issue: Issue) -> tuple[str, ...]:
    """Who stands by the issue as it is now."""
    with app.database.read() as connection:
        given = approvals.of(connection, issue.id)
    return stand_by(given, approvers(app, newsletter), content_now(newsletter, issue))


def promise(newsletter: Newsletter, period: Period, by: Sequence[str]) -> str:
    """What happens with a draft at its slot, for a person to read."""
    slot = f"{period.slot.astimezone(ZoneInfo(newsletter.zone)):%A, %Y-%m-%d %H:%M %Z}"
    if newsletter.approval == "automatic":
        return f"It leaves by itself on {slot}, if no check finds an error and nobody holds it."
    people = "two different people approve it" if newsletter.approval == "two-person" else "one person approves it"
    left = needed(newsletter.approval) - len(by)
    so_far = f" So far {listed(by)} did, and {left} more must." if by and left > 0 else ""
    if newsletter.draft_hours == 0:
        return f"It leaves once {people}.{so_far}"
    otherwise = "it leaves all the same, if no check finds an error" if newsletter.deadline == "send" else "it is held"
    return f"It leaves on {slot}, once {people}.{so_far} If that does not happen by then, {otherwise}."


def approvers(app: App, newsletter: Newsletter) -> tuple[str, ...]:
    """The names of those who may approve its issues."""
    return approvers_of(list(app.staff.values()), newsletter.name)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join(names)
