"""What other programs say of a person -> our three states. What is not known here is never taken for a yes.

Where several columns speak, leaving wins over not having confirmed, and that over being subscribed.
"""

import re
from typing import TypeAlias

State: TypeAlias = tuple[str, str | None]
"""The state ("active", "unconfirmed", "left") and, of a left one, the reason."""

ACTIVE: State = ("active", None)
UNCONFIRMED: State = ("unconfirmed", None)
UNSUBSCRIBED: State = ("left", "unsubscribed")
BOUNCED: State = ("left", "bounced")
COMPLAINED: State = ("left", "complained")

_RANK = {ACTIVE: 0, UNCONFIRMED: 1, UNSUBSCRIBED: 2, BOUNCED: 3, COMPLAINED: 4}
_WORDS = {
    ACTIVE: (
        "active, subscribed, subscriber, enabled, confirmed, opted in, opt in, optin, express, explicit, implied, "
        "express consent, implied consent, true, yes, y, t, 1, on"
    ),
    UNSUBSCRIBED: (
        "left, unsubscribed, unsubscribe, opted out, opt out, optout, removed, deleted, disabled, blocklisted, "
        "blacklisted, blocked, do not mail, do not email, do not contact, cancelled, canceled, suppressed, "
        "false, no, n, f, 0, off"
    ),
    BOUNCED: "cleaned, bounced, bounce, hard bounce, hard bounced, undeliverable, unreachable, invalid",
    COMPLAINED: "complained, complaint, spam, spam complaint, marked as spam, reported as spam, abuse, junk",
    UNCONFIRMED: (
        "unconfirmed, not confirmed, pending, pending confirmation, awaiting confirmation, confirmation pending, "
        "opt in pending, non subscribed, nonsubscribed, not subscribed, non subscriber, never subscribed, "
        "transactional, inactive, archived, not set, no permissions set, temp hold, temporarily held, on hold"
    ),
}
_STATES = {word: state for state, words in _WORDS.items() for word in words.split(", ")}
_KINDS = (
    (UNCONFIRMED, r"non[-_ ]?subscribed|not[-_ ]subscribed|unconfirmed|transactional|archived"),
    (UNSUBSCRIBED, r"unsubscribe[ds]?|opt(?:ed)?[-_ ]?outs?|block-?list(?:ed)?|suppress(?:ed|ions?)"),
    (BOUNCED, r"cleaned|bounce[ds]?"),
    (COMPLAINED, r"complain(?:ts?|ed)"),
    (ACTIVE, r"subscribed"),
)
_KIND_IN = tuple((state, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for state, words in _KINDS)


def meaning(word: str) -> State | None:
    """What a status word says; None where it is none we know."""
    return _STATES.get(" ".join(re.split(r"[\s_-]+", word.strip().casefold())))


def worse(one: State, other: State) -> State:
    """The one of two that lets us write less."""
    return one if _RANK[one] >= _RANK[other] else other


def kind_of_file(name: str) -> State | None:
    """What a file's own name says of all in it: Mailchimp writes the people of each status into a file of its own."""
    low = name.casefold()
    return next((state for state, words in _KIND_IN if words.search(low)), None)
