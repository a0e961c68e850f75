/** The secrets that a credential has and had, and the way to look at one, which is written down. */
import { Alert, Badge, Button, Group, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Part } from "../../me/Part";
import { answer, api, type Model } from "../../shared/api";
import { Copyable } from "../../shared/Copyable";
import { Dialog } from "../../shared/Dialog";
import { exactly } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { whole } from "../../shared/paged";
import { Trouble } from "../../shared/Trouble";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";

type Version = Model<"SecretVersion">;

export function Versions({ credentialId }: { credentialId: string }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const [shown, setShown] = useState<Version | null>(null);
  const found = useQuery({
    queryKey: ["credential", credentialId, "versions"],
    queryFn: () =>
      answer(api.GET("/api/locum/v1/Secret/{credentialId}/Version", { params: { path: { credentialId } } })),
  });
  const columns: Column<Version>[] = [
    {
      key: "version",
      label: words.versions.version,
      show: (row) => (
        <span className="badges">
          {row.version}
          {row.isCurrent && (
            <Badge variant="light" color="green" tt="none">
              {words.versions.current}
            </Badge>
          )}
        </span>
      ),
    },
    { key: "at", label: words.versions.since, show: (row) => exactly(row.createdDateTimeUtc, locale) },
    {
      key: "do",
      label: words.form.actions,
      show: (row) => (
        <Button
          size="xs"
          variant="default"
          aria-label={words.versions.revealOf(row.version)}
          onClick={() => setShown(row)}
        >
          {words.versions.reveal}
        </Button>
      ),
    },
  ];
  return (
    <Part id="versions" title={words.versions.title} intro={words.versions.intro}>
      <Listing
        label={words.versions.title}
        columns={columns}
        {...whole(found)}
        keyOf={(row) => String(row.version)}
        empty={words.versions.empty}
      />
      {shown && <Reveal credentialId={credentialId} version={shown.version} onGone={() => setShown(null)} />}
    </Part>
  );
}

/** Asks only once somebody says so, as looking leaves a line in the audit log; what was shown is not kept. */
function Reveal({ credentialId, version, onGone }: { credentialId: string; version: number; onGone: () => void }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const secret = useQuery({
    queryKey: ["secret", credentialId, version],
    enabled: isAsked,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      const params = { path: { credentialId }, query: { version } };
      const found = await answer(api.GET("/api/locum/v1/Secret/{credentialId}/Reveal", { params }));
      await queries.invalidateQueries({ queryKey: ["happened", credentialId] });
      return found;
    },
  });
  return (
    <Dialog onGone={onGone} title={words.versions.revealOf(version)} size="lg">
      {(close) => (
        <Stack>
          <Alert color="yellow" variant="light">
            {words.versions.written}
          </Alert>
          <Trouble error={secret.error} />
          {secret.data && <Copyable text={secret.data.text ?? secret.data.content} label={words.versions.secret} />}
          {secret.data && secret.data.text === null && words.versions.encoded}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.form.close}
            </Button>
            {!secret.data && (
              <Button loading={isAsked && secret.isFetching} onClick={() => setAsked(true)} data-autofocus>
                {words.versions.reveal}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
