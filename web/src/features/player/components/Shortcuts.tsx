import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { isTyping } from "~/components/shortcuts";

const KEYS = [
  ["K", "toggle"],
  ["J", "back"],
  ["L", "forward"],
  [",", "frameBack"],
  [".", "frameOn"],
  ["← →", "second"],
  ["I", "in"],
  ["O", "out"],
  ["P", "preview"],
  ["M", "mute"],
  ["C", "captions"],
  ["F", "fullscreen"],
  ["/", "search"],
] as const;
const OF_FRAMES = new Set<string>(["frameBack", "frameOn", "captions", "fullscreen"]);

interface Props {
  open: boolean;
  onOpen: (open: boolean) => void;
  frames: boolean;
}

export function Shortcuts({ open, onOpen, frames }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    const show = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTyping(event)) onOpen(true);
    };
    window.addEventListener("keydown", show);
    return () => window.removeEventListener("keydown", show);
  }, [onOpen]);
  return (
    <Dialog open={open} onClose={() => onOpen(false)} aria-labelledby="shortcuts-title">
      <DialogTitle id="shortcuts-title">{t("player.shortcuts")}</DialogTitle>
      <DialogContent>
        <Box component="dl" sx={{ display: "grid", gridTemplateColumns: "auto 1fr", columnGap: 2, rowGap: 0.75, m: 0, "& dd": { m: 0 } }}>
          {KEYS.filter(([, name]) => frames || !OF_FRAMES.has(name)).map(([key, name]) => (
            <Box key={key} sx={{ display: "contents" }}>
              <Box component="dt" sx={{ fontWeight: 700 }}>
                <kbd>{key}</kbd>
              </Box>
              <dd>{t(`player.key.${name}`)}</dd>
            </Box>
          ))}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={() => onOpen(false)}>{t("close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
