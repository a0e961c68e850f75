"""The verbs against a server in memory: names, pages, waiting, and giving back what was taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from locum.client import steps
from locum.client.errors import BadAnswer, Conflict, NotFound, NotUnique
from locum.client.exchange import Answer, Call, Pause, Steps
from locum.client.values import Secret

ID = uuid4()
LEASE = {
    "id": str(uuid4()), "credentialId": str(ID), "username": "deploy", "domain": None, "exclusive": True,
    "dueDateTimeUtc": "2026-11-26T01:00:00.000Z", "managedAccountName": "robot", "endReason": None, "lastError": None,
}  # fmt: skip


def run(plan: Steps[Any], server: Callable[[Call], Any], sent: list[str] | None = None) -> Any:
    """Follow the steps; the server answers a value, or raises what interrupts them."""
    outcome: Any = None
    raised: BaseException | None = None
    while True:
        try:
            step = plan.send(outcome) if raised is None else plan.throw(raised)
        except StopIteration as end:
            return end.value
        outcome = raised = None
        if sent is not None:
            sent.append(f"{step.method} {step.path}" if isinstance(step, Call) else "pause")
        if isinstance(step, Call):
            try:
                answer = server(step)
            except BaseException as error:  # noqa: BLE001
                raised = error
                continue
            outcome = answer if isinstance(answer, Answer) else Answer(200, json.dumps(answer).encode())
        else:
            assert isinstance(step, Pause)


def rows(*names: str) -> Callable[[Call], Any]:
    """A search over credentials of these names, in pages."""
    all_rows = [{"id": str(UUID(int=n)), "userName": name} for n, name in enumerate(names)]

    def answer(call: Call) -> Any:
        text, skip, take = (call.query[key] for key in ("filterText", "skip", "take"))
        found = [row for row in all_rows if str(text).casefold() in row["userName"].casefold()]
        return {"data": found[int(skip) : int(skip) + int(take)], "recordsTotal": len(found)}

    return answer


def test_pages_are_asked_for_until_there_is_enough() -> None:
    server = rows(*(f"user{n}" for n in range(250)))
    assert len(run(steps.search("user", take=1000), server)) == 250
    sent: list[str] = []
    assert len(run(steps.search("user", take=150), server, sent)) == 150
    assert len(sent) == 2


def test_a_name_means_one_credential() -> None:
    server = rows("deploy", "deploy2", *(f"deploy-{n}" for n in range(120)), "twice", "TWICE")
    assert run(steps.find("deploy"), server) == UUID(int=0)
    assert run(steps.find(ID), server) == run(steps.find(str(ID)), server) == ID
    for unknown in ("", "deplo", "CORP\\deploy"):
        with pytest.raises(NotFound):
            run(steps.find(unknown), server)
    with pytest.raises(NotUnique, match="2 credentials"):
        run(steps.find("twice"), server)


def leasing(*states: str, secret: Any = None) -> Callable[[Call], Any]:
    """A server whose lease is in these states, one at each look."""
    left = list(states)

    def answer(call: Call) -> Any:
        if call.path.endswith("/Secret"):
            return secret or {"credentialId": str(ID), "username": "deploy", "password": "p"}
        return {**LEASE, "state": left.pop(0) if len(left) > 1 else left[0]}

    return answer


def check_out(wait: float = 5.0) -> Steps[Any]:
    return steps.check_out(ID, wait, revealed=True, minutes=5, note=None)


def test_a_lease_that_is_ready_at_once() -> None:
    sent: list[str] = []
    lease = run(check_out(), leasing("active"), sent)
    assert lease.login.password == Secret("p")
    assert [line.rpartition("/")[2] for line in sent] == ["CheckOut", "Secret"]


def test_a_lease_is_waited_for() -> None:
    sent: list[str] = []
    run(check_out(), leasing("intended", "intended", "active"), sent)
    assert sent.count("pause") == 2


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (leasing("intended"), "not ready within 5 s"),
        (leasing("intended", "ended"), "the lease has ended"),
        (leasing("active", secret=Answer(409, b'{"detail": "over"}')), "over"),
    ],
)
def test_what_fails_is_given_back(server: Callable[[Call], Any], words: str) -> None:
    sent: list[str] = []
    with pytest.raises(Conflict, match=words):
        run(check_out(), server, sent)
    assert sent[-1] == f"POST /api/locum/v1/Lease/{LEASE['id']}/CheckIn"


def test_what_is_interrupted_is_given_back() -> None:
    sent: list[str] = []

    def server(call: Call) -> Any:
        if call.path.endswith("/Secret"):
            raise KeyboardInterrupt
        return {**LEASE, "state": "active"}

    with pytest.raises(KeyboardInterrupt):
        run(check_out(), server, sent)
    assert sent[-1].endswith("/CheckIn")


@pytest.mark.parametrize("answer", [[], {}, None, 5, {"data": 1}, {"data": [{}]}])
def test_answers_of_another_shape(answer: Any) -> None:
    explained = steps.explain_policy("a", "b", "c")
    assert run(explained, lambda call: {"outcome": "denied"}) == {"outcome": "denied"}
    plans = [steps.search("x"), steps.get_secret(ID), steps.leases(), steps.extend(ID, 5), steps.check_in(ID)]
    for plan in plans:
        with pytest.raises(BadAnswer):
            run(plan, lambda call: answer)


def test_what_is_sent() -> None:
    calls: list[Call] = []

    def server(call: Call) -> Any:
        calls.append(call)
        return {**LEASE, "state": "active"}

    run(steps.explain_policy("ada", "sudo", "web01", policy=None, note="", ticket="T-1"), server)
    assert (calls[0].path, calls[0].query) == (
        steps.EXPLAIN,
        {"user": "ada", "activity": "sudo", "resource": "web01", "ticket": "T-1"},
    )
    calls.clear()
    run(steps.explain_policy("ada", credential="corp\\deploy"), server)
    assert calls[0].query == {"user": "ada", "credential": "corp\\deploy"}
    calls.clear()
    run(steps.extend(ID, 5), server)
    run(steps.rotate(ID), server)
    with pytest.raises(BadAnswer):
        run(
            steps.check_out(ID, 1.0, revealed=True, minutes=5, note=None, exclusive=False),
            lambda c: calls.append(c),
        )
    assert [(c.method, c.path.rpartition("/")[2], c.body, c.repeatable) for c in calls] == [
        ("PUT", "Extend", {"minutes": 5}, True),
        ("POST", "Rotate", None, False),
        ("POST", "CheckOut", {"minutes": 5, "exclusive": False}, False),
    ]
