/** What Locum does with a credential by itself, and when next. */
import { useQuery } from "@tanstack/react-query";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { Listing } from "../../shared/Listing";
import { whole } from "../../shared/paged";
import { useAdminWords } from "../../words/admin";
import { useJobColumns } from "../jobs/columns";
import type { Credential } from "./credential";

const REFRESH_MS = 5_000;
/** A login has two; the text may be that of others too. */
const ENOUGH = 100;

export function CredentialJobs({ credential }: { credential: Credential }) {
  const words = useAdminWords();
  const interval = useInterval(REFRESH_MS);
  const columns = useJobColumns();
  const found = useQuery({
    queryKey: ["credential", credential.id, "jobs"],
    refetchInterval: interval,
    queryFn: async () => {
      const query = { filterText: credential.userName ?? undefined, skip: 0, take: ENOUGH };
      const jobs = await answer(api.GET("/api/v1/ActionJob", { params: { query } }));
      return jobs.filter((job) => job.managedObjectId === credential.id);
    },
  });
  return (
    <Part id="jobs" title={words.jobs.ofCredential} intro={words.jobs.ofCredentialIntro}>
      <Listing
        label={words.jobs.ofCredential}
        columns={columns}
        {...whole(found)}
        keyOf={(row) => row.id}
        empty={words.jobs.none}
      />
    </Part>
  );
}
