import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { useTranslation } from "react-i18next";

import { session } from "~/session/session";

/** The sign-in has run out: what is on the page stays until the person decides. */
export function Expired() {
  const { t, i18n } = useTranslation();
  return (
    <Dialog open aria-labelledby="expired-title">
      <DialogTitle id="expired-title">{t("auth.expired")}</DialogTitle>
      <DialogContent>{t("auth.expiredWhy")}</DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={() => void session.signIn(i18n.language)}>
          {t("auth.again")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
