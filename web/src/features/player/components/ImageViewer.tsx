import AllIcon from "@mui/icons-material/FitScreen";
import InIcon from "@mui/icons-material/ZoomIn";
import OutIcon from "@mui/icons-material/ZoomOut";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Fault } from "~/components/Fault";
import { useFormat } from "~/format/useFormat";

import { useFileUrl } from "../api/useStream";
import { keepInside, pinch, WHOLE, zoomAt, type Point, type Zoom } from "../zoom";

const STEP = 1.5;
const MOVE_PX = 60;

/** A picture to look into: wheel, pinch, drag, or + - 0 and the arrow keys. */
export function ImageViewer({ asset, alt }: { asset: Asset; alt: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const pane = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState<Zoom>(WHOLE);
  /** Where each pointer that is down was last, from the window's middle. */
  const fingers = useRef(new Map<number, Point>());
  const display = useFileUrl(asset.id, "display", asset.renditions.some((known) => known.profile === "display" && known.status === "ready"));

  const change = useCallback((next: (zoom: Zoom) => Zoom) => {
    const box = pane.current?.getBoundingClientRect();
    if (box) setZoom((now) => keepInside(next(now), box));
  }, []);

  useEffect(() => {
    const element = pane.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element?.getBoundingClientRect();
      if (!box) return;
      const at = { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
      change((now) => zoomAt(now, Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 500)), at));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [change]);

  const middle = { x: 0, y: 0 };
  const onKeyDown = (event: KeyboardEvent) => {
    const actions: Record<string, (now: Zoom) => Zoom> = {
      "+": (now) => zoomAt(now, STEP, middle),
      "-": (now) => zoomAt(now, 1 / STEP, middle),
      "0": () => WHOLE,
      ArrowLeft: (now) => ({ ...now, x: now.x + MOVE_PX }),
      ArrowRight: (now) => ({ ...now, x: now.x - MOVE_PX }),
      ArrowUp: (now) => ({ ...now, y: now.y + MOVE_PX }),
      ArrowDown: (now) => ({ ...now, y: now.y - MOVE_PX }),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    change(action);
  };
  const onPointerMove = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const here = { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
    fingers.current.set(event.pointerId, here);
    const [other] = [...fingers.current].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (other) change((now) => pinch(now, [before, other], [here, other]));
    else change((now) => ({ ...now, x: now.x + here.x - before.x, y: now.y + here.y - before.y }));
  };
  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    if (fingers.current.size < 2) fingers.current.set(event.pointerId, { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 });
  };

  return (
    <Box sx={{ position: "relative", bgcolor: "stage.background" }}>
      <Box
        ref={pane}
        role="application"
        aria-label={t("image.viewer")}
         
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onLostPointerCapture={(event) => fingers.current.delete(event.pointerId)}
        onPointerMove={onPointerMove}
        onDoubleClick={() => change((now) => (now.scale > 1 ? WHOLE : zoomAt(now, 2 * STEP, middle)))}
        sx={{ height: { xs: "min(60vh, 100vw)", md: "min(70vh, 900px)" }, overflow: "hidden", touchAction: "none", cursor: zoom.scale > 1 ? "grab" : "zoom-in", "&:focus-visible": { outlineOffset: -3 } }}
      >
        {display.isError && <Fault fault={display.error} retry={() => void display.refetch()} />}
        {display.data && (
          <Box
            component="img"
            src={display.data}
            alt={alt}
            draggable={false}
            sx={{ width: "100%", height: "100%", objectFit: "contain", imageRendering: zoom.scale > 6 ? "pixelated" : "auto" }}
            style={{ transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}
          />
        )}
      </Box>
      <Box role="group" aria-label={t("image.zoom")} sx={{ position: "absolute", right: 12, bottom: 12, display: "flex", alignItems: "center", bgcolor: "background.paper", borderRadius: 1, border: 1, borderColor: "divider" }}>
        <IconButton aria-label={t("image.out")} onClick={() => change((now) => zoomAt(now, 1 / STEP, middle))}>
          <OutIcon fontSize="small" />
        </IconButton>
        <Box component="span" role="status" sx={{ minWidth: 44, textAlign: "center", fontSize: "0.75rem" }}>
          {format.share(zoom.scale)}
        </Box>
        <IconButton aria-label={t("image.in")} onClick={() => change((now) => zoomAt(now, STEP, middle))}>
          <InIcon fontSize="small" />
        </IconButton>
        <IconButton aria-label={t("image.whole")} onClick={() => change(() => WHOLE)}>
          <AllIcon fontSize="small" />
        </IconButton>
      </Box>
    </Box>
  );
}
