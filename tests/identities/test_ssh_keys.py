"""Registering, finding and removing SSH keys, and signing in with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import partial
from uuid import UUID

import asyncssh
import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, Person, World
from locum.audit.model import audit_event
from locum.identities import signins, ssh_keys
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login, sign_in
from locum.identities.signin import FirstFactor, SignedIn, SignIn
from locum.identities.signins import Begun
from locum.identities.ssh_keys import MOST, Proof, SshKey
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, NotFound, RateLimited, Unauthenticated
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from software_security_key import SecurityKey

Register = Callable[..., SshKey]
ADDRESS = "192.0.2.1"


@pytest.fixture
def register(database: Database) -> Register:
    def add(owner: UUID, line: str, name: str = "laptop") -> SshKey:
        actor = Actor(owner, "ada")
        return database.submit_write(ssh_keys.register, actor, owner, name=name, line=line).result()

    return add


def plain() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


def audited(database: Database, action: str) -> list[dict[str, str]]:
    found = sa.select(audit_event.c.detail).where(audit_event.c.action == action)
    return [json.loads(row) for row in database.submit_read(lambda tx: tx.scalars(found)).result()]


def set_login(database: Database, owner: UUID, **values: object) -> None:
    change = sa.update(local_login).where(local_login.c.identity_id == owner).values(**values)
    database.submit_write(lambda tx: tx.run(change)).result()


def set_identity(database: Database, owner: UUID, **values: object) -> None:
    change = sa.update(identity).where(identity.c.id == owner).values(**values)
    database.submit_write(lambda tx: tx.run(change)).result()


def find(database: Database, name: str, key: SshKey) -> SshKey | None:
    return database.submit_read(ssh_keys.find, name, key.public_key).result()


def test_a_key_is_found_by_its_owner_in_any_spelling_and_by_nobody_else(
    database: Database, world: World, register: Register
) -> None:
    ada, eve = world.person("ada"), world.person("eve")
    key = register(ada.id, f"{plain().strip()} ada@laptop", name="  laptop ")
    assert (key.name, key.proof, key.last_used_at) == ("laptop", Proof.SSH_KEY, None)
    assert find(database, "ADA", key) == key
    for name in ("eve", "nobody", "", "a\0b"):
        assert find(database, name, key) is None
    assert database.submit_read(ssh_keys.keys_of, eve.id).result() == []
    assert audited(database, "ssh_key.added") == [
        {"identity": "ada", "name": "laptop", "fingerprint": key.fingerprint}
    ]


def test_a_security_key_is_known_as_one(world: World, register: Register) -> None:
    assert register(world.person("ada").id, SecurityKey().line).proof is Proof.SECURITY_KEY


def test_two_people_may_have_one_key_and_one_person_not_twice(world: World, register: Register) -> None:
    line = plain()
    ada, eve = world.person("ada"), world.person("eve")
    register(ada.id, line)
    register(eve.id, line)
    with pytest.raises(Conflict, match="registered already"):
        register(ada.id, f"{line.strip()} other comment", name="other")


def test_a_person_has_at_most_fifty(world: World, register: Register, database: Database) -> None:
    ada = world.person("ada")
    for number in range(MOST):
        key = register(ada.id, SecurityKey().line, name=f"{number:02}")
    with pytest.raises(Conflict, match="50 keys"):
        register(ada.id, plain())
    names = [one.name for one in database.submit_read(ssh_keys.keys_of, ada.id).result()]
    assert names == [f"{number:02}" for number in range(MOST)]
    database.submit_write(ssh_keys.remove, Actor(ada.id, "ada"), key.id).result()
    register(ada.id, plain())


@pytest.mark.parametrize("name", ["", "  ", "x" * 257, "a\nb", "a\x1b[31m"])
def test_a_key_needs_a_name(world: World, register: Register, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(world.person("ada").id, plain(), name=name)
    assert refused.value.field == "name"


def test_only_local_users_have_keys(world: World, register: Register) -> None:
    for nobody in (world.application("robot").id, new_id()):
        with pytest.raises(Forbidden, match="only local users"):
            register(nobody, plain())


def test_a_removed_key_is_gone(database: Database, world: World, register: Register) -> None:
    ada = world.person("ada")
    key = register(ada.id, plain())
    admin = Actor(None, "admin")
    database.submit_write(ssh_keys.remove, admin, key.id).result()
    assert find(database, "ada", key) is None
    gone: tuple[tuple[type[LocumError], Callable[[Tx], object]], ...] = (
        (NotFound, lambda tx: ssh_keys.remove(tx, admin, key.id)),
        (NotFound, lambda tx: ssh_keys.one(tx, key.id)),
        (Unauthenticated, lambda tx: ssh_keys.used(tx, key)),
    )
    for kind, unit in gone:
        with pytest.raises(kind):
            database.submit_write(unit).result()
    assert audited(database, "ssh_key.removed") == [
        {"identity": "ada", "name": "laptop", "fingerprint": key.fingerprint}
    ]


def test_its_last_use_is_kept(database: Database, world: World, register: Register) -> None:
    key = register(world.person("ada").id, plain())
    database.submit_write(ssh_keys.used, key).result()
    used = find(database, "ada", key)
    assert used is not None
    assert used.last_used_at is not None
    assert used.last_used_at >= key.created_at


def test_the_key_of_a_deleted_person_is_nobodys(database: Database, world: World, register: Register) -> None:
    key = register(world.person("ada").id, plain())
    database.submit_write(lambda tx: tx.run(sa.update(identity).values(deleted_at=tx.now))).result()
    assert find(database, "ada", key) is None


@pytest.mark.anyio
class TestSignIn:
    """Signing in with a key whose signature the gateway has verified."""

    @pytest.fixture
    def ada(self, world: World) -> Person:
        return world.person()

    @pytest.fixture
    async def key(self, ada: Person, database: Database) -> SshKey:
        line = SecurityKey().line
        return await database.write(ssh_keys.register, Actor(ada.id, "ada"), ada.id, name="stick", line=line)

    async def proven(self, signin: SignIn, key: SshKey, *, both: bool = False) -> FirstFactor | SignedIn:
        return await signin.proven_ssh_key(key, both_factors=both, address=ADDRESS)

    async def test_it_is_found_by_name(self, signin: SignIn, key: SshKey) -> None:
        assert await signin.ssh_key("ADA", key.public_key) == key
        assert await signin.ssh_key("eve", key.public_key) is None

    async def test_it_stands_for_the_password_and_the_code_follows(
        self, signin: SignIn, key: SshKey, ada: Person
    ) -> None:
        first = await self.proven(signin, key)
        assert first == FirstFactor(key.identity_id, "ada", "totp", key)
        assert isinstance(first, FirstFactor)
        assert await signin.second_factor(first, ada.totp.now(), address=ADDRESS) == SignedIn(
            key.identity_id, "ada", Proof.SECURITY_KEY
        )

    async def test_it_is_both_factors_where_the_caller_says_so(self, signin: SignIn, key: SshKey) -> None:
        who = await self.proven(signin, key, both=True)
        assert who == SignedIn(key.identity_id, "ada", Proof.SECURITY_KEY, code_spared=True)

    async def test_it_is_enough_for_whoever_needs_no_code(
        self, signin: SignIn, key: SshKey, database: Database
    ) -> None:
        set_login(database, key.identity_id, second_factor=SecondFactor.NOT_REQUIRED)
        for both in (False, True):
            assert await self.proven(signin, key, both=both) == SignedIn(
                key.identity_id, "ada", Proof.SECURITY_KEY, code_spared=False
            )

    @pytest.mark.parametrize("both", [False, True])
    async def test_it_does_not_stand_for_what_is_still_to_be_set(
        self, signin: SignIn, key: SshKey, database: Database, both: bool
    ) -> None:
        set_login(database, key.identity_id, second_factor=SecondFactor.REQUIRED, totp_secret_id=None)
        assert (await self.proven(signin, key, both=both)).needs == "enrol"  # type: ignore[union-attr]
        set_login(database, key.identity_id, must_change=True)
        assert (await self.proven(signin, key, both=both)).needs == "password_change"  # type: ignore[union-attr]

    async def test_a_lock_after_wrong_tries_holds_for_the_code_alone(
        self, signin: SignIn, key: SshKey, database: Database
    ) -> None:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        set_login(database, key.identity_id, failed_attempts=5, locked_until=until)
        first = await self.proven(signin, key)
        assert isinstance(first, FirstFactor)
        with pytest.raises(RateLimited):
            await signin.second_factor(first, "000000", address=ADDRESS)
        assert isinstance(await self.proven(signin, key, both=True), SignedIn)
        with pytest.raises(Unauthenticated):
            await signin.password("ada", Secret(PASSWORD), address=ADDRESS)

    async def test_a_locked_or_expired_account_is_told_so(
        self, signin: SignIn, key: SshKey, database: Database
    ) -> None:
        past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        for values in ({"locked": True}, {"locked": False, "expires_at": past}):
            set_identity(database, key.identity_id, **values)
            with pytest.raises(Forbidden, match="locked or has expired"):
                await self.proven(signin, key, both=True)

    async def test_a_key_removed_meanwhile_is_none(
        self, signin: SignIn, key: SshKey, ada: Person, database: Database
    ) -> None:
        first = await self.proven(signin, key)
        assert isinstance(first, FirstFactor)
        await database.write(ssh_keys.remove, Actor(None, "admin"), key.id)
        with pytest.raises(Unauthenticated, match="not registered any more"):
            await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
        with pytest.raises(Unauthenticated, match="not registered any more"):
            await self.proven(signin, key, both=True)


@pytest.mark.anyio
class TestTheKeyOfASignIn:
    @pytest.fixture
    def ada(self, world: World) -> Person:
        return world.person("ada")

    @pytest.fixture
    def opened(self, database: Database, ada: Person, digest: KeyedDigest) -> Begun:
        begin = partial(
            signins.begin, digest=digest, identity_id=ada.id, method="password", address=None, client=None
        )
        return database.submit_write(begin).result()

    @pytest.fixture
    def key(self, database: Database, ada: Person, opened: Begun) -> SshKey:
        add = partial(ssh_keys.register, name="laptop", line=plain(), sign_in_id=opened.id)
        return database.submit_write(add, Actor(ada.id, "ada"), ada.id).result()

    async def test_it_is_good_as_long_as_the_sign_in(
        self, database: Database, ada: Person, opened: Begun, key: SshKey, signin: SignIn, register: Register
    ) -> None:
        assert (key.proof, key.ends_at) == (Proof.SIGN_IN_KEY, opened.ends_at)
        assert find(database, "ada", key) == key
        assert isinstance(await signin.proven_ssh_key(key, both_factors=True, address=ADDRESS), SignedIn)
        await database.write(signins.end, Actor(ada.id, "ada"), ada.id, opened.id)
        assert find(database, "ada", key) is None
        assert database.submit_read(ssh_keys.keys_of, ada.id).result() == []
        with pytest.raises(Unauthenticated):  # found while it was good, proven after
            await signin.proven_ssh_key(key, both_factors=True, address=ADDRESS)
        kept = register(ada.id, plain())
        with pytest.raises(NotFound):  # a new one takes away those that are good for nothing
            database.submit_read(ssh_keys.one, key.id).result()
        assert database.submit_read(ssh_keys.keys_of, ada.id).result() == [kept]

    def test_it_ends_with_the_longest_time(self, database: Database, opened: Begun, key: SshKey) -> None:
        over = sa.update(sign_in).where(sign_in.c.id == opened.id).values(ends_at=sign_in.c.started_at)
        database.submit_write(lambda tx: tx.run(over)).result()
        assert find(database, "ada", key) is None

    def test_it_goes_with_the_row_of_the_sign_in(self, database: Database, opened: Begun, key: SshKey) -> None:
        database.submit_write(lambda tx: tx.run(sa.delete(sign_in).where(sign_in.c.id == opened.id))).result()
        with pytest.raises(NotFound):
            database.submit_read(ssh_keys.one, key.id).result()
