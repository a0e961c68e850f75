/** What waits for the signed-in person's yes or no. */
import { Button, Group, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answersOf } from "../access/answers";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import { Loaded } from "../shared/Loaded";
import { Page } from "../shared/Page";
import { whole } from "../shared/paged";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { useInbox } from "./inbox";
import { Requester } from "./Requester";

type Asked = Model<"ApprovalWorkflowApproval">;

export default function InboxPage() {
  const words = useWords();
  const inbox = useInbox();
  return (
    <Page title={words.inbox.title} intro={words.inbox.intro}>
      <Loaded {...whole(inbox)} empty={words.inbox.empty} hint={words.inbox.emptyHint}>
        <ul className="plain">
          {inbox.data?.map((asked) => (
            <li key={asked.id}>
              <Request asked={asked} />
            </li>
          ))}
        </ul>
      </Loaded>
    </Page>
  );
}

function Request({ asked }: { asked: Asked }) {
  const words = useWords();
  const queries = useQueryClient();
  const [notes, setNotes] = useState("");
  const session = asked.activitySession;
  const params = { path: { sessionId: asked.activitySessionId } };
  const deciding = useMutation({
    mutationFn: (yes: boolean) =>
      yes
        ? answer(
            api.POST("/api/v1/ActivitySession/{sessionId}/Approve", {
              params: { ...params, query: { notes: notes || undefined } },
            }),
          )
        : answer(api.POST("/api/v1/ActivitySession/{sessionId}/Deny", { params, body: notes || undefined })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["inbox"] }),
  });
  const facts: [string, string | null | undefined][] = [
    [words.session.user, session?.createdByUserName],
    [words.session.note, session?.note],
    [words.session.ticket, session?.ticket],
    ...Object.entries(answersOf(session?.customFields ?? null)),
    [words.session.asked, when(session?.createdDateTimeUtc, words.locale)],
    [words.inbox.starts, when(session?.scheduledStartDateTimeUtc, words.locale)],
    [words.session.ends, when(session?.scheduledEndDateTimeUtc, words.locale)],
  ];
  const what = words.session.title(asked.activityName ?? "", asked.managedResourceName ?? "");
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="article" aria-label={what}>
      <Stack gap="md">
        <Title order={2} size="h4" className="breaks">
          {what}
        </Title>
        <dl className="facts">
          {facts.map(([label, value]) =>
            value ? (
              <div key={label}>
                <dt>{label}</dt>
                <dd className="breaks">{value}</dd>
              </div>
            ) : null,
          )}
        </dl>
        {!session?.note && (
          <Text size="sm" c="dimmed">
            {words.inbox.noReason}
          </Text>
        )}
        <Requester sessionId={asked.activitySessionId} />
        <Textarea
          label={words.inbox.notes}
          maxLength={1000}
          autosize
          minRows={1}
          value={notes}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        <Trouble error={deciding.error} />
        <Group>
          <Button loading={deciding.isPending && deciding.variables} onClick={() => deciding.mutate(true)}>
            {words.inbox.approve}
          </Button>
          <Button
            variant="outline"
            color="red"
            loading={deciding.isPending && !deciding.variables}
            onClick={() => deciding.mutate(false)}
          >
            {words.inbox.deny}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
