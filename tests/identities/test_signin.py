"""The sign-in as a whole, on both databases: what passes, what is refused, what is counted."""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, Person, World
from locum.identities import address_limit, policy, signins
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login
from locum.identities.passwords import PasswordHasher
from locum.identities.settle import CHANGE_FIRST, ENROL_FIRST, REFUSED
from locum.identities.signin import FirstFactor, SignedIn, SignIn
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, LocumError, RateLimited, Unauthenticated
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.1"
RIGHT = Secret(PASSWORD)
WRONG = Secret("not the password")


async def refusal(signin: SignIn, name: str, password: Secret = WRONG) -> LocumError:
    with pytest.raises(LocumError) as refused:
        await signin.password(name, password, address=ADDRESS)
    return refused.value


async def test_a_flood_from_one_address_makes_nobody_elsewhere_wait(world: World, signin: SignIn) -> None:
    ada = world.person()
    flood = [asyncio.create_task(refusal(signin, f"stranger {number}")) for number in range(200)]
    await asyncio.sleep(0)
    first = await signin.password("ada", RIGHT, address="198.51.100.7")
    assert first.identity_id == ada.id
    assert sum(task.done() for task in flood) < 50
    told = [type(refused) for refused in await asyncio.gather(*flood)]
    assert set(told) == {Unauthenticated, RateLimited}
    assert address_limit.BURST <= told.count(Unauthenticated) < address_limit.BURST + 20


def totp_of(shared_key: Secret) -> pyotp.TOTP:
    return pyotp.TOTP(shared_key.reveal_text())


def failed_attempts(database: Database, person: Person) -> int:
    query = sa.select(local_login.c.failed_attempts).where(local_login.c.identity_id == person.id)
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


def set_login(database: Database, identity_id: UUID, **values: object) -> None:
    change = sa.update(local_login).where(local_login.c.identity_id == identity_id).values(**values)
    database.submit_write(lambda tx: tx.run(change)).result()


def set_identity(database: Database, identity_id: UUID, **values: object) -> None:
    change = sa.update(identity).where(identity.c.id == identity_id).values(**values)
    database.submit_write(lambda tx: tx.run(change)).result()


def minutes_locked(database: Database, person: Person) -> float:
    query = sa.select(local_login.c.locked_until).where(local_login.c.identity_id == person.id)
    until = database.submit_read(lambda tx: tx.scalar(query) - tx.now).result()
    return float(until / dt.timedelta(minutes=1))


