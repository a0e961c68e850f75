"""A target in memory that keeps accounts and what depends on them, for tests that make it fail at every step.

It is no platform: what real ones do is tested in tests/connectors, with the same promises (`AccountKeeper`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization

from locum.connectors.base import Account, Dependant, Privilege, Target, TargetRefused
from locum.vault.secret import Secret

SERVICE = "service"


@dataclass
class MemoryAccount:
    password: str | None = None
    keys: set[str] = field(default_factory=set)
    enabled: bool = True


@dataclass
class MemoryTarget:
    """`fault(name)` is called before and after each effect and may raise."""

    accounts: dict[str, MemoryAccount] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)
    fault: Callable[[str], None] = lambda name: None
    refuses: set[str] = field(default_factory=set)
    host_key: str | None = None

    @asynccontextmanager
    async def keeper(self, kind: str, target: Target) -> AsyncIterator[MemoryKeeper]:
        self.fault("open")
        if target.trusted_host_key not in (None, self.host_key):
            raise TargetRefused("the host key is not the pinned one")
        account = self.accounts[target.username]
        password = target.password.reveal_text() if target.password else None
        if not (account.password is not None and account.password == password) and not (
            target.private_key is not None and _public(target.private_key) in account.keys
        ):
            raise TargetRefused("the target does not let the account in")
        yield MemoryKeeper(self)


class MemoryKeeper:
    def __init__(self, target: MemoryTarget) -> None:
        self._target = target
        self.host_key = target.host_key
        self.host_key_thumbprint = None if target.host_key is None else f"SHA256:{target.host_key}"

    async def find(self, login: str) -> Account | None:
        found = self._target.accounts.get(login)
        return None if found is None else Account(login, found.enabled, None, None, None, None, Privilege.USER)

    async def accepts_password(self, login: str, password: Secret) -> bool:
        self._target.fault("accepts_password")
        return self._of(login).password == password.reveal_text()

    async def change_password(self, login: str, password: Secret) -> None:
        self._effect("change_password")
        self._of(login).password = password.reveal_text()
        self._target.fault("change_password done")

    async def accepts_key(self, login: str, public_key: str) -> bool:
        self._target.fault("accepts_key")
        return public_key in self._of(login).keys

    async def change_key(self, login: str, *, add: str, remove: str | None) -> None:
        self._effect("change_key")
        account = self._of(login)
        account.keys = {*account.keys, add} - ({remove} if remove != add else set())
        self._target.fault("change_key done")

    async def set_enabled(self, login: str, enabled: bool) -> None:
        self._of(login).enabled = enabled

    async def holds(self, dependant: Dependant, secret: Secret) -> bool:
        self._target.fault("holds")
        return self._target.stored[dependant.marker] == secret.reveal_text()

    async def update(self, dependant: Dependant, *, old: Secret, new: Secret) -> None:
        self._effect("update")
        if dependant.parameters.get("refuses") == "always":
            raise TargetRefused("it can't be told")
        self._target.stored[dependant.marker] = new.reveal_text()
        self._target.fault("update done")
        if dependant.parameters.get("refuses") == "new" and new.reveal_text() not in dependant.parameters["knows"]:
            raise TargetRefused("it does not start again")

    def _effect(self, name: str) -> None:
        self._target.fault(name)
        if name in self._target.refuses:
            raise TargetRefused("the target says no")

    def _of(self, login: str) -> MemoryAccount:
        found = self._target.accounts.get(login)
        if found is None:
            raise TargetRefused(f"there is no account {login}")
        return found


def _public(private_key: Secret) -> str:
    key = serialization.load_ssh_private_key(private_key.reveal(), None).public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
