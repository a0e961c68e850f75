"""What a profile asks before a session is written down."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.profile_settings import NEW
from locum.activities.profiles import add_profile, set_ip_rules, set_windows
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden
from locum.kit.ids import NIL
from locum.sessions.profile_rules import check_connection, check_time, notice_of

ADMIN = Actor(None, "admin")
NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)  # a Thursday


def made(database: Database, **settings: Any) -> UUID:
    fields = [CustomField(NIL, 1, "change", None, None, 1, None, True, None)]
    values = {name: settings.get(name, getattr(NEW, name)) for name in NEW.__struct_fields__}
    profile = database.submit_write(add_profile, ADMIN, name="P", settings=type(NEW)(**values), fields=fields)
    return profile.result().id


def test_addresses_and_times(database: Database) -> None:
    profile = made(database, expiration_notice_minutes=3)
    database.submit_read(check_connection, profile, "10.0.0.1").result()
    assert database.submit_read(check_time, profile, NOON).result() is None
    assert database.submit_read(notice_of, profile).result() == dt.timedelta(minutes=3)
    database.submit_write(set_ip_rules, ADMIN, profile, [IpRule("10.0.0.1", True, 0)]).result()
    windows = [AccessWindow("Thursday", "11:00", "13:00", "UTC")]
    database.submit_write(set_windows, ADMIN, profile, windows).result()
    assert database.submit_read(check_time, profile, NOON).result() == NOON + dt.timedelta(hours=1)
    for address in ("10.0.0.2", None):
        with pytest.raises(Forbidden) as refused:
            database.submit_read(check_connection, profile, address).result()
        assert refused.value.missing == "allowed address"
    with pytest.raises(Forbidden) as refused:
        database.submit_read(check_time, profile, NOON + dt.timedelta(hours=1)).result()
    assert refused.value.missing == "access window"
