/** One access policy: what it asks for, whom and what it joins, and whether it is in force. */
import { Alert, Checkbox, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { answer, api, type Given, type Model } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { numbered, things } from "../choices";
import { CopyThing } from "../CopyThing";
import { Deed, GraveDeed } from "../Deed";
import { Happened } from "../Happened";
import { useProfiles } from "../profiles/profile";
import { ThingPage } from "../ThingPage";
import { PolicyMembers } from "./PolicyMembers";

type Policy = Model<"SimpleAccessControlPolicy">;
type Standing = { isDisabled: boolean; isDeleted: boolean };
const route = getRouteApi("/admin/policies/$id");
const OF_CREDENTIALS = 1;
const ONE = "/api/v1/AccessControlPolicy/{accessControlPolicyId}";

const FRESH = {
  name: "",
  description: "",
  priority: 0 as number | null,
  policyType: 0,
  approvalTypeRequired: 1,
  notesRequired: false,
  ticketRequired: false,
  activityConfigurationId: null as string | null,
};
type Fresh = typeof FRESH;

function draftOf(row: Policy): Fresh {
  return {
    name: row.name ?? "",
    description: row.description ?? "",
    priority: row.priority,
    policyType: row.policyType,
    approvalTypeRequired: row.approvalTypeRequired,
    notesRequired: row.notesRequired,
    ticketRequired: row.ticketRequired,
    activityConfigurationId: row.activityConfigurationId,
  };
}

export default function PolicyPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["policy", id],
    queryFn: async () => {
      if (isNew) return { policy: null, standing: null };
      const params = { path: { accessControlPolicyId: id }, query: { ignoreStatus: true } };
      const [policy, standing] = await Promise.all([answer(api.GET(ONE, { params })), standingOf(id)]);
      return { policy, standing };
    },
  });
  return (
    <ThingPage
      title={isNew ? words.policies.add : (found.data?.policy?.name ?? words.policies.one)}
      intro={isNew ? words.policies.addIntro : words.policies.intro}
      found={found}
      back={{ to: "/admin/policies", label: words.policies.all }}
    >
      {({ policy, standing }) => (
        <Stack gap="xl" key={id}>
          {standing && <Inactive standing={standing} />}
          <Card>
            <Form id={policy?.id ?? null} saved={policy ? draftOf(policy) : FRESH} />
          </Card>
          {policy && standing && (
            <>
              {!standing.isDeleted && <Joined policy={policy} />}
              <End policy={policy} standing={standing} />
              <Happened objectId={policy.id} intro={words.policies.happened} />
            </>
          )}
        </Stack>
      )}
    </ThingPage>
  );
}

/** Of a deleted policy the server tells none of it. */
function Joined({ policy }: { policy: Policy }) {
  return (
    <div className="halves">
      <PolicyMembers policyId={policy.id} part="people" />
      {policy.policyType === OF_CREDENTIALS ? (
        <>
          <PolicyMembers policyId={policy.id} part="credentials" />
          <PolicyMembers policyId={policy.id} part="vaults" />
        </>
      ) : (
        <>
          <PolicyMembers policyId={policy.id} part="activities" />
          <PolicyMembers policyId={policy.id} part="resources" />
        </>
      )}
    </div>
  );
}

/** A policy itself does not tell; the lists of those that are not in force do. */
async function standingOf(id: string): Promise<Standing> {
  const among = async (query: { isDisabled?: boolean; isDeleted?: boolean }) =>
    (await answer(api.GET("/api/v1/AccessControlPolicy", { params: { query } }))).some((one) => one.id === id);
  const [disabled, deleted, both] = await Promise.all([
    among({ isDisabled: true }),
    among({ isDeleted: true }),
    among({ isDisabled: true, isDeleted: true }),
  ]);
  return { isDisabled: disabled || both, isDeleted: deleted || both };
}

function Inactive({ standing }: { standing: Standing }) {
  const words = useAdminWords().policies;
  if (!standing.isDeleted && !standing.isDisabled) return null;
  return (
    <Alert color="yellow" variant="light">
      {standing.isDeleted ? words.isDeleted : words.isDisabled}
    </Alert>
  );
}

function Form({ id, saved }: { id: string | null; saved: Fresh }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const draft = useDraft(saved);
  const profiles = useProfiles();
  const { policies } = words;
  async function save() {
    const body = { ...draft.value, priority: draft.value.priority ?? 0 } as Given<"SimpleAccessControlPolicyIn">;
    return answer(
      id
        ? api.PUT(ONE, { params: { path: { accessControlPolicyId: id } }, body })
        : api.POST("/api/v1/AccessControlPolicy", { body }),
    );
  }
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      name={policies.one}
      save={save}
      onSaved={async (made) => {
        await queries.invalidateQueries({ queryKey: ["policies"] });
        if (id) await queries.invalidateQueries({ queryKey: ["policy", id] });
        else await navigate({ to: "/admin/policies/$id", params: { id: made.id } });
      }}
    >
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      <NativeSelect
        label={policies.type}
        description={policies.typeHints[draft.value.policyType]}
        disabled={id !== null}
        data={numbered(policies.types)}
        {...draft.choice("policyType")}
      />
      <NumberInput label={policies.priority} description={policies.priorityHint} {...draft.figure("priority")} />
      <NativeSelect
        label={policies.profile}
        description={policies.profileHint}
        data={things(policies.profileDefault, profiles.data)}
        {...draft.option("activityConfigurationId")}
      />
      <NativeSelect
        label={policies.approval}
        description={policies.approvalHint}
        data={numbered(words.profiles.approvals)}
        {...draft.choice("approvalTypeRequired")}
      />
      <Checkbox label={words.profiles.notesRequired} {...draft.flag("notesRequired")} />
      <Checkbox label={words.profiles.ticketRequired} {...draft.flag("ticketRequired")} />
    </DraftForm>
  );
}

function End({ policy, standing }: { policy: Policy; standing: Standing }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const renew = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["policies"] }),
      queries.invalidateQueries({ queryKey: ["policy", policy.id] }),
      queries.invalidateQueries({ queryKey: ["happened", policy.id] }),
    ]);
  const become = (query: Partial<Standing>) =>
    answer(
      api.PUT("/api/v1/AccessControlPolicy/{accessControlPolicyId}/Status", {
        params: { path: { accessControlPolicyId: policy.id }, query },
      }),
    );
  return (
    <Group>
      <CopyThing
        name={policy.name ?? ""}
        at="/admin/policies"
        copy={async (name) => {
          const made = await answer(api.PUT("/api/v1/AccessControlPolicy/Copy", { body: { id: policy.id, name } }));
          await queries.invalidateQueries({ queryKey: ["policies"] });
          return made.id;
        }}
      />
      {standing.isDisabled ? (
        <Deed label={words.policies.enable} act={() => become({ isDisabled: false })} then={renew} />
      ) : (
        <GraveDeed
          label={words.policies.disable}
          title={words.policies.disableTitle(policy.name ?? "")}
          text={words.policies.disableText}
          act={() => become({ isDisabled: true })}
          then={renew}
        />
      )}
      {standing.isDeleted ? (
        <Deed label={words.policies.restore} act={() => become({ isDeleted: false })} then={renew} />
      ) : (
        <GraveDeed
          label={words.form.delete}
          title={words.form.deleteTitle(policy.name ?? "")}
          text={words.policies.deleteText}
          act={() => become({ isDeleted: true })}
          then={renew}
        />
      )}
    </Group>
  );
}
