/** The key by which a host is known again, and the one that it was refused for, which somebody compares and accepts. */
import { Alert, Code, Stack, Text } from "@mantine/core";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { Copyable } from "../../shared/Copyable";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { type Resource, useRenewed } from "./resource";

const SSH = 2;
const COMPARE = "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done";

export function HostKey({ resource }: { resource: Resource }) {
  const { resources } = useAdminWords();
  const renew = useRenewed(resource.id);
  const { trustedThumbprint: pinned, discoveredThumbprint: shown } = resource;
  return (
    <Card>
      <Part id="host-key" title={resources.hostKey} intro={resources.hostKeyHint}>
        <Stack>
          <Facts facts={[[resources.pinned, pinned ? <Code key="pinned">{pinned}</Code> : resources.noneYet]]} />
          {shown && shown !== pinned && (
            <Alert color="orange" variant="light" title={resources.shown}>
              <Stack>
                <Text size="sm">{resources.shownHint}</Text>
                <Copyable text={shown} label={resources.thumbprint} />
                <Copyable text={COMPARE} label={resources.compare} />
                <div>
                  <GraveDeed
                    label={resources.accept}
                    title={resources.acceptTitle}
                    text={resources.acceptText(shown)}
                    act={() =>
                      answer(
                        api.PUT("/api/v1/ManagedResource/{resourceId}/Trust", {
                          params: { path: { resourceId: resource.id }, query: { type: SSH, thumbprint: shown } },
                        }),
                      )
                    }
                    then={renew}
                  />
                </div>
              </Stack>
            </Alert>
          )}
        </Stack>
      </Part>
    </Card>
  );
}
