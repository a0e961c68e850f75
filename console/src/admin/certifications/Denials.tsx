/** What certifications deny a person now, and the way to take a denial back. */
import { Button, Text, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Ask } from "../../me/Ask";
import { Part } from "../../me/Part";
import { answer, api, type Model } from "../../shared/api";
import { useDraft } from "../../shared/draft";
import { when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { namesOf } from "../names";

type Denial = Model<"AccessCertificationDenial">;
type Shown = Denial & { what: string; where: string; policy: string };
/** More than somebody will have; the newest are shown. */
const MOST = 100;

export function Denials({ personId }: { personId: string }) {
  const words = useAdminWords().denials;
  const { locale } = useWords();
  const [lifted, setLifted] = useState<Shown | null>(null);
  const found = useQuery({
    queryKey: ["denials", personId],
    queryFn: async () => {
      const query = { managedAccountId: personId, skip: 0, take: MOST };
      const rows = (await answer(api.GET("/api/v1/AccessCertificationDenial", { params: { query } }))).data ?? [];
      return named(rows);
    },
  });
  const columns: Column<Shown>[] = [
    {
      key: "what",
      label: words.what,
      show: (row) => (
        <div className="breaks">
          {row.what} · {row.where}
          <Text size="sm" c="dimmed">
            {row.policy}
          </Text>
        </div>
      ),
    },
    { key: "why", label: words.why, show: (row) => <span className="breaks">{row.reason}</span> },
    {
      key: "by",
      label: words.by,
      show: (row) => (
        <div className="breaks">
          {row.denyingTaskName}
          <Text size="sm" c="dimmed">
            {when(row.createdDateTimeUtc, locale)}
          </Text>
        </div>
      ),
    },
    {
      key: "do",
      label: words.lift,
      show: (row) => (
        <Button size="xs" variant="default" onClick={() => setLifted(row)}>
          {words.lift}
        </Button>
      ),
    },
  ];
  return (
    <Part id="denials" title={words.title} intro={words.intro}>
      <Listing
        label={words.title}
        columns={columns}
        rows={found.data}
        error={found.error}
        onRetry={() => void found.refetch()}
        keyOf={(row) => row.id}
        empty={words.empty}
      />
      {lifted && <Lift denial={lifted} personId={personId} onGone={() => setLifted(null)} />}
    </Part>
  );
}

/** A denial knows what it is about by ids alone. */
async function named(rows: Denial[]): Promise<Shown[]> {
  const ids = (of: (row: Denial) => string | null) => [...new Set(rows.map(of).filter((id) => id !== null))];
  const all = await Promise.all([
    namesOf("activityIds", ids((row) => row.activityId)),
    namesOf("managedResourceIds", ids((row) => row.resourceId)),
    namesOf("credentialIds", ids((row) => row.credentialId)),
    namesOf("policyIds", ids((row) => row.accessPolicyId)),
  ]);
  const names = new Map(all.flat().map((one) => [one.id, one.name]));
  const name = (id: string | null) => (id === null ? "" : (names.get(id) ?? id));
  return rows.map((row) => ({
    ...row,
    what: name(row.activityId),
    where: name(row.resourceId ?? row.credentialId),
    policy: name(row.accessPolicyId),
  }));
}

function Lift({ denial, personId, onGone }: { denial: Shown; personId: string; onGone: () => void }) {
  const words = useAdminWords().denials;
  const queries = useQueryClient();
  const draft = useDraft({ notes: "" });
  async function lift() {
    await answer(
      api.POST("/api/v1/AccessCertificationDenial/{accessCertificationDenialId}/Lift", {
        params: { path: { accessCertificationDenialId: denial.id } },
        body: draft.value,
      }),
    );
    await queries.invalidateQueries({ queryKey: ["denials", personId] });
  }
  return (
    <Ask title={words.liftTitle} label={words.lift} act={lift} onGone={onGone}>
      <Text className="breaks">{words.liftText(denial.what, denial.where)}</Text>
      <Textarea label={words.notes} required maxLength={1000} autosize data-autofocus {...draft.text("notes")} />
    </Ask>
  );
}
