"""Fifty people sign in at once, with argon2id at its real cost, and nobody else waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from demo.client import Client

from installation import ADMIN, ADMIN_PASSWORD, Installation

AT_ONCE = 50
LONGEST_S = 2.0
POLLED = "/api/v1/ManagedAccount/Search"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "data")
    installation.prepare()
    installation.start()
    yield installation
    assert installation.stop() == 0


@pytest.mark.alone
def test_fifty_sign_ins_hold_nobody_up(made: Installation) -> None:
    """How much slower others get is measured in bench; here they must not stop."""
    _, robot = made.application(made.admin())
    signed_in: list[Client] = []

    def sign_in(_: int) -> None:
        client = made.client()
        client.sign_in(ADMIN, ADMIN_PASSWORD, "NA")
        signed_in.append(client)

    waits: list[float] = []
    over = threading.Event()

    def poll() -> None:
        while not over.is_set():
            began = time.monotonic()
            robot.call("GET", POLLED)
            waits.append(time.monotonic() - began)

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        polling = pool.submit(poll)
        try:
            for done in [pool.submit(sign_in, number) for number in range(AT_ONCE)]:
                done.result()
        finally:
            over.set()
        polling.result()
    assert len({client.authorization for client in signed_in}) == AT_ONCE
    assert len(waits) > 5
    assert max(waits) < LONGEST_S, sorted(waits)[-5:]
    assert len(made.admin().call("GET", "/api/locum/v1/SignIn")) >= AT_ONCE
