/** The changes of a credential's secret, the newest first; one that is under way can be steered. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { ROWS } from "../../shared/paged";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Deed } from "../Deed";
import { type Credential, type Rotation, useRenewed } from "./credential";

const REFRESH_MS = 3_000;
const COLOURS: Record<number, string> = { 1: "blue", 2: "blue", 3: "yellow", 4: "green", 5: "red", 6: "orange" };
const PAUSED = 3;
const UNDER_WAY = new Set([-1, 0, 1, 2, PAUSED]);

export function Rotations({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const interval = useInterval(REFRESH_MS);
  const [page, setPage] = useState(1);
  const found = useQuery({
    queryKey: ["credential", credential.id, "rotations", page],
    placeholderData: keepPreviousData,
    refetchInterval: interval,
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Credential/{credentialId}/Rotation", {
          params: { path: { credentialId: credential.id }, query: { skip: (page - 1) * ROWS, take: ROWS } },
        }),
      ),
  });
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
    <Part id="rotations" title={words.rotations.title} intro={words.rotations.intro}>
      <Listing
        label={words.rotations.title}
        columns={columns}
        rows={found.data?.data}
        total={found.data?.recordsTotal}
        page={page}
        onPage={setPage}
        error={found.error}
        onRetry={() => void found.refetch()}
        keyOf={(row) => row.id}
        empty={words.rotations.empty}
      />
    </Part>
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
