"""Plain bodies of the operations that make and change connection profiles, and what each of them may set."""

from __future__ import annotations

from typing import Any

SETTABLE_PROFILES = {
    "ActivityConfigurationIn": "name description activityConfigurationSettings customFields deleteAccount"
    " sessionRetryInterval maxSessionLength allowSessionExtension sessionExtensionMinutes sessionExtensionCount"
    " sessionMonitorInterval expirationTimeoutThreshold rdpProxyHost sshProxyHost sshScanDc recordAudio"
    " proxyAutoConnect record approvalTypeRequired approvalWorkflowId monitorEntireSession allowViewPassword"
    " allowPasswordAccess allowAutofillPassword leaveInGroup activityTokenComplexity clearWebsiteDataAfterStop"
    " clearWebsiteDataBeforeStart notesRequired ticketRequired viewPasswordInSeconds"
    " approvedWorkflowEmailTemplateId notifyApproversWorkflowEmailTemplateId approvalWorkflowEmailTemplateId",
    "ActivityConfigurationSettingIn": "key value",
    "CustomFieldIn": "name customFieldNumber label description options length customFieldDataType required",
    "CustomFieldDtoIn": "name value",
    "IpAddressRuleIn": "address allowed type",
    "AccessWindowIn": "weekdays fromTime toTime timeZone",
    "CommandRestrictionIn": "name description active mailTo rules",
    "CommandRuleIn": "pattern action message mail",
    "MailTemplateIn": "name description subject text",
    "MailWordingIn": "subject text",
    "ChannelRulesIn": "shell command upload download paths maxFileBytes destinations listen agent x11 idleMinutes",
}


def profile_samples(
    profile_id: str, restriction_id: str, template_id: str
) -> dict[str, tuple[Any, dict[str, str]]]:
    """The body and the ids in the path of each operation; an administrator may call them all."""
    of = {"connectionProfileId": profile_id}
    asked = {"name": "change", "label": "Change", "required": True}
    return {
        "ConnectionProfile.Post": (
            {
                "name": "short",
                "maxSessionLength": 5,
                "activityConfigurationSettings": [{"key": "notesRequired", "value": "true"}],
                "customFields": [asked],
            },
            {},
        ),
        "ConnectionProfile.Put": ({"record": False, "customFields": [asked]}, of),
        "ConnectionProfile.SetAddressRules": ([{"address": "10.0.0.0/8", "type": 2}], of),
        "ConnectionProfile.SetChannelRules": ({"upload": True, "destinations": ["db01:5432"]}, of),
        "CommandRestriction.Post": (
            {"name": "deletes", "rules": [{"pattern": "rm ", "action": "log"}]},
            {},
        ),
        "CommandRestriction.Put": ({"active": False}, {"commandRestrictionId": restriction_id}),
        "MailTemplate.Post": ({"name": "short", "subject": "{who}", "text": "{link}"}, {}),
        "MailTemplate.Put": ({"description": "other"}, {"mailTemplateId": template_id}),
        "MailTemplate.Preview": ({"subject": "{who}", "text": "{link}"}, {}),
        "ConnectionProfile.SetAccessWindows": (
            [{"weekdays": "Monday", "fromTime": "09:00", "toTime": "17:00"}],
            of,
        ),
    }
