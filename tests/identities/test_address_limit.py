"""How often an address may be refused."""

from __future__ import annotations

import pytest

from locum.identities import address_limit
from locum.identities.address_limit import BURST, AddressLimit
from locum.kit.errors import RateLimited


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(address_limit.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def refuse(limit: AddressLimit, address: str | None, times: int) -> None:
    for _ in range(times):
        limit.check(address)
        limit.refused(address)


def test_a_burst_and_then_one_a_second(clock: Clock) -> None:
    limit = AddressLimit()
    refuse(limit, "192.0.2.1", BURST)
    with pytest.raises(RateLimited) as waiting:
        limit.check("192.0.2.1")
    assert waiting.value.retry_after == 1
    assert "192.0.2.1" not in waiting.value.detail
    clock.now += 0.9
    with pytest.raises(RateLimited):
        limit.check("192.0.2.1")
    clock.now += 0.1
    refuse(limit, "192.0.2.1", 1)
    with pytest.raises(RateLimited):
        limit.check("192.0.2.1")
    clock.now += BURST
    refuse(limit, "192.0.2.1", BURST)


def test_refusals_that_were_under_way_are_owed(clock: Clock) -> None:
    limit = AddressLimit()
    for _ in range(BURST + 10):
        limit.refused("192.0.2.1")
    with pytest.raises(RateLimited) as waiting:
        limit.check("192.0.2.1")
    assert waiting.value.retry_after == 11


def test_others_do_not_wait(clock: Clock) -> None:
    limit = AddressLimit()
    refuse(limit, "192.0.2.1", BURST)
    for other in ("192.0.2.2", "::ffff:192.0.2.3", "not an address", None):
        limit.check(other)
    limit.refused(None)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::2"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix", "unix")],
)
def test_one_customer_is_one_address(clock: Clock, one: str, other: str) -> None:
    limit = AddressLimit()
    refuse(limit, one, BURST)
    with pytest.raises(RateLimited):
        limit.check(other)
    limit.check("2001:db8:1:3::1")


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_limit, "REMEMBERED", 3)
    limit = AddressLimit()
    refuse(limit, "192.0.2.1", BURST)
    for number in range(2, 4):
        limit.refused(f"192.0.2.{number}")
    with pytest.raises(RateLimited):
        limit.check("192.0.2.1")
    limit.refused("192.0.2.1")  # seen again: others go first
    limit.refused("192.0.2.4")
    limit.refused("192.0.2.5")
    with pytest.raises(RateLimited):
        limit.check("192.0.2.1")
    assert len(limit._empty_at) == 3
