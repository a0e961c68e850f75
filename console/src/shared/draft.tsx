/** What somebody changes on a page until it is saved, and the form that saves it. Leaving with changes asks first. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { type ChangeEvent, type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useAdminWords } from "../words/admin";
import { Dialog } from "./Dialog";
import { Trouble } from "./Trouble";

type Typed = ChangeEvent<HTMLInputElement | HTMLTextAreaElement>;
/** The fields of T that hold a V. */
type Of<T, V> = { [K in keyof T]-?: T[K] extends V ? K : never }[keyof T];

export type Draft<T> = ReturnType<typeof useDraft<T>>;

/** A copy of what is saved, to be changed field by field; each maker of properties fits one kind of Mantine's inputs. */
export function useDraft<T>(saved: T) {
  const [kept, keep] = useState(saved);
  const [value, change] = useState(saved);
  const set = <K extends keyof T>(name: K, to: T[K]) => change((before) => ({ ...before, [name]: to }));
  return {
    value,
    set,
    isDirty: JSON.stringify(value) !== JSON.stringify(kept),
    /** What is there now is saved. */
    settle: () => keep(value),
    text: (name: Of<T, string>) => ({
      value: value[name] as string,
      onChange: (event: Typed) => set(name, event.currentTarget.value as T[typeof name]),
    }),
    flag: (name: Of<T, boolean>) => ({
      checked: value[name] as boolean,
      onChange: (event: ChangeEvent<HTMLInputElement>) => set(name, event.currentTarget.checked as T[typeof name]),
    }),
    /** Empty stands for null. */
    figure: (name: Of<T, number | null>) => ({
      value: (value[name] as number | null) ?? "",
      onChange: (to: number | string) => set(name, (to === "" ? null : Number(to)) as T[typeof name]),
    }),
    /** One of numbered choices. */
    choice: (name: Of<T, number>) => ({
      value: String(value[name]),
      onChange: (event: ChangeEvent<HTMLSelectElement>) => set(name, Number(event.currentTarget.value) as T[typeof name]),
    }),
    /** One of named choices, of which the empty one is null. */
    option: (name: Of<T, string | null>) => ({
      value: (value[name] as string | null) ?? "",
      onChange: (event: ChangeEvent<HTMLSelectElement>) =>
        set(name, (event.currentTarget.value || null) as T[typeof name]),
    }),
    /** Whatever an input takes and gives as it is, such as what a picker picks. */
    plain: <K extends keyof T>(name: K) => ({ value: value[name], onChange: (to: T[K]) => set(name, to) }),
    /** Several texts, one a line. */
    lines: (name: Of<T, string[]>) => ({
      value: (value[name] as string[]).join("\n"),
      onChange: (event: Typed) => set(name, split(event.currentTarget.value) as T[typeof name]),
    }),
  };
}

function split(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The lines that say something. */
export function filled(lines: string[]): string[] {
  return lines.map((line) => line.trim()).filter(Boolean);
}

type FormProps<T, Done> = {
  draft: Draft<T>;
  save: () => Promise<Done>;
  onSaved?: (done: Done) => unknown;
  label: string;
  /** What names the form where a page has several. */
  name?: string;
  children: ReactNode;
};

export function DraftForm<T, Done>({ draft, save, onSaved, label, name, children }: FormProps<T, Done>) {
  const words = useAdminWords();
  const isSaved = useRef(false);
  useEffect(() => {
    isSaved.current = false;
  }, [draft.value]);
  const saving = useMutation({
    mutationFn: save,
    onSuccess: (done) => {
      isSaved.current = true;
      draft.settle();
      return onSaved?.(done);
    },
  });
  return (
    <form
      aria-label={name}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Stack className="form-fields">
        {children}
        <Trouble error={saving.error} />
        <Group>
          <Button type="submit" variant={draft.isDirty ? "filled" : "default"} loading={saving.isPending}>
            {label}
          </Button>
          <Text size="sm" c="dimmed" role="status">
            {draft.isDirty ? words.form.unsaved : saving.isSuccess && words.form.saved}
          </Text>
        </Group>
      </Stack>
      <Leaving isBlocked={() => draft.isDirty && !isSaved.current} />
    </form>
  );
}

/** Asks who goes to another page, or closes this one, while something is not saved. */
function Leaving({ isBlocked }: { isBlocked: () => boolean }) {
  const words = useAdminWords();
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && isBlocked(),
    enableBeforeUnload: isBlocked,
    withResolver: true,
  });
  if (leaving.status !== "blocked") return null;
  return (
    <Dialog onGone={leaving.reset} title={words.form.leaveTitle}>
      {(close) => (
        <Stack>
          <Text>{words.form.leaveText}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={leaving.proceed}>
              {words.form.leave}
            </Button>
            <Button onClick={close} data-autofocus>
              {words.form.stay}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
