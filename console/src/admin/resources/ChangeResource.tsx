/** Where a resource is and how Locum signs in there. While rights wait to be taken away there, its place stays. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { answer, api } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { type Named, PickOne } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { numbered } from "../choices";
import { type Platform, usePlatforms } from "../platforms/platforms";
import { findCredentials } from "../searches";
import { HOST, type Resource, SECRET_VAULT, useRenewed } from "./resource";

function draftOf(row: Resource) {
  return {
    name: row.name ?? "",
    dnsHostName: row.dnsHostName ?? "",
    ipAddress: row.ipAddress ?? "",
    platformId: row.platformId,
    portSsh: row.portSsh as number | null,
    account: row.serviceAccountId
      ? ({ id: row.serviceAccountId, name: row.saUsername ?? row.saName ?? row.serviceAccountId } as Named)
      : null,
    acceptThumbprintOnFirstDiscovery: row.acceptThumbprintOnFirstDiscovery,
    sshTrustActionType: row.sshTrustActionType as number,
  };
}

export function ChangeResource({ resource }: { resource: Resource }) {
  const { form, resources } = useAdminWords();
  const platforms = usePlatforms();
  const renew = useRenewed(resource.id);
  const draft = useDraft(draftOf(resource));
  const isHost = resource.type === HOST;
  async function save() {
    const { account, dnsHostName, ipAddress, sshTrustActionType, ...rest } = draft.value;
    const body = {
      ...rest,
      dnsHostName: dnsHostName || null,
      ipAddress: ipAddress || null,
      serviceAccountId: account?.id ?? null,
      sshTrustActionType: sshTrustActionType as Resource["sshTrustActionType"],
    };
    const params = { path: { managedResourceId: resource.id } };
    return await answer(api.PUT("/api/v1/ManagedResource/{managedResourceId}", { params, body }));
  }
  return (
    <DraftForm draft={draft} label={form.save} save={save} onSaved={renew}>
      <TextInput label={form.name} required maxLength={256} {...draft.text("name")} />
      {resource.type !== SECRET_VAULT && (
        <>
          <TextInput
            label={resources.dnsName}
            required={Boolean(resource.dnsHostName)}
            maxLength={255}
            {...draft.text("dnsHostName")}
          />
          <TextInput
            label={resources.ipAddress}
            description={resources.ipAddressHint}
            required={Boolean(resource.ipAddress)}
            maxLength={64}
            {...draft.text("ipAddress")}
          />
        </>
      )}
      {isHost && (
        <NumberInput label={resources.port} required min={1} max={65535} allowDecimal={false} hideControls {...draft.figure("portSsh")} />
      )}
      <NativeSelect
        label={resources.platform}
        data={akin(platforms.data, resource).map((one) => ({ value: one.id, label: one.name ?? one.id }))}
        {...draft.option("platformId")}
      />
      {resource.type !== SECRET_VAULT && (
        <PickOne
          label={resources.account}
          hint={resources.accountHint}
          required={resource.serviceAccountId !== null}
          of="credentials"
          search={findCredentials}
          {...draft.plain("account")}
        />
      )}
      {isHost && (
        <>
          <Checkbox
            label={resources.acceptFirst}
            description={resources.acceptFirstHint}
            {...draft.flag("acceptThumbprintOnFirstDiscovery")}
          />
          <NativeSelect
            label={resources.changedKey}
            data={numbered(resources.changedKeys)}
            {...draft.choice("sshTrustActionType")}
          />
        </>
      )}
    </DraftForm>
  );
}

/** The platforms that are spoken to as the resource's own is: that one, its base, and copies of it. */
function akin(platforms: Platform[] | undefined, resource: Resource): { id: string; name: string | null }[] {
  const baseOf = (one: Platform | undefined) => one?.basePlatformId ?? one?.id;
  const base = baseOf(platforms?.find((one) => one.id === resource.platformId));
  if (!platforms || !base) return [{ id: resource.platformId ?? "", name: resource.platformName }];
  return platforms.filter((one) => baseOf(one) === base);
}
