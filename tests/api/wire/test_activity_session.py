"""Access sessions on the wire."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.activity_session import ActivitySession, ActivitySessionRequestIn, ProxySession
from locum.api.wire.base import encoder
from locum.api.wire.enums import SessionStatus
from locum.kit.ids import NIL


@pytest.mark.parametrize("shape", [ActivitySession, ActivitySessionRequestIn, ProxySession])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_what_the_vendors_client_sends_for_nothing_is_absent() -> None:
    body = {"activityName": "Linux sudo", "managedResourceId": str(NIL), "activityId": "", "startDateTimeUtc": ""}
    given = read(reader_of(ActivitySessionRequestIn), body)
    assert given == ActivitySessionRequestIn(activity_name="Linux sudo")


def test_who_asked_is_not_the_callers_to_say() -> None:
    body = {"createdBy": str(UUID(int=9)), "createdByUserName": "root", "createdFromAddress": "192.0.2.9"}
    assert read(reader_of(ActivitySessionRequestIn), body) == ActivitySessionRequestIn()


def test_the_status_that_waits_is_negative() -> None:
    sent = msgspec.json.decode(encoder.encode(ActivitySession(status=SessionStatus.APPROVAL_REQUIRED)))
    assert sent["status"] == -1


def test_connections_are_in_their_session() -> None:
    sent = msgspec.json.decode(encoder.encode(ActivitySession(proxy_sessions=[ProxySession(active=True)])))
    assert [p["active"] for p in sent["proxySessions"]] == [True]
