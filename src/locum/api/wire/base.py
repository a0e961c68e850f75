"""What every shape of the wire has in common: camelCase names, times to the millisecond, no unknown fields kept.

A Struct that stands for a model of the contract says so with `__contract__`; the OpenAPI document passes it on and the
contract harness compares field by field.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, overload
from uuid import UUID

import msgspec
from msgspec import Meta

from locum.kit.ids import NIL

T = TypeVar("T")

# Text limits, in characters. None may be wider than its column in the database, or a long text would be a 500.
Name = Annotated[str, Meta(max_length=256)]
Line = Annotated[str, Meta(max_length=1000)]
Path = Annotated[str, Meta(min_length=1, max_length=4096)]
Document = Annotated[str, Meta(max_length=65536)]

Int64 = Annotated[int, Meta(extra_json_schema={"format": "int64"})]
Base64 = Annotated[str, Meta(extra_json_schema={"format": "byte"})]


class In(msgspec.Struct, rename="camel", kw_only=True):
    """What is read from a caller: path, query or body. Only the fields declared here are looked at."""

    __contract__: ClassVar[str] = ""


class Out(msgspec.Struct, rename="camel", kw_only=True):
    """What is answered. Every field has a value that means "nothing", so a handler gives what it knows."""

    __contract__: ClassVar[str] = ""

    @classmethod
    def from_row(cls, row: Any) -> Self:
        """Take every field that `row` has under the same (snake_case) name; the others keep their defaults."""
        return msgspec.convert(row, cls, from_attributes=True, dec_hook=_from_row_value)


class Time:
    """An instant as the wire has it: `yyyy-MM-ddTHH:mm:ss.fffZ`."""

    __slots__ = ("value",)

    def __init__(self, value: dt.datetime) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Time({self})"

    def __str__(self) -> str:
        return self.value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# .NET's default for a time that was never set; fields the contract does not allow to be null carry it.
NEVER = Time(dt.datetime(1, 1, 1, tzinfo=dt.UTC))


@overload
def at(value: dt.datetime) -> Time: ...
@overload
def at(value: None) -> None: ...
def at(value: dt.datetime | None) -> Time | None:
    """A database time as a wire time."""
    return None if value is None else Time(value)


def later(model: str, *, many: bool = False) -> Meta:
    """Marks a field `Annotated[None, later("…")] = None`: the contract's model or list goes there once it is built."""
    return Meta(extra_json_schema={"x-later": model, "x-many": many})


def _from_row_value(wanted: type, value: Any) -> Any:
    if wanted is Time and isinstance(value, dt.datetime):
        return Time(value)
    raise TypeError(f"a row's {type(value).__name__} can't become {wanted.__name__}")


def _to_json_value(value: Any) -> Any:
    if isinstance(value, Time):
        return str(value)
    raise TypeError(f"{type(value).__name__} must not be sent")


encoder = msgspec.json.Encoder(enc_hook=_to_json_value)


class DataTable(Out, Generic[T]):
    """One page of a list. Its full contract name ends in the item's name in brackets."""

    __contract__ = "SbPAM.Models.DataTable"

    data: list[T] | None = None
    records_total: int = 0


class Table(Out, Generic[T]):
    """One page of a list that the contract does not have."""

    data: list[T] | None = None
    records_total: int = 0


class NameAndId(Out):
    __contract__ = "SbPAM.Models.NameAndId"

    id: UUID = NIL
    name: str | None = None
