/** One platform: what holds for secrets on its resources. Another one is a copy, which is spoken to the same way. */
import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { things } from "../choices";
import { OneThing, type Way } from "../OneThing";
import { useComplexities, useSchedules } from "../schedules/schedules";
import type { Platform } from "./platforms";

const route = getRouteApi("/admin/platforms/$id");
const ONE = "/api/v1/Platform/{platformId}";
const OF_PASSWORDS = 0;

/** All that has an effect; the contract has two schedules more, which are kept alone. */
function draftOf(row: Platform) {
  return {
    name: row.name ?? "",
    description: row.description ?? "",
    builtInAccount: row.builtInAccount ?? "",
    scheduledChangePolicyId: row.scheduledChangePolicyId,
    verificationScheduleId: row.verificationScheduleId,
    passwordComplexityPolicyId: row.passwordComplexityPolicyId,
    resetOnMismatch: row.resetOnMismatch,
    basePlatformId: row.basePlatformId,
  };
}
type Fresh = ReturnType<typeof draftOf>;

const of = (platformId: string) => ({ path: { platformId } });
const cameWithLocum = (one: Fresh) => one.basePlatformId === null;

const WAY: Way<Fresh> = {
  list: "platforms",
  one: "platform",
  at: "/admin/platforms",
  get: async (id) => draftOf(await answer(api.GET(ONE, { params: of(id) }))),
  save: (id, body) => answer(api.PUT(ONE, { params: of(id ?? ""), body })),
  copy: (id, _, name) => answer(api.POST("/api/v1/Platform", { body: { basePlatformId: id, name } })),
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

export default function PlatformPage() {
  const { id } = route.useParams();
  const { form, platforms } = useAdminWords();
  const schedules = useSchedules();
  const complexities = useComplexities();
  return (
    <OneThing id={id} way={WAY} words={platforms} isBuiltIn={cameWithLocum}>
      {(draft) => (
        <>
          <TextInput
            label={form.name}
            description={cameWithLocum(draft.value) && platforms.nameStays}
            disabled={cameWithLocum(draft.value)}
            required
            maxLength={256}
            {...draft.text("name")}
          />
          <Textarea label={form.description} maxLength={1000} autosize {...draft.text("description")} />
          <NativeSelect
            label={platforms.rotation}
            description={platforms.rotationHint}
            data={things(platforms.none, schedules.data)}
            {...draft.option("scheduledChangePolicyId")}
          />
          <NativeSelect
            label={platforms.verification}
            description={platforms.verificationHint}
            data={things(platforms.none, schedules.data)}
            {...draft.option("verificationScheduleId")}
          />
          <Checkbox label={platforms.reset} description={platforms.resetHint} {...draft.flag("resetOnMismatch")} />
          <NativeSelect
            label={platforms.complexity}
            data={things(
              platforms.usual,
              complexities.data?.filter((one) => one.type === OF_PASSWORDS),
            )}
            {...draft.option("passwordComplexityPolicyId")}
          />
          <TextInput
            label={platforms.account}
            description={platforms.accountHint}
            maxLength={256}
            {...draft.text("builtInAccount")}
          />
        </>
      )}
    </OneThing>
  );
}
