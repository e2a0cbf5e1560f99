import Button from "@mui/material/Button";
import Snackbar from "@mui/material/Snackbar";
import SnackbarContent from "@mui/material/SnackbarContent";

import { unsay, type Toast } from "~/components/toast";

/** Long enough to read it and to reach its button; it waits while the pointer or the focus is on it. */
const SHOWN_MS = 10_000;

export function Toaster({ toast }: { toast: Toast }) {
  const close = () => unsay(toast.id);
  return (
    <Snackbar key={toast.id} open autoHideDuration={SHOWN_MS} onClose={(_, why) => why !== "clickaway" && close()} anchorOrigin={{ vertical: "bottom", horizontal: "center" }} sx={{ mb: { xs: 6, sm: 6 } }}>
      <SnackbarContent
        role="status"
        message={toast.text}
        action={
          toast.undo && (
            <Button
              color="inherit"
              onClick={() => {
                toast.undo?.act();
                close();
              }}
            >
              {toast.undo.label}
            </Button>
          )
        }
      />
    </Snackbar>
  );
}
