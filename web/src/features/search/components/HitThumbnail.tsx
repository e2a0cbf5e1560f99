import { lazy, Suspense, useState, type ComponentProps, type PointerEvent } from "react";

import { Thumbnail } from "~/components/Thumbnail";

import styles from "./hit.module.css";

const Scrub = lazy(() => import("./Scrub").then((module) => ({ default: module.Scrub })));
const STILL = "(prefers-reduced-motion: reduce)";

/** Where the pointer is: how far from left to right, of a box of this size. */
export interface Place {
  share: number;
  width: number;
  height: number;
}

function placeOf({ clientX, currentTarget }: PointerEvent): Place {
  const { left, width, height } = currentTarget.getBoundingClientRect();
  return { share: Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width))), width, height };
}

/** A result's thumbnail; a mouse goes through the film in it, unless the person wants no motion. */
export function HitThumbnail({ id, ...thumbnail }: ComponentProps<typeof Thumbnail> & { id: string }) {
  const [place, setPlace] = useState<Place | null>(null);
  const { kind, duration } = thumbnail;
  return (
    <div
      className={styles.picture}
      onPointerMove={(event) => kind === "video" && event.pointerType === "mouse" && !window.matchMedia(STILL).matches && setPlace(placeOf(event))}
      onPointerLeave={() => setPlace(null)}
    >
      <Thumbnail {...thumbnail} />
      {place && duration ? (
        <Suspense fallback={null}>
          <Scrub id={id} duration={duration} place={place} />
        </Suspense>
      ) : null}
    </div>
  );
}
