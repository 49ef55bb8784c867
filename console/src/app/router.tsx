// All addresses of the console. Each page is a file of its own that is loaded when it is first opened.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { meQuery } from "../api/session";
import { readCommandLineSearch } from "../pages/access/question";
import { readPlanSearch } from "../pages/actions/search";
import { readConnectSearch } from "../pages/connect/search";
import { readIncidentPage } from "../pages/incident/search";
import { readIncidentSearch } from "../pages/incidents/search";
import { readRecordSearch } from "../pages/ledger/search";
import { readPlanPage } from "../pages/plan/search";
import { readClustersSearch, readEnvironmentsSearch, readMembersSearch, readNotificationsSearch, readPoliciesSearch, readRedactionSearch } from "../pages/settings/search";
import { readTopologySearch } from "../pages/topology/search";
import { Crashed, NotFound } from "./fallbacks";
import { Shell } from "./shell/Shell";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet, notFoundComponent: NotFound });

/** Only a path of our own is gone back to after the sign-in; anything else would let a link send people elsewhere. */
export function ownPath(path: unknown): string | undefined {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : undefined;
}

/** What a reader of an address leaves out, the router would keep: named as absent, it goes. */
function only<T extends object>(read: (search: Record<string, unknown>) => T) {
  return (search: Record<string, unknown>): T => ({ ...Object.fromEntries(Object.keys(search).map((name) => [name, undefined])), ...read(search) });
}

const open = { getParentRoute: () => root } as const;
const signIn = createRoute({
  ...open,
  path: "/sign-in",
  validateSearch: only(({ to, problem }): { to?: string; problem?: string } => {
    const path = ownPath(to);
    return { ...(path && { to: path }), ...(typeof problem === "string" && { problem }) };
  }),
  component: lazyRouteComponent(() => import("../pages/access/SignIn"), "SignIn"),
});
const setUp = createRoute({ ...open, path: "/set-up", component: lazyRouteComponent(() => import("../pages/access/SetUp"), "SetUp") });
const shared = createRoute({ ...open, path: "/shared", component: lazyRouteComponent(() => import("../pages/shared/SharedReport"), "SharedReport") });

/** Whoever is not signed in does so first, and comes back. */
async function onlySignedIn({ context, location }: { context: { queries: QueryClient }; location: { href: string } }): Promise<void> {
  const me = await context.queries.ensureQueryData(meQuery);
  if (!me) {
    const to = location.href === "/" ? {} : { to: location.href };
    throw redirect({ to: "/sign-in", search: to, replace: true });
  }
}

const commandLine = createRoute({
  ...open,
  path: "/command-line",
  beforeLoad: onlySignedIn,
  validateSearch: only(readCommandLineSearch),
  component: lazyRouteComponent(() => import("../pages/access/CommandLine"), "CommandLine"),
  errorComponent: Crashed,
});

const inside = createRoute({ ...open, id: "inside", component: Shell, beforeLoad: onlySignedIn, errorComponent: Crashed });

const within = { getParentRoute: () => inside } as const;
const overview = createRoute({ ...within, path: "/", component: lazyRouteComponent(() => import("../pages/overview/Overview"), "Overview") });
const incidents = createRoute({
  ...within,
  path: "/incidents",
  validateSearch: only(readIncidentSearch),
  component: lazyRouteComponent(() => import("../pages/incidents/Incidents"), "Incidents"),
});
const incident = createRoute({
  ...within,
  path: "/incidents/$incident",
  validateSearch: only(readIncidentPage),
  component: lazyRouteComponent(() => import("../pages/incident/Incident"), "Incident"),
});
const actions = createRoute({
  ...within,
  path: "/actions",
  validateSearch: only(readPlanSearch),
  component: lazyRouteComponent(() => import("../pages/actions/Actions"), "Actions"),
});
const plan = createRoute({
  ...within,
  path: "/actions/$plan",
  validateSearch: only(readPlanPage),
  component: lazyRouteComponent(() => import("../pages/plan/PlanPage"), "PlanPage"),
});
const topology = createRoute({
  ...within,
  path: "/topology",
  validateSearch: only(readTopologySearch),
  component: lazyRouteComponent(() => import("../pages/topology/Topology"), "Topology"),
});
const ledger = createRoute({
  ...within,
  path: "/ledger",
  validateSearch: only(readRecordSearch),
  component: lazyRouteComponent(() => import("../pages/ledger/Ledger"), "Ledger"),
});
const record = createRoute({ ...within, path: "/ledger/$index", component: lazyRouteComponent(() => import("../pages/ledger/RecordPage"), "RecordPage") });
const connect = createRoute({ ...within, path: "/connect", validateSearch: only(readConnectSearch), component: lazyRouteComponent(() => import("../pages/connect/Connect"), "Connect") });
const account = createRoute({ ...within, path: "/account", component: lazyRouteComponent(() => import("../pages/account/Account"), "Account") });

const settings = createRoute({ ...within, path: "/settings", component: lazyRouteComponent(() => import("../pages/settings/Settings"), "Settings") });
const under = { getParentRoute: () => settings } as const;
const settingsPages = [
  createRoute({ ...under, path: "/", beforeLoad: () => { throw redirect({ to: "/settings/clusters", replace: true }); } }),
  createRoute({ ...under, path: "/clusters", validateSearch: only(readClustersSearch), component: lazyRouteComponent(() => import("../pages/settings/Clusters"), "Clusters") }),
  createRoute({ ...under, path: "/environments", validateSearch: only(readEnvironmentsSearch), component: lazyRouteComponent(() => import("../pages/settings/Environments"), "Environments") }),
  createRoute({ ...under, path: "/members", validateSearch: only(readMembersSearch), component: lazyRouteComponent(() => import("../pages/settings/Members"), "Members") }),
  createRoute({ ...under, path: "/keys", component: lazyRouteComponent(() => import("../pages/settings/Keys"), "Keys") }),
  createRoute({ ...under, path: "/policies", validateSearch: only(readPoliciesSearch), component: lazyRouteComponent(() => import("../pages/settings/Policies"), "Policies") }),
  createRoute({ ...under, path: "/redaction", validateSearch: only(readRedactionSearch), component: lazyRouteComponent(() => import("../pages/settings/Redaction"), "Redaction") }),
  createRoute({ ...under, path: "/alerts", component: lazyRouteComponent(() => import("../pages/settings/Alerts"), "Alerts") }),
  createRoute({ ...under, path: "/notifications", validateSearch: only(readNotificationsSearch), component: lazyRouteComponent(() => import("../pages/settings/Notifications"), "Notifications") }),
  createRoute({ ...under, path: "/tenant", component: lazyRouteComponent(() => import("../pages/settings/Tenant"), "Tenant") }),
] as const;

const tree = root.addChildren([
  signIn,
  setUp,
  shared,
  commandLine,
  inside.addChildren([overview, incidents, incident, actions, plan, topology, ledger, record, connect, account, settings.addChildren(settingsPages)]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({ routeTree: tree, context: { queries }, defaultPreload: "intent", defaultNotFoundComponent: NotFound, defaultErrorComponent: Crashed, scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
