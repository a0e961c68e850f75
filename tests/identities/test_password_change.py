"""How passwords come to be: one's own, a reset, a first one; and that none comes back too soon."""

from __future__ import annotations

import datetime as dt
import itertools
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import PASSWORD, World
from locum.identities import policy, signins
from locum.identities.model import local_login, password_history
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.token_issuer import Opened
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid, LocumError, NotFound, RateLimited, Unauthenticated
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

RIGHT, NEW, WRONG = Secret(PASSWORD), Secret("another horse battery"), Secret("not the password")
FUTURE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


async def own(passwords: PasswordChange, who: UUID, old: Secret, new: Secret, *, forced: bool = False) -> object:
    return await passwords.own(who, old, new, forced=forced, address="192.0.2.1", client="curl/8")


def login(database: Database, identity_id: UUID, **values: object) -> dict[str, object]:
    mine = local_login.c.identity_id == identity_id
    if values:
        database.submit_write(lambda tx: tx.run(sa.update(local_login).where(mine).values(**values))).result()
    with database.engine.connect() as connection:
        return dict(connection.execute(sa.select(local_login).where(mine)).mappings().one())


async def signs_in(signin: SignIn, password: Secret) -> str | None:
    """What the sign-in needs next, or None where the password is refused."""
    try:
        return (await signin.password("ada", password, address=None)).needs
    except Unauthenticated:
        return None


