import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { useTranslation } from "react-i18next";

/** Taking something down is seen by everybody: it is asked for twice. */
export function WithdrawDialog({ name, onClose, onWithdraw }: { name: string; onClose: () => void; onWithdraw: () => void }) {
  const { t } = useTranslation("asset");
  return (
    <Dialog open onClose={onClose} aria-labelledby="withdraw-title">
      <DialogTitle id="withdraw-title">{t("channel.confirm", { name })}</DialogTitle>
      <DialogContent>{t("channel.confirmWhy")}</DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("channel.keep")}</Button>
        <Button variant="contained" color="error" onClick={onWithdraw}>
          {t("channel.withdraw")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
