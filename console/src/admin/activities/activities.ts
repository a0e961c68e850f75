/** Activities, the kinds of actions, and what their actions are. */
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../../shared/api";

export type Activity = Model<"Activity">;
export type Template = Model<"ActionTemplate">;
/** `values` are those of the template's parameters, by their ids. */
export type ActionDraft = {
  actionTemplateId: string;
  values: Record<string, string>;
  continueOnFail: boolean;
  timeout: number | null;
};

export function useActivities() {
  return useQuery({ queryKey: ["activities"], queryFn: () => answer(api.GET("/api/v1/Activity")) });
}

export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => answer(api.GET("/api/v1/ActionTemplate")),
  });
}

export async function actionsOf(actionGroupId: string): Promise<ActionDraft[]> {
  const path = "/api/v1/ActionGroup/{actionGroupId}/Action";
  const actions = await answer(api.GET(path, { params: { path: { actionGroupId } } }));
  return actions.map((action) => ({
    actionTemplateId: action.actionTemplateId,
    values: Object.fromEntries(
      (action.actionParameter ?? []).map((one) => [one.actionTemplateParameterId, one.value ?? ""]),
    ),
    continueOnFail: action.continueOnFail,
    timeout: action.timeout,
  }));
}

export function putActions(actionGroupId: string, actions: ActionDraft[]) {
  return answer(
    api.PUT("/api/v1/ActionGroup/{actionGroupId}/Action", {
      params: { path: { actionGroupId } },
      body: actions.map((action, index) => ({
        actionTemplateId: action.actionTemplateId,
        continueOnFail: action.continueOnFail,
        executionOrder: index + 1,
        timeout: action.timeout,
        actionParameter: Object.entries(action.values)
          .filter(([, value]) => value !== "")
          .map(([actionTemplateParameterId, value]) => ({ actionTemplateParameterId, value })),
      })),
    }),
  );
}

/** The three lists of an activity, in the order of a session. */
export function groupsOf(activity: Activity): [string, string, string] {
  return [activity.startActionGroupId ?? "", activity.duringActionGroupId ?? "", activity.endActionGroupId ?? ""];
}
