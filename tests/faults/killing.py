"""Senders that are killed again and again, at every point of a copy's way: what is lost, what arrives twice."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from publisher.failpoints import POINTS
from tests.delivery.relay import Rule, Visit, kill
from tests.faults.conftest import MakeTrial
from tests.faults.trial import CONNECTIONS, Trial

_ONCE = ("freezing", "frozen", "finishing", "finished")
WHERE = (*(point for point in POINTS if point not in _ONCE), "end arrived", "answered")
"""The commits that a sender makes again and again, and two moments that only the relay knows."""


@dataclass(kw_only=True)
class Toll:
    """What became of one issue whose senders were killed `kills` times. At most `bound` copies may arrive twice."""

    kills: int
    lost: int
    twice: int
    named: int
    bound: int

    @property
    def is_right(self) -> bool:
        return self.lost == 0 and self.twice == self.named and self.twice <= self.bound


def killed(make_trial: MakeTrial, kind: str, kills: int, *, people: int, seed: int, hold: bool = False) -> Toll:
    """Kill as many senders of one issue, each at a point drawn by lot; then let one come to its end."""
    chance = random.Random(seed)
    armed: list[Trial] = []
    policy = "hold" if hold else "resend"

    def strike(moment: str) -> Callable[[Visit], None]:
        def act(visit: Visit) -> None:
            if armed and wanted[0] == moment:
                wanted[1] -= 1
                if wanted[1] == 0:
                    kill(lambda: armed[0].pid)(visit)

        return act

    watched = Rule("end", do=strike("end arrived"), then=strike("answered"), keep=True)
    wanted: list[Any] = ["", 0]
    with make_trial(watched, kind=kind, people=people, after_crash=policy, batch=10) as trial:
        armed.append(trial)
        for _ in range(kills):
            where, when = chance.choice(WHERE), chance.randint(1, 6)
            wanted[:] = [where, when]
            trial.start(failpoint="" if where in WHERE[-2:] else f"{where}:kill:{when}")
            if not trial.died() and not trial.certificate().open:
                break
            trial.later()
        wanted[:] = ["", 0]
        done = trial.send()
        while done.certificate.open:
            trial.later(minutes=90)
            done = trial.send()
        certificate = trial.account(twice=trial.doubtful)
        in_question = trial.in_question()
        arrived = set(trial.relay.recipients)
        unknown = {who for who, copy in in_question.items() if copy.state == "uncertain"}
        return Toll(
            kills=trial.kills,
            lost=certificate.recipients - len(arrived | unknown),
            twice=len(trial.twice),
            named=sum(who in in_question for who in trial.twice),
            bound=0 if hold else min(trial.doubtful, trial.kills * CONNECTIONS),
        )


def table(tolls: Iterator[tuple[str, Toll]]) -> Iterator[str]:
    """The tolls as lines of text."""
    yield f"{'what':<28}{'kills':>8}{'lost':>8}{'twice':>8}{'named':>8}{'bound':>8}"
    for what, toll in tolls:
        yield f"{what:<28}{toll.kills:>8}{toll.lost:>8}{toll.twice:>8}{toll.named:>8}{toll.bound:>8}"
