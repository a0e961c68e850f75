"""What a refused sign-in is told, and what it costs: the words people and scripts act on, and one hash each time."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any
from uuid import uuid4

import argon2
import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, Callers, World
from locum.identities import api_keys
from locum.identities import settle as steps
from locum.identities.authenticate import Authenticator
from locum.identities.digests import KeyedDigest
from locum.identities.model import identity, local_login
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import FirstFactor, SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden, LocumError, RateLimited, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.7"
RIGHT, WRONG, NEW = Secret(PASSWORD), Secret("not the password"), Secret("another long password")
LOCAL_ONLY = "only local users sign in; an application proves itself with its API key"


@pytest.fixture
def argon2_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every time the library hashes or verifies, by which of the two."""
    runs: list[str] = []

    def counted(name: str) -> Any:
        real = getattr(argon2.PasswordHasher, name)

        def run(*arguments: Any, **options: Any) -> Any:
            runs.append(name)
            return real(*arguments, **options)

        return run

    for name in ("verify", "hash"):
        monkeypatch.setattr(argon2.PasswordHasher, name, counted(name))
    return runs


async def refusal(step: Any) -> tuple[type[LocumError], str, str | None]:
    with pytest.raises(LocumError) as found:
        await step
    return type(found.value), found.value.detail, getattr(found.value, "missing", None)


def change(database: Database, table: sa.Table, **values: Any) -> None:
    def write(tx: Tx) -> None:
        tx.run(sa.update(table).values(**values))

    database.submit_write(write).result()


class TestOneHashForEachSignIn:
    """Fewer would tell who exists; more would let a stranger make the server work for them."""

    @pytest.mark.parametrize(
        ("name", "password"),
        [("ada", RIGHT), ("ada", WRONG), ("nobody", WRONG), ("robot", WRONG), ("locked", RIGHT)],
    )
    async def test_whatever_comes_of_it(
        self, world: World, signin: SignIn, database: Database, argon2_runs: list[str], name: str, password: Secret
    ) -> None:
        world.person()
        world.application("robot")
        locked = world.person("locked")
        database.submit_write(
            lambda tx: tx.run(sa.update(identity).where(identity.c.id == locked.id).values(locked=True))
        ).result()
        argon2_runs.clear()
        with contextlib.suppress(Unauthenticated):
            await signin.password(name, password, address=ADDRESS)
        assert argon2_runs == ["verify"]

    async def test_over_the_api_from_the_name_to_the_token(
        self, callers: Callers, world: World, argon2_runs: list[str]
    ) -> None:
        ada = world.person()
        argon2_runs.clear()
        browser = callers.nobody()
        first = await browser.post("/signinBody", {"Login": "ada", "Password": PASSWORD})
        assert first.status_code == 200
        proof = {"Authorization": f"Bearer {first.json()}"}
        second = await browser.http.post("/signin2fa", content=ada.totp.now(), headers=proof)
        assert second.status_code == 200
        renewed = await callers.bearing(second.json()).get("/api/v1/UserToken")
        assert renewed.status_code == 200
        assert argon2_runs == ["verify"]


