"""Who answers for an issue: the staff, what each may do, what they did, and when that is enough. All of it is pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Right: TypeAlias = Literal["author", "approver", "administrator"]
Act: TypeAlias = Literal["approve", "hold", "comment"]
How: TypeAlias = Literal["link", "command line"]
ApprovalRule: TypeAlias = Literal["automatic", "one-person", "two-person"]
NoticeKind: TypeAlias = Literal["draft", "reminder", "acted", "certificate", "fresh"]

_MAY: Mapping[Right, tuple[Act, ...]] = {
    "author": ("comment",),
    "approver": ("approve", "hold", "comment"),
    "administrator": ("approve", "hold", "comment"),
}
_NEEDED: Mapping[ApprovalRule, int] = {"automatic": 1, "one-person": 1, "two-person": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the staff; `name` is unique among them and stands in the history. Empty `newsletters` means all."""

    name: str
    address: str
    rights: Right
    newsletters: tuple[str, ...] = ()

    def may(self, act: Act) -> bool:
        return act in _MAY[self.rights]

    def works_on(self, newsletter: str) -> bool:
        return not self.newsletters or newsletter in self.newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Someone's word for one content and audience, told by their hash. Void once an edit or a hold came after it."""

    who: str
    hash: str
    at: datetime
    how: How
    void_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What one of the staff wrote about an issue."""

    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a personal link opens: one issue, as it was with this `hash`, to one person, until then.

    `public_id` is random and all that the link carries of it.
    """

    public_id: str
    issue: int
    who: str
    hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNotice:
    """One mail to one of the staff about one issue; there is one for each `kind` and `about`, whatever happens.

    `text` is what happened, in sentences. `pass_id` names the pass of its link. `due_at` is null once it is done, or
    given up because of `trouble`.
    """

    id: int
    issue: int
    who: str
    kind: NoticeKind
    about: str
    text: str
    pass_id: str
    made_at: datetime
    attempts: int
    due_at: datetime | None
    done_at: datetime | None = None
    trouble: str | None = None


def needed(rule: ApprovalRule) -> int:
    """How many different people must approve."""
    return _NEEDED[rule]


def stand_by(approvals: Iterable[Approval], approvers: Collection[str], content: str) -> tuple[str, ...]:
    """Who stands by this content now: each once, the first first.

    Only a personal link proves who someone is, so that only approvals by link count; of whoever may not approve any
    more, none does.
    """
    good = (a for a in approvals if a.how == "link" and a.void_at is None and a.hash == content and a.who in approvers)
    return tuple(dict.fromkeys(a.who for a in good))


def is_enough(rule: ApprovalRule, approvals: Iterable[Approval], approvers: Collection[str], content: str) -> bool:
    """Whether the rule is kept: two different people for `two-person`, however often one of them approves."""
    return len(stand_by(approvals, approvers, content)) >= needed(rule)


def approvers_of(staff: Sequence[Person], newsletter: str) -> tuple[str, ...]:
    """The names of those who may approve its issues."""
    return tuple(person.name for person in staff if person.may("approve") and person.works_on(newsletter))
