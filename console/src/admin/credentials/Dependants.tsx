/** What else holds a credential's secret and is told of a new one: files on hosts, with the units that read them. */
import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Ask } from "../../me/Ask";
import { Part } from "../../me/Part";
import { answer, api, type Model } from "../../shared/api";
import { Confirm } from "../../shared/Confirm";
import { useDraft } from "../../shared/draft";
import { type Column, Listing } from "../../shared/Listing";
import { whole } from "../../shared/paged";
import { type Named, PickOne } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { findResources } from "../searches";
import { type Credential, useRenewed } from "./credential";

type Dependant = Model<"Dependant">;

export function Dependants({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const [isAdding, adding] = useDisclosure();
  const [changed, setChanged] = useState<Dependant | null>(null);
  const [removed, setRemoved] = useState<Dependant | null>(null);
  const renew = useRenewed(credential.id);
  const found = useQuery({
    queryKey: ["credential", credential.id, "dependants"],
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Credential/{credentialId}/Dependant", {
          params: { path: { credentialId: credential.id } },
        }),
      ),
  });
  const places = usePlaces(found.data);
  const columns: Column<Dependant>[] = [
    { key: "name", label: words.form.name, show: (row) => <strong className="breaks">{row.name}</strong> },
    { key: "resource", label: words.credentials.resource, show: (row) => places.get(row.resourceId) ?? row.resourceId },
    {
      key: "file",
      label: words.dependants.file,
      show: (row) => (
        <Stack gap={2} className="breaks">
          <Code>{parameter(row, "path")}</Code>
          {parameter(row, "unit") && (
            <Text size="sm" c="dimmed">
              {words.dependants.restarts(parameter(row, "unit"))}
            </Text>
          )}
        </Stack>
      ),
    },
    {
      key: "do",
      label: words.form.actions,
      show: (row) => (
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => setChanged(row)} aria-label={words.form.changeOf(row.name)}>
            {words.form.change}
          </Button>
          <Button
            size="xs"
            variant="outline"
            color="red"
            onClick={() => setRemoved(row)}
            aria-label={words.form.removeOf(row.name)}
          >
            {words.form.remove}
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Part
      id="dependants"
      title={words.dependants.title}
      intro={words.dependants.intro}
      aside={
        <Button variant="default" onClick={adding.open}>
          {words.dependants.add}
        </Button>
      }
    >
      <Listing
        label={words.dependants.title}
        columns={columns}
        {...whole(found)}
        keyOf={(row) => row.id}
        empty={words.dependants.empty}
      />
      {isAdding && <Change credential={credential} dependant={null} place={null} onGone={adding.close} />}
      {changed && (
        <Change
          credential={credential}
          dependant={changed}
          place={places.get(changed.resourceId) ?? null}
          onGone={() => setChanged(null)}
        />
      )}
      {removed && (
        <Confirm
          title={words.dependants.removeTitle}
          text={words.dependants.removeText(removed.name)}
          label={words.form.remove}
          onGone={() => setRemoved(null)}
          act={async () => {
            const params = { path: { dependantId: removed.id } };
            await answer(api.DELETE("/api/locum/v1/Dependant/{dependantId}", { params }));
            await renew();
          }}
        />
      )}
    </Part>
  );
}

/** What the resources of dependants are called. */
function usePlaces(dependants: Dependant[] | undefined): Map<string, string> {
  const ids = [...new Set((dependants ?? []).map((one) => one.resourceId))].sort();
  const found = useQuery({
    queryKey: ["resource names", ids],
    enabled: ids.length > 0,
    queryFn: () =>
      Promise.all(
        ids.map(async (managedResourceId) => {
          const params = { query: { managedResourceId, skip: 0, take: 1 } };
          const rows = await answer(api.GET("/api/v1/ManagedResource/Search", { params }));
          return [managedResourceId, rows.data?.[0]?.name ?? managedResourceId] as const;
        }),
      ),
  });
  return new Map(found.data);
}

function parameter(row: Dependant, name: string): string {
  return String((row.parameters as Record<string, unknown>)[name] ?? "");
}

type ChangeProps = { credential: Credential; dependant: Dependant | null; place: string | null; onGone: () => void };

function Change({ credential, dependant, place, onGone }: ChangeProps) {
  const words = useAdminWords();
  const renew = useRenewed(credential.id);
  const [resource, setResource] = useState<Named | null>(
    dependant ? { id: dependant.resourceId, name: place ?? dependant.resourceId } : null,
  );
  const draft = useDraft({
    name: dependant?.name ?? "",
    path: dependant ? parameter(dependant, "path") : "",
    pattern: dependant ? parameter(dependant, "pattern") : "",
    unit: dependant ? parameter(dependant, "unit") : "",
  });
  async function save() {
    const { name, path, pattern, unit } = draft.value;
    const body = { name, resourceId: resource?.id ?? "", parameters: { path, pattern, unit: unit || null } };
    if (dependant) {
      const params = { path: { dependantId: dependant.id } };
      await answer(api.PUT("/api/locum/v1/Dependant/{dependantId}", { params, body }));
    } else {
      const params = { path: { credentialId: credential.id } };
      await answer(
        api.POST("/api/locum/v1/Credential/{credentialId}/Dependant", { params, body: { ...body, kind: "file" } }),
      );
    }
    await renew();
  }
  return (
    <Ask
      title={dependant ? words.form.changeOf(dependant.name) : words.dependants.add}
      label={words.form.save}
      act={save}
      onGone={onGone}
    >
      <TextInput label={words.form.name} required maxLength={256} data-autofocus {...draft.text("name")} />
      <PickOne
        label={words.credentials.resource}
        required
        of="resources"
        search={findResources}
        value={resource}
        onChange={setResource}
      />
      <TextInput label={words.dependants.path} required placeholder="/etc/app.conf" {...draft.text("path")} />
      <TextInput
        label={words.dependants.pattern}
        description={words.dependants.patternHint}
        required
        placeholder='password = "{secret}"'
        {...draft.text("pattern")}
      />
      <TextInput
        label={words.dependants.unit}
        description={words.dependants.unitHint}
        placeholder="app.service"
        {...draft.text("unit")}
      />
    </Ask>
  );
}
