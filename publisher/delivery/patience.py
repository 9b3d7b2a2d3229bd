"""What an outcome makes of a copy: accepted, refused, tried again later or given up. Pure rules, handed everything."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from publisher.records import Accepted, Barred, Deferred, Delivery, DeliveryState, Outcome, Refused, Uncertain, Unsent

AfterCrash = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """A deferred copy is tried again after `first`, doubling up to `most`, each up to a fifth longer so that not all
    come back at once; until it is `age` old, from its first try on (RFC 5321, section 4.5.4.1)."""

    first: timedelta = timedelta(seconds=300)
    most: timedelta = timedelta(seconds=4000)
    age: timedelta = timedelta(hours=36)

    def later(self, delivery: Delivery, now: datetime) -> Delivery:
        """The copy as deferred to its next try, or as expired when that would be too late."""
        begun = delivery.first_try or now
        wait = min(self.most, self.first * 2 ** min(max(delivery.attempts - 1, 0), 20))
        at = now + wait * (1 + _share(delivery) / 5)
        if at > begun + self.age:
            return replace(delivery, state="expired", next_try=None)
        return replace(delivery, state="deferred", next_try=at)


def _share(delivery: Delivery) -> float:
    """From 0 to 1, another for each copy and attempt, and always the same for one."""
    told = sha256(f"{delivery.public_id}\0{delivery.attempts}".encode()).digest()
    return int.from_bytes(told[:4]) / 2**32


def settle(
    delivery: Delivery, outcome: Outcome, now: datetime, patience: Patience, after_crash: AfterCrash
) -> Delivery:
    """The copy after this outcome. An attempt is charged where the relay decided on it, or may have.

    Without an answer it is sent once more, later, if that is wanted after a crash too; a second time a person decides.
    """
    if isinstance(outcome, (Unsent, Barred)):
        return replace(delivery, state="waiting", reply=outcome.reply)
    state: DeliveryState = "accepted" if isinstance(outcome, Accepted) else "refused"
    times, begun = delivery.attempts + 1, delivery.first_try or now
    tried = replace(delivery, state=state, reply=outcome.reply, attempts=times, first_try=begun, next_try=None)
    match outcome:
        case Accepted() | Refused():
            return tried
        case Deferred():
            return patience.later(tried, now)
        case Uncertain():
            doubted = replace(tried, doubts=delivery.doubts + 1)
            again = after_crash == "resend" and delivery.doubts == 0
            later = patience.later(doubted, now) if again else doubted
            return later if later.state == "deferred" else replace(doubted, state="uncertain", next_try=None)
