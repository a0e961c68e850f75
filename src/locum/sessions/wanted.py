"""What somebody who connects wants to open, and what a registered SSH key is worth there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import SshKeyUse
from locum.activities.read import connection_profile_of
from locum.identities.signin import SignedIn
from locum.identities.ssh_keys import Proof
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, LocumError
from locum.sessions.model import access_session
from locum.sessions.request import Request, foreseen_profile
from locum.vault.secret import Secret

_FOR_BOTH: dict[SshKeyUse, frozenset[Proof]] = {
    SshKeyUse.OFF: frozenset(),
    SshKeyUse.FIRST: frozenset(),
    SshKeyUse.SECURITY_KEY: frozenset({Proof.SECURITY_KEY}),
    SshKeyUse.SIGN_IN_KEY: frozenset({Proof.SECURITY_KEY, Proof.SIGN_IN_KEY}),
    SshKeyUse.ANY: frozenset({Proof.SECURITY_KEY, Proof.SIGN_IN_KEY, Proof.SSH_KEY}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a direct-connect user name asks for (PRX-03). `session_id` set: the bound address of a session; `token` is
    what its link has besides."""

    user: str
    activity: str
    resource: str
    policy: str | None = None
    notes: str | None = None
    session_id: UUID | None = None
    token: Secret | None = None

    def request(self, identity_id: UUID) -> Request:
        """The session that a direct connect starts."""
        return Request(
            identity_id=identity_id,
            activity_name=self.activity,
            resource_name=self.resource,
            policy_name=self.policy,
            note=self.notes or "",
            ends_with_connection=True,
        )


def ssh_key_use(tx: ReadTx, identity_id: UUID, wanted: Wanted, address: str | None) -> SshKeyUse:
    """What a key of this person proves for what is wanted from there. FIRST where no session could come of it: nothing
    is told about that before the sign-in is complete."""
    c = access_session.c
    if wanted.session_id is not None:
        owned = sa.select(c.profile_id).where(c.id == wanted.session_id, c.identity_id == identity_id)
        profile_id = tx.scalar(owned)
    else:
        try:
            profile_id = foreseen_profile(tx, wanted.request(identity_id), address=address)
        except LocumError:
            profile_id = None
    return SshKeyUse.FIRST if profile_id is None else connection_profile_of(tx, profile_id).ssh_key_use


def takes_for_both(use: SshKeyUse, proof: Proof) -> bool:
    """Whether a key that proves this much stands for the second factor too, under a profile with that rule."""
    return proof in _FOR_BOTH[use]


def check_proof(tx: ReadTx, session_id: UUID, who: SignedIn) -> None:
    """Raise Forbidden where the way `who` signed in is not enough for this session's connection profile."""
    held = sa.select(access_session.c.profile_id).where(access_session.c.id == session_id)
    profile = connection_profile_of(tx, tx.scalar(held))
    if who.only_session is not None:
        if who.only_session != session_id or not profile.proxy_auto_connect:
            raise Forbidden("a link lets into its own session alone: sign in", missing="sign-in")
        return
    use = profile.ssh_key_use
    if use is SshKeyUse.OFF and who.proof is not Proof.PASSWORD:
        raise Forbidden(
            f"the connection profile “{profile.name}” takes no SSH keys: connect with your password"
            " (ssh -o PubkeyAuthentication=no)",
            missing="password",
        )
    if who.code_spared and not takes_for_both(use, who.proof):
        raise Forbidden(
            f"the connection profile “{profile.name}” asks for a verification code besides this SSH key: connect again",
            missing="second factor",
        )
