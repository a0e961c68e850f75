"""Somebody with a browser."""

from __future__ import annotations

import re
from typing import Any

import pexpect
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from installation import USER_PASSWORD

# As root there is no sandbox; the rest keeps the browser from looking for its maker's hosts.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A browser writes down each answer that is an error; those that tests provoke are the tests' business.
_EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (400|401|403|404|409)")
_SSH_OPTIONS = "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
# Sees what the page was refused by its content security policy.
_WATCH = (
    "document.addEventListener('securitypolicyviolation',"
    " e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile))"
)


class Person:
    """`complaints` is what the browser's console has of errors: scripts that failed, and what the policy refused."""

    def __init__(self, context: BrowserContext, login: str, password: str) -> None:
        self.context = context
        self.login = login
        self.password = password
        self.complaints: list[str] = []
        context.set_default_timeout(30_000)
        context.add_init_script(_WATCH)
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.match(message.text):
            self.complaints.append(message.text)

    def sign_in(self, at: str = "/") -> None:
        """By name and password, on the page at that address."""
        self.page.goto(at)
        self.give_password()
        self.page.get_by_role("heading", level=1, name="Sign in to Locum").wait_for(state="detached")

    def give_password(self) -> None:
        self.page.get_by_label("User name").fill(self.login)
        self.page.locator("input[type=password]").fill(self.password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()


def end_session(page: Page) -> None:
    """On the page of a session: end it, say yes, and wait until it can't be ended any more."""
    page.get_by_role("button", name="End session").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="End session")).to_have_count(0)
    expect(page.locator("[aria-current=step]")).to_have_count(0)


def found_by_axe(page: Page, axe: str) -> list[dict[str, Any]]:
    """What axe-core finds against WCAG 2.2 AA, and its best practices, on the page as it is now."""
    page.evaluate(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [
        {"rule": found["id"], "help": found["help"], "where": [node["target"] for node in found["nodes"]][:4]}
        for found in result["violations"]
    ]


def open_shell(command: str, password: str = USER_PASSWORD) -> pexpect.spawn:
    """Paste the `ssh` command that the console shows into a shell, give the password, and wait for the prompt."""
    client = pexpect.spawn(
        "sh", ["-c", command.replace("ssh ", f"ssh {_SSH_OPTIONS} ", 1)], encoding="utf-8", timeout=60
    )
    client.expect("[Pp]assword: ")
    client.sendline(password)
    client.expect(r"\$ $")
    return client


def run_in_session(command: str, *words: str) -> str:
    """Paste the `ssh` command that the console shows into a shell, give the password; what the host answered."""
    pasted = " ".join((command.replace("ssh ", f"ssh {_SSH_OPTIONS} ", 1), *words))
    client = pexpect.spawn("sh", ["-c", pasted], encoding="utf-8", timeout=60)
    client.expect("[Pp]assword: ")
    client.sendline(USER_PASSWORD)
    client.expect(pexpect.EOF)
    return str(client.before)


def choose(where: Page | Locator, label: str, name: str) -> None:
    """In a field whose choices the server looks for: type a name, and take it."""
    field = where.get_by_role("combobox", name=label, exact=True)
    field.fill(name)
    where.get_by_role("option", name=name).first.click()


def confirm(page: Page, label: str) -> None:
    """Say in the dialog that one means it, and wait until it is done."""
    page.get_by_role("dialog").get_by_role("button", name=label).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
