"""Passkeys while signing in: enrolling one, as the second factor after a password, and instead of a password.

Steps of an answer: (1) the challenge is ours, for this purpose and person, and has not ended; (2) the credential is
known, and the person's own; (3) origin, relying party, presence, verification and signature hold; (4) the challenge is
used up; (5) the person may come in; (6) the counter went forward. Nothing is written before (3), so that a stranger
fills no table but the audit log, which has each refusal. A passkey can't be guessed: wrong answers do not count
towards the lock, and the lock after wrong passwords does not keep a passkey out.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from locum.audit.log import record
from locum.identities import challenges, mfa, passkeys
from locum.identities.challenges import ChallengePurpose
from locum.identities.digests import KeyedDigest
from locum.identities.model import Login
from locum.identities.passkeys import Passkey
from locum.identities.people import login_of
from locum.identities.relying_party import Asserted, Assertion, NotProven, Registration, RelyingParty
from locum.identities.settle import FirstFactor, SignedIn, complete_with_passkey, past_password
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, Unauthenticated
from locum.vault.secret import Secret

# One text for every reason, as for passwords (SEC-06). The audit log has the reason.
REFUSED = "the passkey is not known here, its answer does not hold, or the account is locked or has expired"
_LOCAL_ONLY = "only local users have passkeys; an application proves itself with its API key"


@dataclass(frozen=True, slots=True)
class Options:
    """What a browser needs to ask an authenticator. `credentials` are the person's own, where it is known who asks."""

    relying_party: RelyingParty
    challenge: bytes
    credentials: list[bytes]


@dataclass(frozen=True, slots=True)
class EnrolmentOptions(Options):
    """The same for a new credential, which the authenticator keeps under the person's id and names."""

    identity_id: UUID
    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class EnrolledPasskey:
    """A new passkey. Recovery codes come with the first second factor; `signed_in` if this completes a sign-in."""

    passkey: Passkey
    recovery_codes: list[Secret]
    signed_in: SignedIn | None


