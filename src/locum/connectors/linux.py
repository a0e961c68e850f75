"""Linux over SSH: ephemeral accounts, their key, sudo rules and group memberships.

The service account needs to become root: it is root, or its sudo rule is `locum ALL=(root) NOPASSWD: /bin/sh` (or
the same without NOPASSWD and its password is known), or another elevation command lets it run `COMMAND /bin/sh`.
Such an account is as powerful as root. The host needs shadow-utils, util-linux, coreutils, findutils, grep and awk.

Everything done on a host is in linux.sh. That text is fixed; values are read by it line by line, as data, and are
never part of it (SEC-18).

What `revert` of an account ends and removes: see opened_processes and remove_files in linux.sh. What it can't know:
somebody with a sudo rule for everything was root, and root may have left things that no longer carry that person's
name: other accounts, root's cron jobs, system services, containers, changed files, or a root process that shed its
sudo variables on a kernel that keeps no audit login uid. Files of the account outside its home and the temporary
folders stay, owned by a uid that is not given to the next account.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.linux_shell import RootShell
from locum.connectors.linux_steps import values
from locum.connectors.ssh import open_connection

COMMAND_TIMEOUT_S = 30.0


class LinuxConnector:
    """An open SSH connection of the service account. Make one with `connect`."""

    def __init__(self, connection: asyncssh.SSHClientConnection, target: Target, host_key: str) -> None:
        self._connection = connection
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self._shell: RootShell | None = None
        self.host_key = host_key
        self.host_key_thumbprint = asyncssh.import_public_key(host_key).get_fingerprint()

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[LinuxConnector]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        connection, host_key = await open_connection(target)
        try:
            yield cls(connection, target, host_key)
        finally:
            # Not close(): that waits for a goodbye which a hostile or frozen target never says.
            connection.abort()
            await connection.wait_closed()

    async def apply(self, step: Step) -> None:
        """Make sure that the change is there.

        Kinds and parameters: account (login), authorized_key (login, public_key), sudoers (login, run_as, commands,
        nopasswd), group (login, group). All but the first only touch an account of the same session.
        """
        await self._run("apply", step)

    async def revert(self, step: Step) -> None:
        """Make sure that the change is gone, with the processes, connections and files it had opened."""
        await self._run("revert", step)

    async def _run(self, direction: str, step: Step) -> None:
        order = [f"{direction}_{step.kind}", step.marker, *values(step)]
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                answer = await self._answer(order)
        except TimeoutError:
            raise TargetUnreachable(f"{self._where} did not finish {step.kind} in time") from None
        except (asyncssh.Error, OSError):
            raise TargetUnreachable(f"{self._where} broke the connection during {step.kind}") from None
        verdict, _, why = answer.partition(" ")
        if verdict == "refused":
            raise TargetRefused(f"{self._where}: {why}")
        if verdict != "done":
            raise TargetUnreachable(f"{self._where}: {step.kind}: {why}")

    async def _answer(self, order: list[str]) -> str:
        shell = self._shell or await RootShell.open(self._connection, self._target)
        # One shell serves all steps of a connection, but not after a step that was cut short.
        self._shell = None
        answer = await shell.ask(order)
        self._shell = shell
        return answer
