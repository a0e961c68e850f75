/** The form of an activity. What it is for and on which platform stays once it is made. */
import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Given } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { numbered, things } from "../choices";
import { useSaved } from "../ThingEnd";
import type { Activity } from "./activities";

export const KIND = { list: "activities", one: "activity", at: "/admin/activities" };
const MANAGED = 1;
const TOKEN = 2;
const TASK = 2;

export const FRESH = {
  name: "",
  description: "",
  platformId: null as string | null,
  activityType: 0,
  loginAccount: TOKEN,
  loginAccountNameFormat: "",
  requesterLoginFormat: 3,
  createAccount: true,
  deleteAccount: false,
};
type Fresh = typeof FRESH;

export function draftOf(row: Activity): Fresh {
  return {
    name: row.name ?? "",
    description: row.description ?? "",
    platformId: row.platformId,
    activityType: row.activityType,
    loginAccount: row.loginAccount,
    loginAccountNameFormat: row.loginAccountNameFormat ?? "",
    requesterLoginFormat: row.requesterLoginFormat,
    createAccount: row.createAccount,
    deleteAccount: row.deleteAccount,
  };
}

function bodyOf(value: Fresh): Given<"ActivityIn"> {
  return value as Given<"ActivityIn">;
}

export function makeActivity(value: Fresh) {
  return answer(api.POST("/api/v1/Activity", { body: bodyOf(value) }));
}

export function ActivityForm({ id, saved }: { id: string | null; saved: Fresh }) {
  const words = useAdminWords();
  const onSaved = useSaved(KIND, id);
  const draft = useDraft(saved);
  const platforms = useQuery({ queryKey: ["platforms"], queryFn: () => answer(api.GET("/api/v1/Platform")) });
  const { loginAccount } = draft.value;
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      name={words.activities.one}
      save={() =>
        id
          ? answer(
              api.PUT("/api/v1/Activity/{activityId}", {
                params: { path: { activityId: id } },
                body: bodyOf(draft.value),
              }),
            )
          : makeActivity(draft.value)
      }
      onSaved={onSaved}
    >
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      <NativeSelect
        label={words.activities.platform}
        required
        disabled={id !== null}
        data={things(words.form.choose, platforms.data)}
        {...draft.option("platformId")}
      />
      <NativeSelect
        label={words.activities.type}
        description={words.activities.typeHint}
        disabled={id !== null}
        data={numbered({ 0: words.activities.types[0] ?? "", [TASK]: words.activities.types[TASK] ?? "" })}
        {...draft.choice("activityType")}
      />
      <NativeSelect
        label={words.activities.account}
        description={words.activities.accountHints[loginAccount]}
        data={numbered({
          [TOKEN]: words.activities.accounts[TOKEN] ?? "",
          [MANAGED]: words.activities.accounts[MANAGED] ?? "",
          0: words.activities.accounts[0] ?? "",
        })}
        {...draft.choice("loginAccount")}
      />
      {loginAccount === 0 && (
        <NativeSelect
          label={words.activities.requester}
          data={numbered(words.activities.requesters)}
          {...draft.choice("requesterLoginFormat")}
        />
      )}
      <TextInput
        label={words.activities.template}
        description={words.activities.templateHint}
        placeholder="adm-%samaccountname%"
        maxLength={256}
        {...draft.text("loginAccountNameFormat")}
      />
      {loginAccount === MANAGED && (
        <>
          <Checkbox
            label={words.activities.createAccount}
            description={words.activities.createAccountHint}
            {...draft.flag("createAccount")}
          />
          <Checkbox
            label={words.activities.deleteAccount}
            description={words.activities.deleteAccountHint}
            {...draft.flag("deleteAccount")}
          />
        </>
      )}
    </DraftForm>
  );
}
