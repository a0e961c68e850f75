"""The comparison finds every kind of difference: each test makes one and looks for it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pytest

from contract.comparison import CONTRACT, Comparison, load, model_differences, unexplained
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP, SIGNED_IN, Who
from locum.api.openapi import document
from locum.api.operations import bind, operation
from locum.api.wire import base
from locum.api.wire.base import In, Int64, Name, Out, Time, later
from locum.api.wire.enums import IntEnum
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission

ALLOWED = [400, 401, 403, 413, 415]
READ = Permission.ACCOUNTS_LIST_READ
LINE = "GET /api/v1/ManagedAccount/RevealApiKey/{managedAccountId}"
NAME = "ManagedAccount.RevealApiKeyAsync"


class AccountId(In):
    managed_account_id: UUID


class OddId(In):
    managed_account_id: int


class Extra(In):
    more: bool = False


class NameIn(In):
    name: Name


def reveal(tx: ReadTx, call: Call[AccountId, None, None]) -> str:
    return ""


def differences(
    handler: Any = reveal,
    *,
    name: str = NAME,
    line: str = LINE,
    who: Who = ADMIN_OR_APP,
    problems: tuple[int, ...] = (404,),
    status: int = 200,
) -> list[str]:
    op = operation(name, line, who=who, permission=READ, problems=problems, status=status, summary="")(handler)
    return [str(d) for d in Comparison(document([bind(op)]), ALLOWED, {}).differences()]


def model(declared: Any) -> list[str]:
    return [difference.partition(": ")[2] for difference in model_differences(declared)]


def test_what_is_as_the_contract_says_differs_in_nothing() -> None:
    assert differences() == []


def test_names_methods_and_paths() -> None:
    assert differences(name="ManagedAccount.NoSuch") == ["ManagedAccount.NoSuch: is not in the contract"]
    assert differences(line=LINE.replace("GET", "PUT"))
    assert differences(line=LINE.replace("Reveal", "reveal"))


def test_roles() -> None:
    assert differences(who=ADMIN) == [f"{NAME}: roles ['Admin'], contract ['Admin', 'App']"]
    assert differences(who=SIGNED_IN) == [f"{NAME}: roles [], contract ['Admin', 'App']"]


def test_statuses() -> None:
    assert differences(problems=()) == [f"{NAME}: error status 404 of the contract is not declared"]
    assert differences(problems=(404, 503)) == [f"{NAME}: error status 503 is not allowed"]
    assert differences(status=201) == [f"{NAME}: success status ['201'], contract ['200']"]


def test_answers() -> None:
    def none(tx: ReadTx, call: Call[AccountId, None, None]) -> None: ...

    def many(tx: ReadTx, call: Call[AccountId, None, None]) -> list[str]:
        return []

    assert differences(none) == [f"{NAME}: the answer is nothing, contract string"]
    assert differences(many) == [f"{NAME}: the answer is string[], contract string"]


def test_parameters() -> None:
    def odd(tx: ReadTx, call: Call[OddId, None, None]) -> str:
        return ""

    def more(tx: ReadTx, call: Call[AccountId, Extra, None]) -> str:
        return ""

    def few(tx: ReadTx, call: Call[None, None, None]) -> list[str]:
        return []

    assert differences(odd) == [f"{NAME}: path parameter managedaccountid has another type"]
    assert differences(more) == [f"{NAME}: query parameter more is not in the contract"]
    listed = differences(few, name="AccessControlPolicy.GetAll", line="GET /api/v1/AccessControlPolicy")
    assert "AccessControlPolicy.GetAll: query parameter isdeleted is missing" in listed


def test_bodies() -> None:
    def body(tx: ReadTx, call: Call[AccountId, None, NameIn]) -> str:
        return ""

    assert differences(body) == [f"{NAME}: a body is read that is not in the contract"]

    def post(tx: ReadTx, call: Call[None, None, NameIn]) -> None: ...

    name, line = "ManagedAccount.CreateApplicationUser", "POST /api/v1/ManagedAccount/CreateApplicationUser"
    found = differences(post, name=name, line=line, who=ADMIN, problems=())
    assert any("the body is" in d for d in found)


class Good(Out):
    __contract__ = "SbPAM.Models.ActionLogCollection"

    lines: Annotated[None, later("SbPAM.Models.ActionLogDto", many=True)] = None
    total_count: int = 0
    version: str | None = None


def test_a_model_that_is_right() -> None:
    assert model(Good) == []


def test_models() -> None:
    class Unknown(Out):
        __contract__ = "SbPAM.Models.NoSuch"

    class Missing(Out):
        __contract__ = Good.__contract__

        lines: Annotated[None, later("SbPAM.Models.ActionLogDto", many=True)] = None
        total_count: int = 0

    class Wrong(Good):
        __contract__ = Good.__contract__

        lines: Annotated[None, later("SbPAM.Models.ActionLogDto")] = None
        total_count: Int64 = 0
        version: str = ""
        more: Time | None = None

    class WrongIn(In):
        __contract__ = Good.__contract__

        total_count: Name | None = None

    assert model(Unknown) == ["is not a model of the contract"]
    assert model(Missing) == ["field version is missing"]
    assert model(Wrong) == [
        "field lines is SbPAM.Models.ActionLogDto, contract SbPAM.Models.ActionLogDto[]",
        "field totalCount is integer int64, contract integer int32",
        "field version is not nullable, contract otherwise",
        "field more is not in the contract",
    ]
    assert model(WrongIn) == ["field totalCount is string, contract integer int32"]


def test_enumerations() -> None:
    class Approval(IntEnum):
        __contract__ = "SbPAM.Models.ApprovalType"

        DENY = 0
        ALLOW = 2
        WORKFLOW = 1

    assert len(model(Approval)) == 1


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"roles": ["Admin", "App"]}, []),
        ({"roles": ["Admin"]}, ["roles ['Admin', 'App'], deviations.toml ['Admin']"]),
        (
            {"open": True, "roles": ["Admin", "App"]},
            ["is open to anybody, or not, other than deviations.toml says"],
        ),
        ({}, ["roles ['Admin', 'App'], deviations.toml []", "deviations.toml does not say who may call it"]),
    ],
)
def test_who_may_call_an_extra(entry: dict[str, Any], found: list[str]) -> None:
    op = operation("Own.Thing", LINE, who=ADMIN_OR_APP, permission=READ, summary="")(reveal)
    compared = Comparison(document([bind(op)]), ALLOWED, {"Own.Thing": entry}).differences()
    assert [difference.what for difference in compared] == found


def test_an_empty_table_leaves_every_reason_unused() -> None:
    unused = unexplained(document([]))
    deviations = load("deviations")
    assert len(unused) == len(deviations["extra"]) + len(deviations.get("deviation", []))


@pytest.mark.parametrize("name", ["operations", "models"])
def test_the_facts_are_sorted_one_to_a_line(name: str) -> None:
    lines = (CONTRACT / f"{name}.json").read_text().splitlines()
    facts = load(name)
    assert len(lines) == len(facts) + 2
    if name == "models":
        assert list(facts) == sorted(facts)
    else:
        keys = [(f["name"].partition(".")[0], f["path"], f["method"]) for f in facts.values()]
        assert keys == sorted(keys)


def test_the_envelope_has_a_name_in_the_contract() -> None:
    assert base.DataTable.__contract__ == "SbPAM.Models.DataTable"
