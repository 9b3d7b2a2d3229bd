"""Rows 28, 30, 36 and 40 of the fault matrix: what people, other senders and the clock do while an issue leaves."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser

import pytest

from publisher.actions.choosing import leave
from publisher.actions.sending import send_issue
from publisher.errors import Busy
from publisher.keys import Keyring
from tests.conftest import KEYS
from tests.delivery.relay import Rule, Visit
from tests.faults.conftest import MakeTrial
from tests.faults.trial import DONE, UNFINISHED, address


def test_a_second_sender_says_that_one_is_at_work_and_sends_nothing(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", delay=0.02), people=120) as trial:
        process = trial.start()
        trial.relay.wait_for("end", 5)
        with pytest.raises(Busy, match="another process is sending already"):
            trial.send()
        assert trial.ended(process) == 0
        assert trial.account().doubted == 0


def test_several_senders_on_one_database_send_each_copy_once(make_trial: MakeTrial) -> None:
    with make_trial(Rule("end", delay=0.01), people=200, kind="postgresql", batch=10) as trial:
        others = [trial.start() for _ in range(2)]
        trial.relay.wait_for("end", 10)
        trial.send()
        assert {trial.ended(one) for one in others} <= {DONE, UNFINISHED}
        assert trial.account().doubted == 0


@pytest.mark.parametrize("hours", [1, -1, 24 * 3652], ids=["an hour on", "an hour back", "ten years on"])
def test_a_clock_that_steps_in_the_middle_changes_nothing(make_trial: MakeTrial, kind: str, hours: int) -> None:
    with make_trial(people=120, kind=kind, batch=10, per_minute=60_000) as trial:
        begun, started = trial.now, time.monotonic()

        def now() -> datetime:
            step = timedelta(hours=hours if len(trial.relay.kept) > 40 else 0)
            return begun + step + timedelta(seconds=time.monotonic() - started)

        trial.app.clock = now
        trial.send()
        certificate = trial.account()
        assert (certificate.counts, certificate.doubted) == ({"accepted": 120}, 0)


def test_whoever_leaves_meanwhile_gets_nothing_after_they_were_told_so(make_trial: MakeTrial, kind: str) -> None:
    """Ten people press the button of their mail program, each ten times at once, while the issue is on its way."""
    leaving = range(190, 200)

    def press(visit: Visit) -> None:
        copies, links = trial.copies(), trial.app.signing_links
        tokens = [links.sign("unsubscribe", copies[address(n)].public_id, "health-weekly") for n in leaving]
        with ThreadPoolExecutor(10) as pool:
            assert all(pool.map(lambda token: leave(trial.app, token, everything=False, how="one-click"), tokens * 10))

    with make_trial(Rule("end", after=20, times=1, do=press), people=200, kind=kind, batch=10) as trial:
        trial.send(command=30.0, end=30.0, data=30.0)
        certificate = trial.account()
        assert certificate.counts == {"accepted": 190, "skipped": 10}
        assert not {address(n) for n in leaving} & set(trial.relay.recipients)


def test_settings_and_keys_that_change_meanwhile_change_no_copy(make_trial: MakeTrial) -> None:
    with make_trial(people=60) as trial:
        trial.send(limit=20)
        first = trial.relay.kept[-1].raw
        text = (trial.site / "publisher.toml").read_text()
        (trial.site / "publisher.toml").write_text(text.replace("Alder Bay Hospital", "Another Name"))
        trial.configure()
        fresh = {purpose: (("2", bytes([n]) * 32), *of) for n, (purpose, of) in enumerate(KEYS.keys.items())}
        ring = replace(KEYS, keys=KEYS.keys | {name: fresh[name] for name in ("links", "return-path")})
        assert isinstance(ring, Keyring)
        trial.app.keys = ring
        send_issue(trial.app, trial.app.newsletter(None), "2026-W48")
        trial.account()
        assert trial.app.signing_links.check("unsubscribe", token_in(first), "health-weekly")
        assert all(without_person(one.raw) == without_person(first) for one in trial.relay.kept)
        assert token_in(trial.relay.kept[-1].raw).startswith("2.")


def token_in(message: bytes) -> str:
    """Of the link by which this reader leaves."""
    link = BytesHeaderParser().parsebytes(message)["List-Unsubscribe"]
    return str(link).strip("<>").rpartition("/")[2]


def without_person(message: bytes) -> dict[str, str]:
    """The header of a copy but for what is its reader's own."""
    own = ("To", "Message-ID", "List-Unsubscribe", "Return-Path")
    return {name: value for name, value in BytesHeaderParser().parsebytes(message).items() if name not in own}
