"""How often one address may be refused at the door before it has to wait. No account is locked by it (AUTH-09).

Kept in memory, on each node for itself: it slows a stranger who tries many names, where the lock of each name is what
stops guesses at one. A sign-in that succeeds costs nothing, so scripts behind one address are not held up.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from locum.kit.errors import RateLimited, Unauthenticated

BURST = 60
PER_SECOND = 1.0
REMEMBERED = 100_000  # addresses; the one not seen longest is forgotten first
_SITE = 64  # bits of an IPv6 address that one customer has for themselves


class AddressLimit:
    """A bucket of refusals for each address (IPv6: each /64) that fills up again by one a second."""

    def __init__(self) -> None:
        self._empty_at: OrderedDict[str, float] = OrderedDict()  # by the process's own clock

    @contextmanager
    def door(self, address: str | None) -> Iterator[None]:
        """Whatever proves somebody from `address`: let in unless refused too often, and counted where it fails.

        Raises RateLimited, and whatever the block does; Unauthenticated is what counts as refused.
        """
        self.check(address)
        try:
            yield
        except Unauthenticated:
            self.refused(address)
            raise

    def check(self, address: str | None) -> None:
        """Raise RateLimited while the address has used up its refusals."""
        if address is None:
            return
        owed = self._empty_at.get(_key(address), 0.0) - time.monotonic()
        wait = owed - (BURST - 1) / PER_SECOND
        if wait > 0:
            seconds = math.ceil(wait)
            raise RateLimited("too many refused sign-ins from this address: wait a little", retry_after=seconds)

    def refused(self, address: str | None) -> None:
        """Count one refusal."""
        if address is None:
            return
        key, now = _key(address), time.monotonic()
        self._empty_at[key] = max(self._empty_at.pop(key, now), now) + 1 / PER_SECOND
        if len(self._empty_at) > REMEMBERED:
            self._empty_at.popitem(last=False)


def _key(address: str) -> str:
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(given, ipaddress.IPv4Address):
        return str(given)
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(given) >> _SITE << _SITE, _SITE)))
