/** The changes of a credential's secret, the newest first; one that is under way can be steered. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import { answer, api } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { when } from "../../shared/format";
import type { Column } from "../../shared/Listing";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Deed } from "../Deed";
import { PagedPart } from "../PagedPart";
import { type Credential, type Rotation, useRenewed } from "./credential";

const REFRESH_MS = 3_000;
const COLOURS: Record<number, string> = { 1: "blue", 2: "blue", 3: "yellow", 4: "green", 5: "red", 6: "orange" };
const PAUSED = 3;
const UNDER_WAY = new Set([-1, 0, 1, 2, PAUSED]);

export function Rotations({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const interval = useInterval(REFRESH_MS);
  const columns: Column<Rotation>[] = [
    { key: "at", label: words.jobs.started, show: (row) => when(row.startDateTimeUtc, locale) ?? "–" },
    {
      key: "what",
      label: words.rotations.what,
      show: (row) => (
        <Stack gap={2} className="breaks">
          <span className="badges">
            <Badge variant="light" tt="none" color={COLOURS[row.status] ?? "gray"}>
              {words.rotations.states[row.status] ?? row.status}
            </Badge>
            {row.isRollback && words.rotations.rollback}
          </span>
          {row.reason && <Text size="sm">{words.rotations.reasons[row.reason] ?? row.reason}</Text>}
          {row.lastError && (
            <Text size="sm" c="red">
              {row.lastError}
            </Text>
          )}
          {(row.serviceRotationActionQueues ?? []).map((one) => (
            <Text size="sm" c="dimmed" key={one.id}>
              {one.targetName} · {one.targetHost} · {words.jobs.states[one.status] ?? one.status}
              {one.lastError && ` · ${one.lastError}`}
            </Text>
          ))}
        </Stack>
      ),
    },
    {
      key: "who",
      label: words.rotations.who,
      show: (row) => row.createdByUserName ?? words.rotations.itself,
    },
    { key: "do", label: words.form.actions, show: (row) => UNDER_WAY.has(row.status) && <Steer rotation={row} /> },
  ];
  return (
    <PagedPart
      id="rotations"
      title={words.rotations.title}
      intro={words.rotations.intro}
      empty={words.rotations.empty}
      columns={columns}
      of={["credential", credential.id, "rotations"]}
      refetchInterval={interval}
      ask={(query) => {
        const params = { path: { credentialId: credential.id }, query };
        return answer(api.GET("/api/locum/v1/Credential/{credentialId}/Rotation", { params }));
      }}
    />
  );
}

function Steer({ rotation }: { rotation: Rotation }) {
  const words = useAdminWords();
  const renew = useRenewed(rotation.credentialId);
  const params = { path: { rotationId: rotation.id } };
  return (
    <Group gap="xs">
      {rotation.status === PAUSED ? (
        <Deed
          label={words.rotations.resume}
          act={() => answer(api.POST("/api/locum/v1/Rotation/{rotationId}/Resume", { params }))}
          then={renew}
        />
      ) : (
        <Deed
          label={words.rotations.pause}
          act={() => answer(api.POST("/api/locum/v1/Rotation/{rotationId}/Pause", { params }))}
          then={renew}
        />
      )}
      <Deed
        label={words.rotations.abort}
        act={() => answer(api.POST("/api/locum/v1/Rotation/{rotationId}/Abort", { params }))}
        then={renew}
      />
    </Group>
  );
}
