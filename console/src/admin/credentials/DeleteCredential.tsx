import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { GraveDeed } from "../Deed";

/** Erases a credential's secrets, and leads back to the list. */
export function DeleteCredential({ credentialId, text }: { credentialId: string; text: string }) {
  const words = useAdminWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  return (
    <GraveDeed
      label={words.form.delete}
      title={words.credentials.deleteTitle}
      text={text}
      act={() => answer(api.DELETE("/api/v1/Credential/{credentialId}", { params: { path: { credentialId } } }))}
      then={async () => {
        await navigate({ to: "/admin/credentials" });
        await queries.invalidateQueries({ queryKey: ["credentials"] });
      }}
    />
  );
}
