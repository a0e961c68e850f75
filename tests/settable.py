"""What the caller of each body may set, and by that what nothing else may: a new field must be put here by somebody."""

from __future__ import annotations

from credential_samples import SETTABLE_CREDENTIALS
from rule_samples import SETTABLE_RULES

SETTABLE = {
    "SshUserCaTrustIn": "trusted",
    "SignInBody": "login password",
    "MfaRegister": "code",
    "SignInRulesIn": "secondFactorRequired idleMinutes longestHours revealApiKeys passwordLength passwordUnique"
    " passwordLowercase passwordUppercase passwordDigit passwordSymbol passwordHistory passwordDays",
    "SecondFactorRuleIn": "requirement",
    "AppUserTokenIn": "login password certificateSerialNumber",
    "PasskeyIn": "name credential",
    "RegistrationIn": "response",
    "AttestationResponse": "clientDataJSON attestationObject",
    "PasskeyName": "name",
    "AssertionIn": "id response",
    "AssertionResponse": "clientDataJSON authenticatorData signature userHandle",
    "ManagedAccountOrGroupIdIn": "id",
    "CreateLocalUserRequestIn": "managedAccountView localUserPasswordChangeRequest changePasswordNextLogin",
    "ManagedAccountViewIn": "name displayName samAccountName department userPrincipalName email"
    " certificateSerialNumber",
    "LocalUserPasswordChangeRequestIn": "managedAccountId username passwordOld passwordNew",
    "NewApiKeyIn": "name expiresAt operations policies credentials addresses maxUses overlapMinutes",
    "ApiKeyIn": "name expiresAt operations policies credentials addresses maxUses",
    "ManagedDatabaseIn": "name server port type trustServerCertificate encrypted",
    "ManagedResourceIn": "name type host managedDatabase platformId displayName ipAddress serviceAccountId portSsh"
    " acceptThumbprintOnFirstDiscovery",
    "HostIn": "name dnsHostName",
    "SshKeyUseIn": "sshKeyUse",
    "SimpleAccessControlPolicyIn": "name description priority notesRequired ticketRequired approvalTypeRequired"
    " policyType managedAccountIds managedResourceIds activityIds activityConfigurationId",
    "SimpleAccessControlPolicyChangeIn": "name description priority notesRequired ticketRequired"
    " approvalTypeRequired policyType managedAccountIds managedResourceIds activityIds activityConfigurationId",
    "ActivitySessionRequestIn": "managedAccountId managedResourceId managedResourceName activityId activityName"
    " accessPolicyId startDateTimeUtc endDateTimeUtc note ticket",
    "RoleIn": "name description target permissions policyIds activityIds managedAccountIds managedResourceIds"
    " credentialIds",
    "NewSshKey": "name publicKey",
    **SETTABLE_RULES,
    **SETTABLE_CREDENTIALS,
}
