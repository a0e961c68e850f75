"""/api/v1/AccessControlPolicy: what a person can ask for, by activity and by resource (POL-04, POL-05, ROLE-06)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any
from uuid import UUID

from locum.activities.custom_fields import CustomField
from locum.activities.read import custom_fields_among, release_activity
from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.paging import ColumnPaging
from locum.api.policy_view import policy_view
from locum.api.profile_view import custom_field_view
from locum.api.wire.access_control_policy import SimpleAccessControlPolicy
from locum.api.wire.base import DataTable, In, Name, at
from locum.api.wire.enums import ActivityType, PolicyType
from locum.api.wire.own_access import (
    AccessPolicyObject,
    ActivityCard,
    ActivityCardWithPolicies,
    ActivityPolicy,
    PolicyInfo,
    PolicyObjectResource,
)
from locum.identities import people
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, Invalid, NotFound
from locum.kit.names import name_key
from locum.kit.permissions import Permission
from locum.reads import own_access as reads
from locum.reads import own_credentials, own_targets, policies

_MOST_SPELLINGS = 8  # replacement characters of one name: 2^8 names are looked up


class AccountPath(In):
    managed_account_id: UUID


class CardPage(ColumnPaging):
    managed_account_id: UUID | None = None
    group_by_policy: bool = False
    include_count: bool = True
    include_data: bool = True
    activity_id: UUID | None = None


class AccountCardPage(ColumnPaging):
    group_by_policy: bool = False


class ResourcePage(ColumnPaging):
    activity_id: UUID | None = None
    policy_id: UUID | None = None
    managed_account_id: UUID | None = None


class Wanted(In):
    managed_account_id: UUID | None = None
    activity_name: Name | None = None
    resource_name: Name | None = None
    replacement_char: Name | None = None
    get_all: bool = False


@operation(
    "AccessControlPolicy.GetActivityCardsWithPolicies",
    "GET /api/v1/AccessControlPolicy/ActivityCardWithPolicies",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="One page of the activities a person can begin, each with the policies that give it, or one by policy",
)
def get_cards(tx: ReadTx, call: Call[None, CardPage, None]) -> DataTable[ActivityCardWithPolicies]:
    """Without includeCount recordsTotal is 0, without includeData there are no rows; both are on by default."""
    owner, query = _owner(tx, call, call.query.managed_account_id), call.query
    page = query.page() if query.include_data else ColumnPaging(take=0, filter_text=query.filter_text).page()
    listed = reads.cards(
        tx,
        page,
        owner,
        by_policy=query.group_by_policy,
        key_policies=_key_policies(call),
        activity_id=query.activity_id,
    )
    fields = custom_fields_among(tx, {given.profile_id for card in listed.rows for given in card.given})
    return DataTable[ActivityCardWithPolicies](
        data=[_card_with_policies(card, owner, fields) for card in listed.rows],
        records_total=listed.total if query.include_count else 0,
    )


@operation(
    "AccessControlPolicy.GetPoliciesForAccountAsync",
    "GET /api/v1/AccessControlPolicy/ManagedAccount/{managedAccountId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="One page of the activities a person can begin, each with the first policy to decide, or one by policy",
)
def get_account_cards(tx: ReadTx, call: Call[AccountPath, AccountCardPage, None]) -> DataTable[ActivityCard]:
    owner, query = _owner(tx, call, call.params.managed_account_id), call.query
    listed = reads.cards(
        tx, query.page(), owner, by_policy=query.group_by_policy, key_policies=_key_policies(call)
    )
    return DataTable[ActivityCard](data=[_card(card, owner) for card in listed.rows], records_total=listed.total)


@operation(
    "AccessControlPolicy.ActivitySessionCandidateResources",
    "GET /api/v1/AccessControlPolicy/ActivitySessionResources",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="One page of the resources on which a person can begin an activity, with every way to each",
)
def get_resources(tx: ReadTx, call: Call[None, ResourcePage, None]) -> DataTable[AccessPolicyObject]:
    """Of the release of credentials they are the credentials."""
    query = call.query
    owner = _owner(tx, call, query.managed_account_id)
    if query.activity_id is not None and query.activity_id == release_activity(tx):
        released = own_credentials.credentials(
            tx, query.page(), owner, policy_id=query.policy_id, key_policies=_key_policies(call)
        )
        data = [_released(one, query.activity_id) for one in released.rows]
        return DataTable[AccessPolicyObject](data=data, records_total=released.total)
    listed = own_targets.targets(
        tx,
        query.page(),
        owner,
        activity_id=query.activity_id,
        policy_id=query.policy_id,
        key_policies=_key_policies(call),
    )
    return DataTable[AccessPolicyObject](data=[_object(one) for one in listed.rows], records_total=listed.total)


@operation(
    "AccessControlPolicy.SearchForPolicy",
    "GET /api/v1/AccessControlPolicy/PolicySearch",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    summary="The first policy, or all, under which a person can begin an activity on a resource, by their names",
)
def search_for_policy(tx: ReadTx, call: Call[None, Wanted, None]) -> list[SimpleAccessControlPolicy]:
    """400: the person has nothing on a resource of this name, if there is any; 404: but not this activity (POL-05)."""
    query = call.query
    owner = _owner(tx, call, query.managed_account_id)
    found = own_targets.search(
        tx,
        owner,
        activity_keys=_spellings(query.activity_name, query.replacement_char),
        resource_keys=_spellings(query.resource_name, query.replacement_char),
        key_policies=_key_policies(call),
    )
    if not found.resource_known:
        raise Invalid("no access policy gives anything on a resource of this name", field="resourceName")
    if not found.policies:
        raise NotFound("no access policy gives this activity on a resource of this name")
    wanted = found.policies if query.get_all else found.policies[:1]
    return [policy_view(view) for view in policies.some(tx, wanted)]


def _owner(tx: ReadTx, call: Call[Any, Any, Any], identity_id: UUID | None) -> UUID:
    """Whose access is asked for. Raises Forbidden for somebody else's unless an administrator asks (ROLE-06)."""
    caller = call.caller
    if identity_id in (None, caller.identity_id):
        return caller.identity_id
    if Permission.SESSIONS_ANY_MANAGE not in caller.permissions:
        raise Forbidden(
            "only an administrator may see the access of somebody else", missing=Permission.SESSIONS_ANY_MANAGE
        )
    assert identity_id is not None
    return people.get(tx, identity_id).id


