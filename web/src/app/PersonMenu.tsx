import Avatar from "@mui/material/Avatar";
import IconButton from "@mui/material/IconButton";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Me } from "~/api/client";

const PersonMenuItems = lazy(() => import("./PersonMenuItems").then((module) => ({ default: module.PersonMenuItems })));

/** The person's own menu; what is in it is loaded when it is opened. */
export function PersonMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton
        aria-label={`${t("person.menu", { name: me.name })}, ${initials(me.name)}`} // what one sees can be said to the browser (WCAG 2.5.3)
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={(event) => {
          setAnchor(event.currentTarget);
          setOpen(true);
        }}
      >
        <Avatar sx={{ width: 28, height: 28, fontSize: "0.75rem", fontWeight: 700, bgcolor: "primary.main", color: "primary.contrastText" }}>{initials(me.name)}</Avatar>
      </IconButton>
      {anchor && (
        <Suspense fallback={null}>
          <PersonMenuItems me={me} anchor={anchor} open={open} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? "")
    .join("");
