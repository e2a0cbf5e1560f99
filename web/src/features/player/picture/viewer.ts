/** OpenSeadragon, set up as this page uses it: loaded when the first picture is opened. */
import OpenSeadragon from "openseadragon";

import { tileName, topLevel } from "./pyramid";
import type { Pyramid, Size } from "./useTiles";

/** Screen pixels for one of the picture's own, at the most. */
const NEAREST = 4;
/** From this level on a tile is a picture worth asking for. */
const FIRST_LEVEL = 9;
const OWN_KEYS = new Set(["0", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);
const STEP = 1.5;

interface Options {
  element: HTMLElement;
  label: string;
  still: boolean;
  /** Of the master. */
  whole: Size;
  /** Pixels of the screen for one of the master's, whenever that changes. */
  onZoom: (share: number) => void;
  /** The first picture is on the screen. */
  onShown: () => void;
  onFault: () => void;
}

/** OpenSeadragon would put in a style sheet that hides the focus on phones; our policy allows no inline style, and we want the focus seen. */
function refuseStyle(): void {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  const empty = document.createElement("style");
  empty.setAttribute(mark, "");
  document.head.append(empty);
}

/** A window onto one picture. */
export class PictureViewer {
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #whole: Size;
  #detailed = false;

  constructor({ element, label, still, whole, onZoom, onShown, onFault }: Options) {
    this.#whole = whole;
    refuseStyle();
    const viewer = OpenSeadragon({
      element,
      drawer: "canvas",
      showNavigationControl: false,
      showNavigator: false,
      animationTime: still ? 0 : 0.5,
      zoomPerClick: 2 * STEP,
      visibilityRatio: 1,
      constrainDuringPan: true,
      minZoomImageRatio: 1,
      maxZoomPixelRatio: NEAREST,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, pinchRotate: false },
    });
    viewer.canvas.setAttribute("role", "application");
    viewer.canvas.setAttribute("aria-label", label);
    // its own keys take small steps, and some turn and mirror the picture with nothing on the screen that says so
    viewer.addHandler("canvas-key", (event) => {
      const { key } = event.originalEvent;
      event.preventDefaultAction = !OWN_KEYS.has(key);
      if (key === "+" || key === "=") this.nearer();
      else if (key === "-") this.farther();
    });
    const tell = () => onZoom(this.share());
    viewer.addHandler("zoom", tell);
    viewer.addHandler("resize", tell);
    viewer.addHandler("open", tell);
    viewer.addHandler("tile-drawn", function shown() {
      viewer.removeHandler("tile-drawn", shown);
      onShown();
    });
    viewer.addHandler("open-failed", onFault);
    viewer.addHandler("tile-load-failed", () => this.#detailed || onFault());
    this.#viewer = viewer;
  }

  /** The copy that is on the screen at once. It may be nearer than its own pixels are, up to the master's. */
  open(url: string, { width, height }: Size): void {
    const viewport = this.#viewer.viewport as unknown as { maxZoomPixelRatio: number };
    viewport.maxZoomPixelRatio = NEAREST * Math.max(1, this.#whole.width / width);
    this.#viewer.open([{ tileSource: { type: "legacy-image-pyramid", levels: [{ url, width, height }] } }]);
  }

  /** Every pixel: drawn over the copy, where one looks. */
  detail(pyramid: Pyramid): void {
    if (this.#detailed) return;
    this.#detailed = true;
    this.#viewer.addTiledImage({ tileSource: sourceOf(pyramid) });
  }

  share(): number {
    const { viewport } = this.#viewer;
    const there = this.#viewer.world.getItemCount() > 0;
    // worlds are as wide as one: a zoom of one shows the picture as wide as the window
    return there ? (viewport.getZoom() * viewport.getContainerSize().x) / this.#whole.width : 0;
  }

  nearer(): void {
    this.#zoom(STEP);
  }

  farther(): void {
    this.#zoom(1 / STEP);
  }

  all(): void {
    this.#viewer.viewport.goHome();
  }

  close(): void {
    this.#viewer.destroy();
  }

  #zoom(factor: number): void {
    this.#viewer.viewport.zoomBy(factor);
    this.#viewer.viewport.applyConstraints();
  }
}

function sourceOf({ shape, tiles }: Pyramid): OpenSeadragon.TileSource {
  const top = topLevel(shape);
  const source = new OpenSeadragon.TileSource({
    width: shape.width,
    height: shape.height,
    tileSize: shape.tile,
    tileOverlap: shape.overlap,
    minLevel: Math.min(top, FIRST_LEVEL),
    maxLevel: top,
  });
  source.getTileUrl = (level, column, row) => tileName(level, column, row, shape.format);
  source.downloadTileStart = (job) => {
    const abort = new AbortController();
    (job.userData as { abort: AbortController }).abort = abort;
    tiles.read(job.src, abort.signal).then(
      (tile) => job.finish(tile, null, "rasterBlob"),
      (fault: unknown) => job.fail(String(fault), null),
    );
  };
  source.downloadTileAbort = (job) => (job.userData as { abort?: AbortController }).abort?.abort();
  return source;
}
