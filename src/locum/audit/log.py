"""Writes audit events, in the transaction of the change they speak of."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.audit.classify import Detail, without_secrets
from locum.audit.model import audit_event, audit_pending
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.prepared import PreparedInsert

MAX_KEYS = 16
_VALUE_LIMITS = (500, 60)
_DETAIL_LIMIT = 8000
_EVENT = PreparedInsert(
    audit_event,
    *(column.name for column in audit_event.c if column.name != "id"),
    listed=audit_pending.c.event_id,
)


def record(
    tx: Tx,
    actor: Actor,
    action: str,
    *,
    object_kind: str | None = None,
    object_id: UUID | None = None,
    outcome: str = "ok",
    detail: Detail | None = None,
) -> None:
    """Write one event. `action` is dotted, such as "api_key.generated"; unlisted keys of `detail` are withheld.

    Texts that came from outside are cut and cleaned to fit their column: a strange user name must not be able to
    make the row, and with it the refusal it tells of, fail.
    """
    tx.add_prepared(
        _EVENT,
        at=tx.now,
        actor_id=actor.id,
        actor_name=_fit(actor.name, 256),
        address=None if actor.address is None else _fit(actor.address, 64),
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        detail=_canonical(detail or {}),
    )


def _canonical(detail: Detail) -> str:
    """JSON with sorted keys and no spaces, at most 8,000 characters."""
    if len(detail) > MAX_KEYS:
        raise ValueError(f"an audit event takes at most {MAX_KEYS} details")
    known = without_secrets(detail)
    text = ""
    for limit in _VALUE_LIMITS:
        fitted = {_fit(k, 60): _fit(v, limit) if isinstance(v, str) else v for k, v in known.items()}
        text = msgspec.json.encode(fitted, order="sorted").decode()
        if len(text) <= _DETAIL_LIMIT:
            break
    return text


def _fit(text: str, limit: int) -> str:
    """`text` as both databases can store it: no NUL, no half of a surrogate pair, at most `limit` characters."""
    cleaned = text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"
