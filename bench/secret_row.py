"""Rows of reading a secret with an API key: against the cheapest authenticated request, and against OpenBao."""

from __future__ import annotations

from bench import openbao
from bench.api_rows import CALLERS, Measured, new_key
from bench.load import http_request
from bench.measure import Goal, Row, interleave
from bench.stage import Stage

SECRET = "correct horse battery staple"


def secret(stage: Stage) -> list[Row]:
    """Each read is audited before it is answered, here (synced) and there (written, not synced).

    One application with one key reads one credential of a thousand, on 16 connections.
    """
    openbao.install()
    admin = stage.client()
    logins = [
        admin.call("POST", "/api/v1/Credential", {"username": f"login-{number}", "type": 1, "password": SECRET})[
            "id"
        ]
        for number in range(50 if stage.short else 1000)
    ]
    key = new_key(stage, stage.locum)
    read = http_request("GET", f"/api/v1/Credential/{logins[7]}?showPassword=true", key)
    empty = http_request("GET", "/api/v1/Platform", key)
    peer = openbao.start(stage, SECRET)
    theirs = http_request("GET", peer.path, peer.token)
    ours_rate = Measured(stage.locum, [read] * CALLERS, stage.short)
    empty_rate = Measured(stage.locum, [empty] * CALLERS, stage.short)
    peer_rate = Measured(peer.server, [theirs] * CALLERS, stage.short)
    rounds = 3 if stage.short else 8
    return [
        _row(
            "secret",
            "the cheapest request with the same key",
            ours_rate,
            empty_rate,
            rounds,
            Goal("at_least", 0.5),
        ),
        _row(
            "secret-openbao",
            "OpenBao KV v2, raft, file audit",
            ours_rate,
            peer_rate,
            rounds,
            Goal("at_least", 1.0),
        ),
    ]


def _row(name: str, peer: str, ours: Measured, theirs: Measured, rounds: int, goal: Goal) -> Row:
    samples = interleave(rounds, ours.rate, theirs.rate)
    return Row(
        name,
        "a secret read with an API key",
        peer,
        "reads/s",
        *samples,
        goal=goal,
        margin=Goal("at_least", 0.05),
        extra={"oursProcessorMs": ours.processor_ms, "theirsProcessorMs": theirs.processor_ms},
    )
