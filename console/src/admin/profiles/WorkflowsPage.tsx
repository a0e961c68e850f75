/** Who is asked before somebody gets access. */
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { AddLink, NamedList } from "../NamedList";
import { ProfilePlaces } from "./Places";

export default function WorkflowsPage() {
  const words = useAdminWords();
  const workflows = useQuery({ queryKey: ["workflows"], queryFn: () => answer(api.GET("/api/v1/ApprovalWorkflow")) });
  return (
    <NamedList
      title={words.workflows.title}
      intro={words.workflows.intro}
      search={words.form.searchIn(words.workflows.title)}
      empty={words.workflows.empty}
      found={workflows}
      at="/admin/workflows"
      add={<AddLink to="/admin/workflows/new" label={words.workflows.add} />}
      places={<ProfilePlaces />}
      columns={[
        { key: "tiers", label: words.workflows.tiers, show: (row) => row.approvalWorkflowTiers?.length ?? 0 },
        {
          key: "self",
          label: words.workflows.selfApproval,
          show: (row) => (row.selfApproval ? words.form.yes : words.form.no),
        },
      ]}
    />
  );
}
