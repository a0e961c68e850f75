/** The answers to custom fields by their names, from the text that sessions have them in. */
export function answersOf(text: string | null): Record<string, string> {
  if (!text) return {};
  const given = JSON.parse(text) as { name: string; value?: string | null }[];
  return Object.fromEntries(given.map((one) => [one.name, one.value ?? ""]));
}
