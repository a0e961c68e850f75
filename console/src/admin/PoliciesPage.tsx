/** The access policies, and why somebody may or may not. */
import { Badge, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../shared/api";
import { type Column, Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { whole } from "../shared/paged";
import { useWords } from "../words";
import { Explain } from "./Explain";

type Policy = Model<"SimpleAccessControlPolicy">;

export default function PoliciesPage() {
  const words = useWords();
  const policies = useQuery({
    queryKey: ["policies"],
    queryFn: () => answer(api.GET("/api/v1/AccessControlPolicy")),
  });
  const count = (ids: string[] | null) => ids?.length ?? 0;
  const columns: Column<Policy>[] = [
    {
      key: "name",
      label: words.policies.name,
      show: (row) => (
        <div>
          <strong className="breaks">{row.name}</strong>
          {row.description && (
            <Text size="sm" c="dimmed">
              {row.description}
            </Text>
          )}
        </div>
      ),
    },
    { key: "priority", label: words.policies.priority, show: (row) => row.priority },
    {
      key: "people",
      label: words.policies.people,
      show: (row) => count(row.managedAccountIds) + count(row.managedAccountGroupIds),
    },
    {
      key: "activities",
      label: words.policies.activities,
      show: (row) => count(row.activityIds) + count(row.activityGroupIds),
    },
    {
      key: "things",
      label: words.policies.things,
      show: (row) => count(row.managedResourceIds) + count(row.managedResourceGroupIds) + count(row.credentialIds),
    },
    {
      key: "asks",
      label: words.policies.asks,
      show: (row) => (
        <span className="badges">
          {row.approvalTypeRequired === 2 && <Badge color="yellow" variant="light" tt="none">{words.policies.approval}</Badge>}
          {row.notesRequired && <Badge color="gray" variant="light" tt="none">{words.access.note}</Badge>}
          {row.ticketRequired && <Badge color="gray" variant="light" tt="none">{words.access.ticket}</Badge>}
        </span>
      ),
    },
  ];
  return (
    <Page title={words.policies.title} intro={words.policies.intro}>
      <Explain />
      <Listing
        label={words.policies.title}
        columns={columns}
        {...whole(policies)}
        keyOf={(row) => row.id}
        empty={words.policies.empty}
      />
    </Page>
  );
}
