"""What every step of a sign-in and every change of an identity leaves in the audit log, word for word.

An investigator reads these rows: who, from where, what, on whom, with which outcome and why.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from audited import Event, events
from identities_world import PASSWORD, Person, World
from locum.identities import api_keys, applications, digests, first_administrator
from locum.identities.digests import KeyedDigest
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden, LocumError
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.7"
RIGHT, WRONG, NEW = Secret(PASSWORD), Secret("not the password"), Secret("another long password")
ADMIN = Actor(uuid4(), "root", "192.0.2.9")


def of(person: Person, action: str, outcome: str = "ok", **detail: Any) -> Event:
    return (action, person.id, person.name, ADDRESS, "identity", person.id, outcome, detail)


async def refused(step: Any) -> LocumError:
    with pytest.raises(LocumError) as found:
        await step
    return found.value


async def test_a_sign_in_that_completes(database: Database, world: World, signin: SignIn) -> None:
    ada = world.person()
    first = await signin.password("ada", RIGHT, address=ADDRESS)
    await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
    assert events(database, "signin.password", "signin.completed", "signin.refused") == [
        of(ada, "signin.password"),
        of(ada, "signin.completed", by="password, code"),
    ]


async def test_every_refusal_says_why(
    database: Database, world: World, signin: SignIn, passwords: PasswordChange
) -> None:
    ada = world.person()
    first = await signin.password("ada", RIGHT, address=ADDRESS)
    code = ada.totp.now()
    await signin.second_factor(first, code, address=ADDRESS)
    await refused(signin.second_factor(first, code, address=ADDRESS))
    await refused(signin.second_factor(first, "not a code", address=ADDRESS))
    await refused(signin.password("ada", WRONG, address=ADDRESS))
    await refused(signin.password("nobody", WRONG, address=ADDRESS))
    await refused(passwords.own(ada.id, WRONG, NEW, forced=False, address=ADDRESS, client=None))
    assert events(database, "signin.refused") == [
        of(ada, "signin.refused", "refused", reason="the code was used already"),
        of(ada, "signin.refused", "refused", reason="wrong code"),
        of(ada, "signin.refused", "refused", reason="wrong password"),
        ("signin.refused", None, "unknown", ADDRESS, "identity", None, "refused", {"reason": "unknown name"}),
        of(ada, "signin.refused", "refused", reason="wrong old password"),
    ]


async def test_an_enrolment(database: Database, world: World, signin: SignIn) -> None:
    ada = world.person(enrolled=False)
    first = await signin.password("ada", RIGHT, address=ADDRESS)
    enrolment = await signin.start_enrolment(first, address=ADDRESS)
    await refused(signin.confirm_enrolment(first, "000000x", address=ADDRESS))
    code = type(ada.totp)(enrolment.shared_key.reveal_text()).now()
    await signin.confirm_enrolment(first, code, address=ADDRESS)
    assert events(
        database, "second_factor.started", "second_factor.enrolled", "signin.completed", "signin.refused"
    ) == [
        of(ada, "second_factor.started"),
        of(ada, "signin.refused", "refused", reason="wrong code"),
        of(ada, "second_factor.enrolled"),
        of(ada, "signin.completed", by="password, code"),
    ]


async def test_a_change_of_the_password(
    database: Database, world: World, signin: SignIn, passwords: PasswordChange
) -> None:
    ada, eve = world.person(), world.person("eve", must_change=True)
    await passwords.own(ada.id, RIGHT, NEW, forced=False, address=ADDRESS, client=None)
    await signin.password("eve", RIGHT, address=ADDRESS)
    await passwords.own(eve.id, RIGHT, NEW, forced=True, address=ADDRESS, client=None)
    assert events(database, "password.changed") == [
        of(ada, "password.changed", forced=False),
        of(eve, "password.changed", forced=True),
    ]


def test_applications_and_their_keys(database: Database, vault: Vault, digest: KeyedDigest) -> None:
    robot = database.submit_write(applications.create, ADMIN, name="robot").result()
    database.submit_write(api_keys.issue, vault, digest, ADMIN, robot.id).result()
    database.submit_write(api_keys.reveal, vault, ADMIN, robot.id).result()
    by = (ADMIN.id, ADMIN.name, ADMIN.address, "identity", robot.id, "ok")
    assert events(database, "application.created", "api_key.generated", "api_key.revealed") == [
        ("application.created", *by, {"name": "robot"}),
        ("api_key.generated", *by, {"application": "robot", "api_key_name": "API key"}),
        ("api_key.revealed", *by, {"application": "robot", "api_key_name": "API key"}),
    ]


def test_a_recovery(database: Database, vault: Vault, hasher: PasswordHasher) -> None:
    database.submit_write(system_keys.ensure, vault, digests.SYSTEM_KEY, digests.make_key).result()
    key = first_administrator.new_recovery_key()
    database.submit_write(
        first_administrator.create,
        vault,
        name="root",
        password=RIGHT,
        with_totp=False,
        user_mfa="optional",
        recovery_key=key,
    ).result()
    console = Actor(None, "console:root")
    with pytest.raises(Forbidden) as wrong:
        database.submit_write(
            first_administrator.recover, vault, console, key=first_administrator.new_recovery_key(), minutes=5
        ).result()
    assert wrong.value.missing == "recovery key"
    assert wrong.value.detail == "this is not the recovery key of this installation"
    made = database.submit_write(first_administrator.recover, vault, console, key=key, minutes=5).result()
    (row,) = events(database, "administrator.recovered")
    assert row[:5] == ("administrator.recovered", None, "console:root", None, "identity")
    assert row[5] is not None
    assert row[6:] == ("ok", {"name": made.name, "minutes": 5})
