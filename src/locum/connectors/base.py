"""What every connector promises: steps that are applied and reverted, each safe to repeat at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from locum.kit.errors import LocumError
from locum.vault.secret import Secret


@dataclass(frozen=True, slots=True)
class Target:
    """Where a resource is and how Locum gets in. `elevation` is the command that makes the account root."""

    host: str
    port: int
    username: str
    password: Secret | None
    private_key: Secret | None
    trusted_host_key: str | None  # "ssh-ed25519 AAAA…"; None = nothing pinned yet
    accept_first: bool
    elevation: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One change on a target. `marker` (the session's id) is what proves later that the change is ours."""

    kind: str
    parameters: dict[str, str]
    marker: str


class TargetUnreachable(LocumError):
    """The target did not answer, or not in time: worth trying again."""


class TargetRefused(LocumError):
    """The target answered and said no: trying again soon will not help."""


class Connector(Protocol):
    """An open connection to one target.

    `apply` and `revert` are level-triggered: they make sure that the change is there, or gone, whatever was half
    done before, and raise TargetUnreachable or TargetRefused. `revert` leaves alone what is not ours.
    """

    @property
    def host_key(self) -> str:
        """The key the target has proved to hold, as "type base64"."""

    @property
    def host_key_thumbprint(self) -> str:
        """Its SHA-256 thumbprint as OpenSSH writes it."""

    async def apply(self, step: Step) -> None:
        """Make sure that the change is there."""

    async def revert(self, step: Step) -> None:
        """Make sure that the change, and what it had opened, is gone."""
