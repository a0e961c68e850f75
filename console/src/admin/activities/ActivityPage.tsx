/** One activity: whose account it uses, what that is called, and which actions make it what the person needs. */
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { ThingEnd } from "../ThingEnd";
import { ThingPage } from "../ThingPage";
import { ActionList } from "./ActionList";
import { ActivityForm, draftOf, FRESH, KIND, makeActivity } from "./ActivityForm";
import { type Activity, actionsOf, groupsOf, putActions } from "./activities";

const route = getRouteApi("/admin/activities/$id");
/** Before the session, in it, at its end. */
const PARTS = [0, 1, 2] as const;

export default function ActivityPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["activity", id],
    queryFn: async () =>
      isNew ? null : await answer(api.GET("/api/v1/Activity/{activityId}", { params: { path: { activityId: id } } })),
  });
  const activity = found.data;
  return (
    <ThingPage
      title={isNew ? words.activities.add : (activity?.name ?? words.activities.one)}
      intro={words.activities.intro}
      found={found}
      back={{ to: "/admin/activities", label: words.activities.all }}
    >
      {(one) => (
        <Stack gap="xl" key={id}>
          <Card>
            <ActivityForm id={one?.id ?? null} saved={one ? draftOf(one) : FRESH} />
          </Card>
          {one && PARTS.map((part) => <ActionList key={part} activity={one} part={part} />)}
          {one && <End activity={one} />}
        </Stack>
      )}
    </ThingPage>
  );
}

function End({ activity }: { activity: Activity }) {
  const words = useAdminWords();
  async function copy(name: string) {
    const made = await makeActivity({ ...draftOf(activity), name });
    const lists = await Promise.all(groupsOf(activity).map(actionsOf));
    for (const [part, group] of groupsOf(made).entries()) {
      const actions = lists[part] ?? [];
      if (actions.length > 0) await putActions(group, actions);
    }
    return made;
  }
  const params = { path: { activityId: activity.id } };
  return (
    <ThingEnd
      kind={KIND}
      name={activity.name ?? ""}
      copy={copy}
      remove={() => answer(api.DELETE("/api/v1/Activity/{activityId}", { params }))}
      text={words.activities.deleteText}
    />
  );
}
