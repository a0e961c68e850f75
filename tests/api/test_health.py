"""Health and version, open to anyone (API-03)."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from api_sample import Server


def test_healthy_without_signing_in(server: Server) -> None:
    answer = server.call("GET", "/api/v1/Health", who=None)
    assert (answer.status, answer.json) == (200, "Healthy")


@pytest.mark.sees_effect("Health.Get")
def test_not_ready_is_a_503_problem(server: Server) -> None:
    server.health = False
    try:
        answer = server.call("GET", "/api/v1/health", who=None)
    finally:
        server.health = True
    assert answer.status == 503
    assert answer.json["title"] == "Service Unavailable"


@pytest.mark.sees_effect("Version.Get")
def test_version_is_the_installed_package(server: Server) -> None:
    answer = server.call("GET", "/api/v1/Version", who=None)
    assert (answer.status, answer.json) == (200, version("locum"))
