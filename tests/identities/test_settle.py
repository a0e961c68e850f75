"""What tries come to. The steps around them are in test_signin and test_passkey_signin."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import Person, World
from locum.identities import people, policy, settle
from locum.identities.caller import Pending
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login
from locum.identities.settle import FirstFactor, SignedIn
from locum.identities.ssh_keys import Proof, SshKey
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden, LocumError, RateLimited, Unauthenticated

PAST, FUTURE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def login(database: Database, person: Person, **values: object) -> people.Login:
    """The person's login, after setting some of its columns."""
    for table, key in ((local_login, local_login.c.identity_id), (identity, identity.c.id)):
        mine = {name: value for name, value in values.items() if name in table.c}
        if mine:
            changed = sa.update(table).where(key == person.id).values(**mine)
            database.submit_write(lambda tx, changed=changed: tx.run(changed)).result()
    found = database.submit_read(people.login_of, person.id).result()
    assert found is not None
    return found


def test_who_may_go_on(database: Database, world: World) -> None:
    ada, robot = world.person(), world.application()
    for hold in (False, True):
        assert database.submit_write(settle.usable, ada.id, hold=hold).result().name == "ada"
    for who in (robot.id, uuid4()):
        with pytest.raises(Forbidden) as refused:
            database.submit_write(settle.usable, who).result()
        assert refused.value.missing == "local user"
    login(database, ada, locked_until=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90))
    with pytest.raises(RateLimited) as waiting:
        database.submit_write(settle.usable, ada.id).result()
    assert 85 <= waiting.value.retry_after <= 91
    for values in ({"locked": True, "locked_until": None}, {"locked": False, "expires_at": PAST}):
        login(database, ada, **values)
        with pytest.raises(Forbidden) as refused:
            database.submit_write(settle.usable, ada.id).result()
        assert refused.value.missing == "unlocked account"


@pytest.mark.parametrize(
    ("own", "rule", "enrolled", "left"),
    [
        (None, "required", True, "totp"),
        (None, "required", False, "enrol"),
        (None, "optional", True, "totp"),
        (None, "optional", False, "none"),
        (SecondFactor.REQUIRED, "optional", False, "enrol"),
        (SecondFactor.REQUIRED, "optional", True, "totp"),
        (SecondFactor.NOT_REQUIRED, "required", True, "none"),
        (SecondFactor.NOT_REQUIRED, "required", False, "none"),
    ],
)
def test_what_is_left_after_the_password(
    database: Database, world: World, own: SecondFactor | None, rule: policy.UserMfa, enrolled: bool, left: str
) -> None:
    ada = world.person(enrolled=enrolled, second_factor=own)
    world.user_mfa(rule)
    found = login(database, ada)
    assert database.submit_read(settle.needs, found).result() == left
    assert database.submit_write(settle.past_password, ada.id).result() == found
    changing = login(database, ada, must_change=True)
    assert database.submit_read(settle.needs, changing).result() == "password_change"
    with pytest.raises(Forbidden) as refused:
        database.submit_write(settle.past_password, ada.id).result()
    assert refused.value.missing == "password_change"


def test_each_need_is_one_step_of_a_pending_sign_in() -> None:
    expected: dict[str, Pending] = {
        "none": "second_factor",
        "totp": "second_factor",
        "enrol": "enrolment",
        "password_change": "password_change",
    }
    assert expected == settle.PENDING


