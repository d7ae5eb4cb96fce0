"""Which addresses webhooks may go to, and how long they wait between tries."""

from ipaddress import ip_address

import pytest

from services.gateway.webhooks.dispatcher import LONGEST_PAUSE_S, MOST_ATTEMPTS, pause_s
from services.gateway.webhooks.guard import Guard, RefusedAddress
from services.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.0.192", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:93.184.216.34", False),
        ("::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("2002:c0a8:101::1", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_allowed(address: str, allowed: bool) -> None:
    assert Guard((), https_only=True).allows("example.com", ip_address(address)) is allowed


def test_the_allow_list_opens_networks_and_names() -> None:
    guard = Guard(("10.1.0.0/16", "crm.internal"), https_only=True)
    assert guard.allows("x.example", ip_address("10.1.9.9"))
    assert guard.allows("x.example", ip_address("::ffff:10.1.9.9"))
    assert not guard.allows("x.example", ip_address("10.2.0.1"))
    assert guard.allows("CRM.internal", ip_address("10.2.0.1"))
    assert not guard.allows("xcrm.internal", ip_address("10.2.0.1"))
    with pytest.raises(InvalidInput):
        Guard(("10.1.0.0/40",), https_only=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://u@example.com/",
        "https://example.com/#part",
        "file:///etc/passwd",
        "https:///path",
        "https://" + "x" * 2_000,
        "https://exa mple/",
    ],
)
def test_a_url_that_cannot_be_right_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput):
        Guard((), https_only=True).check_url(url)


async def test_a_number_in_place_of_a_name_leads_nowhere_inside() -> None:
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        with pytest.raises((RefusedAddress, OSError)):
            await Guard((), https_only=True).addresses(host, 443)


def test_pauses_grow_to_a_limit_and_are_spread() -> None:
    middle = [pause_s(attempts, 0.5) for attempts in range(1, MOST_ATTEMPTS)]
    assert middle[:4] == [5, 10, 20, 40]
    assert middle[-1] == LONGEST_PAUSE_S
    assert 8 * 3600 < sum(middle) < 12 * 3600
    assert pause_s(1, 0.0) == pytest.approx(4)
    assert pause_s(1, 0.999) == pytest.approx(6, abs=0.01)