class PasskeySignIn:
    """Every step with passkeys, with what they need of the installation."""

    def __init__(self, db: Database, digest: KeyedDigest, relying_party: RelyingParty) -> None:
        self._db = db
        self._digest = digest
        self._relying_party = relying_party

    def enrolment_options(self, tx: ReadTx, identity_id: UUID, *, pending: bool) -> EnrolmentOptions:
        """What a new passkey is made from. `pending`: the caller's sign-in lacks its first second factor.

        Raises Conflict as `enrol` does, Forbidden for an application.
        """
        login = _enrolling(login_of(tx, identity_id), pending)
        return EnrolmentOptions(
            *self._own(tx, "enrol", identity_id), identity_id, login.name, login.display_name or login.name
        )

    async def enrol(
        self, identity_id: UUID, name: str, sent: Registration, *, pending: bool, address: str | None
    ) -> EnrolledPasskey:
        """Keep a new passkey; `pending`: and complete the sign-in with it (AUTH-10).

        Raises Invalid for an answer that does not hold, Conflict for a credential that is taken, for more than 20,
        or if `pending` and a factor is enrolled already, Forbidden, RateLimited.
        """
        return await self._db.write(self._enrol, identity_id, name, sent, pending, address)

    def second_factor_options(self, tx: ReadTx, identity_id: UUID) -> Options:
        """What a passkey of this person signs. Raises Conflict if they have none."""
        options = Options(*self._own(tx, "second-factor", identity_id))
        if not options.credentials:
            raise Conflict("no passkey is enrolled: send a code to POST /signin2fa")
        return options

    async def second_factor(self, first: FirstFactor, sent: Assertion, *, address: str | None) -> SignedIn:
        """A passkey after the password. Raises Unauthenticated, always in the same words, Forbidden, RateLimited."""
        settled = await self._db.write(self._second_factor, first.identity_id, sent, address)
        if isinstance(settled, LocumError):
            raise settled
        return settled

    def sign_in_options(self, tx: ReadTx) -> Options:
        """What a passkey signs that knows by itself whose it is."""
        return Options(self._relying_party, challenges.make(tx, self._digest, "sign-in", None), [])

    async def sign_in(self, sent: Assertion, *, address: str | None) -> SignedIn | FirstFactor:
        """A passkey that verified its owner is both factors. A new password that is waiting to be set stays waiting.

        Raises Unauthenticated, always in the same words.
        """
        settled = await self._db.write(self._sign_in, sent, address)
        if isinstance(settled, LocumError):
            raise settled
        return settled

    def _own(
        self, tx: ReadTx, purpose: ChallengePurpose, identity_id: UUID
    ) -> tuple[RelyingParty, bytes, list[bytes]]:
        own = [row.credential_id for row in passkeys.of(tx, identity_id)]
        return self._relying_party, challenges.make(tx, self._digest, purpose, identity_id), own

    def _enrol(
        self, tx: Tx, identity_id: UUID, name: str, sent: Registration, pending: bool, address: str | None
    ) -> EnrolledPasskey:
        found = past_password(tx, identity_id) if pending else login_of(tx, identity_id, hold=True)
        login = _enrolling(found, pending)
        actor = Actor(login.identity_id, login.name, address)
        try:
            challenge = self._challenge(tx, "enrol", identity_id, sent.client_data)
            credential = self._relying_party.verify_registration(sent)
            _spend(tx, challenge)
        except NotProven as error:
            raise Invalid(f"the passkey can't be enrolled: {error.reason}", field="credential") from None
        made = passkeys.add(tx, actor, login, name, credential)
        codes = [] if login.has_factor else mfa.new_recovery_codes(tx, self._digest, identity_id)
        return EnrolledPasskey(made, codes, complete_with_passkey(tx, login, actor) if pending else None)

    def _second_factor(
        self, tx: Tx, identity_id: UUID, sent: Assertion, address: str | None
    ) -> SignedIn | LocumError:
        login = past_password(tx, identity_id)
        actor = Actor(login.identity_id, login.name, address)
        found = passkeys.with_credential(tx, sent.credential_id)
        if found is None or found.identity_id != identity_id:
            return _refused(tx, actor, "a passkey that is not this person's")
        try:
            asserted = self._proven(tx, "second-factor", identity_id, found, sent)
        except NotProven as error:
            return _refused(tx, actor, error.reason)
        return _used(tx, actor, found, asserted) or complete_with_passkey(tx, login, actor)

    def _sign_in(self, tx: Tx, sent: Assertion, address: str | None) -> SignedIn | FirstFactor | LocumError:
        found = passkeys.with_credential(tx, sent.credential_id)
        login = login_of(tx, found.identity_id, hold=True) if found else None
        if found is None or login is None:
            return _refused(tx, Actor(None, "unknown", address), "unknown passkey")
        actor = Actor(login.identity_id, login.name, address)
        try:
            if sent.user_handle is None:
                raise NotProven("the authenticator does not say whose the passkey is")
            asserted = self._proven(tx, "sign-in", None, found, sent)
        except NotProven as error:
            return _refused(tx, actor, error.reason)
        barred = login.barred(tx.now)
        refusal = _refused(tx, actor, barred) if barred else _used(tx, actor, found, asserted)
        if refusal is not None:
            return refusal
        if login.must_change:
            return FirstFactor(login.identity_id, login.name, "password_change")
        return complete_with_passkey(tx, login, actor)

    def _proven(
        self, tx: Tx, purpose: ChallengePurpose, identity_id: UUID | None, found: Passkey, sent: Assertion
    ) -> Asserted:
        """Steps 1 to 4 but for the look-up. Raises NotProven."""
        challenge = self._challenge(tx, purpose, identity_id, sent.client_data)
        if sent.user_handle is not None and sent.user_handle != found.identity_id.bytes:
            raise NotProven("the authenticator says that the passkey is somebody else's")
        asserted = self._relying_party.verify_assertion(found.public_key, sent, user_verified=purpose == "sign-in")
        _spend(tx, challenge)
        return asserted

    def _challenge(
        self, tx: ReadTx, purpose: ChallengePurpose, identity_id: UUID | None, client_data: bytes
    ) -> bytes:
        challenge = self._relying_party.challenge_of(client_data)
        if not challenges.good(tx, self._digest, purpose, identity_id, challenge):
            raise NotProven("the challenge was not made for this, or has ended")
        return challenge


def _enrolling(login: Login | None, pending: bool) -> Login:
    if login is None:
        raise Forbidden(_LOCAL_ONLY, missing="local user")
    if pending and login.has_factor:  # or a password alone could add a factor beside the one it lacks
        raise Conflict(mfa.ENROLLED)
    return login


def _spend(tx: Tx, challenge: bytes) -> None:
    if not challenges.spend(tx, challenge):
        raise NotProven("the challenge was answered already")


def _used(tx: Tx, actor: Actor, found: Passkey, asserted: Asserted) -> LocumError | None:
    """Note the use; answers the refusal if the counter did not go forward."""
    if not passkeys.use(tx, found, asserted):
        return _refused(tx, actor, "the passkey's counter did not go forward: there may be a copy of it")
    record(tx, actor, "signin.passkey", object_kind="passkey", object_id=found.id, detail={"name": found.name})
    return None


def _refused(tx: Tx, actor: Actor, reason: str) -> LocumError:
    record(
        tx,
        actor,
        "signin.refused",
        object_kind="identity",
        object_id=actor.id,
        outcome="refused",
        detail={"factor": "passkey", "reason": reason},
    )
    return Unauthenticated(REFUSED)
