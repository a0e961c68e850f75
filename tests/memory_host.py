"""A Linux host in memory, for tests that stop Locum between any two steps on it.

It keeps a connector's promises as real hosts do: `tests/story/test_memory_host.py` runs the shared suite on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from locum.connectors.base import Logon, Step, TargetRefused, TargetUnreachable

FOREIGN = "somebody else"


async def no_delay(name: str) -> None:
    """Let others run."""
    await asyncio.sleep(0)


@dataclass
class MemoryHost:
    """Accounts by login and whose each is: a session's id or FOREIGN. Each half of a change awaits `step(name)`.

    `trouble`: "down", or the change that is refused, such as "revert account".
    """

    accounts: dict[str, str] = field(default_factory=lambda: {"root": FOREIGN})
    notes: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    logons: list[str] = field(default_factory=list)
    trouble: str | None = None
    step: Callable[[str], Awaitable[None]] = no_delay

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[MemoryConnector]:
        await self.step("connect")
        self.answer()
        yield MemoryConnector(self)

    @contextmanager
    def signed_in(self, login: str) -> Iterator[None]:
        self.logons.append(login)
        yield
        self.logons.remove(login)

    def answer(self, change: str = "") -> None:
        if self.trouble == "down":
            raise TargetUnreachable("the host does not answer")
        if change and self.trouble == change:
            raise TargetRefused(f"the host refuses to {change}")

    def state(self) -> list[str]:
        """All that is there."""
        held = {"account": self.accounts, "note": self.notes, "key": self.keys, "rule": self.rules}
        return sorted(f"{kind} {name}={value}" for kind, things in held.items() for name, value in things.items())

    def rights(self) -> set[tuple[str, str]]:
        """Who has which right there, as (session's id, kind of step)."""
        found = {(marker, "account") for marker in self.accounts.values() if marker != FOREIGN}
        found |= {(marker, "account") for marker in self.notes}
        found |= {(self.accounts[login], "authorized_key") for login in self.keys if login in self.accounts}
        return found | {(marker, "sudoers") for marker in self.rules}


class MemoryConnector:
    """An open connection to it."""

    host_key = None
    host_key_thumbprint = None

    def __init__(self, host: MemoryHost) -> None:
        self._host = host

    async def look(self, step: Step) -> dict[str, str] | None:
        return None

    async def apply(self, step: Step) -> str:
        await self._host.step(f"before apply {step.kind}")
        self._host.answer(f"apply {step.kind}")
        await getattr(self, f"_apply_{step.kind}")(step, step.parameters["login"])
        await self._host.step(f"after apply {step.kind}")
        self._host.answer()
        return ""

    async def revert(self, step: Step) -> str:
        await self._host.step(f"before revert {step.kind}")
        self._host.answer(f"revert {step.kind}")
        await getattr(self, f"_revert_{step.kind}")(step, step.parameters["login"])
        await self._host.step(f"after revert {step.kind}")
        self._host.answer()
        return ""

    async def logons(self, step: Step) -> list[Logon]:
        self._host.answer()
        login = step.parameters["login"]
        self._need_ours(step, login)
        return [Logon(True, "memory") for one in self._host.logons if one == login]

    async def tell(self, step: Step, text: str) -> bool:
        return False

    async def _apply_account(self, step: Step, login: str) -> None:
        host = self._host
        if host.accounts.get(login, step.marker) != step.marker:
            raise TargetRefused(f"the account {login} exists and is not this session's")
        host.notes[step.marker] = login
        await host.step("note")
        host.accounts[login] = step.marker

    async def _revert_account(self, step: Step, login: str) -> None:
        host = self._host
        host.rules.pop(step.marker, None)
        if host.accounts.get(login) == step.marker:
            host.keys.pop(login, None)
            await host.step("half reverted")
            host.accounts.pop(login, None)
        host.notes.pop(step.marker, None)

    async def _apply_authorized_key(self, step: Step, login: str) -> None:
        self._need_ours(step, login)
        self._host.keys[login] = step.parameters["public_key"]

    async def _revert_authorized_key(self, step: Step, login: str) -> None:
        if self._host.accounts.get(login) == step.marker:
            self._host.keys.pop(login, None)

    async def _apply_sudoers(self, step: Step, login: str) -> None:
        self._need_ours(step, login)
        self._host.rules[step.marker] = login

    async def _revert_sudoers(self, step: Step, login: str) -> None:
        self._host.rules.pop(step.marker, None)

    def _need_ours(self, step: Step, login: str) -> None:
        if self._host.accounts.get(login) != step.marker:
            raise TargetRefused(f"the account {login} is not this session's")
