/** What a host's SSH server can: take Locum's certificates, or nothing but the weak algorithms of old. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { caCommands } from "../../first/commands";
import { Ask } from "../../me/Ask";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { Copyable } from "../../shared/Copyable";
import { Trouble } from "../../shared/Trouble";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Deed, GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { type Resource, useRenewed } from "./resource";

const LEGACY = "/api/locum/v1/ManagedResource/{managedResourceId}/LegacyAlgorithms";

export function SshServer({ resource }: { resource: Resource }) {
  const { form, resources } = useAdminWords();
  const renew = useRenewed(resource.id);
  const [isTrusting, trusting] = useDisclosure();
  const params = { path: { managedResourceId: resource.id } };
  const legacy = useQuery({
    queryKey: ["resource", resource.id, "legacy"],
    queryFn: () => answer(api.GET(LEGACY, { params })),
  });
  const allow = (allowed: boolean) => answer(api.PUT(LEGACY, { params, body: { allowed } }));
  const isAllowed = legacy.data?.allowed;
  const takes = resource.state.trustsUserCa;
  return (
    <Card>
      <Part id="ssh" title={resources.ssh} intro={resources.sshHint}>
        <Stack>
          <Facts
            facts={[
              [resources.userCa, takes ? form.yes : form.no],
              [resources.legacy, isAllowed === undefined ? "–" : isAllowed ? resources.allowed : resources.refused],
            ]}
          />
          <Trouble error={legacy.error} />
          <Group>
            {takes ? (
              <Deed label={resources.distrustCa} act={() => trust(resource.id, false)} then={renew} />
            ) : (
              <Button variant="default" onClick={trusting.open}>
                {resources.trustCa}
              </Button>
            )}
            {isAllowed === true && <Deed label={resources.forbidLegacy} act={() => allow(false)} then={renew} />}
            {isAllowed === false && (
              <GraveDeed
                label={resources.allowLegacy}
                title={resources.allowLegacyTitle}
                text={resources.allowLegacyText}
                act={() => allow(true)}
                then={renew}
              />
            )}
          </Group>
        </Stack>
      </Part>
      {isTrusting && <TrustCa resourceId={resource.id} onDone={renew} onGone={trusting.close} />}
    </Card>
  );
}

function trust(resourceId: string, trusted: boolean) {
  const params = { path: { managedResourceId: resourceId } };
  return answer(api.PUT("/api/locum/v1/ManagedResource/{managedResourceId}/SshUserCa", { params, body: { trusted } }));
}

type TrustProps = { resourceId: string; onDone: () => Promise<unknown>; onGone: () => void };

/** The host is told first: where it does not take certificates, sessions on it fail. */
function TrustCa({ resourceId, onDone, onGone }: TrustProps) {
  const { resources } = useAdminWords();
  const { first } = useWords();
  const ca = useQuery({ queryKey: ["user ca"], queryFn: () => answer(api.GET("/api/locum/v1/SshUserCa")) });
  return (
    <Ask
      title={resources.trustCaTitle}
      label={resources.trustCaDone}
      act={async () => {
        await trust(resourceId, true);
        await onDone();
      }}
      onGone={onGone}
    >
      <Text size="sm">
        {first.host.run} {first.host.caHint}
      </Text>
      {ca.data && <Copyable text={caCommands(ca.data.publicKey)} label={first.host.caCommands} />}
      <Trouble error={ca.error} />
    </Ask>
  );
}
