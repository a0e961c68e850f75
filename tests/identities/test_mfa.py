"""Codes by time and recovery codes. The whole sign-in with them is in test_signin."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.identities import mfa, people, signins
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.mfa import matching_steps
from locum.identities.model import Login, local_login, recovery_code
from locum.identities.people import login_of
from locum.identities.signin import SignIn
from locum.kit.actor import LOCUM
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict
from locum.vault.model import vault_secret_version
from locum.vault.secret import Secret
from locum.vault.store import Vault

SECRET = Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
NOW = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)
STEP = int(NOW.timestamp()) // 30


def code(step: int) -> str:
    return pyotp.TOTP(SECRET.reveal_text()).generate_otp(step)


@pytest.mark.parametrize(("off", "found"), [(-2, []), (-1, [STEP - 1]), (0, [STEP]), (1, [STEP + 1]), (2, [])])
def test_one_step_either_way(off: int, found: list[int]) -> None:
    assert matching_steps(SECRET, code(STEP + off), NOW) == found


def test_the_reference_values_of_rfc_6238() -> None:
    secret = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    at = dt.datetime(2005, 3, 18, 1, 58, 29, tzinfo=dt.UTC)
    assert matching_steps(secret, "081804", at) == [1111111109 // 30]


def test_blanks_are_nothing_and_other_digits_are_not_digits() -> None:
    right = code(STEP)
    assert matching_steps(SECRET, f" {right[:3]} {right[3:]}\n", NOW) == [STEP]
    arabic = "".join(chr(0x0660 + int(digit)) for digit in right)
    for wrong in ("", arabic, right + "0", right[:5], "abcdef", "-" + right, right.replace(right[0], "x")):
        assert matching_steps(SECRET, wrong, NOW) == []


def login(tx: ReadTx, identity_id: UUID) -> Login:
    found = login_of(tx, identity_id)
    assert found is not None
    return found


def test_codes_are_kept_as_digests_and_the_secret_in_the_vault(
    database: Database, world: World, vault: Vault
) -> None:
    ada = world.person()
    kept = database.submit_read(lambda tx: tx.scalars(sa.select(recovery_code.c.digest))).result()
    assert len(kept) == len(set(kept)) == 10
    plain = {code.replace("-", "").encode() for code in ada.recovery_codes}
    assert not plain & {bytes(digest) for digest in kept}
    secret_id = database.submit_read(lambda tx: login(tx, ada.id).totp_secret_id).result()
    assert secret_id is not None
    opened = database.submit_read(vault.open, secret_id, purpose=mfa.PURPOSE).result()
    assert opened.reveal_text() == ada.totp.secret


def test_an_older_step_is_used_up_by_a_newer_one(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    ada = world.person()

    def check(offset: int) -> str:
        def run(tx: Tx) -> str:
            step = int(tx.now.timestamp()) // 30 + offset
            return mfa.check(tx, vault, digest, login(tx, ada.id), ada.totp.generate_otp(step))

        return database.submit_write(run).result()

    assert [check(1), check(0), check(0)] == ["right", "used", "used"]


def test_new_recovery_codes_end_the_old_ones(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    ada = world.person()
    fresh = database.submit_write(mfa.new_recovery_codes, digest, ada.id).result()

    def check(text: str) -> str:
        return database.submit_write(lambda tx: mfa.check(tx, vault, digest, login(tx, ada.id), text)).result()

    assert check(ada.recovery_codes[0]) == "wrong"
    assert check(fresh[0].reveal_text()) == "right"


def test_nothing_enrolled_nothing_right(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    new = world.person(enrolled=False)
    database.submit_write(mfa.new_recovery_codes, digest, new.id).result()
    found = database.submit_write(lambda tx: mfa.check(tx, vault, digest, login(tx, new.id), "123456")).result()
    assert found == "wrong"


def test_confirming_needs_a_start(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    new = world.person(enrolled=False)
    with pytest.raises(Conflict):
        database.submit_write(
            lambda tx: mfa.confirm(tx, vault, digest, LOCUM, login(tx, new.id), "123456")
        ).result()


def test_starting_again_erases_the_secret_that_waited(database: Database, world: World, vault: Vault) -> None:
    new = world.person(enrolled=False)
    for _ in range(2):
        database.submit_write(lambda tx: mfa.start(tx, vault, LOCUM, login(tx, new.id))).result()
    waiting = sa.select(local_login.c.totp_pending_secret_id)
    assert database.submit_read(lambda tx: tx.scalar(waiting)).result() is not None


def test_a_reset_leaves_no_factor(
    database: Database, world: World, vault: Vault, digest: KeyedDigest, signin: SignIn
) -> None:
    ada, eve = world.person(), world.person("eve")
    how = {"method": "password", "address": None, "client": None}
    database.submit_write(signin.issuer.open, ada.id, **how).result()
    for _ in range(2):  # enrolled, then with an enrolment that waits
        login = database.submit_read(people.login_of, ada.id).result()
        assert login is not None
        database.submit_write(mfa.reset, vault, LOCUM, login).result()
        login = database.submit_read(people.login_of, ada.id).result()
        assert login is not None
        assert (login.totp_secret_id, login.totp_pending_secret_id, login.totp_last_step) == (None, None, 0)
        database.submit_write(mfa.start, vault, LOCUM, login).result()
    left = sa.select(recovery_code.c.identity_id).distinct()
    assert database.submit_read(lambda tx: tx.scalars(left)).result() == [eve.id]
    (row,) = database.submit_read(signins.of_identity, ada.id).result()
    assert row.ended_at is not None
    assert details(database, "second_factor.reset", ada.id) == [{"name": "ada"}] * 2
    kept = sa.select(sa.func.count()).select_from(vault_secret_version)
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() == 2  # Eve's, and the one just begun


def test_what_there_is_and_whether_it_is_needed(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    ada, new = world.person(), world.person("new", enrolled=False)
    exempt = world.person("exempt", enrolled=False, second_factor=SecondFactor.NOT_REQUIRED)

    def found(identity_id: UUID) -> mfa.Factors:
        return database.submit_read(lambda tx: mfa.factors(tx, login(tx, identity_id))).result()

    assert found(ada.id) == mfa.Factors(True, True, 0, 10)
    database.submit_write(
        lambda tx: mfa.check(tx, vault, digest, login(tx, ada.id), ada.recovery_codes[0])
    ).result()
    assert found(ada.id) == mfa.Factors(True, True, 0, 9)
    assert found(new.id) == mfa.Factors(True, False, 0, 0)
    assert not found(exempt.id).required
    world.user_mfa("optional")
    assert not found(new.id).required
