"""What a handler is given: the composed services and one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Generic, TypeVar

from locum.api.dialogue import Socket
from locum.api.terminals import Terminals
from locum.identities.caller import Caller
from locum.identities.digests import KeyedDigest
from locum.identities.key_usage import KeyUsage
from locum.identities.passkey_signin import PasskeySignIn
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.kit.db import Database, ReadTx
from locum.kit.wake import Wake
from locum.recordings.archive import Archive
from locum.recordings.store import Store
from locum.sessions.connection_limits import NO_LIMITS, Limits
from locum.vault.store import Vault

P = TypeVar("P")
Q = TypeVar("Q")
B = TypeVar("B")

# Takes the credential of the Authorization header (without "Bearer") and the caller's address, checks on the event
# loop what needs no database (signature, expiry, checksum of a key), and returns the rest of the check, which runs
# in the same unit of work as the handler. Both raise Unauthenticated.
Prove = Callable[[str, str | None], Callable[[ReadTx], Caller]]


# What a browser holds in place of a token once its sign-in is complete.
SIGNED_IN_COOKIE: Final = "__Host-locum"


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What the server shows who it is with: for which name, and until when."""

    name: str
    ends: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The services the controllers use, composed once by `main`."""

    db: Database
    prove: Prove
    prove_cookie: Prove
    healthy: Callable[[], bool]
    vault: Vault
    digest: KeyedDigest
    hasher: PasswordHasher
    signin: SignIn
    passwords: PasswordChange
    usage: KeyUsage
    passkeys: PasskeySignIn
    changed: Wake  # rings after a change of a session's state
    node: str
    ssh_address: str  # HOST:PORT by which people reach the SSH gateway
    ssh_host_key: str  # its public half, as in known_hosts
    recordings: Store
    terminals: Terminals
    archive: Archive | None = None  # where closed recordings are that are not among those
    archive_trouble: Callable[[], str | None] = lambda: None  # why it took nothing from this node the last time
    limits: Limits = NO_LIMITS
    certificate: ServerCertificate | None = None


@dataclass(slots=True)
class Reply:
    """What a handler may add to its answer's headers."""

    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def set_cookie(self, name: str, value: str, *, max_age: int | None = None) -> None:
        """Send a cookie no script can read and no other site can make the browser send (SEC-31).

        `max_age` in seconds; without one the browser forgets it when it is closed.
        """
        age = "" if max_age is None else f"; Max-Age={max_age}"
        cookie = f"{name}={value}{age}; Path=/; HttpOnly; Secure; SameSite=Strict"
        self.headers.append((b"set-cookie", cookie.encode("ascii")))


@dataclass(frozen=True, slots=True)
class Asciicast:
    """An answer that is not JSON: a terminal recording as text, https://docs.asciinema.org/manual/asciicast/v2."""

    MEDIA: ClassVar[str] = "application/x-asciicast"

    content: bytes


@dataclass(frozen=True, slots=True)
class LiveCast:
    """As Asciicast, of what still happens: parts of the text, each sent as it comes, until there are no more.

    While they come, the caller is asked for the right to see them again and again, and the answer ends without it.
    """

    MEDIA: ClassVar[str] = Asciicast.MEDIA

    parts: AsyncGenerator[bytes, None]


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file, part by part. `size` is None where nobody knows it; who gets less was cut off.

    The caller is asked for the right to it again and again, as with LiveCast.
    """

    MEDIA: ClassVar[str] = "application/octet-stream"

    name: str
    size: int | None
    parts: AsyncGenerator[bytes, None]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """An answer that goes both ways, over a WebSocket: `hold` is the whole of it, until it returns.

    Meanwhile the caller is asked for the right to it again and again, and it is cancelled without it.
    """

    hold: Callable[[Socket], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PlainText:
    """An answer that is a text as it is, without the quotes of JSON: a password to be copied."""

    MEDIA: ClassVar[str] = "text/plain"

    content: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[P, Q, B]):
    """One request after every check of the kernel. `params`, `query`, `body` are None where nothing is declared."""

    params: P
    query: Q
    body: B
    api: Api
    reply: Reply
    address: str | None
    client: str | None  # the User-Agent header
    certificate: bytes | None  # of the TLS client (DER), checked against the operator's CA
    cookies: Mapping[str, str]
    signed_in: Caller | None

    @property
    def caller(self) -> Caller:
        """Who calls. An operation open to anyone has none: asking there is a fault of its handler."""
        if self.signed_in is None:
            raise LookupError("an operation open to anyone has no caller")
        return self.signed_in