def _key_policies(call: Call[Any, Any, Any]) -> frozenset[UUID] | None:
    return None if call.caller.key is None else call.caller.key.policies


def _spellings(name: str | None, replacement: str | None) -> list[str] | None:
    """The keys of every name that can be meant: each replacement character may stand for a space, or for itself."""
    if not name:
        return None
    if not replacement or replacement not in name:
        return [name_key(name)]
    if len(replacement) != 1:
        raise Invalid("replacementChar must be one character", field="replacementChar")
    first, *parts = name.split(replacement)
    if len(parts) > _MOST_SPELLINGS:
        return list({name_key(name), name_key(name.replace(replacement, " "))})
    spelled = (
        "".join(x + y for x, y in zip(marks, parts, strict=True))
        for marks in product(" " + replacement, repeat=len(parts))
    )
    return sorted({name_key(first + rest) for rest in spelled})


def _resource_text(card: reads.Card) -> str:
    if card.total_resources == 1 and card.resource_name:
        return card.resource_name
    things = "credentials" if card.type == ActivityType.CREDENTIAL_RELEASE else "resources"
    return f"{card.total_resources} {things}"


def _filled(view: Any, card: reads.Card, owner: UUID) -> None:
    """What both shapes of a card have in common."""
    view.id = card.activity_id
    view.name = card.name
    view.description = card.description
    view.activity_type = ActivityType(card.type)
    view.resource_text = _resource_text(card)
    view.platform_id = card.platform_id
    view.platform_name = view.os = card.platform_name
    view.managed_account_id = owner
    view.total_resources = card.total_resources
    view.latest_session_actual_start_utc = at(card.last_start)
    if card.given:
        first = card.given[0]
        view.policy_id, view.policy_name = first.policy_id, first.policy_name
        view.policy_type = PolicyType(first.policy_type)


def _card(card: reads.Card, owner: UUID) -> ActivityCard:
    view = ActivityCard()
    _filled(view, card, owner)
    if card.given:
        first = card.given[0]
        view.notes_required, view.ticket_required = first.notes_required, first.ticket_required
        view.max_session_length = first.max_session_minutes
    return view


def _card_with_policies(
    card: reads.Card, owner: UUID, fields: Mapping[UUID, list[CustomField]]
) -> ActivityCardWithPolicies:
    infos = [_info(given, owner, fields.get(given.profile_id, [])) for given in card.given]
    view = ActivityCardWithPolicies(policies=infos)
    _filled(view, card, owner)
    return view


def _info(given: reads.GivenRow, owner: UUID, fields: list[CustomField]) -> PolicyInfo:
    return PolicyInfo(
        activity_id=given.activity_id,
        managed_account_id=owner,
        policy_id=given.policy_id,
        policy_name=given.policy_name,
        policy_type=PolicyType(given.policy_type),
        max_session_length=given.max_session_minutes,
        notes_required=given.notes_required,
        ticket_required=given.ticket_required,
        custom_fields=[custom_field_view(field) for field in fields],
    )


def _released(one: own_credentials.OwnCredential, activity_id: UUID) -> AccessPolicyObject:
    ways = [
        ActivityPolicy(
            activity_id=activity_id,
            policy_id=way.policy_id,
            policy_name=way.policy_name,
            notes_required=way.notes_required,
            ticket_required=way.ticket_required,
            max_session_length=way.max_session_minutes,
        )
        for way in one.ways
    ]
    return AccessPolicyObject(
        id=one.row.id, policy_type=PolicyType.CREDENTIAL, activity_policies=ways, name=one.row.name
    )


def _object(target: own_targets.Target) -> AccessPolicyObject:
    row = target.row
    ways = [
        ActivityPolicy(
            activity_id=way.activity_id,
            activity_name=way.activity_name,
            policy_id=way.policy_id,
            policy_name=way.policy_name,
            platform_id=way.platform_id,
            notes_required=way.notes_required,
            ticket_required=way.ticket_required,
            max_session_length=way.max_session_minutes,
        )
        for way in target.ways
    ]
    return AccessPolicyObject(
        id=row.id,
        activity_policies=ways,
        name=row.name,
        os=row.platform_name,
        platform=row.platform_name,
        resource=PolicyObjectResource(id=row.id, platform_name=row.platform_name, dns_host_name=row.dns_name),
    )
