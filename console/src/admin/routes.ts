/** The addresses of administration that take a page of their own each; loaded when somebody goes there. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { root } from "../router";
import { type ListSearch, listSearch } from "../shared/paged";

type Found = Record<string, unknown>;

export function administration(getParentRoute: () => typeof root) {
  return [...credentials(getParentRoute), ...resources(getParentRoute), ...people(getParentRoute), ...access(getParentRoute)] as const;
}

function credentials(getParentRoute: () => typeof root) {
  return [
    createRoute({
      getParentRoute,
      path: "/admin/credentials",
      component: lazyRouteComponent(() => import("./credentials/CredentialsPage")),
      validateSearch: (found: Found): ListSearch & { managed?: number } => ({
        ...listSearch(found),
        managed: Number.isInteger(found.managed) ? Number(found.managed) : undefined,
      }),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/credentials/new",
      component: lazyRouteComponent(() => import("./credentials/NewCredentialPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/credentials/$id",
      component: lazyRouteComponent(() => import("./credentials/CredentialPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/schedules",
      component: lazyRouteComponent(() => import("./schedules/SchedulesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/schedules/$id",
      component: lazyRouteComponent(() => import("./schedules/SchedulePage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/complexities",
      component: lazyRouteComponent(() => import("./schedules/ComplexitiesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/complexities/$id",
      component: lazyRouteComponent(() => import("./schedules/ComplexityPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/overrides",
      component: lazyRouteComponent(() => import("./overrides/OverridesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/overrides/$id",
      component: lazyRouteComponent(() => import("./overrides/OverridePage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/platforms",
      component: lazyRouteComponent(() => import("./platforms/PlatformsPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/platforms/$id",
      component: lazyRouteComponent(() => import("./platforms/PlatformPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/jobs",
      component: lazyRouteComponent(() => import("./jobs/JobsPage")),
      validateSearch: (found: Found): ListSearch & { tab?: "steps"; type?: number; failing?: true } => ({
        ...listSearch(found),
        tab: found.tab === "steps" ? "steps" : undefined,
        type: Number.isInteger(found.type) ? Number(found.type) : undefined,
        failing: found.failing === true ? true : undefined,
      }),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/jobs/$id",
      component: lazyRouteComponent(() => import("./jobs/JobPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/queues/$id",
      component: lazyRouteComponent(() => import("./jobs/QueuePage")),
    }),
  ] as const;
}

function resources(getParentRoute: () => typeof root) {
  return [
    createRoute({
      getParentRoute,
      path: "/admin/resources/new",
      component: lazyRouteComponent(() => import("./resources/NewResourcePage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/resources/$id",
      component: lazyRouteComponent(() => import("./resources/ResourcePage")),
    }),
  ] as const;
}

function people(getParentRoute: () => typeof root) {
  return [
    createRoute({
      getParentRoute,
      path: "/admin/people",
      component: lazyRouteComponent(() => import("./people/PeoplePage")),
      validateSearch: (found: Found): ListSearch & { kind?: number } => ({
        ...listSearch(found),
        kind: Number.isInteger(found.kind) ? Number(found.kind) : undefined,
      }),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/people/$id",
      component: lazyRouteComponent(() => import("./people/PersonPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/groups/$kind",
      component: lazyRouteComponent(() => import("./people/GroupsPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/groups/$kind/$id",
      component: lazyRouteComponent(() => import("./people/GroupPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/roles",
      component: lazyRouteComponent(() => import("./people/RolesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/roles/$id",
      component: lazyRouteComponent(() => import("./people/RolePage")),
    }),
    createRoute({
      getParentRoute,
      path: "/certifications",
      component: lazyRouteComponent(() => import("./certifications/CertificationsPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/certifications/$id",
      component: lazyRouteComponent(() => import("./certifications/CertificationPage")),
      validateSearch: (found: Found): ListSearch & { all?: true } => ({
        ...listSearch(found),
        all: found.all === true ? true : undefined,
      }),
    }),
  ] as const;
}

function access(getParentRoute: () => typeof root) {
  return [
    createRoute({
      getParentRoute,
      path: "/admin/activities",
      component: lazyRouteComponent(() => import("./activities/ActivitiesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/activities/$id",
      component: lazyRouteComponent(() => import("./activities/ActivityPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/profiles",
      component: lazyRouteComponent(() => import("./profiles/ProfilesPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/profiles/$id",
      component: lazyRouteComponent(() => import("./profiles/ProfilePage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/restrictions",
      component: lazyRouteComponent(() => import("./profiles/RestrictionsPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/restrictions/$id",
      component: lazyRouteComponent(() => import("./profiles/RestrictionPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/workflows",
      component: lazyRouteComponent(() => import("./profiles/WorkflowsPage")),
      validateSearch: listSearch,
    }),
    createRoute({
      getParentRoute,
      path: "/admin/workflows/$id",
      component: lazyRouteComponent(() => import("./profiles/WorkflowPage")),
    }),
    createRoute({
      getParentRoute,
      path: "/admin/policies/$id",
      component: lazyRouteComponent(() => import("./policies/PolicyPage")),
    }),
  ] as const;
}
