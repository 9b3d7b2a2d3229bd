"""The open internet may be asked; whatever ends within a network may not, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings, strategies as st

from publisher.addresses import Allowed, is_open, refusal
from publisher.errors import ConfigError

NOBODY = Allowed()

_OPEN = """
    1.1.1.1  9.255.255.255  11.0.0.0  100.63.255.255  100.128.0.0  126.255.255.255  128.0.0.0  168.63.129.15
    169.253.255.255  172.15.255.255  172.32.0.0  191.255.255.255  192.0.1.0  192.167.255.255  198.17.255.255  198.20.0.0
    223.255.255.255  2606:4700::1111  2a00:1450::1  2620:4f:8000::1  ::ffff:1.1.1.1  64:ff9b::101:101  2002:101:101::1
"""

_INNER = """
    0.0.0.0  0.1.2.3  10.0.0.1  10.255.255.255  100.64.0.1  100.100.100.200  127.0.0.1  127.255.255.254  168.63.129.16
    169.254.169.254  172.16.0.1  172.31.255.255  192.0.0.1  192.0.0.8  192.0.0.9  192.0.0.192  192.0.2.1  192.88.99.1
    192.168.0.1  198.18.0.1  198.19.255.255  198.51.100.7  203.0.113.7  224.0.0.1  239.255.255.255  240.0.0.1
    255.255.255.255
    ::  ::1  ::127.0.0.1  ::1.1.1.1  ::ffff:127.0.0.1  ::ffff:10.0.0.1  ::ffff:169.254.169.254  ::ffff:0:127.0.0.1
    64:ff9b::7f00:1  64:ff9b::a9fe:a9fe  64:ff9b::a00:1  64:ff9b:1::1  64:ff9b:1::101:101  100::1  100:0:0:1::1
    2001::1  2001:0:101:101::1  2001:2::1  2001:10::1  2001:20::1  2001:db8::1  2002:7f00:1::  2002:a00:1::1
    2002:c0a8:101::1  2002:a9fe:a9fe::1  3fff::1  3fff:fff:ffff::1  4000::1  5f00::1  fc00::1  fd00:ec2::254  fe80::1
    fec0::1  ff02::1  ff0e::1
