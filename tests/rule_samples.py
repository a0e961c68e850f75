"""Plain bodies of the operations that make and change rules for secrets, and what each of them may set."""

from __future__ import annotations

from typing import Any

from estate import Estate, made

SETTABLE_RULES = {
    "PasswordComplexityIn": "name description lowerCase upperCase specialCharacter space numeric mustEndWith"
    " mustStartWith length maxConsecutive charsToExclude type",
    "ScheduledChangePolicyIn": "name description frequency periodValue daysOfWeek dayNumber localTime",
    "TimeZoneIn": "timeZone",
    "PlatformIn": "name description builtInAccount passwordComplexityPolicyId scheduledChangePolicyId"
    " protectionPolicyScheduleId scanScheduleId verificationScheduleId resetOnMismatch basePlatformId",
    "CredentialGroupIn": "name description",
    "OverridePolicyIn": "name description type platformId scanScheduleId protectScheduleId rotateScheduleId"
    " verifyScheduleId",
    "CredentialPasswordHistoryOptionsIn": "historicalPasswordLimit daysOfPasswordRetention",
}


async def rule_samples(estate: Estate) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """The body and the ids in the path of each operation; an administrator may call them all."""
    admin = estate.admin
    platform = (await estate.get(admin, "/api/v1/Platform"))[0]["id"]
    complexity = (await estate.get(admin, "/api/v1/PasswordComplexity"))[0]["id"]
    schedule = {"scheduledChangePolicyId": (await estate.get(admin, "/api/v1/ScheduledChangePolicy"))[0]["id"]}
    group = made(await admin.post("/api/v1/CredentialGroup", {"name": "logins"}))["id"]
    override = {"name": "quick", "platformId": platform}
    override_id = made(await admin.post("/api/v1/OverridePolicy", override))["id"]
    return {
        "PasswordComplexity.Post": ({"name": "short", "lowerCase": True, "length": 12}, {}),
        "PasswordComplexity.Put": ({"length": 30}, {"passwordComplexityId": complexity}),
        "ScheduledChangePolicy.Post": ({"name": "often", "frequency": 4}, {}),
        "ScheduledChangePolicy.Put": ({"name": "seldom"}, schedule),
        "ScheduledChangePolicy.SetTimeZone": ({"timeZone": "Europe/Berlin"}, schedule),
        "Platform.Post": ({"name": "copy", "basePlatformId": platform}, {}),
        "Platform.Put": ({"resetOnMismatch": True}, {"platformId": platform}),
        "CredentialGroup.Post": ({"name": "others"}, {}),
        "CredentialGroup.Put": ({"name": "others"}, {"credentialGroupId": group}),
        "OverridePolicy.Post": ({"name": "slow", "platformId": platform}, {}),
        "OverridePolicy.Put": ({"name": "slow"}, {"overridePolicyId": override_id}),
        "CredentialPasswordHistoryOptions.Put": ({"historicalPasswordLimit": 5}, {}),
    }


async def rules(estate: Estate, name: str) -> dict[str, str]:
    """One of each kind, by the name that paths give its id."""
    admin = estate.admin
    platform = (await estate.get(admin, "/api/v1/Platform"))[0]["id"]
    override = {"name": f"{name}-override", "platformId": platform}
    return {
        "platformId": platform,
        "passwordComplexityId": (await estate.get(admin, "/api/v1/PasswordComplexity"))[0]["id"],
        "scheduledChangePolicyId": (await estate.get(admin, "/api/v1/ScheduledChangePolicy"))[0]["id"],
        "credentialGroupId": made(await admin.post("/api/v1/CredentialGroup", {"name": f"{name}-group"}))["id"],
        "overridePolicyId": made(await admin.post("/api/v1/OverridePolicy", override))["id"],
    }
