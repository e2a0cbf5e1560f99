import AllIcon from "@mui/icons-material/FitScreen";
import InIcon from "@mui/icons-material/ZoomIn";
import OutIcon from "@mui/icons-material/ZoomOut";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import useMediaQuery from "@mui/material/useMediaQuery";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Fault } from "~/components/Fault";
import { useFormat } from "~/format/useFormat";

import { useFileUrl } from "../api/useStream";
import { shownSize, usePyramid, wholeSize } from "../picture/useTiles";
import type * as Picture from "../picture/viewer";

/** A picture to look into, down to its last pixel: wheel, pinch, drag, double click, or + - 0 and the arrow keys. */
export function ImageViewer({ asset, alt, fill }: { asset: Asset; alt: string; /** As tall as there is room. */ fill: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const display = useFileUrl(asset.id, "display", asset.renditions.some((known) => known.profile === "display" && known.status === "ready"));
  const { pyramid, want, state } = usePyramid(asset);
  const [share, setShare] = useState<number | null>(null);
  const [shown, setShown] = useState(false);
  const still = useMediaQuery("(prefers-reduced-motion: reduce)");
  const pane = useRef<HTMLDivElement>(null);
  const [viewer, setViewer] = useState<Picture.PictureViewer | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const url = display.data;
  const label = t("image.viewer");

  const onZoom = useEffectEvent((now: number) => {
    setShare(now);
    // nearer than the copy has pixels
    if (now * wholeSize(asset).width > shownSize(asset).width) want();
  });
  const begin = useEffectEvent((module: typeof Picture, element: HTMLElement, address: string) => {
    const made = new module.PictureViewer({
      element, label, still, whole: wholeSize(asset), onZoom, onShown: () => setShown(true), onFault: () => setFault(new TypeError("the picture did not load")),
    }); // prettier-ignore
    made.open(address, shownSize(asset));
    setViewer(made);
    return made;
  });
  useEffect(() => {
    if (!url) return;
    let made: Picture.PictureViewer | null = null;
    let gone = false;
    import("../picture/viewer").then(
      (module) => {
        if (!gone && pane.current) made = begin(module, pane.current, url);
      },
      (reason: unknown) => setFault(reason),
    );
    return () => {
      gone = true;
      made?.close();
      setViewer(null);
      setShown(false);
    };
  }, [url]);
  useEffect(() => {
    if (viewer && pyramid) viewer.detail(pyramid);
  }, [viewer, pyramid]);

  const wrong = fault ?? display.error;
  const closer = share !== null && share * wholeSize(asset).width > shownSize(asset).width;
  return (
    <Box sx={{ position: "relative", bgcolor: "stage.background", ...(fill && { height: "100%" }) }} data-detail={pyramid && viewer ? "there" : state}>
      <Box sx={{ position: "relative", height: fill ? "100%" : { xs: "min(60vh, 100vw)", md: "min(70vh, 900px)" }, overflow: "hidden" }}>
        {wrong !== null && <Fault fault={wrong} retry={() => void display.refetch().then(() => setFault(null))} />}
        {/* what is seen first, and what a screen reader is told of it afterwards */}
        {url && <Box component="img" src={url} alt={alt} draggable={false} sx={{ position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain", opacity: shown ? 0 : 1 }} />}
        <Box ref={pane} sx={{ position: "absolute", inset: 0, "& [role=application]:focus-visible": { outline: "3px solid", outlineColor: "primary.main", outlineOffset: -3 } }} />
      </Box>
      {closer && (state === "coming" || state === "failed") && (
        <Box role="status" sx={{ position: "absolute", left: 12, bottom: 12, px: 1, py: 0.5, fontSize: "0.75rem", bgcolor: "background.paper", borderRadius: 1, border: 1, borderColor: "divider" }}>
          {t(`image.detail.${state}`)}
        </Box>
      )}
      <Box role="group" aria-label={t("image.zoom")} sx={{ position: "absolute", right: 12, bottom: 12, display: "flex", alignItems: "center", bgcolor: "background.paper", borderRadius: 1, border: 1, borderColor: "divider" }}>
        <IconButton aria-label={t("image.out")} disabled={!viewer} onClick={() => viewer?.farther()}>
          <OutIcon fontSize="small" />
        </IconButton>
        <Box component="span" role="status" title={t("image.share")} sx={{ minWidth: 44, textAlign: "center", fontSize: "0.75rem" }}>
          {share !== null && format.share(share)}
        </Box>
        <IconButton aria-label={t("image.in")} disabled={!viewer} onClick={() => viewer?.nearer()}>
          <InIcon fontSize="small" />
        </IconButton>
        <IconButton aria-label={t("image.whole")} disabled={!viewer} onClick={() => viewer?.all()}>
          <AllIcon fontSize="small" />
        </IconButton>
      </Box>
    </Box>
  );
}
