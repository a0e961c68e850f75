"""What a signed-in person has besides the password, and new recovery codes for it."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.signin import Factors, MfaRegister, RecoveryCodes
from locum.identities import mfa
from locum.identities.people import login_of
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission


@operation(
    "SecondFactor.Get",
    "GET /api/locum/v1/SecondFactor",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_READ,
    summary="What the caller has enrolled as second factors",
)
def get(tx: ReadTx, call: Call[None, None, None]) -> Factors:
    """Whether a second factor is required, and what there is."""
    login = login_of(tx, call.caller.identity_id)
    if login is None:
        raise Forbidden("only local users have second factors", missing="local user")
    return Factors.from_row(mfa.factors(tx, login))


@operation(
    "SecondFactor.RenewRecoveryCodes",
    "POST /api/locum/v1/SecondFactor/RecoveryCodes",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(409, 429),
    summary="Ten new recovery codes in place of all older ones",
)
async def renew_recovery_codes(call: Call[None, None, MfaRegister]) -> RecoveryCodes:
    """AUTH-11. The body has a code of the authenticator app, or one of the old recovery codes, which is used up."""
    codes = await call.api.signin.renew_recovery_codes(
        call.caller.identity_id, call.body.code, address=call.address
    )
    return RecoveryCodes(recovery_codes=[code.reveal_text() for code in codes])
