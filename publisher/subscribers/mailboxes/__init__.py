"""Where reports arrive: a Maildir, a folder on an IMAP server, or files handed to us.

In: a place. Out: pairs of a name for the log (never an address) and at most 2 MB of each unread message. `done` marks a
message as read in the way its mailbox does, so that it is not handed out again; nothing is ever deleted. What one poll
may take is bounded in messages, bytes and seconds, whatever a server says.
"""

from collections.abc import Iterator
from typing import Protocol

from publisher.subscribers.mailboxes.files import (
    MOST_BYTES as MOST_BYTES,
    Message as Message,
    messages as messages,
    messages_of as messages_of,
)
from publisher.subscribers.mailboxes.imap import Imap as Imap
from publisher.subscribers.mailboxes.maildir import Maildir as Maildir


class Mailbox(Protocol):
    """A place that remembers what was read. Both raise MailboxError, also in the middle."""

    def unread(self) -> Iterator[Message]: ...

    def done(self, name: str) -> None: ...
