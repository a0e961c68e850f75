/** What the audit log has of one thing: who did what with it, the newest first. */
import { Badge, Code, Text } from "@mantine/core";
import { detailsOf } from "../audit/event";
import { answer, api, type Model } from "../shared/api";
import { exactly } from "../shared/format";
import type { Column } from "../shared/Listing";
import { useWords } from "../words";
import { useAdminWords } from "../words/admin";
import { PagedPart } from "./PagedPart";

export function Happened({ objectId, intro }: { objectId: string; intro: string }) {
  const words = useWords();
  const { happened } = useAdminWords();
  const columns: Column<Model<"AuditEvent">>[] = [
    { key: "at", label: words.audit.at, show: (row) => exactly(row.atDateTimeUtc, words.locale) },
    { key: "who", label: words.audit.who, show: (row) => <div className="breaks who">{row.actorName}</div> },
    {
      key: "what",
      label: words.audit.what,
      show: (row) => (
        <div className="breaks">
          <Code>{row.action}</Code>{" "}
          {row.outcome !== "ok" && (
            <Badge color="red" variant="light" tt="none">
              {words.audit.outcomes[row.outcome] ?? row.outcome}
            </Badge>
          )}
          <Text size="sm" c="dimmed">
            {detailsOf(row.detail)
              .map(([key, value]) => `${key}: ${value}`)
              .join(" · ")}
          </Text>
        </div>
      ),
    },
  ];
  return (
    <PagedPart
      id="happened"
      title={happened.title}
      intro={intro}
      empty={happened.empty}
      columns={columns}
      of={["happened", objectId]}
      ask={(paging) => answer(api.GET("/api/locum/v1/AuditEvent", { params: { query: { objectId, ...paging } } }))}
    />
  );
}
