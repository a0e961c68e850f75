"""What every shape of the wire has in common."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import NEVER, In, Name, NameAndId, Out, Table, Time, at, encoder, later
from locum.kit.ids import NIL
from locum.vault.secret import Secret

WHEN = dt.datetime(2026, 3, 4, 5, 6, 7, 89_999, tzinfo=dt.UTC)


class Row(msgspec.Struct):
    id: UUID
    made_at_utc: dt.datetime
    gone_at_utc: dt.datetime | None
    unrelated: str = "x"


class Shown(Out):
    id: UUID = NIL
    made_at_utc: Time = NEVER
    gone_at_utc: Time | None = None
    ip_address: str | None = msgspec.field(default=None, name="IPAddress")
    later_on: Annotated[None, later("A.B")] = None


def test_times_have_milliseconds_and_a_z() -> None:
    assert str(Time(WHEN)) == "2026-03-04T05:06:07.089Z"
    assert str(Time(WHEN.replace(microsecond=0))) == "2026-03-04T05:06:07.000Z"
    east = WHEN.astimezone(dt.timezone(dt.timedelta(hours=5)))
    assert str(Time(east)) == "2026-03-04T05:06:07.089Z"
    assert str(NEVER) == "0001-01-01T00:00:00.000Z"


def test_times_compare_by_value() -> None:
    assert at(WHEN) == Time(WHEN)
    assert at(WHEN) != NEVER
    assert hash(at(WHEN)) == hash(Time(WHEN))
    assert at(None) is None


def test_a_row_fills_the_fields_of_the_same_name() -> None:
    shown = Shown.from_row(Row(UUID(int=7), WHEN, None))
    assert shown == Shown(id=UUID(int=7), made_at_utc=Time(WHEN))


def test_a_rows_value_of_another_kind_is_a_fault() -> None:
    class Wrong(msgspec.Struct):
        made_at_utc: str

    with pytest.raises(msgspec.ValidationError):
        Shown.from_row(Wrong("yesterday"))


def test_names_and_values_on_the_wire() -> None:
    assert msgspec.json.decode(encoder.encode(Shown(ip_address="::1"))) == {
        "id": "00000000-0000-0000-0000-000000000000",
        "madeAtUtc": "0001-01-01T00:00:00.000Z",
        "goneAtUtc": None,
        "IPAddress": "::1",
        "laterOn": None,
    }


def test_a_secret_can_not_be_sent() -> None:
    class Leak(Out):
        password: Secret

    with pytest.raises(TypeError, match="Secret must not be sent"):
        encoder.encode(Leak(password=Secret("x")))


def test_inputs_are_camel_case_too() -> None:
    class Given(In):
        user_name: Name

    assert Given.__struct_encode_fields__ == ("userName",)


def test_a_table_is_a_page_without_a_name_in_the_contract() -> None:
    sent = msgspec.json.decode(
        encoder.encode(Table[NameAndId](data=[NameAndId(id=NIL, name="x")], records_total=7))
    )
    assert sent == {"data": [{"id": str(NIL), "name": "x"}], "recordsTotal": 7}
    assert model_differences(NameAndId) == []
    assert model_differences(Table[NameAndId]) == []
