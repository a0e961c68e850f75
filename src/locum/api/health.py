"""Is Locum there, and which one: the two questions nobody needs to sign in for (API-03)."""

from __future__ import annotations

from importlib.metadata import version

from locum.api.context import Call
from locum.api.guards import ANYONE
from locum.api.operations import operation
from locum.api.problems import NotReady

VERSION = version("locum")


@operation("Health.Get", "GET /api/v1/Health", who=ANYONE, problems=(503,), summary="Whether Locum can serve")
async def get_health(call: Call[None, None, None]) -> str:
    """ "Healthy" once migrations ran and the listeners accept; 503 before and while draining."""
    if not call.api.healthy():
        raise NotReady("Locum is starting or stopping")
    return "Healthy"


@operation("Version.Get", "GET /api/v1/Version", who=ANYONE, summary="The version that runs")
async def get_version(call: Call[None, None, None]) -> str:
    """The version of the installed package."""
    return VERSION
