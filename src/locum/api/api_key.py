"""API keys with names and bounds, and two live ones while a program is given the new one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.application_user import refuse_bounded
from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.api_key import ApiKeyIn, ApiKeyView, NewApiKey, NewApiKeyIn
from locum.api.wire.base import In, at
from locum.identities import api_keys
from locum.identities.api_keys import ApiKey, Bounds
from locum.identities.key_bounds import checked_networks, checked_operations
from locum.kit.db import ReadTx, Tx
from locum.kit.names import checked_name
from locum.kit.permissions import Permission


class ApplicationId(In):
    application_id: UUID


class KeyId(In):
    api_key_id: UUID


@operation(
    "ApiKey.List",
    "GET /api/locum/v1/Application/{applicationId}/ApiKey",
    who=ADMIN,
    permission=Permission.ACCOUNTS_KEY_MANAGE,
    problems=(404,),
    summary="An application's keys, live and ended, without the keys themselves",
)
def list_keys(tx: ReadTx, call: Call[ApplicationId, None, None]) -> list[ApiKeyView]:
    return [_view(key, tx.now) for key in api_keys.of_application(tx, call.params.application_id)]


@operation(
    "ApiKey.Create",
    "POST /api/locum/v1/Application/{applicationId}/ApiKey",
    who=ADMIN,
    permission=Permission.ACCOUNTS_KEY_MANAGE,
    problems=(404,),
    status=201,
    audit="api_key.generated",
    summary="Give an application a key with bounds; the answer is the only place where it is always shown",
)
def create_key(tx: Tx, call: Call[ApplicationId, None, NewApiKeyIn]) -> NewApiKey:
    """SEC-30. The key before works for `overlapMinutes` longer, so two at most are live."""
    refuse_bounded(call.caller)
    made = api_keys.create(
        tx,
        call.api.vault,
        call.api.digest,
        call.caller.actor,
        call.params.application_id,
        name=checked_name(call.body.name or api_keys.DEFAULT_NAME, field="name"),
        bounds=_bounds(call.body),
        overlap=dt.timedelta(minutes=call.body.overlap_minutes),
    )
    return NewApiKey(key=made.key.reveal_text(), api_key=_view(made.row, tx.now))


@operation(
    "ApiKey.Put",
    "PUT /api/locum/v1/ApiKey/{apiKeyId}",
    who=ADMIN,
    permission=Permission.ACCOUNTS_KEY_MANAGE,
    problems=(404,),
    audit="api_key.changed",
    summary="Replace a live key's name and bounds; what is left out bounds nothing",
)
def put_key(tx: Tx, call: Call[KeyId, None, ApiKeyIn]) -> ApiKeyView:
    refuse_bounded(call.caller)
    changed = api_keys.change(
        tx,
        call.caller.actor,
        call.params.api_key_id,
        name=checked_name(call.body.name or api_keys.DEFAULT_NAME, field="name"),
        bounds=_bounds(call.body),
    )
    return _view(changed, tx.now)


@operation(
    "ApiKey.Revoke",
    "DELETE /api/locum/v1/ApiKey/{apiKeyId}",
    who=ADMIN,
    permission=Permission.ACCOUNTS_KEY_MANAGE,
    problems=(404,),
    audit="api_key.revoked",
    summary="End a key now, and every token made with it",
)
def revoke_key(tx: Tx, call: Call[KeyId, None, None]) -> None:
    api_keys.revoke(tx, call.api.vault, call.caller.actor, call.params.api_key_id)


def _bounds(body: ApiKeyIn) -> Bounds:
    return Bounds(
        operations=None if body.operations is None else checked_operations(body.operations, field="operations"),
        policies=None if body.policies is None else sorted(map(str, body.policies)),
        credentials=None if body.credentials is None else sorted(map(str, body.credentials)),
        addresses=None if body.addresses is None else checked_networks(body.addresses, field="addresses"),
        max_uses=body.max_uses,
        expires_at=body.expires_at,
    )


def _view(key: ApiKey, now: dt.datetime) -> ApiKeyView:
    view = ApiKeyView.from_row(key)
    used_up = key.max_uses is not None and key.use_count >= key.max_uses
    view.is_live = not key.ended(now) and not used_up
    view.can_be_revealed = view.is_live and key.secret_id is not None
    view.application_id = key.identity_id
    view.last_used_at = at(key.last_used_at)
    return view
