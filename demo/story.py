"""The whole story, each step with evidence read from the host itself, not from Locum."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pexpect

from demo import hosts
from demo.client import Client, Codes, Refused
from demo.hosts import Host
from demo.installation import ACTIVE, ADMIN, USER, Demo, locum

ACTIVITY, RESOURCE = "Linux_sudo", "web01"
ENDED = {3, 4, 5}


class Broken(Exception):
    """A step of the story did not hold."""


class Story:
    """Runs the steps in order and stops at the first that does not hold."""

    def __init__(self, demo: Demo, tell: Callable[[str], None]) -> None:
        self._demo = demo
        self._tell = tell
        self._codes = Codes(demo.user_totp, demo.user_last_step)
        self._user = demo.client()
        self._host = next(h for h in hosts.status(demo.path / "hosts") if h.name == RESOURCE)

    def run(self) -> None:
        """All steps. Raises Broken."""
        try:
            self._sign_in()
            self._tidy()
            before = evidence(self._host)
            self._api_key()
            session = self._session()
            login = str(session["loginAccountName"])
            self._account_is_there(login)
            connection = self._bound_connection(session)
            self._end(session, connection, before, login)
            self._direct_connection(before)
            self._recording(session)
            self._audit()
        finally:
            self._demo.user_last_step = self._codes.last_step
            self._demo.save()

    def _step(self, text: str) -> None:
        self._tell(f"\n● {text}")

    def _holds(self, claim: str, true: object, proof: str = "") -> None:
        if not true:
            raise Broken(f"{claim}\n{proof}")
        self._tell(f"  ✓ {claim}")
        for line in proof.strip().splitlines()[:6]:
            self._tell(f"      {line}")

    def _sign_in(self) -> None:
        self._step("Alice signs in with her password and a code of her authenticator app")
        try:
            self._user.sign_in(USER, self._demo.user_password, self._codes.next())
        except Refused as refused:
            if "used already" not in str(refused.problem.get("detail")):
                raise
            # By somebody who tried the demo by hand a moment ago: the code after it is good.
            self._codes.last_step = int(time.time()) // 30
            self._user.sign_in(USER, self._demo.user_password, self._codes.next())
        token = self._user.call("GET", "/api/v1/UserToken")
        self._holds("the API knows her and renews her token", len(token.split(".")) == 3)

    def _tidy(self) -> None:
        """End what an earlier run left behind."""
        for status in ("Pending", "Active", "Cancelling"):
            for session in self._user.call("GET", f"/api/v1/ActivitySession/SummaryByStatus/{status}")["data"]:
                self._user.call("DELETE", f"/api/v1/ActivitySession/{session['id']}")
                self._user.wait_for_session(session["id"], ENDED)

    def _api_key(self) -> None:
        self._step("An administrator gives the application “inventory” an API key, twice")
        admin = self._demo.client()
        admin.sign_in(ADMIN, self._demo.admin_password, "NA")
        keys = []
        for _ in range(2):
            admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{self._demo.application_id}")
            keys.append(admin.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{self._demo.application_id}"))
        application = self._demo.client()
        application.authorization = keys[1]
        found = application.call("GET", "/api/v1/ManagedResource/Search")
        self._holds("the newest key works by itself", found["recordsTotal"] == 2)
        application.authorization = keys[0]
        self._holds("the key before it is dead", _status(application, "/api/v1/ManagedResource/Search") == 401)

    def _session(self) -> dict[str, object]:
        self._step(f"She asks for “{ACTIVITY.replace('_', ' ')}” on {RESOURCE}")
        begun = time.monotonic()
        body = {"activityName": ACTIVITY, "managedResourceName": RESOURCE, "note": "demo"}
        session = self._user.call("POST", "/api/v1/ActivitySession", body)
        session = self._user.wait_for_session(session["id"], {ACTIVE, *ENDED})
        took = time.monotonic() - begun
        self._holds(
            f"the session is active after {took:.2f} s",
            session["status"] == ACTIVE,
            "" if session["status"] == ACTIVE else str(session),
        )
        return dict(session)

    def _account_is_there(self, login: str) -> None:
        passwd = hosts.run(self._host, f"getent passwd {login}", check=False)
        self._holds(f"{RESOURCE} has an account made for this session alone", passwd, passwd)
        rule = hosts.run(self._host, f"grep -h {login} /etc/sudoers.d/*", check=False)
        self._holds("and a sudo rule for it", rule, rule)

    def _bound_connection(self, session: dict[str, object]) -> pexpect.spawn[str]:
        self._step("She connects with an ordinary ssh client, to the address of her session")
        url = self._user.call("GET", f"/api/v1/ActivitySession/Ssh/{session['id']}")
        name = url.removeprefix("ssh://").rsplit("@", 1)[0]
        shell = self._ssh(name)
        shell.expect(r"\$ $", timeout=20)
        shell.sendline("sudo id")
        shell.expect("uid=0")
        self._holds("sudo works without a password", True, f"$ ssh -p … '{name}@…'\n$ sudo id\nuid=0(root)…")
        shell.sendline("(sudo setsid sleep 4711 >/dev/null 2>&1 &); echo started")
        shell.expect("started\r\n")
        deadline = time.monotonic() + 10
        while "sleep 4711" not in (processes := hosts.run(self._host, "pgrep -a sleep", check=False)):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self._holds("she leaves a root process behind", "sleep 4711" in processes, processes)
        return shell

    def _end(self, session: dict[str, object], shell: pexpect.spawn[str], before: str, login: str) -> None:
        self._step("She ends the session while her shell is still open")
        begun = time.monotonic()
        self._user.call("DELETE", f"/api/v1/ActivitySession/{session['id']}")
        shell.expect("locum: [^\r\n]*", timeout=5)
        told = str(shell.after)
        shell.expect(pexpect.EOF, timeout=5)
        closed = time.monotonic() - begun
        self._holds(f"the terminal was told why and closed after {closed:.2f} s", closed < 2, told)
        ended = self._user.wait_for_session(str(session["id"]), ENDED)
        self._holds("the session is complete", ended["status"] == 3, str(ended["statusDescription"]))
        after = evidence(self._host)
        self._holds(
            "account, home, sudo rule, processes and connections are gone: the host is as it was before",
            after == before,
            f"no {login} on {RESOURCE}" if after == before else f"before:\n{before}\nafter:\n{after}",
        )

    def _direct_connection(self, before: str) -> None:
        self._step("Next time she types what she wants as the user name, and gets just that")
        name = f"{USER}+{ACTIVITY}+{RESOURCE}"
        done = self._ssh(name, "sudo", "id")
        done.expect("uid=0[^\r\n]*", timeout=30)
        shown = str(done.after)
        done.expect(pexpect.EOF, timeout=20)
        done.close()
        self._holds("one command, one session", done.exitstatus == 0, f"$ ssh -p … '{name}@…' sudo id\n{shown}")
        deadline = time.monotonic() + 15
        while evidence(self._host) != before and time.monotonic() < deadline:
            time.sleep(0.05)
        self._holds("and the access went with the connection", evidence(self._host) == before)

    def _recording(self, session: dict[str, object]) -> None:
        self._step("An auditor plays what was done")
        data = ["--data-dir", str(self._demo.data)]
        listed = json.loads(locum("recording", "list", *data).stdout)
        connection = next(r["connection"] for r in listed if r["session"] == session["id"])
        verified = locum("recording", "verify", *data, connection)
        self._holds("the recording is whole and signed", verified.returncode == 0, verified.stdout)
        with tempfile.TemporaryDirectory() as folder:
            cast = Path(folder) / "session.cast"
            exported = locum("recording", "export", *data, connection, str(cast))
            self._holds("it is exported", exported.returncode == 0, exported.stderr)
            # The player wants a terminal of its own, also to print.
            player = pexpect.spawn(
                "asciinema", ["play", "-s", "50", "-i", "0.1", str(cast)], encoding="utf-8", timeout=30
            )
            player.expect(pexpect.EOF)
            player.close()
        played = str(player.before)
        self._holds(
            "the standard asciinema player plays it",
            player.exitstatus == 0 and "sudo id" in played and "uid=0(root)" in played,
            "" if player.exitstatus == 0 else played,
        )

    def _audit(self) -> None:
        self._step("And checks the audit log")
        verified = locum("audit", "verify", "--data-dir", str(self._demo.data))
        self._holds("locum audit verify passes", verified.returncode == 0, verified.stdout + verified.stderr)

    def _ssh(self, name: str, *command: str) -> pexpect.spawn[str]:
        host, port = self._demo.ssh.rsplit(":", 1)
        public = (self._demo.data / "public" / "ssh_host_key.pub").read_text().split()
        known = self._demo.path / "known_hosts"
        known.write_text(f"[{host}]:{port} {public[0]} {public[1]}\n")
        options = ["-F", "none", "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]
        client = pexpect.spawn(
            "ssh", [*options, "-p", port, f"{name}@{host}", *command], encoding="utf-8", timeout=20
        )
        client.expect("[Pp]assword: ")
        client.sendline(self._demo.user_password)
        client.expect("code: ")
        client.sendline(self._codes.next())
        return client


def evidence(host: Host) -> str:
    """What a host says about accounts, rights, files and processes, by its own tools."""
    return hosts.run(
        host,
        "getent passwd; getent group; ls /home /etc/sudoers.d; find /tmp /var/tmp /dev/shm /run/user /var/mail"
        " /var/lib/locum 2>/dev/null | sort; ps -eo user:32,args"
        # Locum's own connection, which it keeps for some seconds, is none of the session's.
        " | grep -v 'ps -eo\\|getent\\|sshd: locum\\|locum: begun\\|grep'",
        check=False,
    )


def _status(client: Client, path: str) -> int:
    try:
        client.call("GET", path)
    except Refused as refusal:
        return refusal.status
    return 200


def tell(line: str) -> None:
    """To the terminal, line by line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
