/** One person: who it is, how they sign in, whether they may, and what they have; or a new local user. */
import { Group, NativeSelect, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Part } from "../../me/Part";
import { answer, api, type Given, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import { Page } from "../../shared/Page";
import { Trouble } from "../../shared/Trouble";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Denials } from "../certifications/Denials";
import { numbered } from "../choices";
import { Deed, GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { Happened } from "../Happened";
import { ThingPage } from "../ThingPage";
import { LockState } from "./PeoplePage";
import { NewPerson, PersonNames } from "./PersonNames";
import { PersonPolicies, PersonRoles } from "./PersonRoles";
import { ResetPassword } from "./ResetPassword";

type Person = Model<"ManagedAccountView">;
const route = getRouteApi("/admin/people/$id");

export default function PersonPage() {
  const { id } = route.useParams();
  return id === "new" ? <New /> : <One key={id} id={id} />;
}

function New() {
  const words = useAdminWords();
  return (
    <Page title={words.people.add} intro={words.people.addIntro}>
      <Card>
        <NewPerson />
      </Card>
    </Page>
  );
}

function One({ id }: { id: string }) {
  const words = useAdminWords();
  const found = useQuery({
    queryKey: ["person", id],
    queryFn: () =>
      answer(
        api.GET("/api/v1/ManagedAccount/ManagedAccountView/{managedAccountId}", {
          params: { path: { managedAccountId: id } },
        }),
      ),
  });
  return (
    <ThingPage
      title={found.data?.displayName ?? found.data?.name ?? words.people.one}
      intro={found.data?.name ?? ""}
      found={found}
      back={{ to: "/admin/people", label: words.people.all }}
    >
      {(person) => (
        <Stack gap="xl">
          <div className="halves">
            <Standing person={person} />
            <Card>
              <Part id="names" title={words.people.names} intro={words.people.namesHint}>
                <PersonNames person={person} />
              </Part>
            </Card>
          </div>
          <PersonRoles personId={person.id} />
          <PersonPolicies personId={person.id} />
          <Denials personId={person.id} />
          <Happened objectId={person.id} intro={words.people.happened} />
        </Stack>
      )}
    </ThingPage>
  );
}

function Standing({ person }: { person: Person }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { managedAccountId: person.id } };
  const renew = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["person", person.id] }),
      queries.invalidateQueries({ queryKey: ["happened", person.id] }),
    ]);
  const name = person.name ?? "";
  return (
    <Card>
      <Part id="standing" title={words.people.standing} intro={words.people.standingHint}>
        <Stack>
          <Facts
            facts={[
              [words.people.state, <LockState key="state" locked={person.locked} until={person.lockoutEnd} />],
              [words.people.last, when(person.lastLogonTimestamp, locale) ?? words.credentials.never],
              [words.people.sessions, person.activeSessionCount],
              [words.people.scheduled, person.scheduledSessionCount],
            ]}
          />
          <SecondFactorRule personId={person.id} />
          <Group>
            {person.locked || person.lockoutEnd ? (
              <Deed
                label={words.people.unlock}
                act={() => answer(api.POST("/api/v1/ManagedAccount/{managedAccountId}/Unlock", { params }))}
                then={renew}
              />
            ) : (
              <GraveDeed
                label={words.people.lock}
                title={words.people.lockTitle(name)}
                text={words.people.lockText}
                act={() => answer(api.POST("/api/v1/ManagedAccount/{managedAccountId}/Lock", { params }))}
                then={renew}
              />
            )}
            <ResetPassword personId={person.id} then={renew} />
            <GraveDeed
              label={words.people.resetFactor}
              title={words.people.resetFactorTitle(name)}
              text={words.people.resetFactorText}
              act={() =>
                answer(api.PUT("/api/v1/ManagedAccount/ResetMFA/{id}", { params: { path: { id: person.id } } }))
              }
              then={renew}
            />
            <GraveDeed
              label={words.form.delete}
              title={words.form.deleteTitle(name)}
              text={words.people.deleteText}
              act={() => answer(api.DELETE("/api/v1/ManagedAccount/{managedAccountId}", { params }))}
              then={() => navigate({ to: "/admin/people" })}
            />
          </Group>
        </Stack>
      </Part>
    </Card>
  );
}

/** Whether this person needs a second factor; a choice counts from the next sign-in on. */
function SecondFactorRule({ personId }: { personId: string }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const params = { path: { identityId: personId } };
  const key = ["second factor of", personId];
  const path = "/api/locum/v1/SecondFactor/{identityId}/Requirement";
  const rule = useQuery({ queryKey: key, queryFn: () => answer(api.GET(path, { params })) });
  const setting = useMutation({
    mutationFn: (requirement: Given<"SecondFactorRequirement">) => answer(api.PUT(path, { params, body: { requirement } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  });
  return (
    <Stack gap="xs">
      <NativeSelect
        label={words.people.factorRule}
        disabled={!rule.data || setting.isPending}
        data={numbered(words.people.factorRules)}
        value={String((setting.isPending ? setting.variables : undefined) ?? rule.data?.requirement ?? 0)}
        onChange={(event) => setting.mutate(Number(event.currentTarget.value) as Given<"SecondFactorRequirement">)}
      />
      <Trouble error={rule.error ?? setting.error} />
    </Stack>
  );
}