class TestPassword:
    async def test_then_a_code_completes_the_sign_in(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        assert first == FirstFactor(ada.id, "ada", "totp")
        assert await signin.second_factor(first, ada.totp.now(), address=ADDRESS) == SignedIn(ada.id, "ada")
        query = sa.select(identity.c.last_sign_in_at).where(identity.c.id == ada.id)
        assert database.submit_read(lambda tx: tx.scalar(query)).result() is not None

    async def test_unknown_wrong_and_locked_sound_alike(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada, eve = world.person(), world.person("eve")
        set_identity(database, eve.id, locked=True)
        world.application("robot")
        for name in ("ada", "nobody", "", "\u200b", "x" * 5000, "robot"):
            refused = await refusal(signin, name)
            assert (type(refused), refused.detail) == (Unauthenticated, REFUSED)
        assert (await refusal(signin, "eve", RIGHT)).detail == REFUSED
        assert failed_attempts(database, ada) == 1
        assert failed_attempts(database, eve) == 0

    async def test_an_expired_identity_is_refused(self, signin: SignIn, world: World, database: Database) -> None:
        ada = world.person()
        set_identity(database, ada.id, expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert (await refusal(signin, "ada", RIGHT)).detail == REFUSED

    async def test_a_hash_with_old_costs_is_renewed(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        cheap = PasswordHasher(memory_kib=32, time_cost=1, parallelism=1)
        set_login(database, ada.id, password_hash=cheap.hash_now(RIGHT))
        cheap.close()
        await signin.password("ada", RIGHT, address=ADDRESS)
        query = sa.select(local_login.c.password_hash).where(local_login.c.identity_id == ada.id)
        assert "m=64," in database.submit_read(lambda tx: tx.scalar(query)).result()
        await signin.password("ada", RIGHT, address=ADDRESS)


class TestLockout:
    async def test_five_wrong_passwords_lock_for_five_minutes(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        for variant in ("ada", "ADA", " ada ", "ａｄａ", "Ada\t"):
            await refusal(signin, variant)
        assert minutes_locked(database, ada) == pytest.approx(5, abs=0.5)
        assert (await refusal(signin, "ada", RIGHT)).detail == REFUSED
        assert failed_attempts(database, ada) == 5

    async def test_each_further_failure_locks_five_minutes_longer(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        for expected in (5, 10, 15):
            set_login(database, ada.id, failed_attempts=expected // 5 + 3, locked_until=None)
            await refusal(signin, "ada")
            assert minutes_locked(database, ada) == pytest.approx(expected, abs=0.5)

    async def test_a_lock_that_ran_out_lets_in_and_a_complete_sign_in_clears_it(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        set_login(database, ada.id, failed_attempts=6, locked_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        assert failed_attempts(database, ada) == 6
        await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
        assert failed_attempts(database, ada) == 0

    async def test_the_right_password_does_not_clear_wrong_codes(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        for _ in range(4):
            first = await signin.password("ada", RIGHT, address=ADDRESS)
            with pytest.raises(Unauthenticated):
                await signin.second_factor(first, "no code", address=ADDRESS)
        assert failed_attempts(database, ada) == 4
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        with pytest.raises(RateLimited) as locked:
            await signin.second_factor(first, "no code", address="198.51.100.7")
        assert 240 < locked.value.retry_after <= 301
        with pytest.raises(RateLimited):
            await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
        assert (await refusal(signin, "ada", RIGHT)).detail == REFUSED

    async def test_concurrent_guesses_are_all_counted(
        self, signin: SignIn, world: World, database: Database
    ) -> None:
        ada = world.person()
        await asyncio.gather(*(refusal(signin, "ada") for _ in range(20)))
        assert failed_attempts(database, ada) == 5
        assert (await refusal(signin, "ada", RIGHT)).detail == REFUSED


class TestSecondFactor:
    async def test_a_time_step_is_used_once(self, signin: SignIn, world: World, database: Database) -> None:
        ada = world.person()
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        code = ada.totp.now()

        async def replay() -> SignedIn | LocumError:
            try:
                return await signin.second_factor(first, code, address=ADDRESS)
            except LocumError as error:
                return error

        answers = await asyncio.gather(*(replay() for _ in range(100)))
        assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
        assert failed_attempts(database, ada) == 0

    async def test_a_recovery_code_works_once(self, signin: SignIn, world: World) -> None:
        ada = world.person()
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        written = f" {ada.recovery_codes[3].lower().replace('-', ' ')} "
        await signin.second_factor(first, written, address=ADDRESS)
        with pytest.raises(Unauthenticated):
            await signin.second_factor(first, ada.recovery_codes[3], address=ADDRESS)
        await signin.second_factor(first, ada.recovery_codes[4], address=ADDRESS)

    @pytest.mark.parametrize("code", ["NA", "0", "", "push", "123456"])
    async def test_any_code_passes_for_whom_it_is_not_required(
        self, signin: SignIn, world: World, code: str
    ) -> None:
        world.person("exempt", second_factor=SecondFactor.NOT_REQUIRED)
        first = await signin.password("exempt", RIGHT, address=ADDRESS)
        assert first.needs == "none"
        await signin.second_factor(first, code, address=ADDRESS)

    async def test_optional_lets_those_pass_who_enrolled_nothing(self, signin: SignIn, world: World) -> None:
        world.user_mfa("optional")
        world.person("new", enrolled=False)
        world.person("strict", enrolled=False, second_factor=SecondFactor.REQUIRED)
        ada = world.person()
        new = await signin.password("new", RIGHT, address=ADDRESS)
        await signin.second_factor(new, "NA", address=ADDRESS)
        enrolled = await signin.password("ada", RIGHT, address=ADDRESS)
        with pytest.raises(Unauthenticated):
            await signin.second_factor(enrolled, "NA", address=ADDRESS)
        assert (enrolled.needs, ada.name) == ("totp", "ada")
        assert (await signin.password("strict", RIGHT, address=ADDRESS)).needs == "enrol"

    async def test_required_says_how_to_enrol(self, signin: SignIn, world: World) -> None:
        world.person("new", enrolled=False)
        first = await signin.password("new", RIGHT, address=ADDRESS)
        assert first.needs == "enrol"
        with pytest.raises(Forbidden) as refused:
            await signin.second_factor(first, "000000", address=ADDRESS)
        assert refused.value.detail == ENROL_FIRST


class TestEnrolment:
    async def test_a_confirmed_code_completes_the_sign_in(self, signin: SignIn, world: World) -> None:
        new = world.person("new", enrolled=False)
        first = await signin.password("new", RIGHT, address=ADDRESS)
        old = await signin.start_enrolment(first, address=ADDRESS)
        enrolment = await signin.start_enrolment(first, address=ADDRESS)
        assert enrolment.shared_key != old.shared_key
        assert enrolment.uri.reveal_text().startswith("otpauth://totp/Locum:new?secret=")
        code = totp_of(enrolment.shared_key).now()
        with pytest.raises(Unauthenticated):
            await signin.confirm_enrolment(first, totp_of(old.shared_key).now(), address=ADDRESS)
        enrolled = await signin.confirm_enrolment(first, code, address=ADDRESS)
        assert enrolled.signed_in == SignedIn(new.id, "new")
        assert len({c.reveal_text() for c in enrolled.recovery_codes}) == 10
        again = await signin.password("new", RIGHT, address=ADDRESS)
        assert again.needs == "totp"
        with pytest.raises(Unauthenticated):
            await signin.second_factor(again, code, address=ADDRESS)
        await signin.second_factor(again, enrolled.recovery_codes[0].reveal_text(), address=ADDRESS)

    async def test_an_enrolled_factor_is_not_replaced(self, signin: SignIn, world: World) -> None:
        ada = world.person()
        first = await signin.password("ada", RIGHT, address=ADDRESS)
        with pytest.raises(Conflict):
            await signin.start_enrolment(first, address=ADDRESS)
        with pytest.raises(Conflict):
            await signin.confirm_enrolment(first, ada.totp.now(), address=ADDRESS)

    async def test_wrong_codes_count(self, signin: SignIn, world: World, database: Database) -> None:
        new = world.person("new", enrolled=False)
        first = await signin.password("new", RIGHT, address=ADDRESS)
        enrolment = await signin.start_enrolment(first, address=ADDRESS)
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await signin.confirm_enrolment(first, "12345", address=ADDRESS)
        with pytest.raises(RateLimited):
            await signin.confirm_enrolment(first, "12345", address=ADDRESS)
        assert failed_attempts(database, new) == 5
        with pytest.raises(RateLimited):
            await signin.confirm_enrolment(first, totp_of(enrolment.shared_key).now(), address=ADDRESS)


async def test_a_forced_change_comes_first(signin: SignIn, world: World, database: Database) -> None:
    forced, aged = world.person("forced", must_change=True), world.person("aged")
    database.submit_write(policy.change, LOCUM, password_days=30).result()
    set_login(database, aged.id, changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=31))
    for person in (forced, aged):
        first = await signin.password(person.name, RIGHT, address=ADDRESS)
        assert first.needs == "password_change"
        for step in (signin.second_factor, signin.confirm_enrolment):
            with pytest.raises(Forbidden) as refused:
                await step(first, person.totp.now(), address=ADDRESS)
            assert refused.value.detail == CHANGE_FIRST
        with pytest.raises(Forbidden):
            await signin.start_enrolment(first, address=ADDRESS)
    set_login(database, aged.id, changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=29))
    assert (await signin.password("aged", RIGHT, address=ADDRESS)).needs == "totp"


async def test_an_address_that_is_refused_often_has_to_wait(signin: SignIn, world: World) -> None:
    world.person()
    for number in range(address_limit.BURST):
        assert isinstance(await refusal(signin, f"stranger {number}"), Unauthenticated)
    waiting = await refusal(signin, "ada", RIGHT)
    assert isinstance(waiting, RateLimited)
    assert 1 <= waiting.retry_after <= 2
    assert (await signin.password("ada", RIGHT, address="198.51.100.7")).needs == "totp"
    await asyncio.sleep(1.1)
    assert (await signin.password("ada", RIGHT, address=ADDRESS)).needs == "totp"


async def test_tokens_say_how_far_the_sign_in_is(
    signin: SignIn, world: World, issuer: Tokens, database: Database
) -> None:
    ada = world.person()
    first = await signin.password("ada", RIGHT, address=ADDRESS)
    assert issuer.read(await signin.pending_token(first)).pending == "second_factor"
    signed_in = await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
    opened = await signin.open(signed_in, method="password", address=ADDRESS, client="curl/8")
    token = issuer.read(opened.token)
    assert (token.pending, token.identity_id, token.name) == (None, ada.id, "ada")
    (row,) = database.submit_read(signins.of_identity, ada.id).result()
    assert (row.id, row.method, row.address, row.client) == (token.sign_in_id, "password", ADDRESS, "curl/8")


async def test_an_application_has_no_interactive_token(signin: SignIn, world: World) -> None:
    robot = world.application()
    with pytest.raises(Forbidden):
        await signin.second_factor(FirstFactor(robot.id, robot.name, "none"), "0", address=ADDRESS)


async def test_recovery_codes_are_renewed_for_a_code(signin: SignIn, world: World, database: Database) -> None:
    ada, bare = world.person(), world.person("bare", enrolled=False)
    with pytest.raises(Conflict, match="no second factor is enrolled: recovery codes come with the first"):
        await signin.renew_recovery_codes(bare.id, "1", address=ADDRESS)
    with pytest.raises(Unauthenticated, match="not right"):
        await signin.renew_recovery_codes(ada.id, bare.totp.now() + "1", address=ADDRESS)
    assert failed_attempts(database, ada) == 1
    code = ada.totp.now()
    fresh = await signin.renew_recovery_codes(ada.id, code, address=ADDRESS)
    assert len({one.reveal() for one in fresh}) == 10
    for spent in (code, ada.recovery_codes[0]):
        with pytest.raises(Unauthenticated):
            await signin.renew_recovery_codes(ada.id, spent, address=ADDRESS)
    assert len(await signin.renew_recovery_codes(ada.id, fresh[9].reveal_text(), address=ADDRESS)) == 10
