/** Plays one recording. The player is loaded with this page, not before. */
import { Anchor, Group, Paper, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { create } from "asciinema-player";
import "asciinema-player/dist/bundle/asciinema-player.css";
import { useEffect, useRef } from "react";
import { answer, api } from "../shared/api";
import { Page } from "../shared/Page";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

const route = getRouteApi("/recordings/$id");
const LONGEST_PAUSE_S = 2;

export default function RecordingPage() {
  const words = useWords();
  const { id } = route.useParams();
  const { at } = route.useSearch();
  const cast = useQuery({
    queryKey: ["cast", id],
    // Each playing is written into the audit log, so it is asked for once.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Recording/{connectionId}/Cast", {
          params: { path: { connectionId: id } },
          parseAs: "text",
        }),
      ),
  });
  return (
    <Page title={cast.data ? titleOf(cast.data, words.recordings.one) : words.recordings.one}>
      <Trouble error={cast.error} onRetry={() => void cast.refetch()} />
      {cast.isPending && <Skeleton height={420} radius="lg" />}
      {cast.data && (
        <Paper withBorder p="sm" radius="lg" className="raised">
          <Player cast={cast.data} at={at ?? 0} />
        </Paper>
      )}
      <Group mt="md">
        <Anchor component={Link} to="/recordings">
          {words.recordings.all}
        </Anchor>
      </Group>
    </Page>
  );
}

function Player({ cast, at }: { cast: string; at: number }) {
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const player = create({ data: cast }, place.current, {
      fit: "width",
      startAt: at,
      idleTimeLimit: LONGEST_PAUSE_S,
      theme: "asciinema",
      poster: `npt:${at}`,
      controls: true,
    });
    return () => player.dispose();
  }, [cast, at]);
  return <section ref={place} aria-label={words.recordings.player} className="player" />;
}

/** The title in the head of an asciicast, which says whose it is. */
function titleOf(cast: string, otherwise: string): string {
  try {
    const head = JSON.parse(cast.slice(0, cast.indexOf("\n"))) as { title?: string };
    return head.title || otherwise;
  } catch {
    return otherwise;
  }
}
