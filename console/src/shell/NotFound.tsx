import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Page } from "../shared/Page";
import { useWords } from "../words";

export function NotFound() {
  const words = useWords();
  return (
    <Page title={words.shared.notFound}>
      <Anchor component={Link} to="/">
        {words.shared.home}
      </Anchor>
    </Page>
  );
}
