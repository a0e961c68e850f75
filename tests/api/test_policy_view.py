"""How the contract shows an access policy."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from locum.activities.model import ActivityGroup
from locum.api.policy_view import activity_group_view, policy_details, policy_entity, policy_view
from locum.policies.members import Members
from locum.reads.policies import PolicyRow, PolicyView

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
ROW = PolicyRow(uuid4(), "p", "d", 3, 2, True, False, 1, True, False, uuid4(), "Default", 60, NOW, NOW)


def test_each_view_says_what_the_row_says() -> None:
    lists = [[uuid4()] for _ in Members.__struct_fields__]
    group = ActivityGroup(uuid4(), "g", "g", None, NOW, NOW)
    view = policy_view(PolicyView(ROW, Members(*lists), [], [group]))
    assert (view.id, view.priority, view.approval_type_required, view.policy_type) == (ROW.id, 3, 2, 1)
    assert (view.activity_configuration, view.activity_configuration_max_session_length) == ("Default", 60)
    assert [
        view.managed_account_ids,
        view.managed_resource_ids,
        view.activity_ids,
        view.managed_account_group_ids,
        view.managed_resource_group_ids,
        view.activity_group_ids,
        view.credential_ids,
    ] == lists[:-1]  # the contract has no field for groups of credentials
    assert view.activity_groups == [activity_group_view(group)]
    entity = policy_entity(PolicyView(ROW, Members(), [], []))
    assert (entity.id, entity.is_disabled, entity.is_deleted, entity.policy_type) == (ROW.id, True, False, 1)
    details = policy_details(ROW)
    assert (details.policy_type_name, details.connection_profile_name) == ("Credential", "Default")
