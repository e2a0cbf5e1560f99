import Box from "@mui/material/Box";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { leaveFiles } from "~/features/upload/arrivals";
import { droppedFiles } from "~/features/upload/dropped";

/**
 * Files that are let go over any page are uploads; without this the browser would leave the page and open the file instead.
 * What begins within the page (a picture, a link) is none of these. A part that takes files itself is asked first.
 */
export function DropAnywhere() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [over, setOver] = useState(false);
  useEffect(() => {
    let inside = false;
    const isOurs = (event: DragEvent) => !inside && (event.dataTransfer?.types.includes("Files") ?? false);
    const start = () => (inside = true);
    const end = () => (inside = false);
    const move = (event: DragEvent) => {
      if (!isOurs(event)) return;
      setOver(!event.defaultPrevented);
      event.preventDefault();
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!isOurs(event) || event.defaultPrevented || !event.dataTransfer) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then((files) => {
        if (files.length === 0) return;
        leaveFiles(files);
        void navigate({ to: "/upload" });
      });
    };
    const heard = { dragstart: start, dragend: end, dragover: move, dragleave: leave, drop } as const;
    const names = Object.keys(heard) as (keyof typeof heard)[];
    for (const name of names) window.addEventListener(name, heard[name]);
    return () => {
      for (const name of names) window.removeEventListener(name, heard[name]);
    };
  }, [navigate]);
  if (!over) return null;
  return (
    <Box
      role="status"
      data-drop="files"
      sx={{ position: "fixed", inset: 8, zIndex: 1500, display: "grid", placeItems: "center", pointerEvents: "none", border: "3px dashed", borderColor: "primary.main", borderRadius: 2, bgcolor: "background.paper", opacity: 0.94, fontSize: "1.125rem", fontWeight: 650 }}
    >
      {t("upload.letGo")}
    </Box>
  );
}
