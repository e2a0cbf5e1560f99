import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { Loading } from "~/components/Loading";
import { readSearchParams } from "~/features/search/searchParams";

import { formatAddress, parseAddress } from "./addresses";
import { readAssetParams } from "./assetParams";
import { Broken } from "./Broken";
import { Callback } from "./Callback";
import { NotFound } from "./NotFound";
import { Root } from "./Root";
import { SearchPage } from "./pages/SearchPage";
import { Shell } from "./Shell";

const root = createRootRoute({ component: Root });

const callback = createRoute({ getParentRoute: () => root, path: "/callback", component: Callback });

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const search = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: readSearchParams,
  component: SearchPage,
});

const asset = createRoute({
  getParentRoute: () => shell,
  path: "/assets/$id",
  validateSearch: readAssetParams,
  component: lazyRouteComponent(() => import("./pages/AssetPage"), "AssetPage"),
});

const upload = createRoute({
  getParentRoute: () => shell,
  path: "/upload",
  component: lazyRouteComponent(() => import("./pages/UploadPage"), "UploadPage"),
});

const collections = createRoute({
  getParentRoute: () => shell,
  path: "/collections",
  component: lazyRouteComponent(() => import("./pages/CollectionsPage"), "CollectionsPage"),
});

const activity = createRoute({
  getParentRoute: () => shell,
  path: "/activity",
  component: lazyRouteComponent(() => import("./pages/ActivityPage"), "ActivityPage"),
});

const admin = createRoute({
  getParentRoute: () => shell,
  path: "/admin",
  component: lazyRouteComponent(() => import("./pages/AdminPage"), "AdminPage"),
});

const adminSection = createRoute({
  getParentRoute: () => shell,
  path: "/admin/$section",
  component: lazyRouteComponent(() => import("./pages/AdminPage"), "AdminPage"),
});

/** Whatever address there is not: said within the page, with the bar that leads on. */
const nowhere = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

export const router = createRouter({
  routeTree: root.addChildren([callback, shell.addChildren([search, asset, upload, collections, activity, admin, adminSection, nowhere])]),
  parseSearch: parseAddress,
  stringifySearch: formatAddress,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Loading,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
