import { memo, useState } from "react";

import type { AssetSummary } from "~/api/client";
import { clock } from "~/format/timecode";

import { KindIcon } from "./Kind";
import styles from "./thumbnail.module.css";

interface Props {
  url: string | undefined;
  kind: AssetSummary["kind"];
  duration?: number | null;
}

/** A small picture with its length; the kind's icon until there is one. Decoration: the title beside it says what it is. */
export const Thumbnail = memo(function Thumbnail({ url, kind, duration }: Props) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <div className={styles.stage}>
      {url && url !== broken ? (
        <img className={styles.image} src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(url)} />
      ) : (
        <KindIcon kind={kind} size={34} />
      )}
      {typeof duration === "number" && duration > 0 && <span className={styles.length}>{clock(duration)}</span>}
    </div>
  );
});
