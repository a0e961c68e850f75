"""Groups around the small world: its person, host and activity are each in some that a policy can join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import activity_group, activity_group_member
from locum.identities.model import Kind, identity, identity_member
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.policies.model import policy_activity_group, policy_identity, policy_resource_group
from locum.resources.model import resource_group, resource_group_member
from world import World

HOSTS, ACTIVITIES = "hosts", "activities"


@dataclass(frozen=True)
class Groups:
    """The person is in the group `people`, which the collection `both` holds, and in the collection `direct`."""

    people: UUID
    both: UUID
    direct: UUID
    hosts: UUID
    activities: UUID

    def join(self, tx: Tx, policy_id: UUID, kind: str) -> None:
        """Put a group of hosts or activities into a policy."""
        table, member = {
            HOSTS: (policy_resource_group, self.hosts),
            ACTIVITIES: (policy_activity_group, self.activities),
        }[kind]
        tx.add(table, policy_id=policy_id, member_id=member)

    def join_all(self, tx: Tx, policy_id: UUID) -> None:
        """Put every group into a policy."""
        for kind in (HOSTS, ACTIVITIES):
            self.join(tx, policy_id, kind)
        for member in (self.people, self.both, self.direct):
            tx.add(policy_identity, policy_id=policy_id, member_id=member)

    def leave(self, tx: Tx, person: UUID) -> None:
        """The person leaves every group and collection."""
        tx.run(sa.delete(identity_member).where(identity_member.c.member_id == person))

    def leave_all(self, tx: Tx) -> None:
        """Hosts and activities leave their groups."""
        tx.run(sa.delete(resource_group_member))
        tx.run(sa.delete(activity_group_member))

    def delete(self, tx: Tx, group: UUID) -> None:
        """A group that is gone and still has its row."""
        tx.run(sa.update(identity).where(identity.c.id == group).values(deleted_at=tx.now))


def group_them(tx: Tx, world: World) -> Groups:
    """Make the groups; no policy joins them yet."""

    def make(table: sa.Table, name: str, **more: Any) -> UUID:
        made = new_id()
        tx.add(table, id=made, name=name, name_key=name, created_at=tx.now, modified_at=tx.now, **more)
        return made

    def people(kind: Kind, name: str, *members: UUID) -> UUID:
        made = make(identity, name, kind=kind, locked=False, tokens_valid_from=tx.now)
        tx.add_all(identity_member, [{"group_id": made, "member_id": member} for member in members])
        return made

    operators = people(Kind.GROUP, "operators", world.person)
    hosts = make(resource_group, "web hosts")
    tx.add(resource_group_member, group_id=hosts, resource_id=world.resource)
    activities = make(activity_group, "root everywhere")
    tx.add(activity_group_member, group_id=activities, activity_id=world.sudo)
    return Groups(
        people=operators,
        both=people(Kind.COLLECTION, "everyone on call", operators),
        direct=people(Kind.COLLECTION, "by name", world.person),
        hosts=hosts,
        activities=activities,
    )
