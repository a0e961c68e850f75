/** What registered SSH keys prove under a profile, and which commands it restricts. */
import { NativeSelect } from "@mantine/core";
import { PickMany } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { findRestrictions } from "../searches";
import { PartForm } from "./PartForm";
import { PARTS } from "./profile";

export function KeyUse({ profileId }: { profileId: string }) {
  const words = useAdminWords().profiles;
  return (
    <PartForm
      id="keys"
      title={words.keys}
      intro={words.keysHint}
      profileId={profileId}
      get={PARTS.keys.get}
      put={PARTS.keys.put}
    >
      {(draft) => (
        <NativeSelect
          label={words.keys}
          data={Object.entries(words.keyUses).map(([value, label]) => ({ value, label }))}
          value={draft.value.sshKeyUse}
          onChange={(event) => draft.set("sshKeyUse", event.currentTarget.value)}
        />
      )}
    </PartForm>
  );
}

export function ProfileRestrictions({ profileId }: { profileId: string }) {
  const words = useAdminWords();
  return (
    <PartForm
      id="restrictions"
      title={words.restrictions.title}
      intro={words.restrictions.ofProfile}
      profileId={profileId}
      get={async (id) => ({
        chosen: (await PARTS.restrictions.get(id)).map(({ id: one, name }) => ({ id: one, name })),
      })}
      put={(id, { chosen }) => PARTS.restrictions.put(id, chosen.map((one) => one.id))}
    >
      {(draft) => (
        <PickMany
          label={words.restrictions.title}
          of="restrictions"
          search={findRestrictions}
          value={draft.value.chosen}
          onChange={(to) => draft.set("chosen", to)}
        />
      )}
    </PartForm>
  );
}
