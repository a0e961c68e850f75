/** Makes a copy of what is saved, under a name of its own, and goes there. */
import { Button, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { Ask } from "../me/Ask";
import { useDraft } from "../shared/draft";
import { useAdminWords } from "../words/admin";

type Props = { name: string; at: string; copy: (name: string) => Promise<string> };

export function CopyThing(props: Props) {
  const words = useAdminWords();
  const [isAsking, asking] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={asking.open}>
        {words.form.copy}
      </Button>
      {isAsking && <Asked {...props} onGone={asking.close} />}
    </>
  );
}

function Asked({ name, at, copy, onGone }: Props & { onGone: () => void }) {
  const words = useAdminWords();
  const navigate = useNavigate();
  const draft = useDraft({ name: words.form.copyOf(name) });
  return (
    <Ask
      title={words.form.copyTitle(name)}
      label={words.form.copy}
      act={async () => {
        const id = await copy(draft.value.name);
        await navigate({ to: `${at}/${id}` });
      }}
      onGone={onGone}
    >
      <TextInput label={words.form.name} required maxLength={256} data-autofocus {...draft.text("name")} />
    </Ask>
  );
}
