/** What one can do to a session: give it more time, end it. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

const AS_THE_PROFILE_SAYS = 0;

export function ExtendButton({ id }: { id: string }) {
  const words = useWords();
  const queries = useQueryClient();
  const extending = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/ActivitySession/{sessionId}/Extend", {
          params: { path: { sessionId: id } },
          body: AS_THE_PROFILE_SAYS,
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["session", id] }),
  });
  return (
    <>
      <Button variant="default" loading={extending.isPending} onClick={() => extending.mutate()}>
        {words.session.extend}
      </Button>
      <Trouble error={extending.error} />
    </>
  );
}

/** `isRelease`: what ends is the loan of a credential. */
export function EndButton({ id, isRelease = false }: { id: string; isRelease?: boolean }) {
  const words = useWords();
  const queries = useQueryClient();
  const [isAsking, asking] = useDisclosure();
  const ending = useMutation({
    mutationFn: () =>
      answer(api.DELETE("/api/v1/ActivitySession/{sessionId}", { params: { path: { sessionId: id } } })),
    onSuccess: asking.close,
    onSettled: () => queries.invalidateQueries({ queryKey: ["session", id] }),
  });
  return (
    <>
      <Button color="red" variant="outline" onClick={asking.open}>
        {isRelease ? words.released.give : words.session.end}
      </Button>
      <Modal
        opened={isAsking}
        onClose={asking.close}
        title={isRelease ? words.released.giveTitle : words.session.endTitle}
        closeButtonProps={{ "aria-label": words.shared.close }}
      >
        <Stack>
          <Text>{isRelease ? words.released.giveText : words.session.endText}</Text>
          <Trouble error={ending.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={asking.close}>
              {words.shared.cancel}
            </Button>
            <Button color="red" loading={ending.isPending} onClick={() => ending.mutate()} data-autofocus>
              {isRelease ? words.released.give : words.session.end}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