class TestPassword:
    def settle(
        self, database: Database, known: people.Login | None, right: bool | None, rehashed: str | None = None
    ) -> FirstFactor | LocumError:
        return database.submit_write(settle.settle_password, known, right, rehashed, "192.0.2.1").result()

    def test_right(self, database: Database, world: World) -> None:
        ada = world.person()
        before = login(database, ada, failed_attempts=3)
        assert self.settle(database, before, True) == FirstFactor(ada.id, "ada", "totp")
        after = login(database, ada)
        assert after == before  # wrong tries are forgotten when the sign-in is complete, not before
        assert len(details(database, "signin.password", ada.id)) == 1
        self.settle(database, before, True, "new hash")
        assert login(database, ada).password_hash == "new hash"

    def test_wrong_unknown_and_overtaken(self, database: Database, world: World) -> None:
        ada = world.person()
        known = login(database, ada)
        for tried, right, values, reason, counted in (
            (None, False, {}, "unknown name", 0),
            (known, False, {}, "wrong password", 1),
            (known, None, {"locked": True}, "locked by an administrator", 1),
            (known, True, {"locked": False, "locked_until": FUTURE}, "locked after wrong tries", 1),
            (known, None, {"locked_until": None}, "the account changed meanwhile", 1),
            (known, True, {"password_hash": "another"}, "the account changed meanwhile", 1),
        ):
            login(database, ada, **values)
            refused = self.settle(database, tried, right)
            assert isinstance(refused, Unauthenticated)
            assert refused.detail == settle.REFUSED
            assert details(database, "signin.refused")[-1] == {"reason": reason}
            assert login(database, ada).failed_attempts == counted

    def test_gone_meanwhile(self, database: Database, world: World) -> None:
        ada = world.person()
        known = login(database, ada)
        gone = sa.update(identity).values(deleted_at=PAST)
        database.submit_write(lambda tx: tx.run(gone)).result()
        assert isinstance(self.settle(database, known, True), Unauthenticated)


class TestKey:
    def key(self, person: Person) -> SshKey:
        return SshKey(uuid4(), person.id, "laptop", "ssh-ed25519", "AAAA", "SHA256:x", PAST, None)

    def test_a_key_that_is_not_registered_any_more(self, database: Database, world: World) -> None:
        ada = world.person()
        with pytest.raises(Unauthenticated):
            database.submit_write(settle.settle_key, self.key(ada), False, None).result()


class TestComplete:
    def test_what_it_clears_and_says(self, database: Database, world: World) -> None:
        ada = world.person()
        actor = Actor(ada.id, "ada", "192.0.2.1")
        key = SshKey(uuid4(), ada.id, "laptop", "sk-ssh-ed25519@openssh.com", "AAAA", "SHA256:x", PAST, None)
        for arguments, named, cleared, by, signed_in in (
            ((), {}, True, "password", SignedIn(ada.id, "ada")),
            ((), {"code": True}, True, "password, code", SignedIn(ada.id, "ada")),
            ((key,), {"code": True}, True, "security_key, code", SignedIn(ada.id, "ada", Proof.SECURITY_KEY)),
            ((key,), {}, False, "security_key", SignedIn(ada.id, "ada", Proof.SECURITY_KEY)),
            (
                (key,),
                {"code_spared": True},
                False,
                "security_key",
                SignedIn(ada.id, "ada", Proof.SECURITY_KEY, True),
            ),
        ):
            found = login(database, ada, failed_attempts=6, locked_until=FUTURE, last_sign_in_at=None)
            done = database.submit_write(settle.complete, found, actor, *arguments, **named).result()
            assert done == signed_in
            assert (login(database, ada).failed_attempts == 0) is cleared
            assert (login(database, ada).locked_until is None) is cleared
            assert details(database, "signin.completed", ada.id)[-1] == {"by": by}
            at = sa.select(identity.c.last_sign_in_at).where(identity.c.id == ada.id)
            assert database.submit_read(lambda tx, at=at: tx.scalar(at)).result() is not None

    def test_with_a_passkey(self, database: Database, world: World) -> None:
        ada = world.person()
        found = login(database, ada, failed_attempts=6, locked_until=FUTURE)
        done = database.submit_write(settle.complete_with_passkey, found, LOCUM).result()
        assert done == SignedIn(ada.id, "ada")
        assert login(database, ada).failed_attempts == 0
        assert details(database, "signin.completed", ada.id) == [{"by": "passkey"}]


def test_wrong_codes_lock(database: Database, world: World) -> None:
    ada = world.person()
    actor = Actor(ada.id, "ada")
    tries = [database.submit_write(settle.wrong_code, login(database, ada), actor).result() for _ in range(5)]
    assert [type(found) for found in tries] == [Unauthenticated] * 4 + [RateLimited]
    assert isinstance(tries[4], RateLimited)
    assert 295 <= tries[4].retry_after <= 301
    assert details(database, "signin.refused", ada.id) == [{"reason": "wrong code"}] * 5


def test_a_refusal_is_raised_after_its_commit() -> None:
    assert settle.or_raise("fine") == "fine"
    with pytest.raises(Unauthenticated):
        settle.or_raise(Unauthenticated("no"))
