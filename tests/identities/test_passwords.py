"""Hashing and verifying passwords."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import argon2
import pytest

from locum.identities.passwords import (
    MEMORY_KIB,
    NICENESS,
    PARALLELISM,
    TIME_COST,
    WORKERS,
    PasswordHasher,
)
from locum.vault.secret import Secret

RIGHT = Secret("correct horse battery")


@pytest.mark.anyio
async def test_only_the_right_password_verifies(hasher: PasswordHasher) -> None:
    encoded = await hasher.hash(RIGHT)
    assert encoded.startswith("$argon2id$")
    assert await hasher.verify(encoded, RIGHT)
    for wrong in ("correct horse batter", "Correct horse battery", "", "x" * 10_000):
        assert not await hasher.verify(encoded, Secret(wrong))
    assert await hasher.hash(RIGHT) != encoded


@pytest.mark.anyio
async def test_nobody_has_no_password_but_the_same_work(hasher: PasswordHasher) -> None:
    assert not await hasher.verify(None, RIGHT)
    assert not await hasher.verify("not a hash", RIGHT)
    assert argon2.extract_parameters(hasher._nobody) == argon2.extract_parameters(await hasher.hash(RIGHT))


@pytest.mark.anyio
async def test_keyboards_write_one_letter_in_two_ways(hasher: PasswordHasher) -> None:
    encoded = await hasher.hash(Secret("caf\u00e9 au lait noir"))
    assert await hasher.verify(encoded, Secret("cafe\u0301 au lait noir"))


@pytest.mark.anyio
async def test_bytes_that_are_no_text(hasher: PasswordHasher) -> None:
    assert not await hasher.verify(await hasher.hash(RIGHT), Secret(b"\xff\xfe"))


def test_the_costs_are_those_decided() -> None:
    hasher = PasswordHasher()
    hasher.close()
    found = argon2.extract_parameters(hasher._nobody)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (MEMORY_KIB, TIME_COST, PARALLELISM)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (65_536, 3, 4)
    assert not hasher.outdated(hasher._nobody)
    assert hasher.outdated(argon2.PasswordHasher(1, 64, 1).hash("x"))


@pytest.mark.anyio
async def test_work_is_bounded_and_away_from_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(memory_kib=8192, time_cost=1, parallelism=1)
    encoded = hasher.hash_now(RIGHT)
    seen: list[int] = []
    running = 0
    guard = threading.Lock()
    verify = hasher._verify

    def counted(*arguments: object) -> bool:
        nonlocal running
        with guard:
            running += 1
            seen.append(running)
        found = verify(*arguments)  # type: ignore[arg-type]
        with guard:
            running -= 1
        return found

    monkeypatch.setattr(hasher, "_verify", counted)
    assert all(await asyncio.gather(*(hasher.verify(encoded, RIGHT) for _ in range(10))))
    assert len(seen) == 10
    assert max(seen) <= WORKERS
    hasher.close()


@pytest.mark.anyio
async def test_the_threads_that_hash_give_way_to_all_others() -> None:
    hasher = PasswordHasher(memory_kib=64, time_cost=1, parallelism=1)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    await hasher.hash(RIGHT)
    found = {thread.native_id for thread in threading.enumerate() if thread in hasher._pool._threads}
    assert found
    for thread in found:
        assert os.getpriority(os.PRIO_PROCESS, thread or 0) == min(before + NICENESS, 19)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
    hasher.close()


def test_a_process_that_gives_way_already_can_hash() -> None:
    """Where a supervisor started it with nice 19 there is nothing left to give, and raising it back is forbidden."""
    code = (
        "import asyncio, os; os.nice(19)\n"
        "from locum.identities.passwords import PasswordHasher\n"
        "from locum.vault.secret import Secret\n"
        "hasher = PasswordHasher(memory_kib=64, time_cost=1, parallelism=1)\n"
        "print(asyncio.run(hasher.verify(hasher.hash_now(Secret('x')), Secret('x'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
