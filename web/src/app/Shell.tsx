import { Outlet } from "@tanstack/react-router";
import Box from "@mui/material/Box";
import { lazy, Suspense, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { readToast, subscribeToast } from "~/components/toast";
import { Left, NoRole, SignIn } from "~/features/auth/SignIn";
import { useSession } from "~/session/useSession";

import { DropAnywhere } from "./DropAnywhere";
import { TopBar } from "./TopBar";

const Toaster = lazy(() => import("./Toaster").then((module) => ({ default: module.Toaster })));

/** Everything that needs somebody who is signed in and may do something. */
export function Shell() {
  const state = useSession();
  if (state.status === "starting") return <Loading />;
  if (state.status === "signed-out") return <SignIn />;
  if (state.status === "left") return <Left />;
  return <Inside name={state.name} />;
}

function Inside({ name }: { name: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const toast = useSyncExternalStore(subscribeToast, readToast);
  if (me.isPending) return <Loading />;
  if (me.isError) {
    return (
      <Box sx={{ p: 4 }}>
        <Fault fault={me.error} retry={() => void me.refetch()} />
      </Box>
    );
  }
  if (me.data.actions.length === 0) return <NoRole name={name} />;
  return (
    <Box sx={{ display: "flex", flexDirection: "column", height: "100dvh" }}>
      <Box
        component="a"
        href="#main"
        sx={{ position: "absolute", left: 8, top: -60, zIndex: 20, p: 1, bgcolor: "background.paper", color: "text.primary", "&:focus": { top: 8 } }}
      >
        {t("nav.skip")}
      </Box>
      <TopBar me={me.data} />
      {/* each page scrolls within itself; whatever hangs out of one must not make the window scroll, and the bar with it */}
      <Box component="main" id="main" tabIndex={-1} sx={{ position: "relative", flex: 1, minHeight: 0, overflow: "clip", "&:focus": { outline: "none" } }}>
        <Outlet />
      </Box>
      {me.data.actions.includes("upload") && <DropAnywhere />}
      <Suspense fallback={null}>{toast && <Toaster toast={toast} />}</Suspense>
    </Box>
  );
}
