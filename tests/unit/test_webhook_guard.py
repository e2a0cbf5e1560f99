"""Which addresses a webhook may have: nothing inside, whatever it is dressed up as."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhook.guard import NotAllowed, is_allowed, networks, target

INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "2002:7f00:1::", "2001:0:0:0:0:0:f5ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_private_address_is_called_in_any_disguise(address: str) -> None:
    with pytest.raises(NotAllowed, match="private"):
        target("https://hook.example/", resolver=lambda *_: [address])
    with pytest.raises(NotAllowed):
        target(
            "https://hook.example/", resolver=lambda *_: ["93.184.215.14", address]
        )  # one bad one is enough


@pytest.mark.parametrize(
    "url",
    ["http://hook.example/", "ftp://hook.example/", "https://", "https://user:pw@hook.example/", "https://hook.example:99999/",
     "https://[::1/", "//hook.example/", "file:///etc/passwd", "gopher://hook.example/", ""],
)  # fmt: skip
def test_only_https_without_a_user_is_an_address(url: str) -> None:
    with pytest.raises(NotAllowed):
        target(url, resolver=lambda *_: ["93.184.215.14"])


def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    found = target("https://hook.example:8443/a?b=1", resolver=lambda *_: next(answers))
    assert (found.url, found.host, found.authority) == (
        "https://93.184.215.14:8443/a?b=1",
        "hook.example",
        "hook.example:8443",
    )
    six = target("https://hook.example/", resolver=lambda *_: ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    assert six.url.startswith("https://[2606:")


def test_configuration_opens_networks_and_plain_http() -> None:
    allowed = networks(("10.1.0.0/16",))
    assert target("http://hook.example/", allowed, plain=True, resolver=lambda *_: ["10.1.2.3"]).port == 80
    with pytest.raises(NotAllowed):
        target("http://hook.example/", allowed, plain=True, resolver=lambda *_: ["10.2.0.1"])
    with pytest.raises(ValueError, match="not appear"):
        networks(("inside",))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    assert is_allowed(mapped, ()) == is_allowed(address, ())
