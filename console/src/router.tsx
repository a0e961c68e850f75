/** The addresses of the console. What one sees is in the address, so that links, reload and the back button keep it. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { AccessPage } from "./access/AccessPage";
import type { Asked } from "./access/AskDialog";
import type { FirstSteps } from "./first/FirstStepsPage";
import { administration } from "./admin/routes";
import { dayStart } from "./shared/format";
import { type ListSearch, listSearch } from "./shared/paged";
import { id, text } from "./shared/search";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";

type Found = Record<string, unknown>;

/** A day as date fields have it; what is none is dropped. */
function day(found: unknown): string | undefined {
  return dayStart(String(found)) ? String(found) : undefined;
}

export const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const getParentRoute = () => root;

const mine = [
  createRoute({
    getParentRoute,
    path: "/",
    component: AccessPage,
    validateSearch: (found: Found): ListSearch & Partial<Asked> => ({
      ...listSearch(found),
      ask: id(found.ask),
      on: id(found.on),
      named: text(found.named)?.slice(0, 256),
      again: id(found.again),
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/sessions",
    component: lazyRouteComponent(() => import("./sessions/SessionsPage"), "SessionsPage"),
    validateSearch: (found: Found): { tab?: "past" | "requests"; row?: number } => ({
      tab: found.tab === "past" || found.tab === "requests" ? found.tab : undefined,
      row: listSearch(found).row,
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/sessions/$id",
    component: lazyRouteComponent(() => import("./sessions/SessionPage"), "SessionPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/sessions/$id/terminal",
    component: lazyRouteComponent(() => import("./terminal/TerminalPage")),
  }),
  createRoute({ getParentRoute, path: "/me", component: lazyRouteComponent(() => import("./me/SecurityPage")) }),
] as const;

const reviewed = [
  createRoute({
    getParentRoute,
    path: "/approvals",
    component: lazyRouteComponent(() => import("./approvals/InboxPage")),
  }),
  createRoute({
    getParentRoute,
    path: "/history",
    component: lazyRouteComponent(() => import("./history/HistoryPage")),
    validateSearch: (found: Found): ListSearch & { tab?: "live" } => ({
      ...listSearch(found),
      tab: found.tab === "live" ? "live" : undefined,
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/recordings",
    component: lazyRouteComponent(() => import("./recordings/RecordingsPage")),
    validateSearch: listSearch,
  }),
  createRoute({
    getParentRoute,
    path: "/sessions/$id/live/$connectionId",
    component: lazyRouteComponent(() => import("./recordings/LivePage")),
  }),
  createRoute({
    getParentRoute,
    path: "/audit",
    component: lazyRouteComponent(() => import("./audit/AuditPage")),
    validateSearch: (found: Found): ListSearch & { troubled?: true; from?: string; to?: string } => ({
      ...listSearch(found),
      troubled: found.troubled === true ? true : undefined,
      from: day(found.from),
      to: day(found.to),
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/recordings/$id",
    component: lazyRouteComponent(() => import("./recordings/RecordingPage")),
    validateSearch: (found: Found): { at?: number } => {
      const at = Number(found.at);
      return { at: at > 0 ? at : undefined };
    },
  }),
] as const;

const administered = [
  createRoute({
    getParentRoute,
    path: "/admin",
    component: lazyRouteComponent(() => import("./admin/OverviewPage")),
  }),
  createRoute({
    getParentRoute,
    path: "/admin/start",
    component: lazyRouteComponent(() => import("./first/FirstStepsPage")),
    validateSearch: (found: Found): FirstSteps => ({
      later: found.later === true ? true : undefined,
      host: id(found.host),
      person: id(found.person),
      activity: id(found.activity),
      policy: id(found.policy),
      session: id(found.session),
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/admin/resources",
    component: lazyRouteComponent(() => import("./admin/ResourcesPage")),
    validateSearch: listSearch,
  }),
  createRoute({
    getParentRoute,
    path: "/admin/policies",
    component: lazyRouteComponent(() => import("./admin/PoliciesPage")),
    validateSearch: (found: Found): ListSearch & { state?: "disabled" | "deleted" } => ({
      ...listSearch(found),
      state: found.state === "disabled" || found.state === "deleted" ? found.state : undefined,
    }),
  }),
  createRoute({
    getParentRoute,
    path: "/admin/applications",
    component: lazyRouteComponent(() => import("./admin/ApplicationsPage")),
  }),
  createRoute({
    getParentRoute,
    path: "/admin/applications/$id",
    component: lazyRouteComponent(() => import("./admin/ApplicationPage")),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...mine, ...reviewed, ...administered, ...administration(getParentRoute)]),
  defaultPreload: "intent",
  // A place in a long list is in its address, and the list goes there (shared/LongListing.tsx).
  scrollRestoration: ({ location }) => (location.search as ListSearch).row === undefined,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
