"""An estate of a large shop, straight into the database: people, hosts, groups of both, and policies that join them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.activities.access_windows import DAYS, AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule, RuleType
from locum.activities.model import activity, activity_group, activity_group_member
from locum.activities.profiles import add_profile, set_ip_rules, set_windows
from locum.identities.model import Kind, identity, identity_member
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.ids import NIL, new_id
from locum.policies.model import (
    policy,
    policy_activity,
    policy_activity_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.resources.model import platform, resource, resource_group, resource_group_member

PER_STATEMENT = 5_000
FIELDS = [CustomField(NIL, n, f"field{n}", None, None, 1, None, False, None) for n in (1, 2, 3)]


@dataclass
class PolicyEstate:
    """The ids of what there is. Each policy joins people and groups, hosts and groups of hosts, some activities."""

    people: list[UUID] = field(default_factory=list)
    groups: list[UUID] = field(default_factory=list)
    collections: list[UUID] = field(default_factory=list)
    hosts: list[UUID] = field(default_factory=list)
    host_groups: list[UUID] = field(default_factory=list)
    activities: list[UUID] = field(default_factory=list)
    activity_groups: list[UUID] = field(default_factory=list)
    profiles: list[UUID] = field(default_factory=list)
    policies: list[UUID] = field(default_factory=list)
    given: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)
    """Of each policy a person, an activity and a host that it joins by name."""


def fill(database: Database, *, people: int, hosts: int, policies: int) -> PolicyEstate:
    """A tenth as many groups as policies; everybody is in three, every host in two. The same for the same numbers."""
    dice = random.Random(people + hosts + policies)  # noqa: S311 - nothing here is secret
    made = PolicyEstate()
    for step in (_catalogue, _people, _hosts, _profiles, _policies):
        database.submit_write(step, dice, made, people, hosts, policies).result()
    return made


def _catalogue(tx: Tx, dice: random.Random, made: PolicyEstate, *_counts: int) -> None:
    linux = _linux(tx)
    rows = [
        _named(tx, f"activity {n}", platform_id=linux, type=0, login_type=2, is_default=False) for n in range(40)
    ]
    made.activities = _add(tx, activity, rows)
    groups = [_named(tx, f"activities {n}") for n in range(10)]
    made.activity_groups = _add(tx, activity_group, groups)
    _join(tx, activity_group_member, "group_id", "activity_id", {
        group: dice.sample(made.activities, 5) for group in made.activity_groups
    })  # fmt: skip


def _people(tx: Tx, dice: random.Random, made: PolicyEstate, people: int, _hosts: int, policies: int) -> None:
    def rows(kind: Kind, word: str, count: int) -> list[dict[str, Any]]:
        more = {"kind": kind, "locked": False, "tokens_valid_from": tx.now}
        return [_named(tx, f"{word} {n:06}", **more) for n in range(count)]

    made.people = _add(tx, identity, rows(Kind.LOCAL, "person", people))
    made.groups = _add(tx, identity, rows(Kind.GROUP, "group", max(policies // 10, 4)))
    made.collections = _add(tx, identity, rows(Kind.COLLECTION, "collection", max(policies // 50, 2)))
    inside: dict[UUID, list[UUID]] = {group: [] for group in made.groups + made.collections}
    for person in made.people:
        for group in dice.sample(made.groups, 3):
            inside[group].append(person)
    for collection in made.collections:
        inside[collection] = dice.sample(made.groups, 2) + dice.sample(made.people, 5)
    _join(tx, identity_member, "group_id", "member_id", inside)


def _hosts(tx: Tx, dice: random.Random, made: PolicyEstate, _people: int, hosts: int, policies: int) -> None:
    linux = _linux(tx)
    more = {
        "type": 0, "platform_id": linux, "ip_address": "192.0.2.1", "port_ssh": 22,
        "accept_host_key_on_first_discovery": True, "ssh_trust_action": 2,
    }  # fmt: skip
    named = [_named(tx, f"host-{n:06}", search_key=f"host-{n:06}", **more) for n in range(hosts)]
    made.hosts = _add(tx, resource, named)
    made.host_groups = _add(tx, resource_group, [_named(tx, f"hosts {n}") for n in range(max(policies // 10, 4))])
    inside: dict[UUID, list[UUID]] = {group: [] for group in made.host_groups}
    for host in made.hosts:
        for group in dice.sample(made.host_groups, 2):
            inside[group].append(host)
    _join(tx, resource_group_member, "group_id", "resource_id", inside)


def _profiles(tx: Tx, dice: random.Random, made: PolicyEstate, *_counts: int) -> None:
    """Fifty, each with as much to ask as a profile well may have, and met by who comes from 10/8."""
    made.profiles = [add_profile(tx, LOCUM, name=f"profile {n}", fields=FIELDS).id for n in range(50)]
    for profile in made.profiles:
        denied = [IpRule(f"10.{dice.randrange(128, 256)}.{n}.0/24", False, RuleType.CIDR) for n in range(19)]
        set_ip_rules(tx, LOCUM, profile, [IpRule("10.0.0.0/8", True, RuleType.CIDR), *denied])
        windows = [AccessWindow(day, "00:00", "24:00", "Europe/Berlin") for day in DAYS]
        set_windows(tx, LOCUM, profile, windows)


def _policies(tx: Tx, dice: random.Random, made: PolicyEstate, _people: int, _hosts: int, policies: int) -> None:
    more = {
        "approval": 1, "notes_required": False, "ticket_required": False, "is_disabled": False, "is_deleted": False,
    }  # fmt: skip
    rows = [
        _named(tx, f"policy {n:05}", priority=n % 10, connection_profile_id=dice.choice(made.profiles), **more)
        for n in range(policies)
    ]
    made.policies = _add(tx, policy, rows)
    by_name: list[dict[UUID, list[UUID]]] = []
    for joins, pool, count in (
        (policy_identity, made.people, 10),
        (policy_identity, made.groups + made.collections, 2),
        (policy_resource, made.hosts, 20),
        (policy_resource_group, made.host_groups, 2),
        (policy_activity, made.activities, 2),
        (policy_activity_group, made.activity_groups, 1),
    ):
        chosen = {one: dice.sample(pool, min(count, len(pool))) for one in made.policies}
        by_name.append(chosen)
        _join(tx, joins, "policy_id", "member_id", chosen)
    person, host, doing = by_name[0], by_name[2], by_name[4]
    made.given = [(person[one][0], doing[one][0], host[one][0]) for one in made.policies]


def _linux(tx: Tx) -> UUID:
    found: UUID = tx.scalar(sa.select(platform.c.id).where(platform.c.name == "Linux"))
    return found


def _named(tx: Tx, name: str, **more: Any) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "name_key": name, "created_at": tx.now, "modified_at": tx.now, **more}


def _add(tx: Tx, table: sa.Table, rows: list[dict[str, Any]]) -> list[UUID]:
    for first in range(0, len(rows), PER_STATEMENT):
        tx.add_all(table, rows[first : first + PER_STATEMENT])
    return [row["id"] for row in rows]


def _join(tx: Tx, table: sa.Table, group: str, member: str, inside: dict[UUID, list[UUID]]) -> None:
    rows = [{group: one, member: other} for one, others in inside.items() for other in others]
    for first in range(0, len(rows), PER_STATEMENT):
        tx.add_all(table, rows[first : first + PER_STATEMENT])
