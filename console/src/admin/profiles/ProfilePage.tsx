/** One connection profile with all that goes with it. */
import { Group, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { CopyThing } from "../CopyThing";
import { GraveDeed } from "../Deed";
import { ThingPage } from "../ThingPage";
import { Channels } from "./Channels";
import { KeyUse, ProfileRestrictions } from "./KeysAndCommands";
import { copyProfile, draftOf, FRESH, type Profile } from "./profile";
import { ProfileForm } from "./ProfileForm";
import { AddressRules, Windows } from "./WhereAndWhen";

const route = getRouteApi("/admin/profiles/$id");

export default function ProfilePage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["profile", id],
    queryFn: async () => {
      if (isNew) return null;
      const params = { path: { connectionProfileId: id } };
      return await answer(api.GET("/api/v1/ConnectionProfile/{connectionProfileId}", { params }));
    },
  });
  return (
    <ThingPage
      title={isNew ? words.profiles.add : (found.data?.name ?? words.profiles.one)}
      intro={isNew ? words.profiles.addIntro : words.profiles.intro}
      found={found}
      back={{ to: "/admin/profiles", label: words.profiles.all }}
    >
      {(profile) => (
        <Stack gap="xl" key={id}>
          <Card>
            <ProfileForm id={profile?.id ?? null} saved={profile ? draftOf(profile) : FRESH} />
          </Card>
          {profile && (
            <>
              <AddressRules profileId={profile.id} />
              <Windows profileId={profile.id} />
              <Channels profileId={profile.id} />
              <div className="halves">
                <KeyUse profileId={profile.id} />
                <ProfileRestrictions profileId={profile.id} />
              </div>
              <End profile={profile} />
            </>
          )}
        </Stack>
      )}
    </ThingPage>
  );
}

function End({ profile }: { profile: Profile }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const renew = () => queries.invalidateQueries({ queryKey: ["profiles"] });
  return (
    <Group>
      <CopyThing
        name={profile.name ?? ""}
        at="/admin/profiles"
        copy={async (name) => {
          const id = await copyProfile(profile, name);
          await renew();
          return id;
        }}
      />
      <GraveDeed
        label={words.form.delete}
        title={words.form.deleteTitle(profile.name ?? "")}
        text={words.profiles.deleteText}
        act={() =>
          answer(
            api.DELETE("/api/v1/ConnectionProfile/{connectionProfileId}", {
              params: { path: { connectionProfileId: profile.id } },
            }),
          )
        }
        then={async () => {
          await renew();
          await navigate({ to: "/admin/profiles" });
        }}
      />
    </Group>
  );
}
