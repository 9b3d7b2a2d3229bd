"""How often the form may be sent: by one client, by all together, and who counts as a client."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.web.limits import Limits, client_of
from tests.conftest import NOW
from tests.web.conftest import House, served

MINUTE = timedelta(minutes=1)


def test_one_client_may_ask_so_often_within_any_hour() -> None:
    limits = Limits(3)
    assert [limits.take("a", NOW + n * 10 * MINUTE) for n in range(3)] == [None] * 3
    assert limits.take("a", NOW + 30 * MINUTE) == 30 * MINUTE
    assert limits.take("a", NOW + 59 * MINUTE) == MINUTE
    assert limits.take("b", NOW + 30 * MINUTE) is None
    assert limits.take("a", NOW + 60 * MINUTE) is None
    assert limits.take("a", NOW + 61 * MINUTE) == 9 * MINUTE


def test_who_is_refused_does_not_wait_the_longer_for_asking_again() -> None:
    limits = Limits(1)
    limits.take("a", NOW)
    for minute in range(1, 60):
        assert limits.take("a", NOW + minute * MINUTE) is not None
    assert limits.take("a", NOW + 60 * MINUTE) is None


def test_of_too_many_clients_those_seen_longest_ago_are_forgotten() -> None:
    limits = Limits(1, most_clients=100)
    for number in range(1000):
        assert limits.take(str(number), NOW) is None
    assert len(limits) == 100
    assert limits.take("999", NOW) is not None
    assert limits.take("0", NOW) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("garbage", "", True),
        ("garbage", None, True),
        ("127.0.0.1", "localhost", False),
    ],
)
def test_a_client_is_an_ipv4_address_or_a_64_of_ipv6(one: str, other: str | None, same: bool) -> None:
    assert (client_of(one) == client_of(other)) is same


@given(st.text(max_size=200))
def test_whatever_a_proxy_says_is_some_client(host: str) -> None:
    assert len(client_of(host)) <= 40


# Over HTTP. Each test has a client of its own, by a header that only a trusted proxy is believed in.


def _house(folder: Path, trusted: str, in_all: int = 1000) -> Iterator[House]:
    def settings(text: str) -> str:
        text = text.replace("hourly_per_client = 10000", "hourly_per_client = 3")
        text = text.replace("hourly_in_all = 1000000", f"hourly_in_all = {in_all}")
        return text.replace("trusted_proxies = []", f"trusted_proxies = {trusted}")

    with served(folder, settings) as found:
        yield found


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A site that trusts the proxies of this machine, and of a network as it is sloppily written."""
    yield from _house(tmp_path_factory.mktemp("behind"), '["127.0.0.1", "10.0.0.1/8"]')


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[House]:
    yield from _house(tmp_path, "[]")


def tell(house: House, number: int, forwarded: str, **more: str) -> int:
    fields = {"address": f"{number}-{abs(hash(forwarded))}@example.org", "newsletter": "research", **more}
    return house.send("subscribe", fields, X_Forwarded_For=forwarded).status


def test_the_fourth_form_within_an_hour_is_told_to_wait(behind: House) -> None:
    assert [tell(behind, n, "192.0.2.1") for n in range(4)] == [200, 200, 200, 429]
    fields = {"address": "fourth@example.org", "newsletter": "research"}
    refused = behind.send("subscribe", fields, X_Forwarded_For="192.0.2.1")
    assert "Please try again later" in refused.text
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert not [row for row in behind.dump()["request"] if row[1] == "fourth@example.org"]
    assert tell(behind, 1, "192.0.2.2") == 200


def test_a_robot_is_counted_as_well(behind: House) -> None:
    assert [tell(behind, n, "192.0.2.10", website="x") for n in range(4)] == [200, 200, 200, 429]


def test_who_mistypes_is_not_counted(behind: House) -> None:
    fields = {"address": "no address", "newsletter": "research"}
    for _ in range(5):
        assert behind.send("subscribe", fields, X_Forwarded_For="192.0.2.20").status == 422
    assert tell(behind, 1, "192.0.2.20") == 200


def test_a_household_of_ipv6_is_one_client(behind: House) -> None:
    told = [tell(behind, 1, f"2001:db8:7:7::{n}") for n in range(1, 5)]
    assert told == [200, 200, 200, 429]


def test_the_last_address_that_no_proxy_of_ours_has_is_the_client(behind: House) -> None:
    """Whoever makes up the beginning of the list is still known by its end."""
    told = [tell(behind, 1, f"198.51.100.{n}, 192.0.2.30, 10.20.30.40") for n in range(1, 5)]
    assert told == [200, 200, 200, 429]


def test_a_forged_header_from_no_proxy_of_ours_changes_nothing(bare: House) -> None:
    assert [tell(bare, n, f"198.51.100.{n}") for n in range(4)] == [200, 200, 200, 429]


def test_all_together_may_ask_only_so_often(tmp_path: Path) -> None:
    for house in _house(tmp_path, '["127.0.0.1"]', in_all=2):
        assert [tell(house, 1, f"192.0.2.{n}") for n in range(3)] == [200, 200, 429]


def test_only_the_form_is_limited(bare: House) -> None:
    for n in range(4):
        tell(bare, n, "")
    people = [bare.person() for _ in range(10)]
    left = [bare.send(bare.link("unsubscribe", p.public_id), {"List-Unsubscribe": "One-Click"}) for p in people]
    assert {answer.status for answer in left} == {200}
    assert bare.ask("subscribe").status == 200
