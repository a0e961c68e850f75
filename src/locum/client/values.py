"""What the server answers, as values. A secret among them has no repr."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID


class Secret:
    """Holds secret bytes. Only `reveal` and `reveal_text` give them out, so a search finds every use."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes | str) -> None:
        self._value = value.encode() if isinstance(value, str) else value

    def reveal(self) -> bytes:
        """The secret itself."""
        return self._value

    def reveal_text(self) -> str:
        """The secret as UTF-8 text."""
        return self._value.decode()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a set of secrets would compare in variable time

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret can't be serialised")


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept, as lists show it: never with a secret."""

    id: UUID
    username: str
    domain: str | None
    name: str | None
    resource: str | None

    def is_called(self, name: str) -> bool:
        """Whether `name` means it: its name, its user name, or that with the domain in either way of writing."""
        names = {self.name, self.username}
        if self.domain:
            names |= {f"{self.domain}\\{self.username}", f"{self.username}@{self.domain}"}
        return name.casefold() in {known.casefold() for known in names if known}


# The contract's name of each secret, by ours. The command line takes both.
SECRETS = {
    "password": "password",
    "private_key": "privateKey",
    "passphrase": "passphrase",
    "enable_password": "enablePassword",
    "content": "content",
}


@dataclass(frozen=True, slots=True)
class Login:
    """A credential with its secrets; what it has none of is None. `content` is of a file or another value."""

    credential_id: UUID
    username: str
    domain: str | None
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    enable_password: Secret | None = None
    content: Secret | None = None
    content_name: str | None = None

    @property
    def secret(self) -> Secret | None:
        """The one that matters: the content, else the password, else the private key."""
        return self.content or self.password or self.private_key


@dataclass(frozen=True, slots=True)
class Lease:
    """A credential checked out. `login` is there once it was fetched."""

    id: UUID
    credential_id: UUID
    username: str
    domain: str | None
    state: str
    exclusive: bool
    due_at: dt.datetime
    holder: str
    end_reason: str | None
    last_error: str | None
    login: Login | None = None


def credential_of(row: Mapping[str, Any]) -> Credential:
    """A row of a search."""
    return Credential(
        id=UUID(row.get("credentialId") or row["id"]),
        username=row.get("userName") or row.get("username") or "",
        domain=row.get("domain") or None,
        name=row.get("displayName") or row.get("name") or None,
        resource=row.get("resource") or None,
    )


def login_of(row: Mapping[str, Any]) -> Login:
    """A credential that was asked for with its secrets, or the secret of a lease."""
    secrets = {ours: Secret(row[theirs]) for ours, theirs in SECRETS.items() if row.get(theirs)}
    if row.get("content"):
        secrets["content"] = Secret(base64.b64decode(row["content"]))
    return Login(
        credential_id=UUID(row.get("credentialId") or row["id"]),
        username=row.get("username") or "",
        domain=row.get("domain") or None,
        content_name=row.get("contentName"),
        **secrets,
    )


def lease_of(row: Mapping[str, Any]) -> Lease:
    """A lease as the server shows it."""
    return Lease(
        id=UUID(row["id"]),
        credential_id=UUID(row["credentialId"]),
        username=row["username"],
        domain=row["domain"],
        state=row["state"],
        exclusive=row["exclusive"],
        due_at=dt.datetime.fromisoformat(row["dueDateTimeUtc"].replace("Z", "+00:00")),
        holder=row["managedAccountName"],
        end_reason=row["endReason"],
        last_error=row["lastError"],
    )
