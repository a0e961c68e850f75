/** What a local user is called, and the form that makes one. */
import { Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { type Draft, DraftForm, useDraft } from "../../shared/draft";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";

type Person = Model<"ManagedAccountView">;
const NAMELESS = { name: "", displayName: "", email: "", department: "", userPrincipalName: "", samAccountName: "" };
type Names = typeof NAMELESS;

export function PersonNames({ person }: { person: Person }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const draft = useDraft<Names>({
    name: person.name ?? "",
    displayName: person.displayName ?? "",
    email: person.email ?? "",
    department: person.department ?? "",
    userPrincipalName: person.userPrincipalName ?? "",
    samAccountName: person.samAccountName ?? "",
  });
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      save={() => answer(api.PUT("/api/v1/ManagedAccount/UpdateLocalUser", { body: { id: person.id, ...draft.value } }))}
      onSaved={() => queries.invalidateQueries({ queryKey: ["person", person.id] })}
    >
      <NameFields draft={draft} />
    </DraftForm>
  );
}

export function NewPerson() {
  const words = useAdminWords();
  const shared = useWords();
  const navigate = useNavigate();
  const draft = useDraft({ ...NAMELESS, passwordNew: "", changePasswordNextLogin: true });
  async function make() {
    const { passwordNew, changePasswordNextLogin, ...names } = draft.value;
    const given = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ""));
    return answer(
      api.POST("/api/v1/ManagedAccount/CreateLocalUser", {
        body: {
          managedAccountView: given,
          localUserPasswordChangeRequest: { passwordNew },
          changePasswordNextLogin,
        },
      }),
    );
  }
  return (
    <DraftForm
      draft={draft}
      label={words.people.add}
      save={make}
      onSaved={(made) => navigate({ to: "/admin/people/$id", params: { id: made.id } })}
    >
      <NameFields draft={draft as unknown as Draft<Names>} />
      <PasswordInput
        label={words.people.firstPassword}
        required
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": shared.signIn.showPassword }}
        {...draft.text("passwordNew")}
      />
      <Checkbox label={words.people.changeNext} {...draft.flag("changePasswordNextLogin")} />
    </DraftForm>
  );
}

function NameFields({ draft }: { draft: Draft<Names> }) {
  const words = useAdminWords();
  return (
    <>
      <TextInput
        label={words.people.loginName}
        description={words.people.loginNameHint}
        required
        maxLength={256}
        autoComplete="off"
        {...draft.text("name")}
      />
      <TextInput label={words.people.displayName} maxLength={256} {...draft.text("displayName")} />
      <TextInput
        type="email"
        label={words.people.email}
        description={words.people.emailHint}
        maxLength={256}
        {...draft.text("email")}
      />
      <TextInput label={words.people.department} maxLength={256} {...draft.text("department")} />
      <TextInput label={words.people.principal} maxLength={256} {...draft.text("userPrincipalName")} />
      <TextInput
        label={words.people.sam}
        description={words.people.samHint}
        maxLength={256}
        {...draft.text("samAccountName")}
      />
    </>
  );
}
