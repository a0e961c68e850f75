/** One credential: how its secret is, where it is used, and what one can do with it. */
import { Button, Group, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useDisclosure } from "@mantine/hooks";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { when } from "../../shared/format";
import { Loaded } from "../../shared/Loaded";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Deed, GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { Happened } from "../Happened";
import { loginOf } from "../searches";
import { ThingPage } from "../ThingPage";
import { ChangeCredential } from "./ChangeCredential";
import { type Credential, useCredential, useKept, useKind, useManagement, usePlaces, useRenewed } from "./credential";
import { CredentialJobs } from "./CredentialJobs";
import { DeleteCredential } from "./DeleteCredential";
import { Dependants } from "./Dependants";
import { KeptContent } from "./KeptContent";
import { Manage } from "./Manage";
import { Rotations } from "./Rotations";
import { Verified } from "./Verified";
import { Versions } from "./Versions";

const route = getRouteApi("/admin/credentials/$id");
const LOGIN = "login";

export default function CredentialPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const found = useCredential(id);
  return (
    <ThingPage
      title={found.data ? loginOf(found.data) : words.credentials.one}
      intro={words.credentials.intro}
      found={found}
      back={{ to: "/admin/credentials", label: words.credentials.all }}
    >
      {(credential) => <Whole credential={credential} />}
    </ThingPage>
  );
}

/** Only a login lives on a target, where its secret can be changed and compared. */
function Whole({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const kind = useKind(credential.id);
  const isLogin = kind.data?.kind === LOGIN;
  return (
    <Loaded
      rows={kind.data && [kind.data]}
      error={kind.error}
      onRetry={() => void kind.refetch()}
      empty={words.form.nothingFound}
    >
      <Stack gap="xl">
        {isLogin ? (
          <>
            <div className="halves">
              <State credential={credential} />
              <Place credential={credential} />
            </div>
            <Rotations credential={credential} />
            <Dependants credential={credential} />
          </>
        ) : (
          kind.data && <KeptContent kept={kind.data} />
        )}
        <Versions credentialId={credential.id} />
        {isLogin && <CredentialJobs credential={credential} />}
        <Happened objectId={credential.id} intro={words.credentials.happened} />
      </Stack>
    </Loaded>
  );
}

function State({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const kept = useKept(credential.id);
  const management = useManagement(credential.id);
  const [isChanging, changing] = useDisclosure();
  const time = (value: string | null) => when(value, locale) ?? words.credentials.never;
  // In a secret vault, or nowhere, there is no target that could be asked for anything.
  const hasTarget = Boolean(management.data) && credential.secretVaultId === null;
  return (
    <Card>
      <Part id="state" title={words.credentials.state} intro={words.credentials.stateHint}>
        <Stack>
          <Facts
            facts={[
              [words.credentials.verified, <Verified key="verified" status={credential.passwordStatus} />],
              [words.credentials.lastVerified, time(credential.lastVerifiedDateTimeUtc)],
              [words.credentials.changed, time(credential.lastPasswordChangeDateTimeUtc)],
              [words.credentials.next, time(credential.nextPasswordChangeDateTimeUtc)],
              [words.credentials.signsInWith, kept.data ? words.credentials.methods[kept.data.authenticationMethod] : "–"],
              [words.credentials.description, kept.data?.description || "–"],
            ]}
          />
          <Group>
            {hasTarget && <OnTarget credential={credential} />}
            <Button variant="default" onClick={changing.open} disabled={!kept.data}>
              {words.form.change}
            </Button>
            <DeleteCredential credentialId={credential.id} text={words.credentials.deleteText(loginOf(credential))} />
          </Group>
        </Stack>
      </Part>
      {isChanging && kept.data && <ChangeCredential credential={kept.data} onGone={changing.close} />}
    </Card>
  );
}

function OnTarget({ credential }: { credential: Credential }) {
  const words = useAdminWords().credentials;
  const renew = useRenewed(credential.id);
  const params = { path: { credentialId: credential.id } };
  return (
    <>
      <Deed
        label={words.rotate}
        act={() => answer(api.POST("/api/locum/v1/Credential/{credentialId}/Rotate", { params }))}
        then={renew}
      />
      <Deed
        label={words.verify}
        act={() => answer(api.POST("/api/locum/v1/Credential/{credentialId}/Verify", { params }))}
        then={renew}
      />
      <GraveDeed
        label={words.rollback}
        title={words.rollbackTitle}
        text={words.rollbackText}
        act={() => answer(api.POST("/api/locum/v1/Credential/{credentialId}/Rollback", { params }))}
        then={renew}
      />
    </>
  );
}

function Place({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const found = useManagement(credential.id);
  const places = usePlaces(credential.id);
  const renew = useRenewed(credential.id);
  const [isManaging, managing] = useDisclosure();
  const isManaged = Boolean(found.data);
  return (
    <Card>
      <Part id="place" title={words.credentials.management} intro={words.credentials.managementHint}>
        <Stack>
          <Facts
            facts={[
              [words.credentials.managed, words.credentials.managements[credential.rotationType]],
              [words.credentials.resource, credential.resource ?? "–"],
              [words.credentials.platform, credential.platform ?? "–"],
              [words.credentials.usedOn, places.data?.map((one) => one.name).join(", ") || "–"],
            ]}
          />
          <Group>
            <Button variant="default" disabled={found.data === undefined} onClick={managing.open}>
              {isManaged ? words.credentials.manageChange : words.credentials.manage}
            </Button>
            {isManaged && (
              <GraveDeed
                label={words.credentials.unmanage}
                title={words.credentials.unmanageTitle}
                text={words.credentials.unmanageText}
                act={() =>
                  answer(
                    api.DELETE("/api/locum/v1/Credential/{credentialId}/ManagedUser", {
                      params: { path: { credentialId: credential.id } },
                    }),
                  )
                }
                then={renew}
              />
            )}
          </Group>
        </Stack>
      </Part>
      {isManaging && found.data !== undefined && (
        <Manage credential={credential} management={found.data} onGone={managing.close} />
      )}
    </Card>
  );
}
