"""The first administrator, and the expiring one that the recovery key buys (SEC-14)."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pyotp
import pytest

from locum.identities import digests, first_administrator, policy
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.first_administrator import Made, Recovered, new_recovery_key, write_recovery_key
from locum.identities.model import SecondFactor
from locum.identities.passwords import PasswordHasher
from locum.identities.people import create_local_user, login_named, roles_of
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid, Unauthenticated
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio

CONSOLE = Actor(None, "console:root")
PASSWORD = Secret("correct horse battery")
KEY = new_recovery_key()


@pytest.fixture
def digest(database: Database, vault: Vault) -> KeyedDigest:
    """The one of the database, as `locum init` makes it."""
    made = database.submit_write(system_keys.ensure, vault, digests.SYSTEM_KEY, digests.make_key).result()
    return KeyedDigest(made)


@pytest.fixture
def signing_in(
    database: Database, vault: Vault, hasher: PasswordHasher, issuer: Tokens, digest: KeyedDigest
) -> SignIn:
    return SignIn(database, vault, hasher, issuer, digest)


def create(database: Database, vault: Vault, *, with_totp: bool, password: Secret = PASSWORD) -> Made:
    return database.submit_write(
        first_administrator.create,
        vault,
        name="root",
        password=password,
        with_totp=with_totp,
        user_mfa="optional",
        recovery_key=KEY,
    ).result()


async def test_with_a_factor(database: Database, vault: Vault, signing_in: SignIn) -> None:
    made = create(database, vault, with_totp=True)
    assert made.totp_uri is not None
    assert len(made.recovery_codes) == 10
    first = await signing_in.password("root", PASSWORD, address=None)
    assert first.needs == "totp"
    code = pyotp.parse_uri(made.totp_uri).now()  # type: ignore[union-attr]
    await signing_in.second_factor(first, code, address=None)
    assert await database.read(roles_of, first.identity_id) == {Role.ADMIN, Role.USER}
    assert (await database.read(policy.load)).user_mfa == "optional"
    assert await database.read(first_administrator.administrators) == ["root"]


async def test_without_a_factor(database: Database, vault: Vault, signing_in: SignIn) -> None:
    assert create(database, vault, with_totp=False) == Made(None, [])
    first = await signing_in.password("root", PASSWORD, address=None)
    assert first.needs == "none"


async def test_a_bad_password_makes_nobody(database: Database, vault: Vault, digest: KeyedDigest) -> None:
    with pytest.raises(Invalid):
        create(database, vault, with_totp=False, password=Secret("short"))
    assert await database.read(first_administrator.administrators) == []


async def test_the_recovery_key_works_once(database: Database, vault: Vault, signing_in: SignIn) -> None:
    create(database, vault, with_totp=True)

    async def recover(key: Secret) -> Recovered:
        return await database.write(first_administrator.recover, vault, CONSOLE, key=key, minutes=10)

    for wrong in (new_recovery_key(), Secret("")):
        with pytest.raises(Forbidden):
            await recover(wrong)
    made = await recover(KEY)
    first = await signing_in.password(made.name, made.password, address=None)
    assert await database.read(roles_of, first.identity_id) == {Role.ADMIN, Role.USER}
    left = made.expires_at - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=9) < left <= dt.timedelta(minutes=10)
    with pytest.raises(Forbidden):
        await recover(KEY)
    again = await recover(made.next_key)
    assert again.name != made.name


async def test_a_recovered_administrator_ends(database: Database, vault: Vault, signing_in: SignIn) -> None:
    create(database, vault, with_totp=False)
    made = await database.write(first_administrator.recover, vault, CONSOLE, key=KEY, minutes=0)
    with pytest.raises(Unauthenticated):
        await signing_in.password(made.name, made.password, address=None)
    assert await database.read(login_named, made.name) is not None


async def test_the_key_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    for key in (KEY, new_recovery_key()):
        write_recovery_key(tmp_path, key)
        file = tmp_path / first_administrator.RECOVERY_FILE
        assert file.read_bytes() == key.reveal() + b"\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_administrators_come_oldest_first_and_nobody_else_with_them(
    database: Database, vault: Vault, digest: KeyedDigest
) -> None:
    create(database, vault, with_totp=False)
    for name, roles in (("zoe", {Role.ADMIN}), ("ada", {Role.USER}), ("bob", {Role.ADMIN, Role.USER})):
        await database.write(create_local_user, CONSOLE, name=name, password_hash="x", roles=frozenset(roles))
    assert await database.read(first_administrator.administrators) == ["root", "zoe", "bob"]


async def test_a_bad_password_names_the_option(database: Database, vault: Vault, digest: KeyedDigest) -> None:
    with pytest.raises(Invalid) as refused:
        create(database, vault, with_totp=False, password=Secret("short"))
    assert refused.value.field == "--admin-password-file"


@pytest.mark.parametrize(
    ("with_totp", "wanted"), [(True, SecondFactor.REQUIRED), (False, SecondFactor.NOT_REQUIRED)]
)
async def test_the_second_factor_is_the_administrators_own_setting(
    database: Database, vault: Vault, digest: KeyedDigest, with_totp: bool, wanted: SecondFactor
) -> None:
    """Whatever the installation asks of its users later."""
    create(database, vault, with_totp=with_totp)
    login = await database.read(login_named, "root")
    assert login is not None
    assert login.second_factor is wanted


async def test_what_a_recovery_gives_can_not_be_guessed(
    database: Database, vault: Vault, digest: KeyedDigest
) -> None:
    create(database, vault, with_totp=False)
    made = await database.write(first_administrator.recover, vault, CONSOLE, key=KEY, minutes=10)
    assert len(made.password.reveal()) >= 24
    assert len(made.next_key.reveal_text().removeprefix("locum-recovery-")) == 64
    login = await database.read(login_named, made.name)
    assert login is not None
    assert login.second_factor is SecondFactor.NOT_REQUIRED
