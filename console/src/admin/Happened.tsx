/** What the audit log has of one thing: who did what with it, the newest first. */
import { Badge, Code, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { detailsOf } from "../audit/event";
import { Part } from "../me/Part";
import { answer, api, type Model } from "../shared/api";
import { exactly } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { ROWS } from "../shared/paged";
import { useWords } from "../words";
import { useAdminWords } from "../words/admin";

export function Happened({ objectId, intro }: { objectId: string; intro: string }) {
  const words = useWords();
  const { happened } = useAdminWords();
  const [page, setPage] = useState(1);
  const found = useQuery({
    queryKey: ["happened", objectId, page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/AuditEvent", {
          params: { query: { objectId, skip: (page - 1) * ROWS, take: ROWS } },
        }),
      ),
  });
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
    <Part id="happened" title={happened.title} intro={intro}>
      <Listing
        label={happened.title}
        columns={columns}
        rows={found.data?.data}
        total={found.data?.recordsTotal}
        page={page}
        onPage={setPage}
        error={found.error}
        onRetry={() => void found.refetch()}
        keyOf={(row) => String(row.id)}
        empty={happened.empty}
      />
    </Part>
  );
}
