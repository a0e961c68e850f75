"""Rows of the REST API under a load of 16 callers, each with a connection of its own."""

from __future__ import annotations

from bench.load import Server, http_request, rate
from bench.measure import Goal, Row, interleave, processor_s
from bench.stage import Stage

CALLERS = 16


def request(stage: Stage) -> list[Row]:
    """The cheapest authenticated read, `GET /api/v1/Platform`: four rows of a small table."""
    token = stage.token()
    ours = Measured(stage.locum, [http_request("GET", "/api/v1/Platform", token)] * CALLERS, stage.short)
    theirs = Measured(stage.peer, [http_request("GET", "/empty")] * CALLERS, stage.short)
    samples = interleave(3 if stage.short else 8, ours.rate, theirs.rate)
    return [
        Row(
            "request",
            "authenticated request, GET Platform",
            "Starlette, empty handler",
            "requests/s",
            *samples,
            goal=Goal("at_least", 0.6),
            margin=Goal("at_least", 0.02),
            extra={"oursProcessorMs": ours.processor_ms, "theirsProcessorMs": theirs.processor_ms},
        )
    ]


def api_key(stage: Stage) -> list[Row]:
    """`GenerateApiKey` against `RevealApiKey`, which writes one row: what was revealed goes to the audit log."""
    admin = stage.client()
    ids = [
        admin.call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", {"name": f"app-{number}"})["id"]
        for number in range(CALLERS)
    ]
    token = stage.token()
    generate, reveal = (
        [http_request(method, f"/api/v1/ManagedAccount/{name}/{id_}", token) for id_ in ids]
        for method, name in (("PUT", "GenerateApiKey"), ("GET", "RevealApiKey"))
    )
    ours, theirs = Measured(stage.locum, generate, stage.short), Measured(stage.locum, reveal, stage.short)
    samples = interleave(3 if stage.short else 6, ours.rate, theirs.rate)
    return [
        Row(
            "api-key",
            "GenerateApiKey",
            "RevealApiKey (writes one row)",
            "requests/s",
            *samples,
            goal=Goal("at_least", 0.7),
            margin=Goal("at_least", 0.1),
            extra={"oursProcessorMs": ours.processor_ms, "theirsProcessorMs": theirs.processor_ms},
        )
    ]


def auth(stage: Stage) -> list[Row]:
    """The same request on two servers: one checks the credential each time, the other has it remembered.

    What is missing to 1 is the share of the check. Bearer token and API key, each used again and again.
    """
    servers = (stage.locum, stage.remembering)
    return [
        _auth(stage, "auth-token", "a sign-in token", servers, [stage.token(server=server) for server in servers]),
        _auth(stage, "auth-key", "an API key", servers, [new_key(stage, server) for server in servers]),
    ]


def _auth(stage: Stage, name: str, what: str, servers: tuple[Server, Server], credentials: list[str]) -> Row:
    ours, theirs = (
        Measured(server, [http_request("GET", "/api/v1/Platform", credential)] * CALLERS, stage.short)
        for server, credential in zip(servers, credentials, strict=True)
    )
    samples = interleave(3 if stage.short else 12, ours.rate, theirs.rate)
    return Row(
        name,
        f"GET Platform with {what}",
        "the same, the check left out",
        "requests/s",
        *samples,
        goal=Goal("at_least", 0.85),
        margin=Goal("at_least", 0.3),
        extra={"oursProcessorMs": ours.processor_ms, "theirsProcessorMs": theirs.processor_ms},
    )


def new_key(stage: Stage, server: Server) -> str:
    """The key of a fresh application, which may read platforms."""
    admin, base = stage.client(server=server), "/api/v1/ManagedAccount"
    application = admin.call("POST", f"{base}/CreateApplicationUser", {"name": "reader"})["id"]
    admin.call("PUT", f"{base}/GenerateApiKey/{application}")
    return str(admin.call("GET", f"{base}/RevealApiKey/{application}"))


class Measured:
    """A load that also keeps count of what it costs the server: processor time per request, in ms."""

    def __init__(self, server: Server, requests: list[bytes], short: bool) -> None:
        self._server = server
        self._requests = requests
        self._seconds = 0.4 if short else 1.5
        self.processor_ms = 0.0

    def rate(self) -> float:
        before = processor_s(self._server.pid)
        found = rate(self._server, self._requests, seconds=self._seconds)
        # The warming up costs too, in proportion: it runs the same requests.
        share = self._seconds / (self._seconds + 0.2)
        self.processor_ms = (processor_s(self._server.pid) - before) * share * 1000 / (found * self._seconds)
        return found
