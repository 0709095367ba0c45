from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import FetchError
from shuowen.source.address import is_public, public_addresses

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:800::200e",
]
ODD_LOOPBACK = [
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "127.000.000.001",
    "0",
    "0x0",
    "::ffff:7f00:1",
    "0:0:0:0:0:0:0:1",
    "fe80::1%eth0",
]


def no_lookup(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} went to the resolver")


@pytest.mark.parametrize("address", CLOSED)
def test_these_are_closed_as_literals_and_as_what_a_name_leads_to(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(FetchError, match="not an address of the public internet"):
        public_addresses(address, 80, no_lookup, False)
    with pytest.raises(FetchError, match="innocent.example leads to"):
        public_addresses("innocent.example", 80, lambda host, port: [address], False)


@pytest.mark.parametrize("address", OPEN)
def test_these_are_open(address: str) -> None:
    found = public_addresses("documents.example", 443, lambda host, port: [address], False)
    assert found == [str(ip_address(address))]


@pytest.mark.parametrize("host", ODD_LOOPBACK)
def test_odd_spellings_never_reach_a_resolver(host: str) -> None:
    with pytest.raises(FetchError, match="not an address of the public internet"):
        public_addresses(host, 80, no_lookup, False)


@pytest.mark.parametrize("host", ["1.2.3.4.5", "256.1.1.1", "0xzz", "1.2.3.999", "::1::", "a:b"])
def test_what_only_looks_like_an_address_is_refused(host: str) -> None:
    with pytest.raises(FetchError, match="is not an address"):
        public_addresses(host, 80, no_lookup, True)


def test_one_closed_address_among_open_ones_is_enough() -> None:
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        public_addresses("mixed.example", 80, lambda host, port: ["8.8.8.8", "10.0.0.1"], False)


def test_private_addresses_pass_when_they_are_allowed() -> None:
    assert public_addresses("127.1", 80, no_lookup, True) == ["127.0.0.1"]


def test_unknown_hosts() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(FetchError, match="nowhere.example is not known"):
        public_addresses("nowhere.example", 80, unknown, False)
    with pytest.raises(FetchError, match="has no address"):
        public_addresses("nowhere.example", 80, lambda host, port: [], False)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_hiding_an_ipv4_address_in_ipv6_changes_nothing(address: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{address}")
    translated = IPv6Address(f"64:ff9b::{address}")
    tunnelled = IPv6Address(0x2002 << 112 | int(address) << 80)
    assert {is_public(inner) for inner in (mapped, translated, tunnelled)} == {is_public(address)}


@given(st.ip_addresses(v=4))
def test_nothing_that_python_knows_as_special_is_open(address: IPv4Address) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved
    special = special or address.is_loopback or address.is_link_local or address.is_unspecified
    assert not (special and is_public(address))
