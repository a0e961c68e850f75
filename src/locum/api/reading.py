"""Readers of what callers send, made once per type: lenient about form, strict about content.

Names match in any case at every level. Only declared fields are looked at, so a whole view sent back with garbled
nested objects works; a nested object that became text on the way counts as absent where it may be. Enums come as a
number, a numeric string or a name in any case. A zero GUID, an empty id, an empty date and .NET's default date mean
"absent", as does null where null can't be kept. Text with a null byte is refused, and every text field has a length
limit: a type without one stops the server from starting. A message names the field and never echoes its value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect as types

from locum.kit.errors import Invalid, StartError
from locum.vault.secret import Secret

SECRET_MAX_LENGTH = 16_384  # characters; a private key fits
INT32 = (-(2**31), 2**31 - 1)

Errors = dict[str, list[str]]
Reader = Callable[[Any, str, Errors], Any]  # (value, wire name for messages, where to add messages) -> value

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,19}")


class _Absent:
    """The value stands for nothing: the field keeps its default."""


ABSENT = _Absent()


class FieldErrors(Invalid):
    """Everything that is wrong with the inputs, by wire name."""

    def __init__(self, errors: Errors) -> None:
        field = next(iter(errors))
        super().__init__(f"{field} {errors[field][0]}", field=field)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body of any media type, for callers that send a bare value unquoted."""

    content: bytes

    def text(self) -> str:
        """The JSON string's value if the body is one, else the body itself without surrounding white space."""
        try:
            text = self.content.decode().strip()
            if text.startswith('"'):
                text = msgspec.json.decode(text, type=str)
        except (UnicodeDecodeError, msgspec.DecodeError):
            raise Invalid("the body is neither text nor a JSON string") from None
        if "\x00" in text:
            raise Invalid("the body contains a null byte")
        return text


@dataclass(frozen=True, slots=True)
class BodyParts:
    """A body of any size, which the handler reads as it comes. Reading raises Invalid where nothing comes any more."""

    parts: AsyncIterator[bytes]


def read(reader: Reader, value: Any) -> Any:
    """Run a reader over a whole input. Raises FieldErrors with everything that is wrong."""
    errors: Errors = {}
    result = reader(value, "", errors)
    if errors:
        raise FieldErrors(errors)
    return result


def reader_of(declared: Any, *, nil_is_absent: bool = True) -> Reader:
    """The reader of a type. Raises StartError for a type we don't read or text without a length limit."""
    return _make(types.type_info(declared), "the body", nil_is_absent)


def _make(info: types.Type, where: str, nil: bool) -> Reader:
    if isinstance(info, types.Metadata):
        return _make(info.type, where, nil)
    if isinstance(info, types.UnionType):
        rest = [t for t in info.types if not isinstance(t, types.NoneType)]
        if len(rest) == 1:
            return _make(rest[0], where, nil)
    if isinstance(info, types.StructType):
        return _struct(info, nil)
    if isinstance(info, types.ListType):
        return _list(_make(info.item_type, where, nil))
    if isinstance(info, types.StrType):
        if info.max_length is None:
            raise StartError(f"{where} is text without a length limit")
        return _text(info.min_length or 0, info.max_length)
    if isinstance(info, types.IntType):
        low, high = INT32 if info.ge is None else (info.ge, INT32[1])
        return _integer(low, high if info.le is None else info.le)
    if isinstance(info, types.EnumType) and issubclass(info.cls, IntEnum):
        return _enum(info.cls)
    if isinstance(info, types.EnumType) and issubclass(info.cls, IntFlag):
        return _flags(info.cls)
    if isinstance(info, types.CustomType) and info.cls is Secret:
        return _secret
    if isinstance(info, types.UUIDType):
        return _uuid if nil else _any_uuid
    if isinstance(info, types.BoolType):
        return _boolean
    if isinstance(info, types.DateTimeType):
        return _time
    raise StartError(f"{where} has a type that no input can have")


def _nullable(info: types.Type) -> bool:
    return isinstance(info, types.UnionType) and any(isinstance(t, types.NoneType) for t in info.types)


def _holds_struct(info: types.Type) -> bool:
    return isinstance(info, types.UnionType) and any(isinstance(t, types.StructType) for t in info.types)


