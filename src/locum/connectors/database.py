"""What all databases have in common as targets: who may be signed in as, and what they lack."""

from __future__ import annotations

from locum.connectors.base import Dependant, Target, TargetRefused
from locum.vault.secret import Secret

CONNECT_TIMEOUT_S = 10
COMMAND_TIMEOUT_S = 20.0
MOST_OUTPUT = 1 << 20  # bytes; an answer has a few lines, and a flood must not fill our memory (SEC-23)


class DatabaseKeeper:
    """Refuses what only an operating system has."""

    host_key: str | None = None
    host_key_thumbprint: str | None = None

    def __init__(self, target: Target) -> None:
        self._target = target
        self._where = f"{target.host}:{target.port}"

    def keep_way_in(self, login: str, enabled: bool) -> None:
        """TargetRefused if that would shut Locum out."""
        if not enabled and login == self._target.username:
            raise TargetRefused(f"{login} is Locum's own way to {self._where}")

    async def accepts_key(self, login: str, public_key: str) -> bool:
        """A database knows no SSH keys."""
        raise TargetRefused(f"{self._where} is a database: its accounts have no SSH keys")

    async def change_key(self, login: str, *, add: str, remove: str | None) -> None:
        """A database knows no SSH keys."""
        raise TargetRefused(f"{self._where} is a database: its accounts have no SSH keys")

    async def holds(self, dependant: Dependant, secret: Secret) -> bool:
        """A database keeps no copies of its accounts' secrets that Locum knows of."""
        raise TargetRefused(f"{self._where} is a database: it knows no dependants")

    async def update(self, dependant: Dependant, *, old: Secret, new: Secret) -> None:
        """A database keeps no copies of its accounts' secrets that Locum knows of."""
        raise TargetRefused(f"{self._where} is a database: it knows no dependants")
