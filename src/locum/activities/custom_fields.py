"""PURE: what people are asked besides when they ask for a session, and whether they answered it (CP-02)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from uuid import UUID

import msgspec

from locum.kit.errors import Invalid

MOST = 3
STRING_LENGTH = 12
LONGEST_STRING = 256
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_FIELD = "customFields"


class DataType(IntEnum):
    """Numbers of the contract's CustomFieldDataType."""

    INTEGER = 0
    STRING = 1
    OPTIONS = 2


class CustomField(msgspec.Struct, frozen=True):
    """One question. `name` is the variable's; `length` counts characters of a string, and `options` stand apart by
    commas."""

    profile_id: UUID
    number: int
    name: str
    label: str | None
    description: str | None
    type: int
    length: int | None
    required: bool
    options: str | None

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in (self.options or "").split(",") if one.strip())


def check_fields(fields: Sequence[CustomField]) -> None:
    """Raise Invalid for questions that can't be asked: too many, one name twice, options without any."""
    if len(fields) > MOST:
        raise Invalid(f"a connection profile has at most {MOST} custom fields", field=_FIELD)
    if len({field.number for field in fields}) < len(fields):
        raise Invalid("customFieldNumber must differ from field to field", field=_FIELD)
    if len({field.name.casefold() for field in fields}) < len(fields):
        raise Invalid("custom fields must have names that differ", field=_FIELD)
    for field in fields:
        if not 1 <= field.number <= MOST:
            raise Invalid(f"customFieldNumber must lie between 1 and {MOST}", field=_FIELD)
        if not _NAME.fullmatch(field.name):
            raise Invalid("a custom field's name is a letter, then letters, digits and _, up to 64", field=_FIELD)
        if field.length is not None and not 1 <= field.length <= LONGEST_STRING:
            raise Invalid(f"length must lie between 1 and {LONGEST_STRING}", field=_FIELD)
        if (field.type == DataType.OPTIONS) != bool(field.choices):
            raise Invalid(
                f"the custom field {field.name} needs options if it is of that type, and only then", field=_FIELD
            )


def checked_values(fields: Iterable[CustomField], given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The answers by the names of their fields; an empty one is none.

    Raises Invalid, whose field is `customFields.<name>`, for a missing, wrong, double or unknown answer.
    """
    by_name = {field.name.casefold(): field for field in fields}
    answers: dict[str, str] = {}
    for name, value in given:
        field = by_name.get(name.strip().casefold())
        if field is None:
            raise Invalid("customFields holds a field that the connection profile does not have", field=_FIELD)
        if field.name in answers:
            raise _wrong(field, "is given twice")
        answers[field.name] = value.strip()
    checked = {}
    for field in by_name.values():
        answer = answers.get(field.name, "")
        if answer:
            checked[field.name] = _checked(field, answer)
        elif field.required:
            raise _wrong(field, "is required")
    return checked


def shown_values(values: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """The answers as the contract's requests have them, in their order; None where there is none."""
    return [{"name": name, "value": value} for name, value in values.items()] if values else None


def _checked(field: CustomField, answer: str) -> str:
    if field.type == DataType.INTEGER:
        if not _INTEGER.fullmatch(answer):
            raise _wrong(field, "must be a whole number")
        return str(int(answer))
    if field.type == DataType.OPTIONS:
        if answer not in field.choices:
            raise _wrong(field, f"must be one of {', '.join(field.choices)}")
        return answer
    longest = field.length or STRING_LENGTH
    if len(answer) > longest:
        raise _wrong(field, f"must not be longer than {longest} characters")
    if any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for one in answer):
        raise _wrong(field, "must not hold control or invisible characters")
    return answer


def _wrong(field: CustomField, what: str) -> Invalid:
    return Invalid(f"the custom field “{field.label or field.name}” {what}", field=f"{_FIELD}.{field.name}")
