/** Buttons that do something: at once, or once somebody has said that they mean it. The refusal is shown beside them. */
import { Button, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { Confirm } from "../shared/Confirm";
import { Trouble } from "../shared/Trouble";

type Props = { label: string; act: () => Promise<unknown>; then?: () => unknown };

export function Deed({ label, act, then, isOff = false }: Props & { isOff?: boolean }) {
  const doing = useMutation({ mutationFn: act, onSettled: then });
  return (
    <Stack gap="xs" align="flex-start">
      <Button variant="default" loading={doing.isPending} disabled={isOff} onClick={() => doing.mutate()}>
        {label}
      </Button>
      <Trouble error={doing.error} />
    </Stack>
  );
}

export function GraveDeed({ label, title, text, act, then }: Props & { title: string; text: string }) {
  const [isAsking, asking] = useDisclosure();
  return (
    <>
      <Button variant="outline" color="red" onClick={asking.open}>
        {label}
      </Button>
      {isAsking && (
        <Confirm
          title={title}
          text={text}
          label={label}
          act={async () => {
            await act();
            await then?.();
          }}
          onGone={asking.close}
        />
      )}
    </>
  );
}
