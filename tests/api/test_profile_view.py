"""Settings that a body changes, whichever way it says so."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from locum.activities.profile_settings import NEW, WORKFLOW
from locum.api.profile_view import changes_of, fields_of
from locum.api.wire.connection_profile import ActivityConfigurationIn
from locum.kit.errors import Invalid
from locum.kit.ids import NIL


def body(**fields: Any) -> ActivityConfigurationIn:
    return msgspec.convert(fields, ActivityConfigurationIn)


def keyed(**settings: str | None) -> ActivityConfigurationIn:
    return body(activityConfigurationSettings=[{"key": key, "value": value} for key, value in settings.items()])


def test_what_is_as_it_was_changes_nothing() -> None:
    assert changes_of(body(), NEW) == {}
    assert changes_of(body(record=True, maxSessionLength=60, sshProxyHost="", approvalWorkflowId=NIL), NEW) == {}
    assert changes_of(keyed(record="true", maxSessionLength="60", sshProxyHost="", rdpProxyHost=None), NEW) == {}


def test_both_ways_say_the_same() -> None:
    workflow = uuid4()
    changed = {
        "record": False,
        "approval_type": WORKFLOW,
        "approval_workflow_id": workflow,
        "ssh_proxy_host": "gate:22",
        "view_password_seconds": 20,
    }
    named = body(record=False, approvalTypeRequired=2, approvalWorkflowId=workflow, sshProxyHost="gate:22",
                 viewPasswordInSeconds=20)  # fmt: skip
    assert changes_of(named, NEW) == changed
    listed = keyed(record="False", APPROVALTYPEREQUIRED="2", approvalWorkflowId=str(workflow), sshProxyHost="gate:22",
                   viewPasswordInSeconds=" 20 ")  # fmt: skip
    assert changes_of(listed, NEW) == changed
    held = msgspec.structs.replace(NEW, **changed)
    assert changes_of(keyed(sshProxyHost="", viewPasswordInSeconds=None), held) == {
        "ssh_proxy_host": None,
        "view_password_seconds": None,
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [("nothing", "1"), ("record", "maybe"), ("record", None), ("maxSessionLength", "1.5"), ("maxSessionLength", ""),
     ("approvalWorkflowId", "x")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(key: str, value: str | None) -> None:
    with pytest.raises(Invalid):
        changes_of(keyed(**{key: value}), NEW)


def test_questions_are_numbered_by_their_place() -> None:
    assert fields_of(None) is None
    made = fields_of(body(customFields=[{"name": " a "}, {"name": "b", "customFieldNumber": 3}]).custom_fields)
    assert made is not None
    assert [(field.number, field.name, field.type, field.required) for field in made] == [
        (1, "a", 1, False),
        (3, "b", 1, False),
    ]
