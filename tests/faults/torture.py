"""`make torture`: a thousand senders are killed, and nobody may be lost. Exit code 1 when anything is not right."""

import pytest

from tests.faults.conftest import MakeTrial
from tests.faults.killing import killed, table

ROUNDS = 10
KILLS = 25


@pytest.mark.parametrize("hold", [False, True], ids=["resend", "hold"])
@pytest.mark.parametrize("seed", range(100, 100 + ROUNDS))
def test_a_thousand_kills(make_trial: MakeTrial, kind: str, hold: bool, seed: int) -> None:
    toll = killed(make_trial, kind, KILLS, people=600, seed=seed, hold=hold)
    print("\n".join(table(iter([(f"{kind}, {'hold' if hold else 'resend'}, {seed}", toll)]))))
    assert toll.is_right, toll
    assert not (hold and toll.twice)
