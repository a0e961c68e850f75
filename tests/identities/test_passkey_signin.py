"""The steps with passkeys as the room has them: who may come in by which way. Attacks are in tests/security."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, RELYING_PARTY, World
from locum.identities import challenges
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity
from locum.identities.passkey_signin import REFUSED, EnrolledPasskey, Options, PasskeySignIn
from locum.identities.relying_party import Assertion, Registration
from locum.identities.signin import FirstFactor, SignedIn, SignIn
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from locum.vault.secret import Secret
from software_authenticator import SoftwareAuthenticator, data, text

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
