/** One resource: where it is, how Locum signs in and knows it again, and who comes to it. */
import { Alert, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { Part } from "../../me/Part";
import { when } from "../../shared/format";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Facts } from "../Facts";
import { Happened } from "../Happened";
import { ThingPage } from "../ThingPage";
import { ChangeResource } from "./ChangeResource";
import { HostKey } from "./HostKey";
import { DATABASE, HOST, type Resource, useResource } from "./resource";
import { SshServer } from "./SshServer";
import { Policies, Sessions } from "./Uses";

const route = getRouteApi("/admin/resources/$id");

export default function ResourcePage() {
  const { id } = route.useParams();
  const { resources } = useAdminWords();
  const found = useResource(id);
  return (
    <ThingPage
      title={found.data?.name ?? resources.one}
      intro={resources.intro}
      found={found}
      back={{ to: "/admin/resources", label: resources.all }}
    >
      {(resource) => <Whole key={id} resource={resource} />}
    </ThingPage>
  );
}

function Whole({ resource }: { resource: Resource }) {
  const { resources } = useAdminWords();
  const { locale } = useWords();
  const { problem, unreachedSinceDateTimeUtc: since } = resource.state;
  return (
    <Stack gap="xl">
      {since && (
        <Alert color="red" variant="light" title={resources.silent(when(since, locale) ?? since)}>
          <span className="breaks">{problem}</span>
        </Alert>
      )}
      <div className="halves">
        <Card>
          <Part id="place" title={resources.place} intro={resources.placeHint}>
            <ChangeResource resource={resource} />
          </Part>
        </Card>
        <Stack>
          <State resource={resource} />
          {resource.type === HOST && <HostKey resource={resource} />}
          {resource.type === HOST && <SshServer resource={resource} />}
        </Stack>
      </div>
      <Policies resourceId={resource.id} />
      <Sessions resourceId={resource.id} />
      <Happened objectId={resource.id} intro={resources.happened} />
    </Stack>
  );
}

function State({ resource }: { resource: Resource }) {
  const { resources } = useAdminWords();
  const { locale } = useWords();
  const { state } = resource;
  const { never, any, checked } = resources.listensAs;
  const tls = state.encrypted ? (state.trustServerCertificate ? any : checked) : never;
  return (
    <Card>
      <Part id="state" title={resources.facts} intro={resources.factsHint}>
        <Facts
          facts={[
            [resources.reached, state.problem ?? resources.answered],
            [resources.sessions, resource.activeSessionCount],
            [resources.scheduled, resource.scheduledSessionCount],
            [resources.created, when(resource.createdDateTimeUtc, locale) ?? "–"],
            ...(resource.type === DATABASE
              ? ([
                  [resources.databasePort, state.port ?? "–"],
                  [resources.databaseName, state.databaseName ?? "–"],
                  [resources.listens, tls],
                ] as [string, string | number][])
              : []),
          ]}
        />
      </Part>
    </Card>
  );
}
