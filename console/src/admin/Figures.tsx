/** Sessions a day, as bars: what went well, what failed, what was not approved. */
import { Group, Paper, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { barsOf, HEIGHT, WIDTH } from "./bars";

type Day = Model<"SessionDay">;
const DAYS = 30;
const KINDS = ["total", "failed", "denied"] as const;

export function Figures() {
  const words = useWords();
  const days = useQuery({
    queryKey: ["figures"],
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Attention/SessionDays", {
          params: { query: { days: DAYS, offsetMinutes: -new Date().getTimezoneOffset() } },
        }),
      ),
  });
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="figures">
      <Title order={2} size="h4" id="figures">
        {words.figures.title}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {words.figures.intro}
      </Text>
      {days.error ? (
        <Trouble error={days.error} onRetry={() => void days.refetch()} />
      ) : days.data ? (
        <Chart days={days.data} />
      ) : (
        <Skeleton height={160} radius="md" role="status" aria-label={words.shared.loading} />
      )}
    </Paper>
  );
}

function Chart({ days }: { days: Day[] }) {
  const words = useWords();
  const sum = (kind: (typeof KINDS)[number]) => days.reduce((all, day) => all + day[kind], 0);
  if (sum("total") === 0) return <Text c="dimmed">{words.figures.none}</Text>;
  const { bars, top } = barsOf(days);
  const short = new Intl.DateTimeFormat(words.locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const date = (day: Day | undefined) => (day ? short.format(new Date(day.date)) : "");
  return (
    <figure className="chart">
      <Text size="xs" c="dimmed" className="digits" aria-hidden="true">
        {top.toLocaleString(words.locale)}
      </Text>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words.figures.sum(sum("total"), sum("failed"), sum("denied"))}>
        <line className="chart-line" x1="0" x2={WIDTH} y1="0.5" y2="0.5" />
        <line className="chart-line" x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        {bars.map((bar) => (
          <g key={bar.day.date}>
            <title>{words.figures.day(date(bar.day), bar.day.total, bar.day.failed, bar.day.denied)}</title>
            <rect className="chart-hit" x={bar.x - bar.gap / 2} y="0" width={bar.width + bar.gap} height={HEIGHT} />
            {bar.parts.map((part) => (
              <rect key={part.kind} className={`chart-${part.kind}`} x={bar.x} y={part.y} width={bar.width} height={part.height} />
            ))}
          </g>
        ))}
      </svg>
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed">
          {date(days[0])}
        </Text>
        <Text size="xs" c="dimmed">
          {date(days.at(-1))}
        </Text>
      </Group>
      <figcaption>
        <ul className="chart-key">
          {KINDS.map((kind) => (
            <li key={kind}>
              <svg width="12" height="12" aria-hidden="true">
                <rect width="12" height="12" rx="3" className={`chart-${kind}`} />
              </svg>{" "}
              {words.figures[kind]} ({(kind === "total" ? sum("total") - sum("failed") - sum("denied") : sum(kind)).toLocaleString(words.locale)})
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
