"""What one message in the mailbox for reports says."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["bounce", "complaint", "auto-reply", "other"]

MOST_RECIPIENTS = 50
"""More recipients than this are not kept: none of our messages goes to more than one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A bounce, a complaint, an automatic answer, or something else; everything in it was claimed by a stranger.

    Only `addressed_to` and `returned` can prove anything: a keyed token that we made may stand in them.
    """

    kind: Kind
    recipients: tuple[str, ...] = ()
    """Plain addresses that failed, or on whose behalf was complained; empty where the report does not say."""
    permanent: bool = False
    """It will never work: the report says failed, and not that the cause is transient (RFC 3463, class 5)."""
    delayed: bool = False
    """Only a notice that a relay still tries; nothing is to be done."""
    status: str | None = None
    """The enhanced status code, like 5.1.1 (RFC 3463)."""
    addressed_to: tuple[str, ...] = ()
    """Where the report itself was sent, the most telling first."""
    returned: tuple[str, ...] = ()
    """The URLs of List-Unsubscribe in the message that came back."""
    why: str = ""
    """The diagnostic in one short line, without addresses."""
