"""Activities and connection profiles as lists."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from locum.activities.access_windows import AccessWindow
from locum.activities.channel_rules import DEFAULT, ChannelRules
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.model import (
    Activity,
    ActivityAction,
    ActivityType,
    ConnectionProfile,
    access_window,
    activity,
    activity_action,
    channel_rules,
    connection_profile,
    custom_field,
    ip_rule,
)
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound

_ACTIVITY = sa.select(*(activity.c[name] for name in Activity.__struct_fields__))
_PROFILE = sa.select(*(connection_profile.c[name] for name in ConnectionProfile.__struct_fields__))
_FIELD = sa.select(*(custom_field.c[name] for name in CustomField.__struct_fields__))
_RULE = sa.select(*(ip_rule.c[name] for name in IpRule.__struct_fields__))
_CHANNELS = sa.select(*(channel_rules.c[name] for name in ChannelRules.__struct_fields__))
_WINDOW = sa.select(*(access_window.c[name] for name in AccessWindow.__struct_fields__))


def activities(tx: ReadTx) -> list[Activity]:
    """Every activity, by name."""
    return tx.rows(Activity, _ACTIVITY.where(activity.c.is_deleted.is_(False)).order_by(activity.c.name))


def activity_of(tx: ReadTx, activity_id: UUID) -> Activity:
    """One activity. Raises NotFound."""
    found = tx.first(Activity, _ACTIVITY.where(activity.c.id == activity_id, activity.c.is_deleted.is_(False)))
    if found is None:
        raise NotFound("there is no activity with this id")
    return found


def activity_among(tx: ReadTx, activity_ids: list[UUID]) -> Activity:
    """The activity that has one of these ids. Raises NotFound."""
    kept = activity.c.is_deleted.is_(False)
    found = tx.first(Activity, _ACTIVITY.where(activity.c.id.in_(activity_ids), kept))
    if found is None:
        raise NotFound("there is no action group with this id")
    return found


def release_activity(tx: ReadTx) -> UUID:
    """The one activity that releases credentials, which comes with Locum."""
    found: UUID | None = tx.scalar(
        sa.select(activity.c.id).where(activity.c.type == ActivityType.CREDENTIAL_RELEASE)
    )
    assert found is not None
    return found


def actions_of(tx: ReadTx, activity_id: UUID, phase: int | None = None) -> list[ActivityAction]:
    """An activity's steps in their order, those of one part of a session or all."""
    c = activity_action.c
    every = sa.select(*(c[name] for name in ActivityAction.__struct_fields__)).where(c.activity_id == activity_id)
    wanted = every if phase is None else every.where(c.phase == phase)
    return tx.rows(ActivityAction, wanted.order_by(c.position))


def connection_profiles(tx: ReadTx) -> list[ConnectionProfile]:
    """Every connection profile that is not deleted, by name."""
    there = connection_profile.c.is_deleted.is_(False)
    return tx.rows(ConnectionProfile, _PROFILE.where(there).order_by(connection_profile.c.name))


def connection_profile_of(
    tx: ReadTx, profile_id: UUID, *, hold: bool = False, deleted_too: bool = True
) -> ConnectionProfile:
    """One connection profile; with `hold` its row is held until commit. Raises NotFound."""
    one = _PROFILE.where(connection_profile.c.id == profile_id)
    if not deleted_too:
        one = one.where(connection_profile.c.is_deleted.is_(False))
    found = tx.first(ConnectionProfile, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no connection profile with this id")
    return found


def custom_fields_of(tx: ReadTx, profile_id: UUID) -> list[CustomField]:
    """What is asked of who asks for a session under a profile, in order."""
    mine = custom_field.c.profile_id == profile_id
    return tx.rows(CustomField, _FIELD.where(mine).order_by(custom_field.c.number))


def all_custom_fields(tx: ReadTx) -> dict[UUID, list[CustomField]]:
    """Every profile's custom fields, in order: at most three each."""
    found: dict[UUID, list[CustomField]] = {}
    for field in tx.rows(CustomField, _FIELD.order_by(custom_field.c.profile_id, custom_field.c.number)):
        found.setdefault(field.profile_id, []).append(field)
    return found


def custom_fields_among(tx: ReadTx, profile_ids: Collection[UUID]) -> dict[UUID, list[CustomField]]:
    """The custom fields of these profiles, in order, by the id of the profile: one statement."""
    f = custom_field.c
    found: dict[UUID, list[CustomField]] = {}
    query = _FIELD.where(f.profile_id.in_(sorted(profile_ids))).order_by(f.profile_id, f.number)
    for field in tx.rows(CustomField, query):
        found.setdefault(field.profile_id, []).append(field)
    return found


def ip_rules_of(tx: ReadTx, profile_id: UUID) -> list[IpRule]:
    """From where sessions of a profile may be asked for and used, in order."""
    return tx.rows(IpRule, _RULE.where(ip_rule.c.profile_id == profile_id).order_by(ip_rule.c.position))


def windows_of(tx: ReadTx, profile_id: UUID) -> list[AccessWindow]:
    """When sessions of a profile may run, in order."""
    mine = access_window.c.profile_id == profile_id
    return tx.rows(AccessWindow, _WINDOW.where(mine).order_by(access_window.c.position))


def channel_rules_of(tx: ReadTx, profile_id: UUID) -> ChannelRules:
    """What a profile lets through the SSH gateway."""
    return tx.first(ChannelRules, _CHANNELS.where(channel_rules.c.profile_id == profile_id)) or DEFAULT


class ProfileLists(NamedTuple):
    """What several profiles ask, by the id of the profile, each list in its order."""

    fields: dict[UUID, list[CustomField]]
    addresses: dict[UUID, list[IpRule]]
    windows: dict[UUID, list[AccessWindow]]


def lists_among(tx: ReadTx, profile_ids: Collection[UUID]) -> ProfileLists:
    """Custom fields, address rules and access windows of these profiles: three statements."""
    wanted = sorted(profile_ids)
    a, w = ip_rule.c, access_window.c
    addresses = _RULE.add_columns(a.profile_id).where(a.profile_id.in_(wanted)).order_by(a.profile_id, a.position)
    windows = _WINDOW.add_columns(w.profile_id).where(w.profile_id.in_(wanted)).order_by(w.profile_id, w.position)
    found = ProfileLists(custom_fields_among(tx, profile_ids), {}, {})
    for rule in tx.rows(_OwnedRule, addresses):
        found.addresses.setdefault(rule.profile_id, []).append(IpRule(rule.address, rule.allowed, rule.type))
    for one in tx.rows(_OwnedWindow, windows):
        window = AccessWindow(one.weekdays, one.from_time, one.to_time, one.time_zone)
        found.windows.setdefault(one.profile_id, []).append(window)
    return found


class _OwnedRule(IpRule, frozen=True, kw_only=True):
    profile_id: UUID


class _OwnedWindow(AccessWindow, frozen=True, kw_only=True):
    profile_id: UUID
