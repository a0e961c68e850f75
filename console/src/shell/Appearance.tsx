/** Theme and language, for each browser by itself. */
import { Group, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { LANGUAGES, useLanguage, useWords } from "../words";

export function Appearance() {
  const words = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [language, setLanguage] = useLanguage();
  return (
    <Group gap="sm" justify="center">
      <SegmentedControl
        size="xs"
        aria-label={words.shell.theme}
        value={colorScheme}
        onChange={(chosen) => setColorScheme(chosen as typeof colorScheme)}
        data={[
          { value: "light", label: words.shell.light },
          { value: "dark", label: words.shell.dark },
          { value: "auto", label: words.shell.auto },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label={words.shell.language}
        value={language}
        onChange={(chosen) => setLanguage(chosen as typeof language)}
        data={LANGUAGES.map((one) => ({ value: one.code, label: one.name }))}
      />
    </Group>
  );
}
