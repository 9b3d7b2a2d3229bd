"""Dead ends, as one tree. Whatever the caller can go on after is a value (a Finding, an Outcome), never one of these.

PublisherError              shown as one line; exit code 1
├── ConfigError             publisher.toml or the environment says something we cannot act on
├── SourceError             a file or folder cannot be read at all (its articles are Problems, not this)
├── StoreError              the database cannot be used
│   ├── StoreAway           it cannot be used just now; later it may
│   ├── SchemaTooOld        it was written by an older Publisher: `publisher upgrade` brings it up
│   └── SchemaTooNew        it was written by a newer Publisher
├── TemplateError           a template cannot be rendered
├── FileError               a file cannot be written; what was there before still stands
├── IssueError              the issue is not in a state that allows what was asked
│   ├── Overtaken           someone else changed it meanwhile; nothing is wrong
│   ├── GateClosed          the gate found what must not leave
│   └── Restored            the database is older than what was sent: a person must say that it may send
├── AddressError            what was given is no mail address
├── FetchError              another server gave no answer (not: it said no)
│   ├── NotNow              it asked us to wait, and the time has not come
│   └── NotWelcome          its robots.txt asks programs like this one to stay away
├── WebError                the web server cannot start
├── MailboxError            a mailbox of reports cannot be read
├── ProgramError            a program of this machine failed at what we asked (not: it is not installed)
├── TransportError          no message can leave at all (not: this one was refused)
│   ├── RelayAway           the relay cannot be used just now; later it may
│   └── RelayRefuses        it will not have us as we are: a person must mend something first
└── Busy                    another process is doing this; nothing is wrong
"""

from datetime import datetime


class PublisherError(Exception):
    """Base of all. The message says what happened, to which thing, and what to do next."""


class ConfigError(PublisherError):
    pass


class SourceError(PublisherError):
    pass


class StoreError(PublisherError):
    pass


class StoreAway(StoreError):
    pass


class SchemaTooOld(StoreError):
    pass


class SchemaTooNew(StoreError):
    pass


class TemplateError(PublisherError):
    pass


class FileError(PublisherError):
    pass


class IssueError(PublisherError):
    pass


class Overtaken(IssueError):
    pass


class GateClosed(IssueError):
    pass


class Restored(IssueError):
    pass


class AddressError(PublisherError):
    pass


class FetchError(PublisherError):
    pass


class NotNow(FetchError):
    """`until` is the moment, in UTC, from which it may be asked again."""

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class NotWelcome(FetchError):
    """`for_now`: the robots.txt could not be read, which may pass."""

    def __init__(self, message: str, *, for_now: bool = False) -> None:
        super().__init__(message)
        self.for_now = for_now


class WebError(PublisherError):
    pass


class MailboxError(PublisherError):
    pass


class ProgramError(PublisherError):
    pass


class TransportError(PublisherError):
    pass


class RelayAway(TransportError):
    pass


class RelayRefuses(TransportError):
    pass


class Busy(PublisherError):
    pass
