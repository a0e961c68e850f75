/** Where one is signed in, and the way out of each, and of all. */
import { Badge, Button, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Confirm } from "../shared/Confirm";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { whole } from "../shared/paged";
import { useWords, type Words } from "../words";
import { Part } from "./Part";

type SignIn = Model<"SignInEntry">;

export function SignIns() {
  const words = useWords();
  const queries = useQueryClient();
  const found = useQuery({ queryKey: ["me", "sign-ins"], queryFn: () => answer(api.GET("/api/locum/v1/SignIn")) });
  const [withEnded, setWithEnded] = useState(false);
  const [ended, setEnded] = useState<SignIn | null>(null);
  const [isLeaving, leaving] = useDisclosure();
  const shown = whole(found);

  async function end(one: SignIn) {
    await answer(api.DELETE("/api/locum/v1/SignIn/{signInId}", { params: { path: { signInId: one.id } } }));
    await queries.invalidateQueries({ queryKey: ["me", "sign-ins"] });
  }

  async function leave() {
    await answer(api.POST("/api/locum/v1/SignOutEverywhere"));
    // What this page knows goes with it.
    window.location.assign("/");
  }

  return (
    <Part
      id="sign-ins"
      title={words.signIns.title}
      intro={words.signIns.intro}
      aside={
        <Button variant="outline" color="red" onClick={leaving.open}>
          {words.signIns.everywhere}
        </Button>
      }
    >
      <Switch
        mb="sm"
        label={words.signIns.withEnded}
        checked={withEnded}
        onChange={(event) => setWithEnded(event.currentTarget.checked)}
      />
      <Listing
        label={words.signIns.title}
        columns={columns(words, setEnded)}
        {...shown}
        rows={shown.rows?.filter((one) => one.isLive || withEnded)}
        keyOf={(row) => row.id}
        empty={words.signIns.empty}
      />
      {ended && (
        <Confirm
          title={words.signIns.endTitle}
          text={words.signIns.endText(ended.client ?? words.signIns.unknown)}
          label={words.signIns.end}
          act={() => end(ended)}
          onGone={() => setEnded(null)}
        />
      )}
      {isLeaving && (
        <Confirm
          title={words.signIns.everywhereTitle}
          text={words.signIns.everywhereText}
          label={words.signIns.everywhere}
          act={leave}
          onGone={leaving.close}
        />
      )}
    </Part>
  );
}

function columns(words: Words, end: (one: SignIn) => void): Column<SignIn>[] {
  const time = (value: string) => when(value, words.locale) ?? words.shared.none;
  return [
    {
      key: "where",
      label: words.signIns.where,
      show: (row) => (
        <div className="breaks">
          <span className="badges">
            <strong>{row.address ?? words.shared.none}</strong>
            {row.isCurrent && (
              <Badge variant="light" color="green" tt="none">
                {words.signIns.current}
              </Badge>
            )}
            {!row.isLive && (
              <Badge variant="light" color="gray" tt="none">
                {words.signIns.over}
              </Badge>
            )}
          </span>
          <Text size="sm" c="dimmed">
            {row.client ?? words.signIns.unknown}
          </Text>
        </div>
      ),
    },
    { key: "how", label: words.signIns.how, show: (row) => words.signIns.methods[row.method] ?? row.method },
    { key: "since", label: words.signIns.since, show: (row) => time(row.startedAt) },
    { key: "used", label: words.me.used, show: (row) => time(row.lastUsedAt) },
    { key: "until", label: words.signIns.until, show: (row) => time(row.endedAt ?? row.endsAt) },
    {
      key: "do",
      label: words.keys.actions,
      show: (row) =>
        row.isLive &&
        !row.isCurrent && (
          <Button size="xs" variant="outline" color="red" onClick={() => end(row)}>
            {words.signIns.end}
          </Button>
        ),
    },
  ];
}
