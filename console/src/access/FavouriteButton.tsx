/** Makes something that one can ask for a favourite, and takes it out again. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../shared/api";
import { StarIcon } from "../shared/icons";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

export function useShortcuts() {
  return useQuery({ queryKey: ["shortcuts"], queryFn: () => answer(api.GET("/api/locum/v1/Shortcut")) });
}

export function FavouriteButton({ activityId, thingId, name }: { activityId: string; thingId: string; name: string }) {
  const words = useWords();
  const queries = useQueryClient();
  const shortcuts = useShortcuts();
  const isFavourite =
    shortcuts.data?.favourites.some((one) => one.activityId === activityId && one.thingId === thingId) ?? false;
  const params = { path: { activityId, thingId } };
  const turning = useMutation({
    mutationFn: () =>
      isFavourite
        ? answer(api.DELETE("/api/locum/v1/Shortcut/{activityId}/{thingId}", { params }))
        : answer(api.PUT("/api/locum/v1/Shortcut/{activityId}/{thingId}", { params })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["shortcuts"] }),
  });
  const turn = isFavourite ? words.shortcuts.drop(name) : words.shortcuts.keep(name);
  return (
    <>
      <Tooltip label={turn}>
        <ActionIcon
          variant="subtle"
          size="lg"
          color={isFavourite ? "yellow" : "gray"}
          aria-label={turn}
          loading={turning.isPending}
          onClick={() => turning.mutate()}
        >
          <StarIcon size={18} isFull={isFavourite} />
        </ActionIcon>
      </Tooltip>
      <Trouble error={turning.error} />
    </>
  );
}
