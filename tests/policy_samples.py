"""A body for each operation that changes what policies join, or makes and changes groups; and what each may set."""

from __future__ import annotations

from typing import Any

from estate import POLICIES, Estate, made

SETTABLE_POLICIES = {
    "WorkflowIn": "name selfApproval approvalWorkflowTiers",
    "TierIn": "progressionType approvalWorkflowTierApprovers requiredApprovalCount escalationTimeout"
    " escalationApproverAccountId",
    "TierApproverIn": "approvalWorkflowApproverAccountId",
    "SimpleAccessControlPolicyIn": "name description priority notesRequired ticketRequired approvalTypeRequired"
    " policyType managedAccountIds managedAccountGroupIds managedResourceIds managedResourceGroupIds credentialIds"
    " activityIds activityGroupIds activityConfigurationId",
    "SimpleAccessControlPolicyChangeIn": "name description priority notesRequired ticketRequired"
    " approvalTypeRequired policyType managedAccountIds managedAccountGroupIds managedResourceIds"
    " managedResourceGroupIds credentialIds activityIds activityGroupIds activityConfigurationId",
    "PolicyCopyIn": "id name",
    "ActivityIdAndEntityIn": "id entityType",
    "AccountIdAndEntityIn": "id entityType",
    "ManagedResourceIdAndEntityIn": "id entityType",
    "CredentialOrHostUserIdIn": "id entityType",
    "ActivityGroupIn": "name description",
    "ManagedResourceGroupIn": "name",
    "ManagedAccountGroupIn": "name",
    "UserAndGroupCollectionIn": "name description",
}
GROUPS = {
    "ActivityGroup": "activityGroupId",
    "ManagedResourceGroup": "managedResourceGroupId",
    "ManagedAccountGroup": "managedAccountGroupId",
    "UserAndGroupCollection": "userAndGroupCollectionId",
}


async def groups(estate: Estate, name: str) -> dict[str, str]:
    """One empty group of every sort, by the name of its id."""
    return {
        variable: made(await estate.admin.post(f"/api/v1/{controller}", {"name": f"{name} {variable}"}))["id"]
        for controller, variable in GROUPS.items()
    }


async def policy_samples(estate: Estate) -> dict[str, tuple[Any, dict[str, str]]]:
    """By operation: its body, and the ids in its path. An administrator may call them all."""
    ids, admin = estate.ids, estate.admin
    here = {"policyId": ids["admins"]}
    secrets = made(await admin.post(POLICIES, {"name": "secrets", "policyType": 1}))["id"]
    full = {"name": "full", "policyType": 1, "credentialIds": [ids["locum"]]}
    full_id = made(await admin.post(POLICIES, full))["id"]
    of = await groups(estate, "sample")
    add, remove = "AccessControlPolicy.AddMultiple", "AccessControlPolicy.RemoveMultiple"
    eve, ada = {"id": ids["eve"], "entityType": 4}, {"id": ids["ada"], "entityType": 4}
    sudo, web = {"id": ids["Linux sudo"], "entityType": 0}, {"id": ids["web01"], "entityType": 0}
    activity_group = {"id": of["activityGroupId"], "entityType": 1}
    resource_group = {"id": of["managedResourceGroupId"], "entityType": 1}
    login = {"id": ids["locum"], "entityType": 0}
    tier = {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": ids["eve"]}]}
    workflow = {"name": "w", "approvalWorkflowTiers": [tier]}
    old = made(await admin.post("/api/v1/ApprovalWorkflow", {**workflow, "name": "old"}))["id"]
    samples: dict[str, tuple[Any, dict[str, str]]] = {
        "ApprovalWorkflow.Post": (workflow, {}),
        "ApprovalWorkflow.Put": (workflow, {"approvalWorkflowId": old}),
        "AccessControlPolicy.CopyAccessControlPolicy": ({"id": ids["admins"], "name": "copied"}, {}),
        f"{add}ManagedAccountsToPolicy": ([eve], here),
        f"{remove}ManagedAccountsFromPolicy": ([ada], here),
        f"{add}ActivitiesToPolicy": ([activity_group], here),
        f"{remove}ActivitiesFromPolicy": ([sudo], here),
        f"{add}ManagedResourcesToPolicy": ([resource_group], here),
        f"{remove}ManagedResourcesFromPolicy": ([web], here),
        f"{add}CredentialsToPolicyAsync": ([login], {"policyId": secrets}),
        f"{remove}CredentialsFromPolicyAsync": ([login], {"policyId": full_id}),
    }
    for controller, variable in GROUPS.items():
        samples[f"{controller}.Post"] = ({"name": f"another {controller}"}, {})
        samples[f"{controller}.Put"] = ({"name": f"renamed {controller}"}, {variable: of[variable]})
    return samples
