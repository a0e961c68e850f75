"""PURE: what a connection profile says of the sessions under it, and which values that may have (A.10)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.kit.errors import Invalid

LONGEST_SESSION = 43_200  # minutes: 30 days
DENY, ALLOW, WORKFLOW = 0, 1, 2  # numbers of the contract's ApprovalType


class Settings(msgspec.Struct, frozen=True):
    """Times are in minutes, `view_password_seconds` and `session_retry_interval` in seconds; None: not set.

    `leave_in_group`: who was a member of a group or role before a session stays one. `delete_account`: managed accounts
    that Locum made are deleted at the end, also where the activity does not say so. `token_complexity_id`: what the
    password of an account for one session, or its name, looks like.

    What concerns RDP, domains, websites and audio is kept for those parts and has no effect yet. The ids of mail
    templates may be no template's: then the mails have Locum's own words.
    """

    record: bool
    max_session_minutes: int
    allow_session_extension: bool
    session_extension_minutes: int | None
    session_extension_count: int | None
    expiration_notice_minutes: int | None
    notes_required: bool
    ticket_required: bool
    approval_type: int
    approval_workflow_id: UUID | None
    leave_in_group: bool
    monitor_entire_session: bool
    monitor_interval: int | None
    record_audio: bool
    proxy_auto_connect: bool
    allow_password_access: bool
    allow_view_password: bool
    allow_autofill_password: bool
    view_password_seconds: int | None
    ssh_proxy_host: str | None
    rdp_proxy_host: str | None
    ssh_scan_dc: bool
    token_complexity_id: UUID | None
    delete_account: bool
    session_retry_interval: int | None
    clear_website_before: bool
    clear_website_after: bool
    approved_workflow_email_template_id: UUID | None
    notify_approvers_workflow_email_template_id: UUID | None
    approval_workflow_email_template_id: UUID | None


NEW = Settings(
    record=True,
    max_session_minutes=60,
    allow_session_extension=False,
    session_extension_minutes=None,
    session_extension_count=None,
    expiration_notice_minutes=None,
    notes_required=False,
    ticket_required=False,
    approval_type=ALLOW,
    approval_workflow_id=None,
    leave_in_group=True,
    monitor_entire_session=False,
    monitor_interval=None,
    record_audio=False,
    proxy_auto_connect=False,
    allow_password_access=True,
    allow_view_password=False,
    allow_autofill_password=True,
    view_password_seconds=None,
    ssh_proxy_host=None,
    rdp_proxy_host=None,
    ssh_scan_dc=False,
    token_complexity_id=None,
    delete_account=False,
    session_retry_interval=None,
    clear_website_before=False,
    clear_website_after=False,
    approved_workflow_email_template_id=None,
    notify_approvers_workflow_email_template_id=None,
    approval_workflow_email_template_id=None,
)
"""What a new profile says where nothing else is given."""

# Our word: (the contract's, the lowest and the highest number).
BOUNDS = {
    "max_session_minutes": ("maxSessionLength", 1, LONGEST_SESSION),
    "session_extension_minutes": ("sessionExtensionMinutes", 1, LONGEST_SESSION),
    "session_extension_count": ("sessionExtensionCount", 1, 1000),
    "expiration_notice_minutes": ("expirationTimeoutThreshold", 1, LONGEST_SESSION),
    "monitor_interval": ("sessionMonitorInterval", 1, LONGEST_SESSION),
    "view_password_seconds": ("viewPasswordInSeconds", 1, 86_400),
    "session_retry_interval": ("sessionRetryInterval", 1, 86_400),
}


def check(settings: Settings) -> None:
    """Raise Invalid, naming the wire field, for a value that no profile may have."""
    for name, (field, lowest, highest) in BOUNDS.items():
        value = getattr(settings, name)
        if value is not None and not lowest <= value <= highest:
            raise Invalid(f"{field} must lie between {lowest} and {highest}", field=field)
    if settings.allow_session_extension and settings.session_extension_minutes is None:
        raise Invalid(
            "sessionExtensionMinutes is needed where sessions may be extended", field="sessionExtensionMinutes"
        )
    if settings.approval_type == WORKFLOW and settings.approval_workflow_id is None:
        raise Invalid("approvalWorkflowId is needed where an approval is", field="approvalWorkflowId")
    for host, field in ((settings.ssh_proxy_host, "sshProxyHost"), (settings.rdp_proxy_host, "rdpProxyHost")):
        if host is not None:
            _check_host(host, field)


def _check_host(host: str, field: str) -> None:
    """HOST:PORT, where an IPv6 address stands in brackets."""
    name, _, port = host.rpartition(":")
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") | (
        set(":") if bare != name else set()
    )
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if not bare or not set(bare) <= letters or not 1 <= number <= 65_535:
        raise Invalid(f"{field} must be HOST:PORT", field=field)
