/** A connection profile as the forms have it, and what goes with it at addresses of its own. */
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Given, type Model } from "../../shared/api";

export const KIND = { list: "profiles", one: "profile", at: "/admin/profiles" };
export type Profile = Model<"ActivityConfiguration">;
export type Field = {
  name: string;
  label: string;
  description: string;
  customFieldDataType: number;
  options: string;
  length: number | null;
  required: boolean;
};

/** All that has an effect; the contract has more, which is kept alone. */
export const FRESH = {
  name: "",
  description: "",
  record: true,
  maxSessionLength: 60 as number | null,
  expirationTimeoutThreshold: null as number | null,
  allowSessionExtension: false,
  sessionExtensionMinutes: null as number | null,
  sessionExtensionCount: null as number | null,
  notesRequired: false,
  ticketRequired: false,
  approvalTypeRequired: 1,
  approvalWorkflowId: null as string | null,
  customFields: [] as Field[],
  leaveInGroup: true,
  deleteAccount: false,
  activityTokenComplexity: null as string | null,
  sessionRetryInterval: null as number | null,
  monitorEntireSession: false,
  sessionMonitorInterval: null as number | null,
  proxyAutoConnect: false,
  sshProxyHost: "",
  allowPasswordAccess: false,
  allowViewPassword: false,
};
export type Draft = typeof FRESH;

export function draftOf(row: Profile): Draft {
  const kept = Object.fromEntries(Object.keys(FRESH).map((name) => [name, row[name as keyof Profile]]));
  return {
    ...(kept as unknown as Draft),
    name: row.name ?? "",
    description: row.description ?? "",
    sshProxyHost: row.sshProxyHost ?? "",
    customFields: (row.customFields ?? []).map((field) => ({
      name: field.name ?? "",
      label: field.label ?? "",
      description: field.description ?? "",
      customFieldDataType: field.customFieldDataType,
      options: field.options ?? "",
      length: field.length,
      required: field.required,
    })),
  };
}

export function bodyOf(value: Draft): Given<"ActivityConfigurationIn"> {
  const customFields = value.customFields.map((field, index) => ({
    ...field,
    customFieldNumber: index + 1,
    options: field.customFieldDataType === 2 ? field.options : null,
    length: field.customFieldDataType === 1 ? field.length : null,
  }));
  return { ...value, sshProxyHost: value.sshProxyHost || null, customFields } as Given<"ActivityConfigurationIn">;
}

export function useProfiles() {
  return useQuery({ queryKey: ["profiles"], queryFn: () => answer(api.GET("/api/v1/ConnectionProfile")) });
}

export function makeProfile(value: Draft) {
  return answer(api.POST("/api/v1/ConnectionProfile", { body: bodyOf(value) }));
}

const of = (id: string) => ({ path: { connectionProfileId: id } });
const ROOT = "/api/locum/v1/ConnectionProfile/{connectionProfileId}";

/** What goes with a profile, each part read and put as a whole. */
export const PARTS = {
  rules: {
    get: (id: string) => answer(api.GET(`${ROOT}/AddressRule`, { params: of(id) })),
    put: (id: string, body: Given<"IpAddressRuleIn">[]) =>
      answer(api.PUT(`${ROOT}/AddressRule`, { params: of(id), body })),
  },
  windows: {
    get: (id: string) => answer(api.GET(`${ROOT}/AccessWindow`, { params: of(id) })),
    put: (id: string, body: Given<"AccessWindowIn">[]) =>
      answer(api.PUT(`${ROOT}/AccessWindow`, { params: of(id), body })),
  },
  channels: {
    get: (id: string) => answer(api.GET(`${ROOT}/ChannelRules`, { params: of(id) })),
    put: (id: string, body: Given<"ChannelRulesIn">) => answer(api.PUT(`${ROOT}/ChannelRules`, { params: of(id), body })),
  },
  keys: {
    get: (id: string) => answer(api.GET(`${ROOT}/SshKeyUse`, { params: of(id) })),
    put: (id: string, body: Given<"SshKeyUseIn">) => answer(api.PUT(`${ROOT}/SshKeyUse`, { params: of(id), body })),
  },
  restrictions: {
    get: (id: string) => answer(api.GET(`${ROOT}/CommandRestriction`, { params: of(id) })),
    put: (id: string, body: string[]) => answer(api.PUT(`${ROOT}/CommandRestriction`, { params: of(id), body })),
  },
};

/** A copy with all that goes with it, the strict parts first: a copy that is cut off lets nobody do more. */
export async function copyProfile(profile: Profile, name: string): Promise<{ id: string }> {
  const { id } = profile;
  const [rules, windows, channels, keys, restrictions] = await Promise.all([
    PARTS.rules.get(id),
    PARTS.windows.get(id),
    PARTS.channels.get(id),
    PARTS.keys.get(id),
    PARTS.restrictions.get(id),
  ]);
  const made = await makeProfile({ ...draftOf(profile), name });
  await PARTS.restrictions.put(made.id, restrictions.map((one) => one.id));
  await PARTS.rules.put(made.id, rules);
  await PARTS.windows.put(made.id, windows);
  await PARTS.keys.put(made.id, keys);
  await PARTS.channels.put(made.id, channels);
  return made;
}