def _struct(info: types.StructType, nil: bool) -> Reader:
    make = info.cls
    fields = {
        f.encode_name.lower(): (
            f.encode_name,
            f.name,
            _make(f.type, f.encode_name, nil),
            _nullable(f.type),
            f.required,
            _holds_struct(f.type),
        )
        for f in info.fields
    }
    required = [(f.encode_name, f.name) for f in info.fields if f.required]

    def read_struct(value: Any, where: str, errors: Errors) -> Any:
        if type(value) is not dict:
            return _wrong(errors, where, "must be an object")
        prefix = f"{where}." if where else ""
        found: dict[str, Any] = {}
        for key, item in value.items():
            field = fields.get(key) or fields.get(key.lower())
            if field is None:
                continue
            wire, name, reader, nullable, needed, nested = field
            if item is None:
                if nullable:
                    found[name] = None
                elif needed:
                    _wrong(errors, prefix + wire, "must not be null")
                continue
            if nested and nullable and type(item) is str:
                continue
            got = reader(item, prefix + wire, errors)
            if got is not ABSENT:
                found[name] = got
        for wire, name in required:
            if name not in found and prefix + wire not in errors:
                _wrong(errors, prefix + wire, "is required")
        return None if errors else make(**found)

    return read_struct


def _list(item_reader: Reader) -> Reader:
    def read_list(value: Any, where: str, errors: Errors) -> Any:
        if type(value) is not list:
            return _wrong(errors, where, "must be an array")
        items = []
        for place, item in enumerate(value):
            got = ABSENT if item is None else item_reader(item, f"{where}[{place}]", errors)
            if got is not ABSENT:
                items.append(got)
        return items

    return read_list


def _text(shortest: int, longest: int) -> Reader:
    def read_text(value: Any, where: str, errors: Errors) -> Any:
        if type(value) is not str:
            return _wrong(errors, where, "must be text")
        if len(value) > longest:
            return _wrong(errors, where, f"must have at most {longest} characters")
        if len(value) < shortest:
            return _wrong(errors, where, f"must have at least {shortest} characters")
        if "\x00" in value:
            return _wrong(errors, where, "must not contain a null byte")
        return value

    return read_text


def _secret(value: Any, where: str, errors: Errors) -> Any:
    text = _text(0, SECRET_MAX_LENGTH)(value, where, errors)
    return None if text is None else Secret(text)


def _integer(low: int, high: int) -> Reader:
    def read_integer(value: Any, where: str, errors: Errors) -> Any:
        if type(value) is str and _NUMBER.fullmatch(value):
            value = int(value)
        if type(value) is not int:
            return _wrong(errors, where, "must be a whole number")
        if not low <= value <= high:
            return _wrong(errors, where, f"must lie between {low} and {high}")
        return value

    return read_integer


def _enum(cls: type[IntEnum]) -> Reader:
    members: dict[int | str, IntEnum] = {m.value: m for m in cls}
    members |= {str(m.value): m for m in cls}
    members |= {name.replace("_", "").lower(): m for name, m in cls.__members__.items()}

    def read_enum(value: Any, where: str, errors: Errors) -> Any:
        key = value.strip().replace("_", "").lower() if type(value) is str else value
        member = members.get(key) if type(key) in (int, str) else None
        return member if member is not None else _wrong(errors, where, "is not one of the values of its list")

    return read_enum


def _flags(cls: type[IntFlag]) -> Reader:
    """A sum as a number or numeric string, or names with commas between them."""
    names = {name.replace("_", "").lower(): member for name, member in cls.__members__.items()}
    read_sum = _integer(0, sum(names.values()))

    def read_flags(value: Any, where: str, errors: Errors) -> Any:
        if type(value) is str and not _NUMBER.fullmatch(value):
            found = [names.get(word.strip().replace("_", "").lower()) for word in value.split(",")]
            if None in found:
                return _wrong(errors, where, "is not one of the values of its list")
            value = sum({member for member in found if member is not None})
        number = read_sum(value, where, errors)
        return None if number is None else cls(number)

    return read_flags


def _uuid(value: Any, where: str, errors: Errors) -> Any:
    if value == "":
        return ABSENT
    found = _any_uuid(value, where, errors)
    return ABSENT if found is not None and found.int == 0 else found


def _any_uuid(value: Any, where: str, errors: Errors) -> UUID | None:
    if type(value) is not str or not _UUID.fullmatch(value):
        _wrong(errors, where, "must be a GUID")
        return None
    return UUID(value)


def _boolean(value: Any, where: str, errors: Errors) -> Any:
    if type(value) is str and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value if type(value) is bool else _wrong(errors, where, "must be true or false")


def _time(value: Any, where: str, errors: Errors) -> Any:
    """ISO 8601; without a zone it is UTC. .NET writes an unset date as the first day of year 1."""
    if value == "":
        return ABSENT
    try:
        time = dt.datetime.fromisoformat(value)
        if time.year == 1:
            return ABSENT
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return _wrong(errors, where, "must be a date and time in ISO 8601")


def _wrong(errors: Errors, where: str, message: str) -> None:
    errors.setdefault(where or "$", []).append(message)
