/** The pages that the signed-in person has a use for. What they may do there, the server decides. */
import { Badge, NavLink, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useInbox } from "../approvals/inbox";
import {
  AccessIcon,
  ActivityIcon,
  ApprovalIcon,
  AuditIcon,
  CertificationIcon,
  HistoryIcon,
  JobIcon,
  KeyIcon,
  OverviewIcon,
  PeopleIcon,
  PolicyIcon,
  ProfileIcon,
  RecordingIcon,
  ResourceIcon,
  SessionIcon,
  VaultIcon,
} from "../shared/icons";
import type { Whole } from "../sessions/SessionPage";
import { hasRole, useWho } from "../signin/who";
import { useWords } from "../words";

export function Places() {
  const words = useWords();
  const who = useWho();
  const administers = hasRole(who, "admin");
  const isElses = useIsElses() && administers;
  const reviews = hasRole(who, "admin", "reviewer");
  const plays = hasRole(who, "admin", "userplus");
  return (
    <div className="places">
      <Heading>{words.shell.mine}</Heading>
      <Place to="/" label={words.access.title} icon={<AccessIcon />} exact />
      <Place to="/sessions" label={words.sessions.title} icon={<SessionIcon />} exact={isElses} />
      <Heading>{words.shell.review}</Heading>
      <Place to="/approvals" label={words.inbox.title} icon={<ApprovalIcon />} more={<Waiting />} />
      {administers && <Place to="/history" label={words.history.title} icon={<HistoryIcon />} lit={isElses} />}
      {plays && <Place to="/recordings" label={words.recordings.title} icon={<RecordingIcon />} />}
      {reviews && <Place to="/certifications" label={words.shell.places.certifications} icon={<CertificationIcon />} />}
      {administers && <Place to="/audit" label={words.audit.title} icon={<AuditIcon />} />}
      {administers && (
        <>
          <Heading>{words.shell.administer}</Heading>
          <Place to="/admin" label={words.overview.title} icon={<OverviewIcon />} exact />
          <Place to="/admin/jobs" label={words.shell.places.jobs} icon={<JobIcon />} />
          <Place to="/admin/policies" label={words.policies.title} icon={<PolicyIcon />} />
          <Place to="/admin/people" label={words.shell.places.people} icon={<PeopleIcon />} />
          <Place to="/admin/resources" label={words.resources.title} icon={<ResourceIcon />} />
          <Place to="/admin/credentials" label={words.shell.places.credentials} icon={<VaultIcon />} />
          <Place to="/admin/activities" label={words.shell.places.activities} icon={<ActivityIcon />} />
          <Place to="/admin/profiles" label={words.shell.places.profiles} icon={<ProfileIcon />} />
          <Place to="/admin/applications" label={words.applications.title} icon={<KeyIcon />} />
        </>
      )}
    </div>
  );
}

export function Place(props: { to: string; label: string; icon: ReactNode; exact?: boolean; lit?: boolean; more?: ReactNode }) {
  return (
    <NavLink
      component={Link}
      to={props.to}
      activeOptions={{ exact: props.exact ?? false, includeSearch: false }}
      label={props.label}
      aria-current={props.lit ? "page" : undefined}
      leftSection={props.icon}
      rightSection={props.more}
    />
  );
}

/** Whether the page is about a session of somebody else; only what the page itself has asked for is looked at. */
function useIsElses(): boolean {
  const who = useWho();
  const { id } = useParams({ strict: false });
  const session = useQuery<Whole>({ queryKey: ["session", id], enabled: false });
  return session.data !== undefined && session.data.managedAccountId !== who.identityId;
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