class TestWords:
    async def test_of_codes(self, world: World, signin: SignIn) -> None:
        ada = world.person()
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        code = ada.totp.now()
        await signin.second_factor(first, code, address=ADDRESS)
        used = await refusal(signin.second_factor(first, code, address=ADDRESS))
        assert used == (Unauthenticated, "this code was used already: wait for the next one", None)
        for _ in range(4):
            wrong = await refusal(signin.second_factor(first, "1", address=ADDRESS))
            assert wrong == (Unauthenticated, "the code is not right", None)
        with pytest.raises(RateLimited) as locking:
            await signin.second_factor(first, "1", address=ADDRESS)
        assert locking.value.detail == "the code is not right, and the account is locked for a while"
        assert 300 <= locking.value.retry_after <= 301
        with pytest.raises(RateLimited) as locked:
            await signin.second_factor(first, ada.recovery_codes[0], address=ADDRESS)
        assert locked.value.detail == "too many wrong tries have locked the account for a while"
        assert 290 <= locked.value.retry_after <= 300

    async def test_of_what_comes_first(self, world: World, signin: SignIn) -> None:
        world.person(must_change=True)
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        for step in (
            signin.second_factor(first, "1", address=ADDRESS),
            signin.start_enrolment(first, address=ADDRESS),
            signin.confirm_enrolment(first, "1", address=ADDRESS),
        ):
            assert await refusal(step) == (Forbidden, steps.CHANGE_FIRST, "password_change")
        world.person("eve", enrolled=False)
        eve = await signin.password("eve", RIGHT, address=ADDRESS)
        assert await refusal(signin.second_factor(eve, "1", address=ADDRESS)) == (
            Forbidden,
            steps.ENROL_FIRST,
            "enrolment",
        )

    async def test_of_a_change_of_the_password(self, world: World, passwords: PasswordChange) -> None:
        ada = world.person()
        wrong = await refusal(passwords.own(ada.id, WRONG, NEW, forced=False, address=ADDRESS, client=None))
        assert wrong == (Unauthenticated, "the old password is not right", None)
        forced = await refusal(passwords.own(ada.id, RIGHT, NEW, forced=True, address=ADDRESS, client=None))
        assert forced == (Forbidden, "no forced change of the password is waiting", "password_change")
        same = await refusal(passwords.own(ada.id, RIGHT, RIGHT, forced=False, address=ADDRESS, client=None))
        assert same[1] == "the new password must differ from the old one"

    async def test_of_accounts_that_can_not(self, world: World, signin: SignIn, database: Database) -> None:
        ada, robot = world.person(), world.application("robot")
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        change(database, identity, locked=True)
        locked = await refusal(signin.second_factor(first, ada.totp.now(), address=ADDRESS))
        assert locked == (Forbidden, "the account is locked or has expired", "unlocked account")
        for nobody in (robot.id, uuid4()):
            step = signin.second_factor(FirstFactor(nobody, "robot", "totp"), "1", address=ADDRESS)
            assert await refusal(step) == (Forbidden, LOCAL_ONLY, "local user")

    async def test_of_credentials(
        self, world: World, signin: SignIn, database: Database, issuer: Tokens, digest: KeyedDigest, vault: Vault
    ) -> None:
        ada = world.person()
        prove = Authenticator(issuer, digest, vault).prove
        how: Any = {"method": "password", "address": ADDRESS, "client": None}
        token = database.submit_write(signin.issuer.open, ada.id, **how).result().token
        caller = database.submit_read(prove(token, ADDRESS)).result()
        assert (caller.identity_id, caller.kind, caller.address) == (ada.id, "local", ADDRESS)
        change(database, local_login, changed_at=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
        change(database, identity, expires_at=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
        ended = "the token or API key is not valid any more: sign in again"
        assert await refusal(database.read(prove(token, ADDRESS))) == (Unauthenticated, ended, None)
        robot = world.application("robot")
        key = database.submit_write(api_keys.issue, vault, digest, LOCUM, robot.id).result().reveal_text()
        found = database.submit_read(prove(key, ADDRESS)).result()
        assert (found.identity_id, found.name, found.kind, found.address) == (
            robot.id, "robot", "application", ADDRESS,
        )  # fmt: skip
        with pytest.raises(Unauthenticated) as malformed:
            prove(key[:-1], ADDRESS)
        assert malformed.value.detail == "the API key is not valid"
        other = api_keys.new_key().reveal_text()
        assert await refusal(database.read(prove(other, ADDRESS))) == (
            Unauthenticated, "the API key is not valid", None,
        )  # fmt: skip


async def test_a_change_of_the_password_is_dated(
    world: World, passwords: PasswordChange, database: Database
) -> None:
    ada = world.person()
    long_ago = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    change(database, local_login, changed_at=long_ago)
    change(database, identity, modified_at=long_ago)
    await passwords.own(ada.id, RIGHT, NEW, forced=False, address=ADDRESS, client=None)
    for column in (local_login.c.changed_at, identity.c.modified_at):
        assert database.submit_read(lambda tx, column=column: tx.scalar(sa.select(column))).result() > long_ago


async def test_a_code_of_one_person_is_nobody_elses(world: World, signin: SignIn, database: Database) -> None:
    ada, eve = world.person(), world.person("eve")
    first = await signin.password("eve", RIGHT, address=ADDRESS)
    stolen = await refusal(signin.second_factor(first, ada.recovery_codes[0], address=ADDRESS))
    assert stolen[0] is Unauthenticated
    await signin.second_factor(first, eve.totp.now(), address=ADDRESS)
    # Eve's code has used up a time step of hers, and none of Ada's.
    last = sa.select(local_login.c.totp_last_step).where(local_login.c.identity_id == ada.id)
    assert database.submit_read(lambda tx: tx.scalar(last)).result() == 0
    hers = await signin.password("ada", RIGHT, address=ADDRESS)
    await signin.second_factor(hers, ada.recovery_codes[0], address=ADDRESS)


def test_costs_of_a_hasher_are_the_given_ones() -> None:
    hasher = PasswordHasher(memory_kib=72, time_cost=2, parallelism=3)
    found = argon2.extract_parameters(hasher.hash_now(RIGHT))
    hasher.close()
    assert (found.memory_cost, found.time_cost, found.parallelism) == (72, 2, 3)
