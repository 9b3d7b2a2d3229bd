"""Which life of a database this is: one that was restored from a backup must not send again what has left since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A random `name`, and how many sends were `begun` under it."""

    name: str
    begun: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """A database was restored, or somebody let a restored one send."""

    at: datetime
    who: str
    what: str


def compared(held: Epoch | None, noted: Epoch | None) -> Literal["same", "behind", "restored"]:
    """What the epoch `held` in the database is to the one `noted` in the file beside the keys.

    `behind`: the file has to be brought up; a program ended between the two, another machine sent, or nothing was sent
    yet. `restored`: another life, or fewer sends than were begun, or a database that has sent, and no file knows of it.
    """
    if held is None:
        return "behind" if noted is None or noted.begun == 0 else "restored"
    if noted is None:
        return "behind" if held.begun == 0 else "restored"
    if held.name != noted.name or held.begun < noted.begun:
        return "restored"
    return "same" if held == noted else "behind"
