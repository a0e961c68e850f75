/** Programs that use Locum, each with keys of its own. */
import { Anchor, Button, Group, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Dialog } from "../shared/Dialog";
import { type Column, Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { whole } from "../shared/paged";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

type Named = Model<"NameAndId">;

export function useApplications() {
  return useQuery({
    queryKey: ["applications"],
    queryFn: () => answer(api.GET("/api/v1/ManagedAccount/ListApplicationUsersNameAndIds")),
  });
}

export default function ApplicationsPage() {
  const words = useWords();
  const [isMaking, making] = useDisclosure();
  const applications = useApplications();
  const columns: Column<Named>[] = [
    {
      key: "name",
      label: words.applications.name,
      show: (row) => (
        <Anchor component={Link} to="/admin/applications/$id" params={{ id: row.id } as never} fw={600} className="breaks">
          {row.name}
        </Anchor>
      ),
    },
  ];
  return (
    <Page
      title={words.applications.title}
      intro={words.applications.intro}
      aside={<Button onClick={making.open}>{words.applications.add}</Button>}
    >
      <Listing
        label={words.applications.title}
        columns={columns}
        {...whole(applications)}
        keyOf={(row) => row.id}
        empty={words.applications.empty}
      />
      {isMaking && <NewApplication onClose={making.close} />}
    </Page>
  );
}

function NewApplication({ onClose }: { onClose: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const adding = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/ManagedAccount/CreateApplicationUser", { body: { name } })),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["applications"] });
      await navigate({ to: "/admin/applications/$id", params: { id: made.id } });
    },
  });
  return (
    <Dialog onGone={onClose} title={words.applications.add}>
      {(close) => (
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          adding.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={words.applications.name}
            required
            maxLength={256}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Trouble error={adding.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.shared.cancel}
            </Button>
            <Button type="submit" loading={adding.isPending}>
              {words.applications.add}
            </Button>
          </Group>
        </Stack>
      </form>
      )}
    </Dialog>
  );
}
