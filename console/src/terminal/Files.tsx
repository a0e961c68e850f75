/** Files on the target beside a terminal: one folder at a time, down as links, up one after the other. */
import { Alert, Anchor, Button, Group, Paper, Progress, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { answer, api, Refusal } from "../shared/api";
import { bytes, when } from "../shared/format";
import { Empty } from "../shared/Page";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Opened } from "./wire";

export function Files({ terminal, upload, download }: Opened) {
  const words = useWords();
  const [path, setPath] = useState<string>();
  const folder = useQuery({
    queryKey: ["terminal", terminal, path],
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Terminal/{terminalId}/Folder", {
          params: { path: { terminalId: terminal }, query: { path } },
        }),
      ),
    retry: false,
  });
  const here = folder.data?.path ?? path ?? "";
  const inside = (name: string) => `${here === "/" ? "" : here}/${name}`;
  const entries = (folder.data?.entries ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="files">
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <Title order={2} size="h4" id="files">
            {words.terminal.files}
          </Title>
          {upload && folder.data && <Upload terminal={terminal} inside={inside} onDone={() => void folder.refetch()} />}
        </Group>
        <Group gap="xs">
          <Text size="sm" ff="monospace" className="breaks">
            {here}
          </Text>
          {here && here !== "/" && (
            <Button size="xs" variant="subtle" onClick={() => setPath(here.replace(/\/[^/]*$/, "") || "/")}>
              {words.terminal.up}
            </Button>
          )}
        </Group>
        <Trouble error={folder.error} onRetry={() => void folder.refetch()} />
        {folder.data && entries.length === 0 && <Empty title={words.terminal.emptyFolder} />}
        {entries.length > 0 && (
          <Table.ScrollContainer minWidth={320}>
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{words.terminal.name}</Table.Th>
                  <Table.Th>{words.terminal.size}</Table.Th>
                  <Table.Th>{words.terminal.changed}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {entries.map((one) => (
                  <Table.Tr key={one.name}>
                    <Table.Td className="breaks">
                      {one.kind === "folder" ? (
                        <Anchor component="button" type="button" onClick={() => setPath(inside(one.name))}>
                          {one.name}/
                        </Anchor>
                      ) : download && one.kind !== "other" ? (
                        <Anchor href={addressOf(terminal, inside(one.name))} download>
                          {one.name}
                        </Anchor>
                      ) : (
                        one.name
                      )}
                    </Table.Td>
                    <Table.Td className="digits">{one.kind === "file" ? bytes(one.size, words.locale) : ""}</Table.Td>
                    <Table.Td>{when(one.changedDateTimeUtc, words.locale)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {folder.data && !folder.data.isWhole && (
          <Text size="sm" c="dimmed">
            {words.terminal.moreEntries}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

type Sending = { terminal: string; inside: (name: string) => string; onDone: () => void };

function Upload({ terminal, inside, onDone }: Sending) {
  const words = useWords();
  const chooser = useRef<HTMLInputElement>(null);
  const [part, setPart] = useState(0);
  const [done, setDone] = useState<string | null>(null);
  const sending = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) {
        setPart(0);
        await send(addressOf(terminal, inside(file.name)), file, setPart);
        setDone(file.name);
      }
    },
    onSettled: onDone,
  });
  return (
    <Stack gap="xs" align="flex-end">
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={words.terminal.upload}
        onChange={({ currentTarget }) => {
          setDone(null);
          sending.mutate([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
      <Button size="xs" loading={sending.isPending} onClick={() => chooser.current?.click()}>
        {words.terminal.upload}
      </Button>
      {sending.isPending && <Progress value={part * 100} w={160} aria-label={words.terminal.upload} />}
      <Trouble error={sending.error} />
      {done && !sending.error && (
        <Alert color="green" variant="light" p="xs" role="status" className="breaks">
          {words.terminal.uploaded(done)}
        </Alert>
      )}
    </Stack>
  );
}

function addressOf(terminal: string, path: string): string {
  return `/api/locum/v1/Terminal/${terminal}/File?${new URLSearchParams({ path })}`;
}

/** Sends a file as it lies on the disk. fetch can't say how far it is. */
function send(address: string, file: File, onPart: (part: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onPart(loaded / Math.max(total, 1));
    request.onload = () => {
      if (request.status === 200) resolve();
      else reject(new Refusal(request.status, JSON.parse(request.responseText || "{}") as object));
    };
    request.onerror = () => reject(new Refusal(0, undefined));
    request.send(file);
  });
}