"""
OPEN, INNER = _OPEN.split(), _INNER.split()


@pytest.mark.parametrize("number", OPEN)
def test_the_open_internet_may_be_asked(number: str) -> None:
    assert refusal("clinic.example", 443, [number], NOBODY) is None


@pytest.mark.parametrize("number", INNER)
def test_what_lies_within_a_network_may_not(number: str) -> None:
    assert "inside a private network" in str(refusal("clinic.example", 443, [number], NOBODY))


def test_an_address_with_the_name_of_a_network_card_is_judged_by_its_number() -> None:
    assert "inside a private network" in str(refusal("clinic.example", 80, ["fe80::1%eth0"], NOBODY))


def test_one_inner_address_among_open_ones_closes_the_host() -> None:
    assert "leads to 10.0.0.7" in str(refusal("clinic.example", 443, ["1.1.1.1", "10.0.0.7"], NOBODY))


def test_an_allowed_address_opens_no_other_that_the_name_leads_to() -> None:
    allowed = Allowed.of(["10.1.0.0/16"])
    assert "leads to 10.9.9.9" in str(refusal("clinic.example", 443, ["10.1.2.3", "10.9.9.9"], allowed))


@pytest.mark.parametrize("port", [0, 22, 25, 81, 444, 6379, 8080, 65535])
def test_other_ports_than_the_webs_are_not_asked(port: int) -> None:
    assert f"port {port} is not" in str(refusal("clinic.example", port, ["1.1.1.1"], NOBODY))


def test_a_host_without_addresses_is_none() -> None:
    assert refusal("clinic.example", 443, [], NOBODY) == "there is no such host"


@pytest.mark.parametrize("number", ["", "elsewhere", "1.1.1", "1.1.1.1/8"])
def test_what_is_no_address_is_refused(number: str) -> None:
    assert "which is no address" in str(refusal("clinic.example", 443, [number], NOBODY))


PRIVATE_4 = st.one_of(
    *(
        st.ip_addresses(network=network)
        for network in (
            "10.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
        )
    )
).filter(lambda number: number.version == 4)


@settings(max_examples=200)
@given(PRIVATE_4, st.integers(0, 2**80 - 1))
def test_no_wrapping_opens_a_private_address(within: IPv4Address, rest: int) -> None:
    number = int(within)
    wrapped = [
        IPv6Address(number),  # IPv4-compatible
        IPv6Address(0xFFFF << 32 | number),  # IPv4-mapped
        IPv6Address(0xFFFF << 48 | number),  # IPv4-translated
        IPv6Address(0x64FF9B << 96 | number),  # NAT64
        IPv6Address(0x64FF9B0001 << 80 | rest),  # NAT64 of a local network
        IPv6Address(0x2002 << 112 | number << 80 | rest),  # 6to4
        IPv6Address(0x20010000 << 96 | rest),  # Teredo
    ]
    assert [one for one in (within, *wrapped) if is_open(one)] == []


@settings(max_examples=300)
@given(st.ip_addresses())
def test_nothing_is_open_that_python_knows_to_be_closed(number: IPv4Address | IPv6Address) -> None:
    if is_open(number):
        assert number.is_global
        assert not (number.is_multicast or number.is_unspecified or number.is_loopback or number.is_link_local)


@settings(max_examples=100)
@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_what_it_maps(number: IPv4Address) -> None:
    assert is_open(IPv6Address(0xFFFF << 32 | int(number))) == is_open(number)


@settings(max_examples=100)
@given(st.text(max_size=20), st.integers(-1, 70000), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_a_name_leads_to_there_is_an_answer(host: str, port: int, numbers: list[str]) -> None:
    assert refusal(host, port, numbers, NOBODY)


@pytest.mark.parametrize(
    ("entry", "host", "port", "number"),
    [
        ("intranet.example", "intranet.example", 80, "10.1.2.3"),
        ("intranet.example", "INTRANET.example", 443, "fd00::1"),
        ("Intranet.Example.", "intranet.example", 443, "10.1.2.3"),
        ("intranet.example:8080", "intranet.example", 8080, "10.1.2.3"),
        ("clinic.example:8443", "clinic.example", 8443, "1.1.1.1"),
        ("klinik-süd.example", "xn--klinik-sd-x9a.example", 443, "10.1.2.3"),
        ("localhost:8000", "localhost", 8000, "::1"),
        ("10.1.0.0/16", "anything.example", 80, "10.1.2.3"),
        ("10.1.0.0/16", "anything.example", 80, "::ffff:10.1.2.3"),
        ("10.1.0.0/16:8080", "anything.example", 8080, "10.1.2.3"),
        ("127.0.0.1", "2130706433", 80, "127.0.0.1"),
        ("127.0.0.1:8000", "127.0.0.1", 8000, "127.0.0.1"),
        ("fd00::/8", "anything.example", 443, "fd00::7"),
        ("[fd00::7]", "anything.example", 443, "fd00::7"),
        ("[fd00::7]:8080", "anything.example", 8080, "fd00::7"),
        ("::1", "localhost", 80, "::1"),
        ("2001:db8::/32", "anything.example", 443, "2001:db8::1"),
    ],
)
def test_what_is_allowed_may_be_asked(entry: str, host: str, port: int, number: str) -> None:
    assert refusal(host, port, [number], Allowed.of([entry])) is None
    assert refusal(host, port, [number], NOBODY) is not None


@pytest.mark.parametrize(
    ("entry", "host", "port", "number"),
    [
        ("intranet.example", "intranet.example", 8080, "10.1.2.3"),  # the name alone stands for 80 and 443
        ("intranet.example:8080", "intranet.example", 80, "10.1.2.3"),
        ("intranet.example", "www.intranet.example", 80, "10.1.2.3"),
        ("intranet.example", "intranet.example.elsewhere.example", 80, "10.1.2.3"),
        ("10.1.0.0/16", "anything.example", 80, "10.2.0.1"),
        ("10.1.0.0/16", "anything.example", 8080, "10.1.2.3"),
        ("127.0.0.1:8000", "127.0.0.1", 8001, "127.0.0.1"),
        ("10.1.0.0/16", "anything.example", 80, "64:ff9b::a01:203"),  # a translator's network may be another one
        ("10.1.0.0/16", "anything.example", 80, "2002:a01:203::1"),
    ],
)
def test_what_is_allowed_opens_nothing_beside_it(entry: str, host: str, port: int, number: str) -> None:
    assert refusal(host, port, [number], Allowed.of([entry])) is not None


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "http://intranet.example",
        "intranet.example/news",
        "a b",
        "-x.example",
        "host:0",
        "host:99999",
        "host:http",
        "10.1.2.3/16",
        "10.1.2.3.4",
        "127.1",
        "0x7f.1",
        "2130706433",
        "*.example",
        "user@host",
        "fd00::7:8080:1::",
        "x" * 300,
    ],
)
def test_what_is_no_host_is_not_taken_for_one(entry: str) -> None:
    with pytest.raises(ConfigError, match="is no host that can be allowed"):
        Allowed.of([entry])


def test_the_table_names_each_address_once() -> None:
    assert len({ip_address(number) for number in OPEN + INNER}) == len(OPEN + INNER) > 60
