"""Signing in to a target over SSH as its service account; its host key must be the pinned one (RES-11).

Nothing but the target's own values is used: no configuration file, no agent, no key and no known host of the account
that Locum runs as.
"""

from __future__ import annotations

import asyncio

import asyncssh

from locum.connectors.base import HostKeyNotTrusted, Target, TargetRefused, TargetUnreachable
from locum.kit.ssh_algorithms import algorithms

CONNECT_TIMEOUT_S = 10.0


class SignInRefused(TargetRefused):
    """The target does not take the account's password or key."""


class _Client(asyncssh.SSHClient):
    """Checks the host key against the pinned one; takes the first one where nothing is pinned and it may, and any
    where the target says so: whoever asked for the connection sees which it was."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: asyncssh.SSHClientConnection | None = None
        self.seen = ""
        self.thumbprint = ""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    @property
    def offer_came_to_nothing(self) -> bool:
        """The host said which algorithms it offers, and never showed its key."""
        return self._connection is not None and bool(self._connection._server_kexinit) and not self.seen

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = " ".join(key.export_public_key().decode().split()[:2])
        self.thumbprint = key.get_fingerprint()
        if self._target.accept_any:
            return True
        if self._target.trusted_host_key is None:
            return self._target.accept_first
        return self.seen == self._target.trusted_host_key


async def open_connection(target: Target) -> tuple[asyncssh.SSHClientConnection, str]:
    """A connection and the host key it showed, as "type base64". Raises TargetRefused and TargetUnreachable."""
    client = _Client(target)
    where = f"{target.host}:{target.port}"
    try:
        connection = await asyncssh.connect(
            target.host,
            target.port,
            client_factory=lambda: client,
            # Empty, not None: None would switch the check of the host key off.
            known_hosts=([], [], []),
            username=target.username,
            password=target.password.reveal_text() if target.password else None,
            client_keys=[asyncssh.import_private_key(target.private_key.reveal())] if target.private_key else None,
            config=None,
            agent_path=None,
            server_host_key_algs=_key_algorithms(target),
            **algorithms(legacy=target.legacy),
            server_host_keys_handler=_answer_at_once,
            connect_timeout=CONNECT_TIMEOUT_S,
            login_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=10,
            keepalive_count_max=3,
            compression_algs=None,
        )
    except asyncssh.HostKeyNotVerifiable:
        is_not = "trusted yet" if target.trusted_host_key is None else "the pinned one"
        words = f"the host key of {where} is not {is_not}: it shows {client.thumbprint}, which nobody has trusted"
        raise HostKeyNotTrusted(words, key=client.seen, thumbprint=client.thumbprint) from None
    except asyncssh.PermissionDenied:
        raise SignInRefused(f"{where} does not let the service account {target.username} in") from None
    except asyncssh.KeyImportError:
        raise TargetRefused(f"the private key of the service account {target.username} can't be read") from None
    except asyncssh.KeyExchangeFailed as error:
        raise TargetRefused(f"no way to speak to {where}: {_reason(error)}") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        # A host that has nothing in common with us may end the connection before asyncssh has seen that.
        if isinstance(error, asyncssh.ConnectionLost) and client.offer_came_to_nothing:
            words = f"no way to speak to {where}: it ended the connection over the algorithms that Locum offers"
            raise TargetRefused(words) from None
        raise TargetUnreachable(f"can't reach {where}: {_reason(error)}") from None
    except ValueError:  # what asyncssh's parsers raise at packets that make no sense
        raise TargetUnreachable(f"can't reach {where}: it sends packets that make no sense") from None
    return connection, client.seen


async def takes_passwords(target: Target) -> bool:
    """Whether the host lets the account try a password at all. Raises TargetUnreachable."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            methods = await asyncssh.get_server_auth_methods(
                target.host,
                target.port,
                target.username,
                server_host_key_algs=_key_algorithms(target),
                options=asyncssh.SSHClientConnectionOptions(config=None, **algorithms(legacy=target.legacy)),
                config=None,
            )
    except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
        raise TargetUnreachable(f"can't reach {target.host}:{target.port}: {_reason(error)}") from None
    return not {"password", "keyboard-interactive"}.isdisjoint(methods)


def _answer_at_once(*_: list[asyncssh.SSHKey]) -> None:
    """Having a handler makes asyncssh answer the list of host keys that OpenSSH sends after sign-in. Left without an
    answer, the server's next words wait 40 ms for an acknowledgement (Nagle, delayed ACK)."""


def _key_algorithms(target: Target) -> list[str]:
    """The pinned key's own kind first, so that a host with several keys shows the one we know."""
    offered = algorithms(legacy=target.legacy)["signature_algs"]
    known = target.trusted_host_key.split(" ", 1)[0] if target.trusted_host_key else offered[0]
    kinds = ("rsa-sha2", "ssh-rsa") if known == "ssh-rsa" else known
    return sorted(offered, key=lambda algorithm: not algorithm.startswith(kinds))


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncssh.Error):
        return one_line(error.reason)
    return one_line(getattr(error, "strerror", None) or type(error).__name__)


def one_line(text: str) -> str:
    """A target's words, made harmless for a log and a terminal (SEC-22)."""
    return "".join(c if c.isprintable() else " " for c in text[:300]).strip()
