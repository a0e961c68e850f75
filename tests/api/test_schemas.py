"""JSON schemas of what is read and answered."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from api_sample import Colour, Found, PartIn, Thing, ThingIn
from locum.api.reading import SECRET_MAX_LENGTH, RawBody
from locum.api.schemas import REF, Schemas
from locum.api.wire.base import Base64, DataTable, In, Int64, Out, later
from locum.kit.errors import StartError

NULL = {"type": "null"}


class Shade(Out):
    __contract__ = "Paint.Shade"

    icon: Base64 | None = None
    size: Int64 = 0
    can: Annotated[None, later("Paint.Can")] = None
    rings: Annotated[None, later("Paint.Can+Ring", many=True)] = None


class ShadeIn(In):
    __contract__ = "Paint.Shade"

    size: Annotated[int, msgspec.Meta(ge=1, le=5)]


def properties(schemas: Schemas, declared: Any) -> dict[str, Any]:
    found: dict[str, Any] = schemas.components[schemas.of(declared)["$ref"].removeprefix(REF)]["properties"]
    return found


def test_limits_are_shown() -> None:
    found = properties(Schemas(), ThingIn)
    assert found["name"] == {"anyOf": [{"type": "string", "maxLength": 256}, NULL]}
    assert found["count"] == {"type": "integer", "format": "int32", "default": 7}
    assert found["ownerId"] == {"anyOf": [{"type": "string", "format": "uuid"}, NULL]}
    assert found["start"] == {"anyOf": [{"type": "string", "format": "date-time"}, NULL]}
    secret = found["password"]["anyOf"][0]
    assert (secret["maxLength"], secret["writeOnly"]) == (SECRET_MAX_LENGTH, True)
    assert properties(Schemas(), ShadeIn)["size"] == {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 5,
    }


def test_required_fields() -> None:
    schemas = Schemas()
    schemas.of(PartIn)
    assert schemas.components["PartIn"]["required"] == ["name"]


def test_enums_are_numbers_with_names() -> None:
    schemas = Schemas()
    assert properties(schemas, Thing)["colour"] == {"$ref": REF + "Colour"}
    enum = schemas.components["Colour"]
    assert enum["enum"] == [member.value for member in Colour]
    assert enum["x-enum-varnames"] == ["Red", "LightBlue", "Any"]


def test_formats_of_answers() -> None:
    found = properties(Schemas(), Shade)
    assert found["icon"] == {"anyOf": [{"type": "string", "format": "byte"}, NULL]}
    assert found["size"] == {"type": "integer", "format": "int64", "default": 0}


def test_a_model_that_is_not_built_is_an_empty_component() -> None:
    schemas = Schemas()
    found = properties(schemas, Shade)
    assert found["can"] == {"anyOf": [{"$ref": REF + "Can"}, NULL]}
    assert found["rings"] == {"anyOf": [{"type": "array", "items": {"$ref": REF + "Can_Ring"}}, NULL]}
    assert schemas.components["Can_Ring"] == {"type": "object", "x-contract": "Paint.Can+Ring", "x-later": True}


def test_a_built_model_takes_the_place_of_the_empty_one() -> None:
    class Can(Out):
        __contract__ = "Paint.Can"

        full: bool = False

    for order in ((Shade, Can), (Can, Shade)):
        schemas = Schemas()
        for declared in order:
            schemas.of(declared)
        assert "x-later" not in schemas.components["Can"]


def test_contract_names() -> None:
    schemas = Schemas()
    schemas.of(Shade)
    schemas.of(ShadeIn)
    assert schemas.of(DataTable[Shade]) == {"$ref": REF + "DataTable_Shade"}
    assert schemas.components["Shade"]["x-contract"] == "Paint.Shade"
    assert "x-input" not in schemas.components["Shade"]
    assert schemas.components["ShadeIn"]["x-input"] is True
    assert schemas.components["DataTable_Shade"]["x-contract"] == "SbPAM.Models.DataTable[Paint.Shade]"


def test_the_items_of_an_envelope() -> None:
    found = properties(Schemas(), DataTable[Found])
    assert found["data"] == {"anyOf": [{"type": "array", "items": {"$ref": REF + "Found"}}, NULL]}


@pytest.mark.parametrize(
    ("declared", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (list[int], {"type": "array", "items": {"type": "integer", "format": "int32"}}),
        (dict[str, str], {"type": "object", "additionalProperties": {"type": "string"}}),
        (RawBody, {"type": "string", "maxLength": SECRET_MAX_LENGTH}),
        (msgspec.Raw, {}),
    ],
)
def test_bare_answers(declared: Any, schema: dict[str, Any]) -> None:
    assert Schemas().of(declared) == schema


def test_what_cannot_be_described_stops_the_start() -> None:
    with pytest.raises(StartError, match="can't be described"):
        Schemas().of(complex)
    with pytest.raises(StartError, match="not a Struct"):
        Schemas().fields(int)  # type: ignore[arg-type]
