"""Linux over SSH: accounts for one session and accounts that stay, their key, sudo rules, groups, scripts.

The service account needs to become root: it is root, or its sudo rule is `locum ALL=(root) NOPASSWD: /bin/sh` (or
the same without NOPASSWD and its password is known), or another elevation command lets it run `COMMAND /bin/sh`.
Such an account is as powerful as root. The host needs shadow-utils, util-linux, coreutils, findutils, grep and awk.

Everything done on a host is in linux.sh, linux_actions.sh and linux_logons.sh. That text is fixed; values are read by
it line by line, as data, and are never part of it (SEC-18).

What `revert` of an account ends and removes: see opened_processes and remove_files in linux.sh. What it can't know:
somebody with a sudo rule for everything was root, and root may have left things that no longer carry that person's
name: other accounts, root's cron jobs, system services, containers, changed files, or a root process that shed its
sudo variables on a kernel that keeps no audit login uid. Files of the account outside its home and the temporary
folders stay, owned by a uid that is not given to the next account.
"""

from __future__ import annotations

from locum.connectors.base import FailureReason, Logon, Step, TargetRefused
from locum.connectors.linux_shell import LinuxHost, Script
from locum.connectors.linux_steps import LOOKED_AT, after, before, logons_of, plain, script_output, values

COMMAND_TIMEOUT_S = 30.0


class LinuxConnector(LinuxHost):
    """An open SSH connection of the service account. Make one with `connect`."""

    script = Script.read("linux_actions.sh", "linux_logons.sh", "linux.sh", words=8)

    async def look(self, step: Step) -> dict[str, str] | None:
        """Whether the account was a member of the group; what the file was."""
        if step.kind not in LOOKED_AT:
            return None
        return {LOOKED_AT[step.kind]: await self._run("look", step)}

    async def apply(self, step: Step) -> str:
        """Make sure that the change is there; for a script, what it said.

        Kinds and parameters: account (login) for the session alone; own_account (login) and managed_account (login,
        create, delete), which stay; authorized_key (login, public_key), sudoers (login, run_as, commands, nopasswd),
        group (login, group), which only touch the account of the same session; custom_script (login, script, run_as,
        user, host); file_monitor (login, path, on_missing, on_mismatch).
        """
        if (
            step.kind in ("own_account", "managed_account")
            and step.parameters.get("login") == self._target.username
        ):
            # Whoever is called so would be as powerful as Locum.
            raise TargetRefused(f"{self._where}: this is Locum's own account", reason=FailureReason.ACCESS_DENIED)
        if step.kind == "file_monitor":
            return before(step, (step.found or await self.look(step) or {})["sha256"])
        said = await self._run("apply", step)
        return script_output(said) if step.kind == "custom_script" else ""

    async def revert(self, step: Step) -> str:
        """Make sure that the change is gone, with the processes, connections and files it had opened. What a script
        did stays done; one that is not known to have ended ends."""
        if step.kind == "custom_script" and step.applied:
            return ""
        if step.kind == "file_monitor":
            return after(step, await self._run("look", step))
        await self._run("revert", step)
        return ""

    async def logons(self, step: Step) -> list[Logon]:
        """SSH connections of the account, and terminals that somebody came to as it by another way."""
        return logons_of(await self._order("logons", step))

    async def tell(self, step: Step, text: str) -> bool:
        """On every terminal that a process of the account has."""
        await self._order("tell", step, plain(text))
        return True

    async def _order(self, verb: str, step: Step, *more: str) -> str:
        order = [verb, step.marker, values(step)[0], *more]
        return await self.order(verb, order, COMMAND_TIMEOUT_S)

    async def _run(self, direction: str, step: Step) -> str:
        order = [f"{direction}_{step.kind}", step.marker, *values(step)]
        try:
            longer = step.timeout_s if step.kind == "custom_script" else 0
            return await self.order(step.kind, order, COMMAND_TIMEOUT_S + longer)
        except TargetRefused as refusal:
            if not refusal.output:
                raise
            output = script_output(refusal.output)
            raise TargetRefused(refusal.detail, reason=refusal.reason, output=output) from None
