"""An application's token for its API key and client certificate (AUTH-18)."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ANYONE
from locum.api.operations import operation
from locum.api.wire.app_user_token import AppUserTokenIn
from locum.identities import application_signin
from locum.identities.application_signin import Offered
from locum.identities.settle import or_raise


@operation(
    "AppUserToken.Post",
    "POST /WebAppApi/api/v1/AppUserToken",
    who=ANYONE,
    problems=(401, 429),
    summary="A token for an application, by TLS client certificate, its serial number and API key",
)
async def app_user_token(call: Call[None, None, AppUserTokenIn]) -> str:
    """`login` is the application's name, `password` its API key. No second factor, no cookie."""
    api = call.api
    offered = Offered(
        name=call.body.login,
        key=call.body.password,
        serial=call.body.certificate_serial_number,
        certificate=call.certificate,
        address=call.address,
        client=call.client,
    )
    with api.signin.limit.door(call.address):
        settled = await api.db.write(application_signin.sign_in, api.digest, api.signin.issuer, offered)
        return or_raise(settled).token
