"""The contract's enumerations. They go out as numbers and come in as numbers or names in any case."""

from __future__ import annotations

from enum import IntEnum


class AccountType(IntEnum):
    __contract__ = "SbPAM.Constants.SbPAMAccountType"

    USER = 0
    APPLICATION = 1
    LOCAL = 2


class ActivityConfigurationType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityConfigurationType"

    GENERIC = 0
    CONNECTION_PROFILE = 1
    EMAIL_SETTINGS = 2
    SYSTEM = 3


class ActivityLoginType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityLoginType"

    REQUESTER = 0
    MANAGED = 1
    ACTIVITY_IDENTITY = 2
    VAULT = 3
    RESOURCE = 4


class ActivityType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityType"

    INTERACTIVE = 0
    INTERACTIVE_APP_LAUNCH = 1
    TASK_AUTOMATION = 2
    CREDENTIAL_RELEASE = 3


class ApprovalType(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalType"

    DENY = 0
    ALLOW = 1
    WORKFLOW = 2


class AuthenticationMethod(IntEnum):
    __contract__ = "SbPAM.Models.AuthenticationMethodType"

    PASSWORD = 0
    SSH_CERTIFICATE = 1
    SSH_CERTIFICATE_AND_PASSWORD = 2


class CertificateType(IntEnum):
    __contract__ = "SbPAM.Constants.SshConstants+CertificateType"

    WIN_RM = 0
    RDP = 1
    SSH = 2


class CredentialType(IntEnum):
    __contract__ = "SbPAM.Models.CredentialType"

    CONFIGURATION = 0
    USER = 1
    SERVICE = 2
    ACTIVITY_TOKEN = 3
    APPLICATION = 4
    VAULT_USER = 5
    SSH_KEY_CERT = 6
    ANY = -1


class EntityType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedAccountViewEntityTypeEnum"

    MANAGED_ACCOUNT = 0
    MANAGED_ACCOUNT_GROUP = 1
    APPLICATION = 2
    COLLECTION = 3
    LOCAL = 4


class LogLevel(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionLogType"

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


class LoginSessionState(IntEnum):
    __contract__ = "SbPAM.ActiveDirectory.Models.Enums.LoginSessionState"

    INACTIVE = 0
    ACTIVE = 1
    UNKNOWN = 2


class ManageAccount(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceManageAccountEnum"

    UNMANAGED = 0
    MANAGED = 1


class ManagedResourceType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceType"

    HOST = 0
    DOMAIN = 1
    WEBSITE = 2
    AZURE_AD_TENANT = 3
    SECRET_VAULT = 4
    DATABASE = 5


class PlatformType(IntEnum):
    __contract__ = "SbPAM.Models.PlatformTypeEnum"

    UNSPECIFIED = 0
    CLOUD = 1
    DATABASE = 2


class PolicyType(IntEnum):
    __contract__ = "SbPAM.Models.PolicyType"

    RESOURCE = 0
    CREDENTIAL = 1


class RequesterLoginFormat(IntEnum):
    __contract__ = "SbPAM.Models.RequesterLoginFormat"

    SAMACCOUNTNAME = 0
    UPN = 1
    EMAIL = 2
    SAM_ACCOUNT_NAME_ONLY = 3
    CUSTOM = 4


class SessionStatus(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+SessionStatus"

    PENDING = 0
    ACTIVE = 1
    CANCELLING = 2
    COMPLETE = 3
    FAILED = 4
    CANCELLED = 5
    APPROVAL_DENIED = 6
    APPROVAL_FAILED = 7
    APPROVAL_REQUIRED = -1


class SessionSummaryStatus(IntEnum):
    __contract__ = "SbPAM.Models.SessionSummaryStatus"

    UNKNOWN = 0
    ACTIVE = 1
    ACTIVE_NO_LOGON = 2
    CANCELLING = 3
    COMPLETED = 4
    COMPLETED_WITH_ERRORS = 5
    PENDING = 6
    CANCELLED = 7
    APPROVAL_REQUIRED = 8
    APPROVAL_DENIED = 9
    APPROVAL_FAILED = 10
    LOCKED = 11


class SshTrustActionType(IntEnum):
    __contract__ = "SbPAM.Constants.SshConstants+SshTrustActionType"

    ALWAYS_TRUST_IGNORE_THUMBPRINT = 0
    WARN_ON_THUMBPRINT_MISMATCH = 1
    ERROR_ON_THUMBPRINT_MISMATCH = 2


class StreamType(IntEnum):
    __contract__ = "SbPAM.Constants.ProxyConstants+StreamType"

    ALL = 0
    WINDOWS_AUDIT = 1
    STD_IN = 2
    STD_OUT = 3
    UNKNOWN = 4


class WinRmHttpSetting(IntEnum):
    __contract__ = "SbPAM.Models.WinRmHttpSettings"

    USE_HTTP = 0
    USE_HTTPS_IF_AVAILABLE = 1
    USE_HTTPS_ONLY = 2
    DEFAULT = -1


class SecondFactorRequirement(IntEnum):
    """Ours: the contract has no model for it."""

    DEFAULT = 0
    REQUIRED = 1
    NOT_REQUIRED = 2
