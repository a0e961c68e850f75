/** What the SSH gateway carries under a profile. */
import { Checkbox, NumberInput, Stack, Textarea } from "@mantine/core";
import { filled } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { PartForm } from "./PartForm";
import { PARTS } from "./profile";

const MIB = 1024 * 1024;
const FLAGS = ["shell", "command", "upload", "download", "agent", "x11"] as const;

export function Channels({ profileId }: { profileId: string }) {
  const words = useAdminWords().channels;
  return (
    <PartForm
      id="channels"
      title={words.title}
      intro={words.intro}
      profileId={profileId}
      get={async (id) => {
        const { maxFileBytes, ...rest } = await PARTS.channels.get(id);
        return { ...rest, maxFileMib: maxFileBytes === null ? null : maxFileBytes / MIB };
      }}
      put={(id, { maxFileMib, ...rest }) =>
        PARTS.channels.put(id, {
          ...rest,
          maxFileBytes: maxFileMib === null ? null : Math.round(maxFileMib * MIB),
          paths: filled(rest.paths),
          destinations: filled(rest.destinations),
          listen: filled(rest.listen),
        })
      }
    >
      {(draft) => (
        <>
          <div className="flags">
            {FLAGS.map((flag) => (
              <Checkbox key={flag} label={words[flag]} {...draft.flag(flag)} />
            ))}
          </div>
          <div className="halves">
            <Stack gap="sm">
              <Textarea label={words.paths} description={words.pathsHint} autosize minRows={2} {...draft.lines("paths")} />
              <NumberInput
                label={words.maxFile}
                description={words.maxFileHint}
                min={0}
                {...draft.figure("maxFileMib")}
              />
            </Stack>
            <Stack gap="sm">
              <Textarea
                label={words.destinations}
                description={words.destinationsHint}
                autosize
                minRows={2}
                {...draft.lines("destinations")}
              />
              <Textarea label={words.listen} description={words.listenHint} autosize minRows={2} {...draft.lines("listen")} />
            </Stack>
          </div>
          <NumberInput label={words.idle} description={words.idleHint} min={1} {...draft.figure("idleMinutes")} />
        </>
      )}
    </PartForm>
  );
}
