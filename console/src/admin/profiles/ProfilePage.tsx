/** One connection profile with all that goes with it. */
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { ThingEnd } from "../ThingEnd";
import { ThingPage } from "../ThingPage";
import { Channels } from "./Channels";
import { KeyUse, ProfileRestrictions } from "./KeysAndCommands";
import { copyProfile, draftOf, FRESH, KIND, type Profile } from "./profile";
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
  const params = { path: { connectionProfileId: profile.id } };
  return (
    <ThingEnd
      kind={KIND}
      name={profile.name ?? ""}
      copy={(name) => copyProfile(profile, name)}
      remove={() => answer(api.DELETE("/api/v1/ConnectionProfile/{connectionProfileId}", { params }))}
      text={words.profiles.deleteText}
    />
  );
}
