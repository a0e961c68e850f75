"""Passkeys: one's own, as a second factor, and instead of a password (W3C Web Authentication Level 3)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import (
    ANYONE,
    ENROLMENT_PENDING_OR_SIGNED_IN,
    PENDING_KNOWN_FACTOR,
    SIGNED_IN,
)
from locum.api.operations import operation
from locum.api.signin import check_cookie, complete, first_factor
from locum.api.wire.passkey import (
    AssertionIn,
    CreationOptions,
    PasskeyEnrolled,
    PasskeyId,
    PasskeyIn,
    PasskeyName,
    PasskeyOut,
    RequestOptions,
    assertion,
    creation_options,
    registration,
    request_options,
    shown,
)
from locum.identities import passkeys
from locum.identities.model import Login
from locum.identities.people import login_of
from locum.identities.settle import FirstFactor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission


@operation(
    "Passkey.Options",
    "POST /api/locum/v1/Passkey/Options",
    who=ENROLMENT_PENDING_OR_SIGNED_IN,
    problems=(409,),
    summary="Begin to enrol a passkey; answers the options for the browser",
)
def options(tx: ReadTx, call: Call[None, None, None]) -> CreationOptions:
    """The first second factor of a sign-in that waits for one, or one more of somebody who is signed in."""
    caller = call.caller
    return creation_options(
        call.api.passkeys.enrolment_options(tx, caller.identity_id, pending=caller.pending is not None)
    )


@operation(
    "Passkey.Create",
    "POST /api/locum/v1/Passkey",
    who=ENROLMENT_PENDING_OR_SIGNED_IN,
    problems=(409, 429),
    summary="Finish enrolling a passkey; completes a sign-in that waits for a second factor",
)
async def create(call: Call[None, None, PasskeyIn]) -> PasskeyEnrolled:
    """AUTH-10. The recovery codes that come with a first second factor are never shown again."""
    caller = call.caller
    enrolled = await call.api.passkeys.enrol(
        caller.identity_id,
        call.body.name,
        registration(call.body.credential),
        pending=caller.pending is not None,
        address=call.address,
    )
    return PasskeyEnrolled(
        passkey=shown(enrolled.passkey),
        recovery_codes=[code.reveal_text() for code in enrolled.recovery_codes] or None,
        token=await complete(call, enrolled.signed_in) if enrolled.signed_in else None,
    )


@operation(
    "Passkey.GetAll",
    "GET /api/locum/v1/Passkey",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_READ,
    summary="List the caller's passkeys",
)
def get_all(tx: ReadTx, call: Call[None, None, None]) -> list[PasskeyOut]:
    """Oldest first; an application has none."""
    return [shown(row) for row in passkeys.of(tx, call.caller.identity_id)]


@operation(
    "Passkey.Rename",
    "PUT /api/locum/v1/Passkey/{passkeyId}",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(404,),
    audit="passkey.renamed",
    summary="Give one of the caller's passkeys another name",
)
def rename(tx: Tx, call: Call[PasskeyId, None, PasskeyName]) -> None:
    """Somebody else's passkey is not there."""
    passkeys.rename(tx, call.caller.actor, call.params.passkey_id, call.body.name)


@operation(
    "Passkey.Delete",
    "DELETE /api/locum/v1/Passkey/{passkeyId}",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(404, 409),
    audit="passkey.removed",
    summary="Remove one of the caller's passkeys",
)
def delete(tx: Tx, call: Call[PasskeyId, None, None]) -> None:
    """The last second factor of somebody who needs one stays."""
    passkeys.remove(tx, call.caller.actor, _login(tx, call.caller.identity_id), call.params.passkey_id)


@operation(
    "SecondFactor.PasskeyOptions",
    "POST /api/locum/v1/SecondFactor/Passkey/Options",
    who=PENDING_KNOWN_FACTOR,
    problems=(409,),
    summary="Ask for the options to prove a passkey with after the password",
)
def second_factor_options(tx: ReadTx, call: Call[None, None, None]) -> RequestOptions:
    """The person has shown who they are with the password, so their passkeys are named."""
    found = call.api.passkeys.second_factor_options(tx, call.caller.identity_id)
    return request_options(found, user_verification="preferred")


@operation(
    "SecondFactor.Passkey",
    "POST /api/locum/v1/SecondFactor/Passkey",
    who=PENDING_KNOWN_FACTOR,
    problems=(429,),
    summary="Finish signing in with a passkey; answers the token for everything else",
)
async def second_factor(call: Call[None, None, AssertionIn]) -> str:
    """As POST /signin2fa with a code."""
    first = first_factor(call)
    check_cookie(call, first)
    signed_in = await call.api.passkeys.second_factor(first, assertion(call.body), address=call.address)
    return await complete(call, signed_in)


@operation(
    "SignIn.PasskeyOptions",
    "POST /api/locum/v1/SignIn/Passkey/Options",
    who=ANYONE,
    summary="Ask for the options to sign in with a passkey instead of a password",
)
def sign_in_options(tx: ReadTx, call: Call[None, None, None]) -> RequestOptions:
    """No name is asked for, so none is given away: the authenticator knows whose passkey it has."""
    return request_options(call.api.passkeys.sign_in_options(tx), user_verification="required")


@operation(
    "SignIn.Passkey",
    "POST /api/locum/v1/SignIn/Passkey",
    who=ANYONE,
    problems=(401, 429),
    summary="Sign in with a passkey that verified its owner; answers the token for everything else",
)
async def sign_in(call: Call[None, None, AssertionIn]) -> str:
    """Both factors in one. While a new password is waiting to be set, the token is good for setting it only."""
    signin = call.api.signin
    with signin.limit.door(call.address):
        passed = await call.api.passkeys.sign_in(assertion(call.body), address=call.address)
    if isinstance(passed, FirstFactor):
        return await signin.pending_token(passed)
    return await complete(call, passed, "passkey")


def _login(tx: Tx, identity_id: UUID) -> Login:
    login = login_of(tx, identity_id, hold=True)
    if login is None:
        raise Forbidden("only local users have passkeys", missing="local user")
    return login
