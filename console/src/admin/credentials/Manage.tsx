/** Brings a login under management: where it lives, and by which schedule and rules its secret changes. */
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Ask } from "../../me/Ask";
import { answer, api, type Model } from "../../shared/api";
import { useDraft } from "../../shared/draft";
import { type Named, PickOne } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { useComplexities, useSchedules } from "../schedules/schedules";
import { findResources } from "../searches";
import { type Credential, useRenewed } from "./credential";

/** In a secret vault nothing is changed, as there is no target. */
const NOT_MANAGED = 0;
const MANUAL = 1;
const AUTOMATIC = 2;

type Props = { credential: Credential; management: Model<"ManagedUser"> | null; onGone: () => void };

export function Manage({ credential, management, onGone }: Props) {
  const words = useAdminWords();
  const renew = useRenewed(credential.id);
  const schedules = useSchedules();
  const complexities = useComplexities();
  const [resource, setResource] = useState<Named | null>(
    credential.managedResourceId ? { id: credential.managedResourceId, name: credential.resource ?? "" } : null,
  );
  const draft = useDraft({
    managedType: management?.managedType ?? AUTOMATIC,
    verificationScheduleId: management?.verificationScheduleId ?? null,
    passwordComplexityPolicyId: management?.passwordComplexityPolicyId ?? null,
  });
  const choices = (rows: { id: string; name: string | null }[] | undefined) => [
    { value: "", label: words.credentials.usual },
    ...(rows ?? []).map((row) => ({ value: row.id, label: row.name ?? "" })),
  ];
  async function manage() {
    await answer(
      api.PUT("/api/locum/v1/Credential/{credentialId}/ManagedUser", {
        params: { path: { credentialId: credential.id } },
        body: { managedResourceId: resource?.id ?? "", ...draft.value },
      }),
    );
    await renew();
  }
  return (
    <Ask title={words.credentials.management} label={words.form.save} act={manage} onGone={onGone}>
      <PickOne
        label={words.credentials.resource}
        hint={words.credentials.resourceHint}
        required
        of="resources"
        search={findResources}
        value={resource}
        onChange={setResource}
      />
      <NativeSelect
        label={words.credentials.managed}
        description={words.credentials.managedHint}
        data={[AUTOMATIC, MANUAL, NOT_MANAGED].map((one) => ({ value: String(one), label: words.credentials.managements[one] ?? "" }))}
        {...draft.choice("managedType")}
      />
      <NativeSelect
        label={words.credentials.schedule}
        description={words.credentials.scheduleHint}
        data={choices(schedules.data)}
        {...draft.option("verificationScheduleId")}
      />
      <NativeSelect
        label={words.credentials.complexity}
        data={choices(complexities.data?.filter((one) => one.type === 0))}
        {...draft.option("passwordComplexityPolicyId")}
      />
    </Ask>
  );
}
