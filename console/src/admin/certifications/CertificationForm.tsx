/** Sets a certification up. Once it has started, its name, reviewer and deadline alone can change. */
import { Text, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { type Named, PickMany, PickOne } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { findGroupsAndCollections, findPeople, findPolicies } from "../searches";

const INCOMPLETE = 2;
const SHOWN = 20;

export type Setup = {
  name: string;
  description: string;
  reviewer: Named | null;
  deadline: string;
  people: Named[];
  groups: Named[];
  policies: Named[];
};

export const FRESH: Setup = {
  name: "",
  description: "",
  reviewer: null,
  deadline: "",
  people: [],
  groups: [],
  policies: [],
};

async function findReviewers(text: string): Promise<Named[]> {
  const query = { filterText: text || undefined, skip: 0, take: SHOWN };
  const [reviewers, administrators] = await Promise.all([
    answer(api.GET("/api/v1/ManagedAccount/Reviewer/Search", { params: { query } })),
    administratorsLike(query),
  ]);
  const found = (reviewers.data ?? []).map((one) => ({ id: one.id, name: one.name ?? one.id }));
  return [...found, ...administrators.filter((one) => !found.some((other) => other.id === one.id))];
}

async function administratorsLike(query: { filterText?: string; skip: number; take: number }): Promise<Named[]> {
  const roles = await answer(api.GET("/api/locum/v1/Role"));
  const role = roles.find((one) => one.isBuiltIn && one.name === "Administrator");
  if (!role) return [];
  const params = { path: { roleId: role.id }, query };
  const found = await answer(api.GET("/api/locum/v1/Role/{roleId}/Member", { params }));
  return (found.data ?? []).map((one) => ({ id: one.memberId, name: one.memberName ?? one.memberId }));
}

export function CertificationForm({ task, saved }: { task: Model<"AccessCertificationTaskSummary"> | null; saved: Setup }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const draft = useDraft(saved);
  const hasStarted = (task?.status ?? 0) >= INCOMPLETE;
  async function save() {
    const { name, description, reviewer, deadline, people, groups, policies } = draft.value;
    const ids = (all: Named[]) => all.map((one) => one.id);
    const body = {
      name,
      description,
      reviewerId: reviewer?.id ?? null,
      deadlineDateTimeUtc: deadline ? new Date(deadline).toISOString() : null,
      ...(!hasStarted && {
        userIds: ids(people),
        groupIds: ids(groups),
        policyIds: ids(policies),
      }),
    };
    const path = "/api/v1/AccessCertificationTask/{accessCertificationTaskId}";
    return answer(
      task
        ? api.PUT(path, { params: { path: { accessCertificationTaskId: task.id } }, body })
        : api.POST("/api/v1/AccessCertificationTask", { body }),
    );
  }
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      name={words.certifications.one}
      save={save}
      onSaved={async (made) => {
        await queries.invalidateQueries({ queryKey: ["certifications"] });
        if (task) await queries.invalidateQueries({ queryKey: ["certification", task.id] });
        else await navigate({ to: "/certifications/$id", params: { id: made.id } });
      }}
    >
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      <PickOne
        label={words.certifications.reviewer}
        hint={words.certifications.reviewerHint}
        required
        of="reviewers"
        search={findReviewers}
        {...draft.plain("reviewer")}
      />
      <TextInput
        type="datetime-local"
        label={words.certifications.deadline}
        description={words.certifications.deadlineHint}
        {...draft.text("deadline")}
      />
      {hasStarted ? (
        <Text size="sm" c="dimmed">
          {words.certifications.fixed}
        </Text>
      ) : (
        <>
          <PickMany
            label={words.certifications.people}
            hint={words.certifications.peopleHint}
            of="people"
            search={findPeople}
            {...draft.plain("people")}
          />
          <PickMany
            label={words.certifications.groups}
            hint={words.certifications.groupsHint}
            of="groups and collections"
            search={findGroupsAndCollections}
            {...draft.plain("groups")}
          />
          <PickMany
            label={words.policies.title}
            hint={words.certifications.policiesHint}
            of="policyIds"
            search={findPolicies}
            {...draft.plain("policies")}
          />
        </>
      )}
    </DraftForm>
  );
}
