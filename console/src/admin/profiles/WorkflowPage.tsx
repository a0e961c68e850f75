/** One approval workflow: its tiers, who is asked in each, how many must say yes, and who joins when nobody answers. */
import { Checkbox, Fieldset, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given, type Model, Refusal } from "../../shared/api";
import { type Named, PickMany, PickOne } from "../../shared/Picker";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { numbered } from "../choices";
import { namesOfAnybody } from "../names";
import { OneThing, type Way } from "../OneThing";
import { findPeopleAndGroups } from "../searches";

type Tier = {
  approvers: Named[];
  requiredApprovalCount: number | null;
  escalationTimeout: number | null;
  escalation: Named | null;
  progressionType: number;
};
type Fresh = { name: string; selfApproval: boolean; tiers: Tier[] };

const route = getRouteApi("/admin/workflows/$id");
const ONE = "/api/v1/ApprovalWorkflow/{approvalWorkflowId}";
const MOST_TIERS = 3;
const ESCALATION_MIN = 10;
const SEQUENTIAL = 0;
const GONE = 404;

function freshTier(): Tier {
  return {
    approvers: [],
    requiredApprovalCount: 1,
    escalationTimeout: ESCALATION_MIN,
    escalation: null,
    progressionType: SEQUENTIAL,
  };
}

const WAY: Omit<Way<Fresh>, "get"> = {
  list: "workflows",
  one: "workflow",
  at: "/admin/workflows",
  fresh: { name: "", selfApproval: false, tiers: [freshTier()] },
  save,
  copy: (_, saved, name) => save(null, { ...saved, name }),
  remove: (id) => answer(api.DELETE(ONE, { params: { path: { approvalWorkflowId: id } } })),
};

export default function WorkflowPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  // There is no operation for one alone.
  const get = async (sought: string) => {
    const one = (await answer(api.GET("/api/v1/ApprovalWorkflow"))).find((row) => row.id === sought);
    if (!one) throw new Refusal(GONE, { detail: words.workflows.gone });
    return draftOf(one);
  };
  return (
    <OneThing id={id} way={{ ...WAY, get }} words={words.workflows}>
      {(draft) => (
        <>
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          <Checkbox
            label={words.workflows.selfApproval}
            description={words.workflows.selfApprovalHint}
            {...draft.flag("selfApproval")}
          />
          <Fieldset legend={words.workflows.tiers}>
            <Tiers tiers={draft.value.tiers} onChange={(tiers) => draft.set("tiers", tiers)} />
          </Fieldset>
        </>
      )}
    </OneThing>
  );
}

async function draftOf(row: Model<"Workflow">): Promise<Fresh> {
  const tiers = row.approvalWorkflowTiers ?? [];
  const ids = tiers.flatMap((tier) => [...(tier.approverAccountIds ?? []), ...known(tier.escalationApproverAccountId)]);
  const names = new Map((await namesOfAnybody([...new Set(ids)])).map((one) => [one.id, one]));
  const named = (id: string) => names.get(id) ?? { id, name: id };
  return {
    name: row.name,
    selfApproval: row.selfApproval,
    tiers: tiers.map((tier) => ({
      approvers: (tier.approverAccountIds ?? []).map(named),
      requiredApprovalCount: tier.requiredApprovalCount,
      escalationTimeout: tier.escalationTimeout,
      escalation: tier.escalationApproverAccountId ? named(tier.escalationApproverAccountId) : null,
      progressionType: tier.progressionType,
    })),
  };
}

function known(id: string | null): string[] {
  return id ? [id] : [];
}

function bodyOf(value: Fresh): Given<"WorkflowIn"> {
  return {
    name: value.name,
    selfApproval: value.selfApproval,
    approvalWorkflowTiers: value.tiers.map((tier) => ({
      approvalWorkflowTierApprovers: tier.approvers.map((one) => ({ approvalWorkflowApproverAccountId: one.id })),
      requiredApprovalCount: tier.requiredApprovalCount ?? 1,
      escalationTimeout: tier.escalationTimeout ?? ESCALATION_MIN,
      escalationApproverAccountId: tier.escalation?.id ?? null,
      progressionType: tier.progressionType as Given<"ProgressionType">,
    })),
  };
}

function save(id: string | null, value: Fresh) {
  const body = bodyOf(value);
  const params = { path: { approvalWorkflowId: id ?? "" } };
  return answer(id ? api.PUT(ONE, { params, body }) : api.POST("/api/v1/ApprovalWorkflow", { body }));
}

function Tiers({ tiers, onChange }: { tiers: Tier[]; onChange: (tiers: Tier[]) => void }) {
  const words = useAdminWords().workflows;
  return (
    <Rows rows={tiers} onChange={onChange} fresh={freshTier} legend={words.tier} add={words.tierAdd} most={MOST_TIERS}>
      {(tier, change) => (
        <>
          <PickMany
            label={words.approvers}
            hint={words.approversHint}
            required={tier.approvers.length === 0}
            of="anybody"
            search={findPeopleAndGroups}
            value={tier.approvers}
            onChange={(approvers) => change({ approvers })}
          />
          <NumberInput
            label={words.required}
            required
            min={1}
            value={tier.requiredApprovalCount ?? ""}
            onChange={(to) => change({ requiredApprovalCount: to === "" ? null : Number(to) })}
          />
          <NativeSelect
            label={words.progression}
            data={numbered(words.progressions)}
            value={String(tier.progressionType)}
            onChange={(event) => change({ progressionType: Number(event.currentTarget.value) })}
          />
          <PickOne
            label={words.escalation}
            hint={words.escalationHint}
            of="anybody"
            search={findPeopleAndGroups}
            value={tier.escalation}
            onChange={(escalation) => change({ escalation })}
          />
          <NumberInput
            label={words.escalationTimeout}
            min={1}
            value={tier.escalationTimeout ?? ""}
            onChange={(to) => change({ escalationTimeout: to === "" ? null : Number(to) })}
          />
        </>
      )}
    </Rows>
  );
}
