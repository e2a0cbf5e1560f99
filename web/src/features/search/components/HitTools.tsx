import LikeIcon from "@mui/icons-material/AutoAwesomeMotion";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import type { Hit } from "../api/answers";
import styles from "./hit.module.css";

interface Props {
  hit: Hit;
  index: number;
  tabIndex: 0 | -1;
  selected: boolean;
  selecting: boolean;
  onSelect: (index: number, range: boolean) => void;
}

/** On a result's thumbnail: choose it, or what is like it. */
export function HitTools({ hit, index, tabIndex, selected, selecting, onSelect }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <label className={`${styles.select} ${selecting ? "" : styles.hidden}`}>
        <input
          type="checkbox"
          aria-label={t("search.select", { title: hit.title })}
          tabIndex={tabIndex}
          checked={selected}
          onClick={(event) => onSelect(index, event.shiftKey)}
          onChange={() => undefined /* a click says more: whether Shift was held */}
        />
      </label>
      <Link to="/" search={{ like: hit.asset_id }} tabIndex={tabIndex} aria-label={t("search.like", { title: hit.title })} title={t("search.like", { title: hit.title })} className={`${styles.like} ${styles.hidden}`}>
        <LikeIcon aria-hidden sx={{ fontSize: 17 }} />
      </Link>
    </>
  );
}