class TestOwn:
    async def test_it_answers_a_new_sign_in_and_ends_all_others(
        self, passwords: PasswordChange, signin: SignIn, world: World, database: Database, issuer: Tokens
    ) -> None:
        ada = world.person()
        how = {"method": "password", "address": None, "client": None}
        database.submit_write(signin.issuer.open, ada.id, **how).result()
        opened = await own(passwords, ada.id, RIGHT, NEW)
        assert isinstance(opened, Opened)
        claims = issuer.read(opened.token)
        live = [row for row in database.submit_read(signins.of_identity, ada.id).result() if row.ended_at is None]
        assert [(row.id, row.client, row.address) for row in live] == [(claims.sign_in_id, "curl/8", "192.0.2.1")]
        assert claims.pending is None
        assert details(database, "password.changed", ada.id) == [{"forced": False}]
        assert await signs_in(signin, RIGHT) is None
        assert await signs_in(signin, NEW) == "totp"

    async def test_forced_lets_the_sign_in_go_on(
        self, passwords: PasswordChange, signin: SignIn, world: World, database: Database, issuer: Tokens
    ) -> None:
        ada, new = world.person(must_change=True), world.person("new", must_change=True, enrolled=False)
        token = await own(passwords, ada.id, RIGHT, NEW, forced=True)
        assert isinstance(token, str)
        assert issuer.read(token).pending == "second_factor"
        assert details(database, "password.changed", ada.id) == [{"forced": True}]
        assert login(database, ada.id)["must_change"] is False
        token = await own(passwords, new.id, RIGHT, NEW, forced=True)
        assert isinstance(token, str)
        assert issuer.read(token).pending == "enrolment"

    async def test_one_that_is_too_old_is_changed_by_force(
        self, passwords: PasswordChange, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        database.submit_write(policy.change, LOCUM, password_days=1).result()
        login(database, ada.id, changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
        assert await signs_in(signin, RIGHT) == "password_change"
        await own(passwords, ada.id, RIGHT, NEW, forced=True)
        assert await signs_in(signin, NEW) == "totp"

    async def test_forced_is_refused_where_none_is_waiting(
        self, passwords: PasswordChange, signin: SignIn, world: World
    ) -> None:
        ada = world.person()
        with pytest.raises(Forbidden) as refused:
            await own(passwords, ada.id, RIGHT, NEW, forced=True)
        assert refused.value.missing == "password_change"
        assert await signs_in(signin, RIGHT) == "totp"

    async def test_a_wrong_old_password_counts(
        self, passwords: PasswordChange, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person(must_change=True)
        with pytest.raises(Unauthenticated, match="old password is not right"):
            await own(passwords, ada.id, WRONG, NEW, forced=True)
        assert login(database, ada.id)["failed_attempts"] == 1
        assert details(database, "signin.refused", ada.id) == [{"reason": "wrong old password"}]
        login(database, ada.id, locked_until=FUTURE)
        with pytest.raises(RateLimited):
            await own(passwords, ada.id, RIGHT, NEW, forced=True)
        login(database, ada.id, locked_until=None)
        assert await signs_in(signin, RIGHT) == "password_change"

    @pytest.mark.parametrize(
        ("new", "words"),
        [("short", "at least 8"), ("x" * 257, "at most 256"), (PASSWORD, "differ"), ("adalovelace", "guess")],
    )
    async def test_bad_new_passwords(
        self, passwords: PasswordChange, world: World, database: Database, new: str, words: str
    ) -> None:
        ada = world.person("adalovelace")
        before = login(database, ada.id)
        with pytest.raises(Invalid) as refused:
            await own(passwords, ada.id, RIGHT, Secret(new))
        assert refused.value.field == "passwordNew"
        assert words in refused.value.detail
        assert new not in refused.value.detail
        assert login(database, ada.id) == before

    async def test_two_at_once_end_in_one(
        self, passwords: PasswordChange, world: World, database: Database, hasher: PasswordHasher
    ) -> None:
        """The one that settles second was proven by a password that is none any more."""
        ada = world.person()
        verify = hasher.verify

        async def overtaken(encoded: str | None, password: Secret) -> bool:
            found = await verify(encoded, password)
            login(database, ada.id, password_hash=hasher.hash_now(Secret("yet another battery")))
            return found

        hasher.verify = overtaken  # type: ignore[method-assign]
        try:
            with pytest.raises(Unauthenticated):
                await own(passwords, ada.id, RIGHT, NEW)
        finally:
            del hasher.verify  # type: ignore[method-assign]


class TestHistory:
    async def test_the_last_five_do_not_come_back(
        self, passwords: PasswordChange, world: World, database: Database
    ) -> None:
        ada = world.person()
        chain = [RIGHT, *(Secret(f"horse battery number {n}") for n in range(5))]
        for old, new in itertools.pairwise(chain):
            await own(passwords, ada.id, old, new)
        for used in chain[1:5]:
            with pytest.raises(Invalid, match="used before"):
                await own(passwords, ada.id, chain[5], used)
        await own(passwords, ada.id, chain[5], RIGHT)

    async def test_none_is_looked_at_where_the_rule_says_so(
        self, passwords: PasswordChange, world: World, database: Database
    ) -> None:
        ada = world.person()
        database.submit_write(policy.change, LOCUM, password_history=0).result()
        await own(passwords, ada.id, RIGHT, NEW)
        await own(passwords, ada.id, NEW, RIGHT)

    async def test_no_more_is_kept_than_a_rule_can_ask_for(
        self, passwords: PasswordChange, world: World, database: Database
    ) -> None:
        ada, eve = world.person(), world.person("eve")
        await own(passwords, eve.id, RIGHT, NEW)
        for number in range(policy.MOST_HISTORY + 3):
            await passwords.reset(LOCUM, ada.id, Secret(f"horse battery number {number}"), must_change=False)
        count = sa.select(password_history.c.identity_id, sa.func.count()).group_by(password_history.c.identity_id)
        with database.engine.connect() as connection:
            assert dict(list(connection.execute(count))) == {
                ada.id: policy.MOST_HISTORY,
                eve.id: 1,
            }
        database.submit_write(policy.change, LOCUM, password_history=policy.MOST_HISTORY).result()
        with pytest.raises(Invalid, match="used before"):
            await passwords.reset(LOCUM, ada.id, Secret("horse battery number 5"), must_change=False)


class TestReset:
    async def test_it_unlocks_and_asks_for_a_change(
        self, passwords: PasswordChange, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        how = {"method": "password", "address": None, "client": None}
        database.submit_write(signin.issuer.open, ada.id, **how).result()
        login(database, ada.id, failed_attempts=9, locked_until=FUTURE)
        await passwords.reset(LOCUM, ada.id, NEW, must_change=True)
        assert await signs_in(signin, NEW) == "password_change"
        assert await signs_in(signin, RIGHT) is None
        (row,) = database.submit_read(signins.of_identity, ada.id).result()
        assert row.ended_at is not None
        assert details(database, "password.reset", ada.id) == [{"must_change": True, "name": "ada"}]

    async def test_whose_and_which(self, passwords: PasswordChange, world: World, database: Database) -> None:
        ada, robot = world.person("adalovelace"), world.application()
        before = login(database, ada.id)
        for who, new, error in (
            (uuid4(), NEW, NotFound),
            (robot.id, NEW, Invalid),
            (ada.id, Secret("short"), Invalid),
            (ada.id, RIGHT, Invalid),
            (ada.id, Secret("adalovelace"), Invalid),
        ):
            with pytest.raises(error):
                await passwords.reset(LOCUM, who, new, must_change=True)
        assert login(database, ada.id) == before


async def test_a_first_password(passwords: PasswordChange, hasher: PasswordHasher) -> None:
    assert await hasher.verify(await passwords.first(NEW, personal=[], field="passwordNew"), NEW)
    for bad in ("short", "adalovelace"):
        with pytest.raises(LocumError) as refused:
            await passwords.first(Secret(bad), personal=["Adalovelace"], field="there.passwordNew")
        assert isinstance(refused.value, Invalid)
        assert refused.value.field == "there.passwordNew"
