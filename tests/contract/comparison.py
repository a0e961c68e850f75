"""Compares the OpenAPI document with the facts in contract/, and says every difference in one line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locum.api.schemas import Schemas

CONTRACT = Path(__file__).resolve().parents[2] / "contract"
SUCCESS = range(200, 300)

Facts = dict[str, Any]
Shape = tuple[str | None, str | None, bool, str | None]  # type, format, array, full name of the model


@dataclass(frozen=True)
class Difference:
    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


def load(name: str) -> Any:
    """`operations` or `models` by name, or the deviations."""
    if name == "deviations":
        return tomllib.loads((CONTRACT / "deviations.toml").read_text())
    return {entry["name"]: entry for entry in json.loads((CONTRACT / f"{name}.json").read_text())}


def unexplained(document: Facts) -> list[str]:
    """What differs without a reason, and reasons that explain nothing."""
    deviations = load("deviations")
    given = {Difference(d.get("operation") or d["model"], d["what"]) for d in deviations.get("deviation", [])}
    extras = {e["operation"]: e for e in deviations["extra"]}
    comparison = Comparison(document, deviations["statuses"]["allowed"], extras)
    found = set(comparison.differences())
    unused = [f"deviations.toml explains what is not so: {d}" for d in given - found]
    unused += [
        f"deviations.toml has an extra that is not built: {name}" for name in extras.keys() - comparison.names
    ]
    return sorted([str(d) for d in found - given] + unused)


def model_differences(declared: Any) -> list[str]:
    """How a wire type and the models it refers to differ from the contract."""
    schemas = Schemas()
    schemas.of(declared)
    made = {"paths": {}, "components": {"schemas": schemas.components}}
    return [str(d) for d in Comparison(made, [], {}).differences()]


class Comparison:
    def __init__(self, document: Facts, allowed: list[int], extras: dict[str, Facts]) -> None:
        self.components: Facts = document["components"]["schemas"]
        self.operations = load("operations")
        self.models = load("models")
        self.allowed = set(allowed)
        self.extras = extras
        self.items = [
            (method.upper(), path, item)
            for path, methods in document["paths"].items()
            for method, item in methods.items()
        ]
        self.names = {item["operationId"] for _, _, item in self.items if "x-alias-of" not in item}

    def differences(self) -> Iterator[Difference]:
        for method, path, item in self.items:
            if "x-alias-of" in item:
                continue
            name = item["operationId"]
            fact = self.operations.get(name)
            if fact is not None:
                yield from (Difference(name, what) for what in self._operation(method, path, item, fact))
            elif name in self.extras:
                yield from (Difference(name, what) for what in self._extra(item, self.extras[name]))
            else:
                yield Difference(name, "is not in the contract")
        for component in self.components.values():
            if "x-contract" in component and "x-later" not in component:
                name = component["x-contract"]
                yield from (Difference(name, what) for what in self._model(component))

    # -- operations

    def _operation(self, method: str, path: str, item: Facts, fact: Facts) -> Iterator[str]:
        if (method, path) != (fact["method"], fact["path"]):
            yield f"is {method} {path}, contract {fact['method']} {fact['path']}"
        if item["x-roles"] != fact["roles"]:
            yield f"roles {item['x-roles']}, contract {fact['roles']}"
        if not item["x-second-factor"]:
            yield "does not ask for a second factor"
        yield from self._parameters(item, fact)
        yield from self._body(item, fact)
        yield from self._statuses(item, {"statuses": [int(s) for s in fact["responses"]]})
        yield from self._answer(item, fact)

    def _extra(self, item: Facts, extra: Facts) -> Iterator[str]:
        if item["x-roles"] != extra.get("roles", []):
            yield f"roles {item['x-roles']}, deviations.toml {extra.get('roles', [])}"
        if (item["security"] == []) != extra.get("open", False):
            yield "is open to anybody, or not, other than deviations.toml says"
        if not extra.keys() & {"open", "steps", "roles"}:
            yield "deviations.toml does not say who may call it"
        yield from self._statuses(item, extra)

    def _parameters(self, item: Facts, fact: Facts) -> Iterator[str]:
        for place, key in (("path", "params"), ("query", "query")):
            ours = {p["name"].lower(): p for p in item["parameters"] if p["in"] == place}
            theirs = {p["name"].lower(): p for p in fact.get(key, [])}
            for name in sorted(ours.keys() | theirs.keys()):
                if name not in theirs:
                    yield f"{place} parameter {name} is not in the contract"
                elif name not in ours:
                    yield f"{place} parameter {name} is missing"
                elif self._shape(ours[name]["schema"])[0] != _fact_shape(theirs[name]):
                    yield f"{place} parameter {name} has another type"
                elif place == "path" and ours[name]["name"] != theirs[name]["name"]:
                    yield f"path variable {name} is spelled otherwise"

    def _body(self, item: Facts, fact: Facts) -> Iterator[str]:
        if ("requestBody" in item) != ("body" in fact):
            yield "a body is read that is not in the contract" if "requestBody" in item else "the body is not read"
        elif "requestBody" in item:
            schema = item["requestBody"]["content"]["application/json"]["schema"]
            shape = self._shape(schema)[0]
            if shape != _fact_shape(fact["body"]):
                yield f"the body is {shape}, contract {_fact_shape(fact['body'])}"

    def _statuses(self, item: Facts, fact: Facts) -> Iterator[str]:
        ours = {int(s) for s in item["responses"]} - set(SUCCESS)
        theirs = set(fact.get("statuses", [])) - set(SUCCESS) - {500}
        yield from (f"error status {s} of the contract is not declared" for s in sorted(theirs - ours))
        yield from (f"error status {s} is not allowed" for s in sorted(ours - theirs - self.allowed))

    def _answer(self, item: Facts, fact: Facts) -> Iterator[str]:
        ours = [s for s in item["responses"] if int(s) in SUCCESS]
        theirs = [s for s in fact["responses"] if int(s) in SUCCESS]
        if not theirs:
            return
        if ours != theirs:
            yield f"success status {ours}, contract {theirs}"
            return
        content = item["responses"][ours[0]].get("content", {})
        media = fact.get("media", "application/json")
        if content and list(content) != [media]:
            yield f"the answer is {list(content)}, contract {media}"
            return
        shape = self._shape(content[media]["schema"])[0] if content else None
        documented = fact["responses"][theirs[0]]
        if shape != (_fact_shape(documented) if documented else None):
            yield f"the answer is {_words(shape)}, contract {_words(_fact_shape(documented) if documented else None)}"

    # -- models

    def _model(self, component: Facts) -> Iterator[str]:
        fact = self.models.get(component["x-contract"])
        if fact is None:
            yield "is not a model of the contract"
        elif "enum" in component:
            ours = dict(zip((n.lower() for n in component["x-enum-varnames"]), component["enum"], strict=True))
            theirs = {n.replace("_", "").lower(): v for n, v in fact.get("enum", {}).items()}
            if ours != theirs:
                yield f"has the values {ours}, contract {theirs}"
        else:
            yield from self._fields(component, fact)

    def _fields(self, component: Facts, fact: Facts) -> Iterator[str]:
        ours: Facts = component["properties"]
        theirs = {f["name"]: f for f in fact["fields"]}
        for name in ours:
            if name not in theirs:
                if not fact.get("derived"):
                    yield f"field {name} is not in the contract"
                continue
            shape, nullable = self._shape(ours[name])
            if shape != _fact_shape(theirs[name]):
                yield f"field {name} is {_words(shape)}, contract {_words(_fact_shape(theirs[name]))}"
            documented = theirs[name]["nullable"]
            if not component.get("x-input") and documented is not None and nullable != documented:
                yield f"field {name} is {'' if nullable else 'not '}nullable, contract otherwise"
        if not component.get("x-input"):
            yield from (f"field {name} is missing" for name in theirs.keys() - ours.keys())

    def _shape(self, schema: Facts) -> tuple[Shape, bool]:
        """The shape of a schema, and whether it may be null."""
        nullable = False
        if "anyOf" in schema:
            kinds = [s for s in schema["anyOf"] if s != {"type": "null"}]
            nullable = len(kinds) < len(schema["anyOf"])
            schema = kinds[0]
        if schema.get("type") == "array":
            (kind, form, _, ref), _ = self._shape(schema["items"])
            return (kind, form, True, ref), nullable
        if "$ref" in schema:
            component = self.components[schema["$ref"].rpartition("/")[2]]
            return ("object", None, False, component.get("x-contract")), nullable
        if isinstance(schema.get("additionalProperties"), dict):
            (kind, form, array, ref), _ = self._shape(schema["additionalProperties"])
            return (f"map of {kind}", form, array, ref), nullable
        form = schema.get("format")
        return (schema.get("type"), None if form == "password" else form, False, None), nullable


def _fact_shape(fact: Facts) -> Shape:
    ref = fact.get("ref")
    kind = (
        "object" if ref else fact.get("type") or "object"
    )  # the facts say of some references alone that they are enumerations
    form = fact.get("format")
    if kind == "integer" and form is None:
        form = "int32"  # the reference leaves it out of bare answers
    kind = f"map of {kind}" if fact.get("map") else kind
    return (kind, None if ref else form, bool(fact.get("array")), ref)


def _words(shape: Shape | None) -> str:
    if shape is None:
        return "nothing"
    kind, form, array, ref = shape
    return (ref or " ".join(filter(None, (kind, form)))) + ("[]" if array else "")
