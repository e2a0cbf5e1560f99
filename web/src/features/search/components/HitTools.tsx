import LikeIcon from "@mui/icons-material/AutoAwesomeMotion";
import Box from "@mui/material/Box";
import Checkbox from "@mui/material/Checkbox";
import { useTranslation } from "react-i18next";

import { PageLink } from "~/components/PageLink";

import type { Hit } from "../api/answers";

interface Props {
  hit: Hit;
  focus: { tabIndex: 0 | -1; "data-result": number };
  selected: boolean;
  selecting: boolean;
  onSelect: (index: number, range: boolean) => void;
}

const onStage = { color: "#fff", bgcolor: "rgba(8, 10, 14, 0.72)", borderRadius: 0.75, "&:hover": { bgcolor: "#08090c" } } as const;

/** On a result's thumbnail: choose it, or what is like it. Seen when the pointer or the focus is near, and always where nothing hovers. */
export function HitTools({ hit, focus, selected, selecting, onSelect }: Props) {
  const { t } = useTranslation();
  const { tabIndex, "data-result": index } = focus;
  const hidden = {
    opacity: 0,
    "li:hover &, li:focus-within &": { opacity: 1 },
    "@media (hover: none)": { opacity: 1 },
  } as const;
  return (
    <>
      <Box sx={{ position: "absolute", left: 5, top: 5, ...(!selecting && hidden) }}>
        <Checkbox
          size="small"
          checked={selected}
          onClick={(event) => onSelect(index, event.shiftKey)}
          slotProps={{ input: { "aria-label": t("search.select", { title: hit.title }), tabIndex } }}
          sx={{ ...onStage, p: "4px", "& svg": { fontSize: 18 }, "&.Mui-checked": { color: "#fff", bgcolor: "#1f55d1" }, "&.Mui-focusVisible": { outline: "2px solid #fff" } }}
        />
      </Box>
      <PageLink
        to="/"
        search={{ like: hit.asset_id }}
        tabIndex={tabIndex}
        aria-label={t("search.like", { title: hit.title })}
        title={t("search.like", { title: hit.title })}
        sx={{ ...onStage, ...hidden, position: "absolute", right: 5, top: 5, display: "grid", placeItems: "center", width: 26, height: 26, "&:focus-visible": { outline: "2px solid #fff", opacity: 1 } }}
      >
        <LikeIcon aria-hidden sx={{ fontSize: 17 }} />
      </PageLink>
    </>
  );
}
