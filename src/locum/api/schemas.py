"""JSON schemas (2020-12, as OpenAPI 3.1 uses them) of the types that operations read and answer.

A schema of a contract model carries `x-contract` with the model's full name, a model that is not built yet is an empty
component with `x-later`, and every limit the readers hold is there to be seen.
"""

from __future__ import annotations

import typing
from enum import IntEnum, IntFlag
from typing import Any

import msgspec
from msgspec import inspect as types

from locum.api.reading import SECRET_MAX_LENGTH, BodyParts, RawBody
from locum.api.wire.base import In, Time
from locum.kit.errors import StartError
from locum.vault.secret import Secret

REF = "#/components/schemas/"

Schema = dict[str, Any]


class Schemas:
    """Makes schemas and collects the components they refer to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, declared: Any) -> Schema:
        """The schema of a type. Raises StartError for a type that can't be described."""
        if declared is RawBody:
            return {"type": "string", "maxLength": SECRET_MAX_LENGTH}
        if declared is BodyParts:
            return {"type": "string", "format": "binary"}
        return self._make(types.type_info(declared), declared)

    def fields(self, struct: type[msgspec.Struct]) -> list[tuple[types.Field, Schema]]:
        """The fields of a Struct with their schemas, default included."""
        info = types.type_info(struct)
        if not isinstance(info, types.StructType):
            raise StartError(f"{struct} is not a Struct")
        return [(field, self._field(field)) for field in info.fields]

    def _make(self, info: types.Type, declared: Any = None) -> Schema:
        if isinstance(info, types.Metadata):
            extra = dict(info.extra_json_schema or {})
            later = extra.pop("x-later", None)
            if later is not None:
                return self._later(later, many=extra["x-many"])
            return self._make(info.type) | extra
        if isinstance(info, types.UnionType):
            return {"anyOf": [self._make(t) for t in info.types]}
        if isinstance(info, types.ListType):
            return {"type": "array", "items": self._make(info.item_type)}
        if isinstance(info, types.DictType):
            return {"type": "object", "additionalProperties": self._make(info.value_type)}
        if isinstance(info, types.StructType):
            return self._struct(info, declared)
        if isinstance(info, types.EnumType) and issubclass(info.cls, (IntEnum, IntFlag)):
            return self._enum(info.cls)
        return _plain(info)

    def _struct(self, info: types.StructType, declared: Any) -> Schema:
        item = next(iter(typing.get_args(declared or info.cls)), None)
        cls = typing.get_origin(info.cls) or info.cls
        name = cls.__name__ if item is None else f"{cls.__name__}_{item.__name__}"
        if "x-later" in self.components.get(name, {"x-later": True}):
            component: Schema = {"type": "object"}
            self.components[name] = component
            contract = getattr(cls, "__contract__", "")
            if contract:
                component["x-contract"] = contract if item is None else f"{contract}[{item.__contract__}]"
            if issubclass(cls, In):
                component["x-input"] = True  # part of the model: the fields a caller may set
            component["properties"] = {f.encode_name: self._field(f) for f in info.fields}
            required = [f.encode_name for f in info.fields if f.required]
            if required:
                component["required"] = required
        return {"$ref": REF + name}

    def _field(self, field: types.Field) -> Schema:
        schema = self._make(field.type)
        plain = isinstance(field.default, (bool, int, str)) and not isinstance(field.default, (IntEnum, IntFlag))
        return schema | {"default": field.default} if plain else schema

    def _enum(self, cls: type[IntEnum | IntFlag]) -> Schema:
        members = cls.__members__.values()  # going over a flag's class leaves its zero out
        component: Schema = {
            "type": "integer",
            "format": "int32",
            "enum": [m.value for m in members],
            "x-enum-varnames": [name.title().replace("_", "") for name in cls.__members__],
        }
        if issubclass(cls, IntFlag):
            component["x-flags"] = True  # their sums are values too
        if contract := getattr(cls, "__contract__", ""):
            component["x-contract"] = contract
        self.components[cls.__name__] = component
        return {"$ref": REF + cls.__name__}

    def _later(self, model: str, *, many: bool) -> Schema:
        name = model.rsplit(".", 1)[-1].replace("+", "_")
        self.components.setdefault(name, {"type": "object", "x-contract": model, "x-later": True})
        ref = {"$ref": REF + name}
        return {"anyOf": [{"type": "array", "items": ref} if many else ref, {"type": "null"}]}


def _plain(info: types.Type) -> Schema:
    if isinstance(info, types.NoneType):
        return {"type": "null"}
    if isinstance(info, types.StrType):
        limits = {"minLength": info.min_length, "maxLength": info.max_length}
        return {"type": "string"} | {k: v for k, v in limits.items() if v is not None}
    if isinstance(info, types.IntType):
        limits = {"minimum": info.ge, "maximum": info.le}
        return {"type": "integer", "format": "int32"} | {k: v for k, v in limits.items() if v is not None}
    if isinstance(info, types.BoolType):
        return {"type": "boolean"}
    if isinstance(info, types.UUIDType):
        return {"type": "string", "format": "uuid"}
    if isinstance(info, types.DateTimeType) or (isinstance(info, types.CustomType) and info.cls is Time):
        return {"type": "string", "format": "date-time"}
    if isinstance(info, types.CustomType) and info.cls is Secret:
        return {"type": "string", "format": "password", "maxLength": SECRET_MAX_LENGTH, "writeOnly": True}
    if isinstance(info, types.RawType):
        return {}
    raise StartError(f"a {type(info).__name__} can't be described in OpenAPI")
