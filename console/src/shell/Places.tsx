/** The pages that the signed-in person has a use for. What they may do there, the server decides. */
import { Badge, NavLink, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useInbox } from "../approvals/inbox";
import {
  AccessIcon,
  ApprovalIcon,
  AuditIcon,
  HistoryIcon,
  KeyIcon,
  OverviewIcon,
  PolicyIcon,
  RecordingIcon,
  ResourceIcon,
  SessionIcon,
} from "../shared/icons";
import { hasRole, useWho } from "../signin/who";
import { useWords } from "../words";

export function Places() {
  const words = useWords();
  const who = useWho();
  const administers = hasRole(who, "admin");
  const plays = hasRole(who, "admin", "userplus");
  return (
    <div className="places">
      <Heading>{words.shell.mine}</Heading>
      <Place to="/" label={words.access.title} icon={<AccessIcon />} exact />
      <Place to="/sessions" label={words.sessions.title} icon={<SessionIcon />} />
      <Heading>{words.shell.review}</Heading>
      <Place to="/approvals" label={words.inbox.title} icon={<ApprovalIcon />} more={<Waiting />} />
      {administers && <Place to="/history" label={words.history.title} icon={<HistoryIcon />} />}
      {plays && <Place to="/recordings" label={words.recordings.title} icon={<RecordingIcon />} />}
      {administers && <Place to="/audit" label={words.audit.title} icon={<AuditIcon />} />}
      {administers && (
        <>
          <Heading>{words.shell.administer}</Heading>
          <Place to="/admin" label={words.overview.title} icon={<OverviewIcon />} exact />
          <Place to="/admin/policies" label={words.policies.title} icon={<PolicyIcon />} />
          <Place to="/admin/resources" label={words.resources.title} icon={<ResourceIcon />} />
          <Place to="/admin/applications" label={words.applications.title} icon={<KeyIcon />} />
        </>
      )}
    </div>
  );
}

function Place(props: { to: string; label: string; icon: ReactNode; exact?: boolean; more?: ReactNode }) {
  return (
    <NavLink
      component={Link}
      to={props.to}
      activeOptions={{ exact: props.exact ?? false, includeSearch: false }}
      label={props.label}
      leftSection={props.icon}
      rightSection={props.more}
    />
  );
}

/** How many requests wait for the signed-in person. */
function Waiting() {
  const words = useWords();
  const inbox = useInbox();
  const count = inbox.data?.length ?? 0;
  if (count === 0) return null;
  return (
    <Badge circle size="lg" color="red" aria-label={words.inbox.waiting(count)}>
      {count}
    </Badge>
  );
}

function Heading({ children }: { children: ReactNode }) {
  return (
    <Text size="xs" fw={650} c="dimmed" className="place-heading">
      {children}
    </Text>
  );
}
