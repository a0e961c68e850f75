"""CLIENT: what a Python program fetches secrets with. Imports nothing of the server."""

from locum.client.async_locum import AsyncLocum
from locum.client.errors import (
    BadAnswer,
    ClientError,
    Conflict,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotUnique,
    Problem,
    TooManyRequests,
    Unavailable,
    Unreachable,
    Untrusted,
)
from locum.client.locum import Locum
from locum.client.person import register_sign_in_key
from locum.client.ssh_gateway import SshGateway, ssh_gateway
from locum.client.values import Credential, Lease, Login, Secret

__all__ = [
    "AsyncLocum",
    "BadAnswer",
    "ClientError",
    "Conflict",
    "Credential",
    "Lease",
    "Locum",
    "Login",
    "Misconfigured",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "NotUnique",
    "Problem",
    "Secret",
    "SshGateway",
    "TooManyRequests",
    "Unavailable",
    "Unreachable",
    "Untrusted",
    "register_sign_in_key",
    "ssh_gateway",
]
