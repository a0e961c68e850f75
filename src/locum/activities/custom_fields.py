"""PURE: the custom fields of a connection profile, and whether a request fills them in as they ask (CP-02)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum

import msgspec

from locum.kit.errors import Invalid

MOST = 3  # what the contract's cards have places for
LONGEST = 12
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


class FieldType(IntEnum):
    """Numbers of the contract's CustomFieldDataType."""

    INTEGER = 0
    STRING = 1
    OPTIONS = 2


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """What people are asked for beside notes and ticket. `name` is the variable, `label` what they see.

    `length` bounds a text, 0 is the contract's twelve characters; `options` are all that may be chosen from.
    """

    number: int
    name: str
    label: str | None = None
    description: str | None = None
    type: FieldType = FieldType.STRING
    length: int = 0
    options: list[str] = []
    required: bool = False


def checked_fields(fields: Sequence[CustomField]) -> list[CustomField]:
    """The fields in the order of their numbers. Raises Invalid for what nobody could fill in."""
    if len(fields) > MOST:
        raise Invalid(f"a connection profile has at most {MOST} custom fields", field="customFields")
    numbers = [field.number for field in fields]
    names = [field.name.casefold() for field in fields]
    if len(set(numbers)) < len(numbers) or not all(1 <= number <= MOST for number in numbers):
        raise Invalid(f"customFieldNumber must be 1 to {MOST}, each once", field="customFields")
    if len(set(names)) < len(names):
        raise Invalid("two custom fields have one name", field="customFields")
    for field in fields:
        if not _NAME.fullmatch(field.name):
            raise Invalid(
                "a custom field's name begins with a letter and holds letters, digits and _", field="customFields"
            )
        if field.type is FieldType.OPTIONS and not field.options:
            raise Invalid(f"the custom field {field.name} has no options to choose from", field="customFields")
        if not 0 <= field.length <= LONGEST:
            raise Invalid(f"length must lie between 0 and {LONGEST}", field="customFields")
    return sorted(fields, key=lambda field: field.number)


def filled_in(fields: Sequence[CustomField], given: Mapping[str, str | None]) -> dict[str, str]:
    """What is kept with a session: the values of `fields`, by name. What is given besides is not looked at.

    Raises Invalid, naming the field, for one that is required and missing, and for a value that does not fit.
    """
    by_name = {name.casefold(): (value or "").strip() for name, value in given.items()}
    kept = {}
    for field in fields:
        value = by_name.get(field.name.casefold(), "")
        if value:
            kept[field.name] = _fitting(field, value)
        elif field.required:
            raise Invalid(f"the custom field {_shown(field)} is required", field="customFields")
    return kept


def _fitting(field: CustomField, value: str) -> str:
    match field.type:
        case FieldType.INTEGER:
            if not _WHOLE.fullmatch(value):
                raise Invalid(f"the custom field {_shown(field)} must be a whole number", field="customFields")
        case FieldType.STRING:
            most = field.length or LONGEST
            if len(value) > most:
                raise Invalid(
                    f"the custom field {_shown(field)} has at most {most} characters", field="customFields"
                )
        case FieldType.OPTIONS:
            chosen = next((one for one in field.options if one.casefold() == value.casefold()), None)
            if chosen is None:
                listed = ", ".join(field.options)
                raise Invalid(f"the custom field {_shown(field)} must be one of {listed}", field="customFields")
            return chosen
    return value


def _shown(field: CustomField) -> str:
    return f"“{field.label or field.name}”"
