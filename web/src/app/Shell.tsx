import { Outlet } from "@tanstack/react-router";
import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Left, NoRole, SignIn } from "~/features/auth/SignIn";
import { useSession } from "~/session/useSession";

import { TopBar } from "./TopBar";

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
    </Box>
  );
}
