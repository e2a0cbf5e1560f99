import { Outlet } from "@tanstack/react-router";

import { lazy, Suspense } from "react";

import { useSession } from "~/session/useSession";

const Expired = lazy(() => import("~/features/auth/Expired").then((module) => ({ default: module.Expired })));

export function Root() {
  const { status } = useSession();
  return (
    <>
      <Outlet />
      {status === "expired" && (
        <Suspense fallback={null}>
          <Expired />
        </Suspense>
      )}
    </>
  );
}
