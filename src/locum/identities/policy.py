"""The installation's rules of signing in: second factor, times, passwords, whether API keys may be revealed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from locum.audit.log import record
from locum.identities.model import signin_setting
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid

MOST_HISTORY = 24

UserMfa = Literal["required", "optional"]


class SignInPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule with its default; a rule that was changed has a row in `signin_setting` under its name here.

    `user_mfa` is for people without a setting of their own (AUTH-13). `idle_minutes` ends a sign-in that a browser
    holds by cookie (AUTH-23), `longest_hours` every sign-in. `password_…` is AUTH-22; 0 days = passwords don't end.
    """

    user_mfa: UserMfa = "required"
    idle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    longest_hours: Annotated[int, Meta(ge=1, le=168)] = 12
    reveal_api_keys: bool = True
    password_length: Annotated[int, Meta(ge=8, le=128)] = 8
    password_unique: Annotated[int, Meta(ge=1, le=32)] = 1
    password_lowercase: bool = False
    password_uppercase: bool = False
    password_digit: bool = False
    password_symbol: bool = False
    password_history: Annotated[int, Meta(ge=0, le=MOST_HISTORY)] = 5
    password_days: Annotated[int, Meta(ge=0, le=3650)] = 0


_NAMES = SignInPolicy.__struct_fields__
_ROWS = sa.select(signin_setting.c.name, signin_setting.c.value).where(signin_setting.c.name.in_(_NAMES))


class _Row(msgspec.Struct, frozen=True):
    name: str
    value: str


def load(tx: ReadTx) -> SignInPolicy:
    """The rules as they are now: one statement."""
    return msgspec.convert({row.name: row.value for row in tx.rows(_Row, _ROWS)}, SignInPolicy, strict=False)


def change(tx: Tx, actor: Actor, **changes: Any) -> SignInPolicy:
    """Set some rules; None leaves one as it is. Raises Invalid for a value out of bounds.

    Revealing API keys is switched off for good: Conflict for who wants it back. Keys that were sealed to be revealed
    are the caller's to erase.
    """
    before = load(tx)
    wanted = {name: value for name, value in changes.items() if value is not None}
    try:
        after = msgspec.convert({**msgspec.structs.asdict(before), **wanted}, SignInPolicy)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        raise Invalid(f"{text[:1].lower()}{text[1:]}", field=place.rstrip("`") or None) from None
    if after.reveal_api_keys and not before.reveal_api_keys:
        raise Conflict("revealing API keys was switched off for good in this installation")
    for name in _NAMES:
        value = getattr(after, name)
        if value != getattr(before, name):
            _set(tx, name, value)
            record(tx, actor, "signin_policy.changed", detail={"name": name, "state": str(value)})
    return after


def set_user_mfa(tx: Tx, value: UserMfa) -> None:
    """Set the installation's default second factor. The caller records who did it."""
    _set(tx, "user_mfa", value)


def _set(tx: Tx, name: str, value: object) -> None:
    tx.run(sa.delete(signin_setting).where(signin_setting.c.name == name))
    tx.add(signin_setting, name=name, value=str(value).lower())
