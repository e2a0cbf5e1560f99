import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { session } from "~/session/session";

/** Nobody is signed in: on to the provider. It stays here, with a reason, when the provider cannot be reached. */
export function SignIn() {
  const { i18n } = useTranslation();
  const [fault, setFault] = useState<unknown>(null);
  const left = useRef(false);
  useEffect(() => {
    if (left.current) return;
    left.current = true;
    session.signIn(i18n.language).catch(setFault);
  }, [i18n.language]);
  if (!fault) return <Loading />;
  return (
    <Centred>
      <Fault fault={fault} retry={() => void session.signIn(i18n.language).catch(setFault)} />
    </Centred>
  );
}

/** Back from the provider. */
export function Arrival({ onArrive }: { onArrive: (path: string) => void }) {
  const { t, i18n } = useTranslation();
  const [fault, setFault] = useState<unknown>(null);
  useEffect(() => {
    session.finishSignIn().then(onArrive, setFault);
  }, [onArrive]);
  if (!fault) return <Loading />;
  return (
    <Centred>
      <Typography variant="h1">{t("auth.failed")}</Typography>
      <Typography>{t("auth.failedWhy")}</Typography>
      <Button variant="contained" onClick={() => void session.signIn(i18n.language).catch(setFault)}>
        {t("auth.again")}
      </Button>
    </Centred>
  );
}

/** Signed out in another tab. */
export function Left() {
  const { t, i18n } = useTranslation();
  return (
    <Centred>
      <Typography variant="h1">{t("auth.left")}</Typography>
      <Button variant="contained" onClick={() => void session.signIn(i18n.language)}>
        {t("auth.again")}
      </Button>
    </Centred>
  );
}

/** Signed in, but nothing is allowed. */
export function NoRole({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <Centred>
      <Typography variant="h1">{t("auth.noRole")}</Typography>
      <Typography>{t("auth.noRoleWhy", { name })}</Typography>
      <Button variant="outlined" onClick={() => void session.signOut()}>
        {t("auth.signOut")}
      </Button>
    </Centred>
  );
}

function Centred({ children }: { children: React.ReactNode }) {
  return (
    <Box component="main" sx={{ display: "grid", alignContent: "center", justifyItems: "start", gap: 2, maxWidth: 480, minHeight: "100%", mx: "auto", p: 3 }}>
      {children}
    </Box>
  );
}
