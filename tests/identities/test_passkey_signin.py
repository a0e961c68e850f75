"""The steps with passkeys as the room has them: who may come in by which way. Attacks are in tests/security."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from audited import events
from identities_world import PASSWORD, RELYING_PARTY, Person, World
from locum.identities import challenges, mfa
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login
from locum.identities.passkey_signin import REFUSED, EnrolledPasskey, Options, PasskeySignIn
from locum.identities.people import login_of
from locum.identities.relying_party import Assertion, Registration
from locum.identities.signin import FirstFactor, SignedIn, SignIn
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault
from software_authenticator import PRESENT, SoftwareAuthenticator, data, text

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.1"


@pytest.fixture
def steps(database: Database, digest: KeyedDigest) -> PasskeySignIn:
    return PasskeySignIn(database, digest, RELYING_PARTY)


def asked(options: Options) -> dict[str, Any]:
    return {"challenge": text(options.challenge)}


def assertion(key: SoftwareAuthenticator, options: Options) -> Assertion:
    answer = key.get(asked(options))
    response = {name: data(value) for name, value in answer["response"].items()}
    return Assertion(
        data(answer["id"]),
        response["clientDataJSON"],
        response["authenticatorData"],
        response["signature"],
        response["userHandle"],
    )


class Owner:
    """Enrols passkeys for one person and signs in with them."""

    def __init__(self, steps: PasskeySignIn, database: Database, identity_id: UUID) -> None:
        self.steps, self.db, self.id = steps, database, identity_id
        self.key = SoftwareAuthenticator()

    async def enrol(self, *, pending: bool) -> EnrolledPasskey:
        options = await self.db.read(self.steps.enrolment_options, self.id, pending=pending)
        response = self.key.create({**asked(options), "user": {"id": text(self.id.bytes)}})["response"]
        sent = Registration(data(response["clientDataJSON"]), data(response["attestationObject"]))
        return await self.steps.enrol(self.id, "key", sent, pending=pending, address=ADDRESS)

    async def sign_in(self) -> SignedIn | FirstFactor:
        options = await self.db.read(self.steps.sign_in_options)
        return await self.steps.sign_in(assertion(self.key, options), address=ADDRESS)


async def test_a_reset_takes_this_persons_passkeys_and_nobody_elses(
    steps: PasskeySignIn, world: World, database: Database, vault: Vault
) -> None:
    ada, eve = world.person(enrolled=False), world.person("eve", enrolled=False)
    hers, others = Owner(steps, database, ada.id), Owner(steps, database, eve.id)
    await hers.enrol(pending=True)
    await others.enrol(pending=True)

    def reset(tx: Tx) -> None:
        login = login_of(tx, ada.id, hold=True)
        assert login is not None
        mfa.reset(tx, vault, LOCUM, login)

    await database.write(reset)
    with pytest.raises(Unauthenticated):
        await hers.sign_in()
    assert await others.sign_in() == SignedIn(eve.id, "eve")


def set_identity(database: Database, identity_id: UUID, **values: object) -> None:
    change = sa.update(identity).where(identity.c.id == identity_id).values(**values)
    database.submit_write(lambda tx: tx.run(change)).result()


async def test_enrolled_asked_for_and_enough(
    steps: PasskeySignIn, signin: SignIn, world: World, database: Database
) -> None:
    ada = world.person(enrolled=False)
    first = await signin.password("ada", Secret(PASSWORD), address=ADDRESS)
    assert first.needs == "enrol"
    owner = Owner(steps, database, ada.id)
    done = await owner.enrol(pending=True)
    assert (done.signed_in, len(done.recovery_codes)) == (SignedIn(ada.id, "ada"), 10)
    first = await signin.password("ada", Secret(PASSWORD), address=ADDRESS)
    assert first.needs == "totp"
    options = await database.read(steps.second_factor_options, ada.id)
    assert options.credentials == [owner.key.credential_id]
    passed = await steps.second_factor(first, assertion(owner.key, options), address=ADDRESS)
    assert passed == SignedIn(ada.id, "ada")
    assert await owner.sign_in() == SignedIn(ada.id, "ada")


async def test_recovery_codes_come_with_the_first_factor_only(
    steps: PasskeySignIn, world: World, database: Database
) -> None:
    ada = world.person()
    done = await Owner(steps, database, ada.id).enrol(pending=False)
    assert (done.signed_in, done.recovery_codes) == (None, [])


async def test_a_person_who_is_exempt_stays_exempt(
    steps: PasskeySignIn, signin: SignIn, world: World, database: Database
) -> None:
    ada = world.person(enrolled=False, second_factor=SecondFactor.NOT_REQUIRED)
    await Owner(steps, database, ada.id).enrol(pending=False)
    assert (await signin.password("ada", Secret(PASSWORD), address=ADDRESS)).needs == "none"


async def test_pending_callers_with_a_factor_enrol_nothing(
    steps: PasskeySignIn, world: World, database: Database
) -> None:
    ada = world.person()
    with pytest.raises(Conflict):
        await Owner(steps, database, ada.id).enrol(pending=True)
    robot = world.application()
    with pytest.raises(Forbidden):
        await Owner(steps, database, robot.id).enrol(pending=False)
    with pytest.raises(Conflict):
        await database.read(steps.second_factor_options, ada.id)


@pytest.mark.parametrize(
    "gone", [{"locked": True}, {"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}], ids=["locked", "expired"]
)
async def test_who_is_barred_is_barred_with_a_passkey_too(
    steps: PasskeySignIn, world: World, database: Database, gone: dict[str, Any]
) -> None:
    ada = world.person(enrolled=False)
    owner = Owner(steps, database, ada.id)
    await owner.enrol(pending=True)
    set_identity(database, ada.id, **gone)
    with pytest.raises(Unauthenticated) as refused:
        await owner.sign_in()
    assert refused.value.detail == REFUSED


async def test_a_challenge_that_ended_is_refused(
    steps: PasskeySignIn, world: World, database: Database, digest: KeyedDigest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.person(enrolled=False)
    owner = Owner(steps, database, ada.id)
    await owner.enrol(pending=True)
    monkeypatch.setattr(challenges, "LIFETIME", dt.timedelta(seconds=-1))
    with pytest.raises(Unauthenticated):
        await owner.sign_in()
    with pytest.raises(Invalid, match="has ended"):
        await owner.enrol(pending=False)


class TestWhatTheAuditLogHas:
    """Whoever is refused is told one text; the log has the reason, and who and from where."""

    def refused(self, person: Person, reason: str) -> tuple[Any, ...]:
        detail = {"factor": "passkey", "reason": reason}
        return ("signin.refused", person.id, person.name, ADDRESS, "identity", person.id, "refused", detail)

    async def refuse(self, step: Any) -> None:
        with pytest.raises(Unauthenticated) as refused:
            await step
        assert refused.value.detail == REFUSED

    async def test_a_passkey_alone(self, steps: PasskeySignIn, world: World, database: Database) -> None:
        ada = world.person(enrolled=False)
        owner = Owner(steps, database, ada.id)
        made = (await owner.enrol(pending=True)).passkey
        options = await database.read(steps.sign_in_options)
        assert (options.relying_party, options.credentials) == (RELYING_PARTY, [])
        stranger = SoftwareAuthenticator(user_handle=ada.id.bytes)
        await self.refuse(steps.sign_in(assertion(stranger, options), address=ADDRESS))
        good = assertion(owner.key, options)
        for handle in (None, b"eve"):
            await self.refuse(steps.sign_in(dataclasses.replace(good, user_handle=handle), address=ADDRESS))
        await steps.sign_in(good, address=ADDRESS)
        await self.refuse(steps.sign_in(good, address=ADDRESS))
        owner.key.counter = 0
        await self.refuse(owner.sign_in())
        owner.key.counter, owner.key.flags = 7, PRESENT
        await self.refuse(owner.sign_in())
        owner.key.flags = SoftwareAuthenticator().flags
        set_identity(database, ada.id, locked=True)
        await self.refuse(owner.sign_in())
        unknown = {"factor": "passkey", "reason": "unknown passkey"}
        assert events(database, "signin.refused", "signin.passkey") == [
            ("signin.refused", None, "unknown", ADDRESS, "identity", None, "refused", unknown),
            self.refused(ada, "the authenticator does not say whose the passkey is"),
            self.refused(ada, "the authenticator says that the passkey is somebody else's"),
            ("signin.passkey", ada.id, "ada", ADDRESS, "passkey", made.id, "ok", {"name": "key"}),
            self.refused(ada, "the challenge was answered already"),
            self.refused(ada, "the passkey's counter did not go forward: there may be a copy of it"),
            self.refused(ada, "User verification required, but user verified flag not set."),
            self.refused(ada, "locked by an administrator"),
        ]
        assert events(database, "passkey.enrolled")[0][1:4] == (ada.id, "ada", ADDRESS)

    async def test_a_passkey_after_the_password(
        self, steps: PasskeySignIn, world: World, database: Database
    ) -> None:
        ada, eve = world.person(enrolled=False), world.person("eve", enrolled=False)
        owner, other = Owner(steps, database, ada.id), Owner(steps, database, eve.id)
        made = (await owner.enrol(pending=True)).passkey
        await other.enrol(pending=True)
        first = FirstFactor(ada.id, "ada", "totp")
        options = await database.read(steps.second_factor_options, ada.id)
        for key in (other.key, SoftwareAuthenticator()):
            await self.refuse(steps.second_factor(first, assertion(key, options), address=ADDRESS))
        elsewhere = await database.read(steps.sign_in_options)
        await self.refuse(steps.second_factor(first, assertion(owner.key, elsewhere), address=ADDRESS))
        owner.key.flags = PRESENT  # the password says who it is
        without = dataclasses.replace(assertion(owner.key, options), user_handle=None)
        await steps.second_factor(first, without, address=ADDRESS)
        assert events(database, "signin.refused", "signin.passkey") == [
            self.refused(ada, "a passkey that is not this person's"),
            self.refused(ada, "a passkey that is not this person's"),
            self.refused(ada, "the challenge was not made for this, or has ended"),
            ("signin.passkey", ada.id, "ada", ADDRESS, "passkey", made.id, "ok", {"name": "key"}),
        ]


async def test_words_and_what_waits(steps: PasskeySignIn, world: World, database: Database) -> None:
    ada, robot = world.person(), world.application()
    with pytest.raises(Conflict) as none:
        await database.read(steps.second_factor_options, ada.id)
    assert none.value.detail == "no passkey is enrolled: send a code to POST /signin2fa"
    with pytest.raises(Forbidden) as application:
        await database.read(steps.enrolment_options, robot.id, pending=False)
    assert (
        application.value.detail == "only local users have passkeys; an application proves itself with its API key"
    )
    assert application.value.missing == "local user"
    new = world.person("new", enrolled=False)
    owner = Owner(steps, database, new.id)
    await owner.enrol(pending=True)
    waiting = sa.update(local_login).where(local_login.c.identity_id == new.id).values(must_change=True)
    database.submit_write(lambda tx: tx.run(waiting)).result()
    assert await owner.sign_in() == FirstFactor(new.id, "new", "password_change")
