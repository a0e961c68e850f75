/** Adds a Linux host or a database server. Nothing is done there until somebody comes to it, or a secret changes. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { isIpAddress } from "../../shared/address";
import { answer, api } from "../../shared/api";
import { type Draft, DraftForm, useDraft } from "../../shared/draft";
import { Page } from "../../shared/Page";
import { type Named, PickOne } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { things } from "../choices";
import { usePlatforms } from "../platforms/platforms";
import { findCredentials } from "../searches";
import { DATABASE, HOST, SSH_PORT } from "./resource";

type Kind = "host" | "postgresql" | "mysql";
/** What the platforms that come with Locum are called, and the kinds of databases in the API. */
const PLATFORMS = { host: "Linux", postgresql: "PostgreSQL", mysql: "MySQL" };
const SERVERS = { postgresql: 0, mysql: 4 } as const;

const FRESH = {
  kind: "host" as Kind,
  name: "",
  address: "",
  platformId: null as string | null,
  portSsh: SSH_PORT as number | null,
  port: null as number | null,
  databaseName: "",
  encrypted: true,
  trustServerCertificate: false,
  account: null as Named | null,
  acceptFirst: true,
};
type Fresh = typeof FRESH;

export default function NewResourcePage() {
  const { form, resources } = useAdminWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const platforms = usePlatforms();
  const draft = useDraft(FRESH);
  const { kind } = draft.value;
  const base = platforms.data?.find((one) => one.name === PLATFORMS[kind]);
  const copies = platforms.data?.filter((one) => base && one.basePlatformId === base.id);
  return (
    <Page title={resources.add} intro={resources.addIntro}>
      <Card>
        <DraftForm
          draft={draft}
          label={resources.add}
          save={() => added(draft.value)}
          onSaved={async (id) => {
            await queries.invalidateQueries({ queryKey: ["resources"] });
            await navigate({ to: "/admin/resources/$id", params: { id } });
          }}
        >
          <NativeSelect
            label={resources.kind}
            data={Object.entries(resources.kinds).map(([value, label]) => ({ value, label }))}
            value={kind}
            onChange={(event) => {
              draft.set("kind", event.currentTarget.value as Kind);
              draft.set("platformId", null);
            }}
          />
          <TextInput label={form.name} required maxLength={256} {...draft.text("name")} />
          <TextInput label={resources.address} required maxLength={255} {...draft.text("address")} />
          {kind === "host" ? <HostFields draft={draft} /> : <DatabaseFields draft={draft} />}
          <NativeSelect
            label={resources.platform}
            data={things(PLATFORMS[kind], copies)}
            {...draft.option("platformId")}
          />
          <PickOne
            label={resources.account}
            hint={resources.accountHint}
            of="credentials"
            search={findCredentials}
            {...draft.plain("account")}
          />
        </DraftForm>
      </Card>
    </Page>
  );
}

function HostFields({ draft }: { draft: Draft<Fresh> }) {
  const { resources } = useAdminWords();
  return (
    <>
      <NumberInput label={resources.port} required min={1} max={65535} allowDecimal={false} hideControls {...draft.figure("portSsh")} />
      <Checkbox label={resources.acceptFirst} description={resources.acceptFirstHint} {...draft.flag("acceptFirst")} />
    </>
  );
}

function DatabaseFields({ draft }: { draft: Draft<Fresh> }) {
  const { resources } = useAdminWords();
  return (
    <>
      <NumberInput
        label={resources.databasePort}
        description={resources.usualPort}
        min={1}
        max={65535}
        allowDecimal={false}
        hideControls
        {...draft.figure("port")}
      />
      <TextInput
        label={resources.databaseName}
        description={resources.databaseNameHint}
        maxLength={128}
        {...draft.text("databaseName")}
      />
      <Checkbox label={resources.encrypted} {...draft.flag("encrypted")} />
      {draft.value.encrypted && (
        <Checkbox
          label={resources.trustCertificate}
          description={resources.trustCertificateHint}
          {...draft.flag("trustServerCertificate")}
        />
      )}
    </>
  );
}

async function added(value: Fresh): Promise<string> {
  const address = value.address.trim();
  const [ipAddress, dnsName] = isIpAddress(address) ? [address, undefined] : [undefined, address];
  const place =
    value.kind === "host"
      ? {
          type: HOST,
          host: dnsName ? { name: value.name, dnsHostName: dnsName } : undefined,
          portSsh: value.portSsh ?? SSH_PORT,
          acceptThumbprintOnFirstDiscovery: value.acceptFirst,
        }
      : {
          type: DATABASE,
          managedDatabase: {
            type: SERVERS[value.kind],
            server: dnsName,
            port: value.port ?? undefined,
            name: value.databaseName || undefined,
            encrypted: value.encrypted,
            trustServerCertificate: value.encrypted && value.trustServerCertificate,
          },
        };
  const made = await answer(
    api.POST("/api/v1/ManagedResource", {
      body: {
        name: value.name,
        ipAddress,
        platformId: value.platformId ?? undefined,
        serviceAccountId: value.account?.id,
        ...(place as typeof place & { type: 0 | 5 }),
      },
    }),
  );
  return made.id;
}
