"""What every connector promises: steps that are applied and reverted, and secrets of accounts that are verified and
changed; each safe to repeat at any time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from locum.kit.errors import LocumError
from locum.vault.secret import Secret


@dataclass(frozen=True, slots=True)
class Target:
    """Where a resource is and how Locum gets in. `elevation` is the command that makes the account root.

    `database` (the one to sign in to), `encrypted` (TLS is insisted on) and `trust_server_certificate` (TLS without
    checking who answers) matter to databases only, the host key to SSH only.
    """

    host: str
    port: int
    username: str
    password: Secret | None
    private_key: Secret | None
    trusted_host_key: str | None  # "ssh-ed25519 AAAA…"; None = nothing pinned yet
    accept_first: bool
    elevation: str | None
    database: str | None = None
    encrypted: bool = True
    trust_server_certificate: bool = False
    accept_any: bool = False  # whatever host key it shows, another than the trusted one too
    legacy: bool = False  # it may be spoken to in the weak ways of old SSH servers


@dataclass(frozen=True, slots=True)
class Step:
    """One change on a target. `marker` (the session's id) is what proves later that the change is ours.

    `secret` is what a new login signs in with, where it has a password. `applied`: the change is known to have been
    made, so that a login without its mark is no longer somebody else's but one of ours that was tampered with. `found`
    is what `look` saw before the change.
    """

    kind: str
    parameters: dict[str, str]
    marker: str
    secret: Secret | None = None
    applied: bool = False
    found: dict[str, str] | None = None
    timeout_s: int = 60


class FailureReason(IntEnum):
    """Why a step failed. Numbers of the contract's ActionFailureReason."""

    NO_ERROR = 0
    UNKNOWN_ERROR = 1
    SYSTEM_ERROR = 2
    ACTION_SERVICE_UNAVAILABLE = 3
    ACTION_TIMEOUT = 4
    ACCESS_DENIED = 5
    USER_ALREADY_MEMBER_OF_GROUP = 6
    USER_NOT_MEMBER_OF_GROUP = 7
    INVALID_GROUP_NAME = 8
    INVALID_USER_NAME = 9
    INVALID_HOST_NAME = 10
    FAILED_TO_CONNECT = 11


class TargetUnreachable(LocumError):
    """The target did not answer, or not in time: worth trying again."""

    reason = FailureReason.FAILED_TO_CONNECT


class TargetBusy(TargetUnreachable):
    """The target answered that it can't now."""


class TargetRefused(LocumError):
    """The target answered and said no: trying again soon will not help. `output` is what a script had said by then."""

    def __init__(
        self, detail: str, *, reason: FailureReason = FailureReason.SYSTEM_ERROR, output: str = ""
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.output = output


class HostKeyNotTrusted(TargetRefused):
    """The target showed a host key ("type base64", with its SHA-256 thumbprint) that is not the pinned one.

    It was shown, not proved: anybody in between could have shown it.
    """

    def __init__(self, detail: str, *, key: str, thumbprint: str) -> None:
        super().__init__(detail, reason=FailureReason.ACCESS_DENIED)
        self.key = key
        self.thumbprint = thumbprint


@dataclass(frozen=True, slots=True)
class Logon:
    """Somebody who is signed in to an account of a target. `over_ssh`: as who comes through the gateway is, too.
    `how` and from where, for people."""

    over_ssh: bool
    how: str


class Connector(Protocol):
    """An open connection to one target.

    `apply` and `revert` are level-triggered: they make sure that the change is there, or gone, whatever was half
    done before, and raise TargetUnreachable or TargetRefused. `revert` leaves alone what is not ours.
    """

    @property
    def host_key(self) -> str | None:
        """The key the target has proved to hold, as "type base64", where the platform has such a thing."""

    @property
    def host_key_thumbprint(self) -> str | None:
        """Its SHA-256 thumbprint as OpenSSH writes it."""

    async def look(self, step: Step) -> dict[str, str] | None:
        """What the target has before the change and its undo must know; None where the undo needs to know nothing.
        Changes nothing."""

    async def apply(self, step: Step) -> str:
        """Make sure that the change is there. Answers what is to stand in the session's log, mostly nothing."""

    async def revert(self, step: Step) -> str:
        """Make sure that the change, and what it had opened, is gone. Answers as `apply` does."""

    async def logons(self, step: Step) -> list[Logon]:
        """Who is signed in now to the account that this step made, or let the session use. Changes nothing. Raises
        TargetRefused where it is not the session's."""

    async def tell(self, step: Step, text: str) -> bool:
        """Show whoever is signed in to that account a line of text; False where the platform has no way to."""


class Privilege(IntEnum):
    """Numbers of the contract's UserPrivilege, those that Locum can find out."""

    NOT_SET = 0
    ADMINISTRATOR = 1
    POWER_USER = 2
    GUEST = 3
    USER = 4
    SUPER_USER = 5
    LINUX_USER = 6


@dataclass(frozen=True, slots=True)
class Account:
    """What a target says of one of its accounts."""

    login: str
    enabled: bool
    unix_id: int | None = None
    unix_group_id: int | None = None
    home: str | None = None
    shell: str | None = None
    privilege: Privilege = Privilege.NOT_SET


@dataclass(frozen=True, slots=True)
class Dependant:
    """Something on a target that holds an account's secret and must learn the new one. `marker` is its id."""

    kind: str
    parameters: dict[str, str]
    marker: str


class AccountKeeper(Protocol):
    """An open connection to one target through an account that may look at and change the secrets of others there.

    Every method is level-triggered: it makes sure of a state and may be repeated at any time, also after an attempt
    that was cut short. All raise TargetUnreachable (not known whether it was done: look, or do it again) and
    TargetRefused (nothing was changed, but for what `update` says of itself). What a platform lacks, such as SSH
    keys in a database, it refuses, and so it does with an account that is not there.
    """

    @property
    def host_key(self) -> str | None:
        """The key the target has proved to hold, as "type base64", where the platform has such a thing."""

    @property
    def host_key_thumbprint(self) -> str | None:
        """Its SHA-256 thumbprint as OpenSSH writes it."""

    async def find(self, login: str) -> Account | None:
        """The account of that name, None if there is none."""

    async def accepts_password(self, login: str, password: Secret) -> bool:
        """Whether the target takes this as the account's password. It needs the account to be enabled only where
        signing in is the one way to find out; then a disabled one is refused."""

    async def change_password(self, login: str, password: Secret) -> None:
        """Make this the account's password. Whether it is enabled stays as it is."""

    async def accepts_key(self, login: str, public_key: str) -> bool:
        """Whether the account lets this SSH key ("type base64") in."""

    async def change_key(self, login: str, *, add: str, remove: str | None) -> None:
        """Make sure that `add` is let in and `remove` is not; other keys stay. One step: never both, never neither.
        Where `remove` was restricted (from where, to what), `add` is in the same way."""

    async def set_enabled(self, login: str, enabled: bool) -> None:
        """Let the account sign in, or no longer; its secrets stay as they are."""

    async def holds(self, dependant: Dependant, secret: Secret) -> bool:
        """Whether this is the secret that the dependant has stored."""

    async def update(self, dependant: Dependant, *, old: Secret, new: Secret) -> None:
        """Make sure that the dependant has stored `new` where it had `old` and works with it: what uses it is started
        again each time, and looked at. After TargetRefused it may have stored either; the caller updates back."""
