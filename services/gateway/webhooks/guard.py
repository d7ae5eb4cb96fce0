"""Where webhooks may go: no address inside the house, whatever a name resolves to (SSRF).

A tenant names the URL, our network sends the request. So the addresses are looked at when the
connection is made, the ones that were looked at are those connected to, and no redirect is
followed: there is no moment between the check and the use.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore2
import httpx2

from services.kit.errors import InvalidInput

Address = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")
_SPECIAL = [ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48")]
"""Not for the public, whatever this version of Python says; some clouds serve secrets there."""

_MOST_URL = 2_000


class RefusedAddress(Exception):
    """The host lies where webhooks may not go. Holds no address: it would map our network."""


class Guard:
    """The rules of one deployment."""

    def __init__(self, allowed: Sequence[str], *, https_only: bool) -> None:
        """Take networks (``10.1.0.0/16``) and host names that are allowed although private.

        Raises:
            InvalidInput: when an entry looks like a network and is none.
        """
        self._https_only = https_only
        self._hosts = {entry.lower() for entry in allowed if "/" not in entry}
        try:
            self._networks = [ip_network(entry) for entry in allowed if "/" in entry]
        except ValueError as error:
            msg = f"Give networks as 10.1.0.0/16 and hosts by name: {error}."
            raise InvalidInput(msg, field="webhook_allowed") from error

    def check_url(self, url: str) -> None:
        """Refuse a URL that is wrong whatever its name resolves to.

        Raises:
            InvalidInput: not http(s), plain http where https is asked for, a password in it, or an
                address that webhooks may not go to.
        """
        parsed = _parsed(url)
        schemes = {"https"} if self._https_only else {"https", "http"}
        if parsed.scheme not in schemes or not parsed.host:
            msg = f"Give an absolute URL with {' or '.join(sorted(schemes))}."
            raise InvalidInput(msg, field="url")
        if parsed.userinfo or parsed.fragment:
            msg = "Leave user names, passwords and fragments out: deliveries are signed."
            raise InvalidInput(msg, field="url")
        try:
            address = ip_address(parsed.host)
        except ValueError:
            return
        if not self.allows(parsed.host, address):
            msg = "Webhooks may not go to this address; whoever runs Souffleur can allow it."
            raise InvalidInput(msg, field="url")

    def allows(self, host: str, address: Address) -> bool:
        """Say whether ``address``, which ``host`` resolved to, may be connected to."""
        if host.lower().rstrip(".") in self._hosts:
            return True
        meant = _meant(address)
        if any(_within(each, self._networks) for each in meant):
            return True
        return all(_is_public(each) for each in meant)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, all of them allowed.

        Raises:
            RefusedAddress: when one of them is not.
            OSError: when there is none.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        # An address may carry a zone ("fe80::1%eth0"), which only link-local ones have.
        names = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(self.allows(host, ip_address(name.partition("%")[0])) for name in names):
            raise RefusedAddress
        return names


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Makes connections to the addresses that the guard has looked at, and to no others."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await self._guard.addresses(host, port)
        except OSError as error:
            raise httpcore2.ConnectError from error
        for number, address in enumerate(addresses, 1):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore2.ConnectError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _parsed(url: str) -> Any:
    if len(url) > _MOST_URL or any(character <= " " for character in url):
        msg = f"Give a URL of at most {_MOST_URL} characters, without spaces."
        raise InvalidInput(msg, field="url")
    try:
        return httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise InvalidInput("This is not a URL.", field="url") from error


def _is_public(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or _within(address, _SPECIAL)
    return address.is_global and not special


def _within(address: Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _meant(address: Address) -> Sequence[Address]:
    """Return an address and the IPv4 addresses that it stands for, by any transition scheme."""
    if isinstance(address, IPv4Address):
        return [address]
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        return [last]  # how an IPv6-only network names a host of the IPv4 internet
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [address, *(each for each in found if each is not None)]
