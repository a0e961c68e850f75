"""The only place that connects to a target, and it takes a Grant to do so.

The private key exists in memory only, no file of the account Locum runs under is read, and nothing is said to a
host before its key is known: where none is pinned yet, one key exchange finds it and the gate decides (RES-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncssh

from locum.gateway.ssh.relay import printable
from locum.gateway.ssh.transport import TargetConnection
from locum.kit.errors import Conflict, Forbidden, LocumError, NotAvailable
from locum.kit.ssh_algorithms import algorithms
from locum.sessions.connections import Grant

TIMEOUT_S = 10.0
KEEPALIVE_S = 30

Pin = Callable[[Grant, str, str], Awaitable[None]]
Lost = Callable[[Exception | None], None]


class _Target(asyncssh.SSHClient):
    """Trusts no key but the pinned one, and reports the end of the connection."""

    def __init__(self, on_lost: Lost) -> None:
        self._on_lost = on_lost

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(exc)


async def dial(grant: Grant, *, pin: Pin, on_lost: Lost) -> TargetConnection:
    """Connect to the grant's host and sign in as its login name.

    `pin(grant, key, fingerprint)` is asked about the first key ever seen of this host, and about each where it may show
    any. `on_lost` is called when
    the connection has ended, whoever ended it. Raises LocumError: Forbidden for a host key that is not the pinned
    one or that `pin` refuses, NotAvailable where the host can't be reached, Conflict where it refuses the login or
    offers no algorithm that may be used.
    """
    where = f"{grant.resource_name} ({grant.host} port {grant.port})"
    trusted = grant.trusted_host_key
    try:
        async with asyncio.timeout(TIMEOUT_S):
            if trusted is None or grant.any_host_key:
                trusted = await _discover(grant, pin)
            return await _sign_in(grant, trusted, on_lost)
    except LocumError:
        raise
    except asyncssh.HostKeyNotVerifiable:
        raise Forbidden(
            f"the host key of {where} is not the one that is trusted: it was changed, or somebody is in between;"
            " an administrator must look at it",
            missing="trusted host key",
        ) from None
    except asyncssh.PermissionDenied:
        hint = ": does its sshd trust Locum's user CA (TrustedUserCAKeys)?" if grant.certificate else ""
        raise Conflict(f"{where} refused the login {grant.login_name}{hint}") from None
    except asyncssh.KeyImportError:
        raise Conflict(f"the key for {where} can't be read") from None
    except asyncssh.KeyExchangeFailed as error:
        raise Conflict(f"there is no way to speak to {where}: {printable(error.reason)[:200]}") from None
    except TimeoutError:
        raise NotAvailable(f"{where} did not answer within {TIMEOUT_S:.0f} seconds") from None
    except asyncssh.Error as error:
        raise NotAvailable(f"{where} broke off: {printable(error.reason)[:200]}") from None
    except OSError as error:
        raise NotAvailable(f"{where} can't be reached: {error.strerror or error}") from None


async def _discover(grant: Grant, pin: Pin) -> str:
    """The host's key from a key exchange that goes no further, approved and remembered by `pin`."""
    algorithms = _algorithms(grant, grant.trusted_host_key)
    options = _options(grant, known_hosts=None, client_keys=None, host_key_algorithms=algorithms)
    connection = await _open(options, lambda _: None, until="kex", legacy=grant.legacy)
    found = connection.get_server_host_key()
    connection.abort()
    await connection.wait_closed()
    assert found is not None
    key = " ".join(found.export_public_key("openssh").decode().split()[:2])
    await pin(grant, key, found.get_fingerprint())
    return key


async def _sign_in(grant: Grant, trusted: str, on_lost: Lost) -> TargetConnection:
    key = asyncssh.import_public_key(trusted)
    options = _options(
        grant,
        known_hosts=([key], [], []),
        client_keys=[_client_key(grant)],
        host_key_algorithms=_algorithms(grant, trusted),
    )
    return await _open(options, on_lost, until="auth", legacy=grant.legacy)


def _algorithms(grant: Grant, trusted: str | None) -> Sequence[str]:
    """Those of the trusted key first. The host may offer other kinds of key too, so that a changed one is seen for what
    it is."""
    known = algorithms(legacy=grant.legacy)["signature_algs"]
    if trusted is None:
        return known
    key = asyncssh.import_public_key(trusted)
    expected = [name.decode() for name in key.sig_algorithms if name.decode() in known]
    return [*expected, *(name for name in known if name not in expected)]


def _client_key(grant: Grant) -> Any:
    key = asyncssh.import_private_key(grant.private_key.reveal())
    return (key, asyncssh.import_certificate(grant.certificate)) if grant.certificate else key


def _answer_at_once(*_: list[asyncssh.SSHKey]) -> None:
    """Having a handler makes asyncssh answer the list of host keys that OpenSSH sends after sign-in. Left without an
    answer, the first channel waits 40 ms for an acknowledgement (Nagle, delayed ACK)."""


def _options(
    grant: Grant, *, known_hosts: Any, client_keys: Any, host_key_algorithms: Sequence[str]
) -> asyncssh.SSHClientConnectionOptions:
    return asyncssh.SSHClientConnectionOptions(
        host=grant.host,
        port=grant.port,
        username=grant.login_name,
        known_hosts=known_hosts,
        client_keys=client_keys,
        server_host_keys_handler=_answer_at_once,
        preferred_auth="publickey",
        **algorithms(legacy=grant.legacy),
        server_host_key_algs=host_key_algorithms,
        compression_algs=None,
        agent_path=None,
        agent_forwarding=False,
        gss_host=None,
        gss_auth=False,
        gss_kex=False,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        config=None,
        login_timeout=TIMEOUT_S,
        keepalive_interval=KEEPALIVE_S,
    )


async def _open(
    options: asyncssh.SSHClientConnectionOptions, on_lost: Lost, *, until: str, legacy: bool
) -> TargetConnection:
    """A connection that has come as far as `until` ("kex" or "auth")."""
    loop = asyncio.get_running_loop()
    options.protocol_factory = lambda: _Target(on_lost)
    options.waiter = loop.create_future()
    _, connection = await loop.create_connection(
        lambda: TargetConnection(loop, options, wait=until), options.host, options.port
    )
    connection.legacy = legacy
    try:
        await options.waiter
    except BaseException as error:
        connection.abort()
        await connection.wait_closed()
        if isinstance(error, ValueError):  # what asyncssh's parsers raise at packets that make no sense
            raise asyncssh.ProtocolError(str(error)) from None
        if isinstance(error, asyncssh.ConnectionLost) and connection.offer_came_to_nothing:
            # A host that has nothing in common with us may end the connection before asyncssh has seen that.
            raise asyncssh.KeyExchangeFailed("it ended the connection over the algorithms Locum offers") from None
        raise
    return connection
