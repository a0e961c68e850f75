/** One part of a profile: asked for, changed and saved by itself. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Part } from "../../me/Part";
import { type Draft, DraftForm, useDraft } from "../../shared/draft";
import { Loaded } from "../../shared/Loaded";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";

type Props<T> = {
  id: string;
  title: string;
  intro: string;
  profileId: string;
  get: (profileId: string) => Promise<T>;
  put: (profileId: string, value: T) => Promise<unknown>;
  children: (draft: Draft<T>) => ReactNode;
};

export function PartForm<T extends object>(props: Props<T>) {
  const words = useAdminWords();
  const key = ["profile", props.profileId, props.id];
  const found = useQuery({ queryKey: key, queryFn: () => props.get(props.profileId) });
  return (
    <Card>
      <Part id={props.id} title={props.title} intro={props.intro}>
        <Loaded
          rows={found.data && [found.data]}
          error={found.error}
          onRetry={() => void found.refetch()}
          empty={words.form.nothingFound}
        >
          {found.data && <Fields {...props} saved={found.data} />}
        </Loaded>
      </Part>
    </Card>
  );
}

function Fields<T extends object>({ id, title, profileId, put, saved, children }: Props<T> & { saved: T }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const draft = useDraft(saved);
  return (
    <DraftForm
      draft={draft}
      name={title}
      label={words.form.save}
      save={() => put(profileId, draft.value)}
      onSaved={() => queries.invalidateQueries({ queryKey: ["profile", profileId, id] })}
    >
      {children(draft)}
    </DraftForm>
  );
}
