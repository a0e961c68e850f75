"""One's own sign-ins: which there are, how long this one lasts, signing out here, there and everywhere."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.context import SIGNED_IN_COOKIE, Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.sign_ins import CurrentSignIn, SignInEntry, SignInsEnded
from locum.identities import policy, signins
from locum.identities.signins import SignInRow
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission

_CLEARED = 0  # seconds a cookie lives that is taken back


class SignInId(In):
    sign_in_id: UUID


@operation(
    "SignIn.List",
    "GET /api/locum/v1/SignIn",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_READ,
    summary="The caller's sign-ins, live and of the last 30 days",
)
def list_sign_ins(tx: ReadTx, call: Call[None, None, None]) -> list[SignInEntry]:
    rows = signins.of_identity(tx, call.caller.identity_id)
    return [_entry(row, call.caller.sign_in_id, tx.now) for row in rows]


@operation(
    "SignIn.Current",
    "GET /api/locum/v1/SignIn/Current",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_READ,
    summary="Who the caller is, what they may do, and when this sign-in ends",
)
def current_sign_in(tx: ReadTx, call: Call[None, None, None]) -> CurrentSignIn:
    """AUTH-23. The idle time counts only for who is signed in by cookie; asking here counts as use."""
    caller = call.caller
    rules = policy.load(tx)
    ends_at = None if caller.sign_in_id is None else signins.end_of(tx, caller.sign_in_id)
    return CurrentSignIn(
        id=caller.sign_in_id,
        identity_id=caller.identity_id,
        name=caller.name,
        roles=sorted(caller.roles),
        permissions=sorted(caller.permissions),
        idle_minutes=rules.idle_minutes,
        ends_at=at(ends_at),
    )


@operation(
    "SignIn.End",
    "DELETE /api/locum/v1/SignIn/{signInId}",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(404,),
    audit="signin.ended",
    summary="Sign out of one of the caller's sign-ins",
)
def end_sign_in(tx: Tx, call: Call[SignInId, None, None]) -> None:
    signins.end(tx, call.caller.actor, call.caller.identity_id, call.params.sign_in_id)


@operation(
    "SignIn.Out",
    "POST /api/locum/v1/SignOut",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    audit="signin.ended",
    summary="Sign out: this sign-in's tokens and cookie are good for nothing from the next request on",
)
def sign_out(tx: Tx, call: Call[None, None, None]) -> None:
    caller = call.caller
    if caller.sign_in_id is None:
        raise Forbidden("an API key is not signed in: revoke it to end it", missing="sign-in")
    signins.end(tx, caller.actor, caller.identity_id, caller.sign_in_id)
    call.reply.set_cookie(SIGNED_IN_COOKIE, "", max_age=_CLEARED)


@operation(
    "SignIn.OutEverywhere",
    "POST /api/locum/v1/SignOutEverywhere",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    audit="signin.ended_everywhere",
    summary="End every sign-in of the caller, this one too",
)
def sign_out_everywhere(tx: Tx, call: Call[None, None, None]) -> SignInsEnded:
    ended = signins.sign_out_everywhere(tx, call.caller.actor, call.caller.identity_id)
    call.reply.set_cookie(SIGNED_IN_COOKIE, "", max_age=_CLEARED)
    return SignInsEnded(ended=ended)


def _entry(row: SignInRow, current: UUID | None, now: dt.datetime) -> SignInEntry:
    entry = SignInEntry.from_row(row)
    entry.is_current = row.id == current
    entry.is_live = row.ended_at is None and row.ends_at > now
    return entry
