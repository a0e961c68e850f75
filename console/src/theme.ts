/** Colours and sizes, and how they reach the page: a style sheet made by script, as the policy allows no other. */
import {
  type CSSVariablesResolver,
  convertCssVariables,
  createTheme,
  defaultCssVariablesResolver,
  mergeMantineTheme,
  DEFAULT_THEME,
  type MantineColorsTuple,
} from "@mantine/core";

/** Colours that stand for something: each readable on its own light ground, in both themes (WCAG 2.2, 1.4.3). */
const MEANINGS = ["gray", "green", "yellow", "orange", "red", "blue", "indigo", "violet", "teal"] as const;

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Holding the page behind a dialog still would take a style element, which the policy refuses.
    Modal: { defaultProps: { lockScroll: false, centered: true } },
    Drawer: { defaultProps: { lockScroll: false } },
    // Theirs is a header element, which would be a second one of the page.
    ModalHeader: { defaultProps: { role: "none" } },
    DrawerHeader: { defaultProps: { role: "none" } },
  },
});

const readable: CSSVariablesResolver = (whole) => {
  const light: Record<string, string> = {
    "--mantine-color-dimmed": whole.colors.gray[7],
    "--mantine-color-placeholder": whole.colors.gray[7],
    "--mantine-color-error": whole.colors.red[9],
    "--mantine-color-anchor": whole.colors.indigo[8],
    "--mantine-color-red-outline": whole.colors.red[9],
    "--mantine-color-red-filled": whole.colors.red[9],
    "--mantine-color-red-filled-hover": `color-mix(in srgb, ${whole.colors.red[9]}, black 15%)`,
    "--console-ground": whole.colors.gray[0],
    "--console-raised": "#ffffff",
    "--console-line": whole.colors.gray[3],
  };
  const dark: Record<string, string> = {
    "--mantine-color-dimmed": whole.colors.dark[1],
    "--mantine-color-placeholder": whole.colors.dark[1],
    "--mantine-color-error": whole.colors.red[4],
    "--mantine-color-anchor": whole.colors.indigo[3],
    "--console-ground": whole.colors.dark[8],
    "--console-raised": whole.colors.dark[7],
    "--console-line": whole.colors.dark[4],
  };
  for (const name of MEANINGS) {
    const shades = whole.colors[name] as MantineColorsTuple;
    light[`--mantine-color-${name}-light-color`] = `color-mix(in srgb, ${shades[9]}, black 35%)`;
    dark[`--mantine-color-${name}-light-color`] = shades[2];
  }
  return { variables: {}, light, dark };
};

/** Gives the page the theme's variables. */
export function paint(): void {
  const whole = mergeMantineTheme(DEFAULT_THEME, theme);
  const usual = defaultCssVariablesResolver(whole);
  const ours = readable(whole);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    convertCssVariables(
      {
        variables: { ...usual.variables, ...ours.variables },
        light: { ...usual.light, ...ours.light },
        dark: { ...usual.dark, ...ours.dark },
      },
      ":root",
    ),
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
