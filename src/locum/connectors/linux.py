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

from locum.connectors.base import Step
from locum.connectors.linux_shell import LinuxHost, Script
from locum.connectors.linux_steps import values

COMMAND_TIMEOUT_S = 30.0


class LinuxConnector(LinuxHost):
    """An open SSH connection of the service account. Make one with `connect`."""

    script = Script.read("linux.sh", words=4)

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
        await self.order(step.kind, order, COMMAND_TIMEOUT_S)
