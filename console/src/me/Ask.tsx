/** A dialog with a form: asks for what something needs, and does it. */
import { Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { useWords } from "../words";
import { Dialog } from "../shared/Dialog";
import { Trouble } from "../shared/Trouble";

type Props<Done> = {
  title: string;
  label: string;
  act: () => Promise<Done>;
  onGone: () => void;
  /** What is shown once it is done, for its reader to close; without it, the dialog closes. */
  after?: (done: Done) => ReactNode;
  children: ReactNode;
};

export function Ask<Done>({ title, label, act, onGone, after, children }: Props<Done>) {
  const words = useWords();
  const doing = useMutation({ mutationFn: act });
  const shown = doing.isSuccess && after?.(doing.data);
  return (
    <Dialog onGone={onGone} title={title} mustAnswer={Boolean(shown)}>
      {(close) =>
        shown ? (
          <Stack>
            {shown}
            <Group justify="flex-end">
              <Button onClick={close} data-autofocus>
                {words.signIn.codesKept}
              </Button>
            </Group>
          </Stack>
        ) : (
          <form
            onSubmit={(event: FormEvent) => {
              event.preventDefault();
              doing.mutate(undefined, { onSuccess: (done) => after?.(done) || close() });
            }}
          >
            <Stack>
              {children}
              <Trouble error={doing.error} />
              <Group justify="flex-end">
                <Button variant="default" onClick={close}>
                  {words.shared.cancel}
                </Button>
                <Button type="submit" loading={doing.isPending}>
                  {label}
                </Button>
              </Group>
            </Stack>
          </form>
        )
      }
    </Dialog>
  );
}
