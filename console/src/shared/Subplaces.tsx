/** The pages of one subject, beside each other. */
import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export function Subplaces({ label, places }: { label: string; places: { to: string; label: string }[] }) {
  return (
    <nav className="subplaces" aria-label={label}>
      {places.map((place) => (
        <Anchor
          key={place.to}
          component={Link}
          to={place.to}
          underline="never"
          activeOptions={{ exact: false, includeSearch: false } as never}
        >
          {place.label}
        </Anchor>
      ))}
    </nav>
  );
}
