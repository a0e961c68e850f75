"""Local passwords: argon2id (RFC 9106), worked out away from the event loop and at most two at a time.

One verification takes some 130 ms and 64 MiB. Two at a time bound the memory. Their threads give way to all others of
the process, so that a burst of sign-ins does not slow every other request.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from locum.vault.secret import Secret

MEMORY_KIB = 64 * 1024
TIME_COST = 3
PARALLELISM = 4
WORKERS = 2
NICENESS = 10


class PasswordHasher:
    """Hashes and verifies on a pool of its own. The costs can be lowered for tests only."""

    def __init__(
        self, *, memory_kib: int = MEMORY_KIB, time_cost: int = TIME_COST, parallelism: int = PARALLELISM
    ) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost, memory_kib, parallelism)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="argon2", initializer=_give_way)
        # What an unknown name is verified against, so that it takes as long as a known one (SEC-06).
        self._nobody: Final = self._argon2.hash(secrets.token_bytes(32))

    def hash_now(self, password: Secret) -> str:
        """The encoded hash. Blocks: for commands that have no event loop to keep free."""
        return self._argon2.hash(_prepared(password))

    async def hash(self, password: Secret) -> str:
        """The encoded hash with a fresh salt and today's costs."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.hash_now, password)

    async def verify(self, encoded: str | None, password: Secret) -> bool:
        """Whether `password` is the one behind `encoded`. None is nobody's password: False after the same work."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, encoded, password)

    def outdated(self, encoded: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._argon2.check_needs_rehash(encoded)

    def close(self) -> None:
        """Stop the pool; waits for the one verification each thread may be in."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, encoded: str | None, password: Secret) -> bool:
        try:
            self._argon2.verify(encoded or self._nobody, _prepared(password))
        except (VerificationError, InvalidHashError):
            return False
        return encoded is not None


def _give_way() -> None:
    """Let every other thread go first. Linux keeps a priority for each thread, and argon2's own threads inherit it."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        wanted = min(os.getpriority(os.PRIO_PROCESS, thread) + NICENESS, 19)
        os.setpriority(os.PRIO_PROCESS, thread, wanted)


def _prepared(password: Secret) -> bytes:
    """The bytes to hash: NFC, so that one keyboard's `é` is another's (SP 800-63B 3.1.1.2)."""
    try:
        return unicodedata.normalize("NFC", password.reveal_text()).encode()
    except UnicodeDecodeError:
        return password.reveal()
