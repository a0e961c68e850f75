/** A host, the account that Locum signs in with there, and what has to be run on it. */
import { Button, Checkbox, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { isIpAddress } from "../shared/address";
import { answer, api, Refusal } from "../shared/api";
import { Copyable } from "../shared/Copyable";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { ACCOUNT, caCommands, hostCommands } from "./commands";

const ANY = -1;
const BY_KEY = 1;
const KNOWN = 5;
const SSH_PORT = 22;

type Account = { id: string; publicKey: string };

export function HostStep({ onDone }: { onDone: (hostId: string) => void }) {
  const words = useWords();
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const [port, setPort] = useState<number | string>(SSH_PORT);
  const [account, setAccount] = useState("locum");
  const [trusts, setTrusts] = useState(false);
  const known = useQuery({
    queryKey: ["resources", "first"],
    queryFn: () => answer(api.GET("/api/v1/ManagedResource/Search", { params: { query: { take: KNOWN, skip: 0 } } })),
  });
  const preparing = useMutation({ mutationFn: () => accountOf(account, words.first.host.taken(account)) });
  const held = preparing.data;
  const ca = useQuery({
    queryKey: ["user ca"],
    queryFn: () => answer(api.GET("/api/locum/v1/SshUserCa")),
    enabled: held !== undefined,
  });
  const adding = useMutation({
    mutationFn: () => added({ name, address, port: Number(port) || SSH_PORT, account: held?.id ?? "", trusts }),
    onSuccess: onDone,
  });

  if (held) {
    return (
      <Stack gap="md">
        <Text size="sm">{words.first.host.run}</Text>
        <Copyable text={hostCommands(account, held.publicKey)} label={words.first.host.commands} />
        <Text size="sm" c="dimmed">
          {words.first.host.power} {words.first.host.trust}
        </Text>
        <Checkbox
          label={words.first.host.ca}
          checked={trusts}
          onChange={(event) => setTrusts(event.currentTarget.checked)}
        />
        {trusts && ca.data && (
          <>
            <Text size="sm">{words.first.host.caHint}</Text>
            <Copyable text={caCommands(ca.data.publicKey)} label={words.first.host.caCommands} />
          </>
        )}
        <Trouble error={adding.error ?? ca.error} />
        <Group>
          <Button loading={adding.isPending} onClick={() => adding.mutate()}>
            {words.first.host.add}
          </Button>
          <Button variant="default" onClick={() => preparing.reset()}>
            {words.shared.back}
          </Button>
        </Group>
      </Stack>
    );
  }
  const hosts = known.data?.data ?? [];
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        preparing.mutate();
      }}
    >
      <Stack gap="md">
        <Text size="sm">{words.first.host.text}</Text>
        <div className="pair">
          <TextInput label={words.first.host.name} required maxLength={256} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={words.first.host.address} required maxLength={256} value={address} onChange={(e) => setAddress(e.currentTarget.value)} />
          <NumberInput label={words.first.host.port} required min={1} max={65535} allowDecimal={false} hideControls value={port} onChange={setPort} />
        </div>
        <TextInput
          label={words.first.host.account}
          description={words.first.host.accountHint}
          required
          pattern={ACCOUNT}
          title={words.first.host.accountWrong}
          value={account}
          onChange={(event) => setAccount(event.currentTarget.value)}
        />
        <Trouble error={preparing.error ?? known.error} />
        <Group>
          <Button type="submit" loading={preparing.isPending}>
            {words.first.host.make}
          </Button>
        </Group>
        {hosts.length > 0 && (
          <Group gap="xs">
            <Text size="sm">{words.first.host.known}</Text>
            {hosts.map((one) => (
              <Button key={one.id} size="xs" variant="default" onClick={() => onDone(one.id)}>
                {one.name}
              </Button>
            ))}
          </Group>
        )}
      </Stack>
    </form>
  );
}

/** The login of that name with its public key: the one there is, or a new one whose key the server makes. */
async function accountOf(username: string, taken: string): Promise<Account> {
  const found = await answer(api.GET("/api/v1/Credential", { params: { query: { userName: username, type: ANY } } }));
  const held = found.find((one) => one.username === username && !one.domain);
  const id = held?.id ?? (await newLogin(username));
  const details = await answer(api.GET("/api/v1/Credential/{credentialId}", { params: { path: { credentialId: id } } }));
  if (!details.publicKey) throw new Refusal(409, { detail: taken });
  return { id, publicKey: details.publicKey };
}

/** A login can't be without a secret, so it has a password that nobody ever sees until it has its key. */
async function newLogin(username: string): Promise<string> {
  const password = [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(36)).join("");
  const { id } = await answer(api.POST("/api/v1/Credential", { body: { username, name: username, password } }));
  await answer(
    api.POST("/api/v1/Credential/GenerateCredentialSSHCertificate/{credentialId}", {
      params: { path: { credentialId: id } },
      body: { authenticationMethod: BY_KEY },
    }),
  );
  await answer(api.PUT("/api/v1/Credential", { params: { query: { erasePassword: true } }, body: { id } }));
  return id;
}

type Wanted = { name: string; address: string; port: number; account: string; trusts: boolean };

async function added({ name, address, port, account, trusts }: Wanted): Promise<string> {
  const made = await answer(
    api.POST("/api/v1/ManagedResource", {
      body: {
        name,
        ...(isIpAddress(address) ? { ipAddress: address } : { host: { name, dnsHostName: address } }),
        portSsh: port,
        serviceAccountId: account,
        acceptThumbprintOnFirstDiscovery: true,
      },
    }),
  );
  if (trusts) {
    await answer(
      api.PUT("/api/locum/v1/ManagedResource/{managedResourceId}/SshUserCa", {
        params: { path: { managedResourceId: made.id } },
        body: { trusted: true },
      }),
    );
  }
  return made.id;
}
