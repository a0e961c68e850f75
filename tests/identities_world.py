"""People, applications and callers for tests, on real databases and with a real vault. Only a password costs less."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

from locum.api.app import create_app
from locum.api.context import Api, ServerCertificate
from locum.api.terminals import Assistant, Shell, Terminals
from locum.identities import api_keys, applications, digests, mfa, people, policy, tokens
from locum.identities.authenticate import Authenticator
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.key_usage import KeyUsage
from locum.identities.model import Identity
from locum.identities.passkey_signin import PasskeySignIn
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.relying_party import RelyingParty
from locum.identities.signin import SignedIn, SignIn
from locum.identities.token_issuer import Opened
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, NotAvailable
from locum.kit.wake import Wake
from locum.recordings.store import Store
from locum.vault.keyring import Keyring
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault

PASSWORD = "correct horse battery"
RELYING_PARTY = RelyingParty("locum.test", ("https://locum.test",))


@dataclass(frozen=True)
class Person:
    """A local user, and what they know and carry."""

    id: UUID
    name: str
    totp: pyotp.TOTP
    recovery_codes: list[str]


class World:
    """Makes identities."""

    def __init__(self, database: Database, vault: Vault, hasher: PasswordHasher, digest: KeyedDigest) -> None:
        self.db = database
        self._vault = vault
        self._hasher = hasher
        self._digest = digest

    def person(
        self,
        name: str = "ada",
        *,
        enrolled: bool = True,
        must_change: bool = False,
        second_factor: SecondFactor | None = None,
        roles: frozenset[Role] = frozenset({Role.USER}),
    ) -> Person:
        def make(tx: Tx) -> Person:
            made = people.create_local_user(
                tx,
                LOCUM,
                name=name,
                password_hash=self._hasher.hash_now(Secret(PASSWORD)),
                must_change=must_change,
                second_factor=second_factor,
                roles=roles,
            )
            if not enrolled:
                return Person(made.id, made.name, pyotp.TOTP("A" * 32), [])
            login = people.login_of(tx, made.id)
            assert login is not None
            enrolment, codes = mfa.enrol_at_once(tx, self._vault, self._digest, LOCUM, login)
            totp = pyotp.TOTP(enrolment.shared_key.reveal_text())
            return Person(made.id, made.name, totp, [code.reveal_text() for code in codes])

        return self.db.submit_write(make).result()

    def application(self, name: str = "robot") -> Identity:
        return self.db.submit_write(applications.create, LOCUM, name=name).result()

    def user_mfa(self, value: policy.UserMfa) -> None:
        self.db.submit_write(policy.set_user_mfa, value).result()


@pytest.fixture(scope="session")
def hasher() -> Iterator[PasswordHasher]:
    made = PasswordHasher(memory_kib=64, time_cost=1, parallelism=1)
    yield made
    made.close()


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring(new_key()))


@pytest.fixture
def digest() -> KeyedDigest:
    return KeyedDigest(digests.make_key())


@pytest.fixture
def issuer() -> Tokens:
    return Tokens(tokens.make_key())


@pytest.fixture
def signin(
    database: Database, vault: Vault, hasher: PasswordHasher, issuer: Tokens, digest: KeyedDigest
) -> SignIn:
    return SignIn(database, vault, hasher, issuer, digest)


@pytest.fixture
def passwords(database: Database, hasher: PasswordHasher, signin: SignIn) -> PasswordChange:
    return PasswordChange(database, hasher, signin.issuer)


@pytest.fixture
def world(database: Database, vault: Vault, hasher: PasswordHasher, digest: KeyedDigest) -> World:
    return World(database, vault, hasher, digest)


class Caller:
    """Calls the API as one identity, or as nobody. Each has cookies of its own."""

    def __init__(self, api: Api, credential: str | None = None, *, address: str = "192.0.2.1") -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(api), client=(address, 50_000)),
            base_url="https://locum.test",
            headers={} if credential is None else {"Authorization": f"Bearer {credential}"},
        )

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def put(self, path: str, body: Any = None, **params: Any) -> httpx.Response:
        if body is None:
            return await self.http.put(path, params=params)
        return await self.http.put(path, json=body, params=params)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(path, json=body) if body is not None else await self.http.post(path)


def signed_in(api: Api, identity_id: UUID) -> Opened:
    """A complete sign-in of somebody, without its steps."""
    opening = {"method": "password", "address": "192.0.2.1", "client": "tests"}
    return api.db.submit_write(api.signin.issuer.open, identity_id, **opening).result()


class Callers:
    """Callers of every kind, with tokens and keys from the rooms' own verbs."""

    def __init__(self, api: Api, world: World) -> None:
        self.api = api
        self.world = world
        self._open: list[Caller] = []

    def nobody(self) -> Caller:
        return self.bearing(None)

    def bearing(self, credential: str | None) -> Caller:
        made = Caller(self.api, credential)
        self._open.append(made)
        return made

    def person(self, name: str, *roles: Role) -> Caller:
        """Somebody whose sign-in is complete."""
        made = self.world.person(name, roles=frozenset(roles or (Role.USER,)), enrolled=False)
        return self.bearing(signed_in(self.api, made.id).token)

    def application(self, name: str) -> Caller:
        """An application with its API key."""
        made = self.world.application(name)
        key = self.api.db.submit_write(api_keys.issue, self.api.vault, self.api.digest, LOCUM, made.id).result()
        return self.bearing(key.reveal_text())

    async def close(self) -> None:
        for caller in self._open:
            await caller.http.aclose()


@pytest.fixture
def api(
    tmp_path: Path,
    database: Database,
    vault: Vault,
    hasher: PasswordHasher,
    issuer: Tokens,
    digest: KeyedDigest,
    signin: SignIn,
) -> Api:
    authenticator = Authenticator(issuer, digest, vault)
    return Api(
        db=database,
        prove=authenticator.prove,
        prove_cookie=authenticator.prove_cookie,
        healthy=lambda: True,
        vault=vault,
        digest=digest,
        hasher=hasher,
        signin=signin,
        passwords=PasswordChange(database, hasher, signin.issuer),
        usage=KeyUsage(database),
        passkeys=PasskeySignIn(database, digest, RELYING_PARTY),
        changed=Wake(),
        node="node",
        ssh_address="127.0.0.1:4422",
        ssh_host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDI1NTE5",
        recordings=Store(tmp_path / "recordings"),
        terminals=Terminals(no_gateway, no_connection),
        certificate=ServerCertificate("locum.example", dt.datetime.now(dt.UTC) + dt.timedelta(days=400)),
    )


async def no_connection(connection_id: UUID, name: str) -> Assistant:
    """What lets somebody assist where nobody is connected."""
    raise Conflict("this connection has just ended")


async def no_gateway(who: SignedIn, session_id: UUID, address: str) -> Shell:
    """What opens a terminal where there is none."""
    raise NotAvailable("there is no gateway")


@pytest.fixture
async def callers(api: Api, world: World) -> AsyncIterator[Callers]:
    made = Callers(api, world)
    yield made
    await made.close()
