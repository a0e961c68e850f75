"""Signing in over the API: password, second factor, its first enrolment, renewal (product section D)."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any, Final
from uuid import UUID

from locum.api import qr_code
from locum.api.context import SIGNED_IN_COOKIE, Call
from locum.api.guards import ANYONE, PENDING, PENDING_SECOND_FACTOR, SIGNED_IN
from locum.api.operations import operation
from locum.api.reading import RawBody
from locum.api.wire.signin import MfaRegister, SignInBody, TotpConfirmed, TotpSeed
from locum.identities.caller import Pending
from locum.identities.digests import KeyedDigest
from locum.identities.settle import FirstFactor, Needs, SignedIn
from locum.identities.signins import Method
from locum.identities.tokens import PENDING_LIFETIME
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, Unauthenticated
from locum.kit.permissions import Permission

# Ties the second step to the browser or script that did the first. It signs nobody in: only the token does.
COOKIE: Final = "__Host-locum-signin"
LONGEST_CODE = 1024

_NEEDS: dict[Pending, Needs] = {
    "second_factor": "totp",
    "enrolment": "enrol",
    "password_change": "password_change",
}


@operation(
    "SignIn.Body",
    "POST /signinBody",
    who=ANYONE,
    problems=(401, 429),
    summary="Sign in with name and password; answers the token for the second step",
)
async def sign_in(call: Call[None, None, SignInBody]) -> str:
    """AUTH-01. The cookie set here is looked at in the second step if it comes back, and never demanded."""
    return await _first_step(call)


@operation(
    "SignIn.Form",
    "POST /signin",
    who=ANYONE,
    problems=(401, 429),
    form=True,
    summary="Sign in as with /signinBody, by a form",
)
async def sign_in_by_form(call: Call[None, None, SignInBody]) -> str:
    """AUTH-02."""
    return await _first_step(call)


async def _first_step(call: Call[None, None, SignInBody]) -> str:
    signin = call.api.signin
    first = await signin.password(call.body.login, call.body.password, address=call.address)
    cookie = _cookie(call.api.digest, first.identity_id)
    call.reply.set_cookie(COOKIE, cookie, max_age=int(PENDING_LIFETIME.total_seconds()))
    return await signin.pending_token(first)


@operation(
    "SignIn.SecondFactor",
    "POST /signin2fa",
    also=("/sigin2fa",),
    who=PENDING,
    problems=(429,),
    summary="Finish signing in with a code; answers the token for everything else",
)
async def second_factor(call: Call[None, None, RawBody]) -> str:
    """AUTH-03, 04, 06, 11. The body is the code as raw text, JSON number or JSON string, of any length.

    Where no factor is needed any code passes, and no code at all.
    """
    first = first_factor(call)
    check_cookie(call, first)
    code = call.body.text()[:LONGEST_CODE]
    signed_in = await call.api.signin.second_factor(first, code, address=call.address)
    return await complete(call, signed_in)


@operation(
    "UserToken.Get",
    "GET /api/v1/UserToken",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_READ,
    summary="Renew the caller's token",
)
def get_user_token(tx: ReadTx, call: Call[None, None, None]) -> str:
    """AUTH-08. The new token ends later; the old one stays good until its own end. No token outlives its sign-in."""
    caller = call.caller
    if caller.sign_in_id is None:
        raise Forbidden("an API key needs no token, and gives none", missing="sign-in")
    return call.api.signin.issuer.renew(tx, caller.identity_id, caller.sign_in_id, after=caller.token_end or 0)


@operation(
    "SecondFactor.StartTotp",
    "POST /api/locum/v1/SecondFactor/Totp",
    who=PENDING_SECOND_FACTOR,
    problems=(409, 429),
    summary="Begin to enrol an authenticator app",
)
async def start_totp(call: Call[None, None, None]) -> TotpSeed:
    """AUTH-10. Only while no factor is enrolled. Asked again, it makes a new secret in place of the first."""
    enrolment = await call.api.signin.start_enrolment(first_factor(call), address=call.address)
    return TotpSeed(
        shared_key=enrolment.shared_key.reveal_text(),
        authenticator_uri=enrolment.uri.reveal_text(),
        qr_code=await asyncio.to_thread(qr_code.png, enrolment.uri),
    )


@operation(
    "SecondFactor.ConfirmTotp",
    "POST /api/locum/v1/SecondFactor/Totp/Confirm",
    who=PENDING_SECOND_FACTOR,
    problems=(409, 429),
    summary="Finish enrolling with a code of the app; answers recovery codes and a token",
)
async def confirm_totp(call: Call[None, None, MfaRegister]) -> TotpConfirmed:
    """AUTH-10. The code completes the sign-in too. The recovery codes are never shown again."""
    enrolled = await call.api.signin.confirm_enrolment(first_factor(call), call.body.code, address=call.address)
    return TotpConfirmed(
        recovery_codes=[code.reveal_text() for code in enrolled.recovery_codes],
        token=await complete(call, enrolled.signed_in),
    )


async def complete(call: Call[Any, Any, Any], signed_in: SignedIn, method: Method = "password") -> str:
    """The token of a complete sign-in. A browser gets a cookie beside it, so that no page has to keep the token."""
    opened = await call.api.signin.open(signed_in, method=method, address=call.address, client=call.client)
    call.reply.set_cookie(SIGNED_IN_COOKIE, opened.cookie.reveal_text())
    return opened.token


def first_factor(call: Call[Any, Any, Any]) -> FirstFactor:
    """What the caller's pending token proves."""
    caller = call.caller
    if caller.pending is None:
        raise LookupError("the guard lets only pending sign-ins come here")
    return FirstFactor(caller.identity_id, caller.name, _NEEDS[caller.pending])


def check_cookie(call: Call[Any, Any, Any], first: FirstFactor) -> None:
    """Refuse a sign-in cookie of somebody else. One that does not come back is no reason."""
    given = call.cookies.get(COOKIE)
    if given is not None and not hmac.compare_digest(
        given.encode(), _cookie(call.api.digest, first.identity_id).encode()
    ):
        raise Unauthenticated("User Id Mismatch: the sign-in cookie belongs to another user")


def _cookie(digest: KeyedDigest, identity_id: UUID) -> str:
    return f"{identity_id.hex}.{digest.of('signin-cookie', identity_id.bytes).hex()}"
