"""What a person may open through the SSH gateway, for those who have not said it in the user name."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, activity
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch, nothing
from locum.kit.pause import refuse_if_paused
from locum.policies.visible import policies_of, reached
from locum.resources.model import platform, resource
from locum.sessions.provision import SSH


class Choice(msgspec.Struct, frozen=True):
    """An activity and a resource on which it can be begun, by their names."""

    activity: str
    resource: str


def choices(tx: ReadTx, identity_id: UUID, page: Page) -> Listed[Choice]:
    """One page of them by resource and activity, each once whatever number of policies gives it: three statements.

    Whether a request passes is decided when it is made.
    """
    refuse_if_paused(tx)
    policies = policies_of(tx, identity_id)
    if not policies:
        return nothing(page)
    query = (
        reached(policies)
        .add_columns(activity.c.name.label("activity"), resource.c.name.label("resource"))
        .where(
            platform.c.connector.in_(sorted(SSH)),
            activity.c.is_deleted.is_(False),
            activity.c.type == ActivityType.INTERACTIVE,
        )
        .group_by(activity.c.id, activity.c.name, activity.c.name_key, resource.c.id, resource.c.name)
        .group_by(resource.c.name_key)
    )
    columns: dict[str, sa.ColumnElement[str]] = {
        "pair": activity.c.name + " " + resource.c.name,
        "turned": resource.c.name + " " + activity.c.name,
    }
    tie = [resource.c.name_key, activity.c.name_key]
    return fetch(tx, Choice, query, page, columns=columns, tie=tie, searched=list(columns))
