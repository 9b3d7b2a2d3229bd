"""What other programs say of a person -> our three states. What is not known here is never taken for a yes.

Where several columns speak, leaving wins over not having confirmed, and that over being subscribed.
"""

import re
import unicodedata
from functools import lru_cache
from typing import TypeAlias

State: TypeAlias = tuple[str, str | None]
"""The state ("active", "unconfirmed", "left", "unclear") and, of a left one, the reason."""

ACTIVE: State = ("active", None)
UNCONFIRMED: State = ("unconfirmed", None)
UNSUBSCRIBED: State = ("left", "unsubscribed")
BOUNCED: State = ("left", "bounced")
COMPLAINED: State = ("left", "complained")
UNCLEAR: State = ("unclear", None)
"""May be listed, and we do not know as what."""

_RANK = {ACTIVE: 0, UNCONFIRMED: 1, UNSUBSCRIBED: 2, BOUNCED: 3, COMPLAINED: 4}
_WORDS = {
    ACTIVE: (
        "active, subscribed, subscriber, enabled, confirmed, opted in, opt in, optin, express, explicit, implied, "
        "express consent, implied consent, true, yes, y, t, 1, on, abonne, abonnee, inscrit, actif, angemeldet, "
        "abonniert, aktiv, activo, suscrito, oui, si, ja"
    ),
    UNSUBSCRIBED: (
        "left, unsubscribed, unsubscribe, opted out, opt out, optout, removed, deleted, disabled, blocklisted, "
        "blacklisted, blocked, do not mail, do not email, do not contact, cancelled, canceled, suppressed, "
        "false, no, n, f, 0, off, desabonne, desabonnee, desinscrit, desinscrite, abgemeldet, ausgetragen, baja, "
        "de baja, dado de baja, non, nein"
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
_OF_LEAVING = {word for word, state in _STATES.items() if state[0] == "left" and len(word) > 3} - {
    "left", "false", "nein", "disabled", "invalid", "abuse", "junk", "spam", "cancelled", "canceled", "blocked"
}  # fmt: skip
"""Words that say it in any column; the others have meanings of their own where no status is asked for."""
LONGEST = 40
"""Characters of a word of status."""
_KINDS = (
    (UNCONFIRMED, r"non[-_ ]?subscri(?:bed|bers?)|not[-_ ]subscribed|unconfirmed|inactive|transactional|archived"),
    (
        UNSUBSCRIBED,
        (
            r"unsub(?:s|scribe[drs]?|scribers)?|opt(?:ed)?[-_ ]?outs?|bl[oa]ck[-_ ]?list(?:ed)?|suppress(?:ed|ions?)|"
            r"removed|deleted|leavers|do[-_ ]not[-_ ]e?mail|desabonnee?s?|desinscrite?s?|abgemeldete?n?|bajas?"
        ),
    ),
    (BOUNCED, r"cleaned|bounce[ds]?"),
    (COMPLAINED, r"complain(?:ts?|ed)|spam"),
    (ACTIVE, r"subscribed|active|confirmed|current|enabled"),
)
_KIND_IN = tuple((state, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for state, words in _KINDS)
_DENIED = re.compile(r"(?<![a-z])(?:no|not|non|without|except|excluding|ohne|sans|sin)(?![a-z])")


def meaning(word: str) -> State | None:
    """What a status word says; None where it is none we know."""
    return _STATES.get(_plain(word)) if len(word) <= LONGEST else None


def is_of_leaving(cell: str) -> bool:
    """Whether a cell, whatever its column, is nothing but a word of leaving."""
    return _plain(cell) in _OF_LEAVING


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """Without case, accents and what stands between its parts."""
    apart = unicodedata.normalize("NFKD", word.strip())
    return " ".join(re.split(r"[\s_-]+", "".join(c for c in apart if not unicodedata.combining(c)).casefold()))


def worse(one: State, other: State) -> State:
    """The one of two that lets us write less."""
    return one if _RANK[one] >= _RANK[other] else other


def kind_of_file(name: str, mailchimp: bool = False) -> State | None:
    """What a file's own name says of all in it: Mailchimp writes the people of each status into a file of its own.

    UNCLEAR where a name that somebody chose denies a word of leaving, or has words of two kinds.
    """
    low = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    found: dict[State, int] = {}
    for state, words in _KIND_IN:
        for match in words.finditer(low):
            found.setdefault(state, match.start())
            # A word counts once: what is "non-subscribed" is not "subscribed" as well.
            low = low[: match.start()] + "." * len(match[0]) + low[match.end() :]
    first = next(iter(found), None)
    if first is None or mailchimp:
        return first
    denied = _DENIED.search(low)
    if found.keys() != {ACTIVE} and denied and denied.start() < max(found.values()):
        return UNCLEAR
    return UNCLEAR if len({state[0] for state in found}) > 1 else first
