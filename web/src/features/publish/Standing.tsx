import FitsIcon from "@mui/icons-material/CheckCircleOutlined";
import LaterIcon from "@mui/icons-material/Schedule";
import NoIcon from "@mui/icons-material/HighlightOff";
import NoteIcon from "@mui/icons-material/InfoOutlined";
import Box from "@mui/material/Box";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Outlet } from "~/api/client";
import { useReasonText } from "~/components/useReason";
import { clock } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";

import { quantity, worstFirst, type Limit, type Obstacle, type Quantity } from "./outlets";

const ICONS = { no: NoIcon, later: LaterIcon, note: NoteIcon, fits: FitsIcon } as const;
const COLOURS = { no: "error.main", later: "warning.main", note: "text.secondary", fits: "success.main" } as const;

/** What stands between an asset and a channel, and what the channel limits, before anything is sent. */
export function Standing({ outlet, untitled }: { outlet: Outlet; untitled: boolean }) {
  const { t } = useTranslation("asset");
  const obstacleText = useObstacleText();
  const limitText = useLimitText();
  const limits = worstFirst(outlet.limits);
  const unfit = limits.filter(({ fits }) => !fits);
  const kept = limits.filter(({ fits }) => fits);
  return (
    <>
      <Box component="ul" aria-label={t("channel.missing")} sx={{ display: "grid", gap: 0.5, listStyle: "none", m: 0, p: 0, fontSize: "0.8125rem" }}>
        {outlet.possible === "now" && <Line level="fits">{t("channel.ready")}</Line>}
        {outlet.obstacles.map((obstacle) => (
          <Line key={obstacle.code} level={obstacle.level}>
            {obstacleText(obstacle)}
          </Line>
        ))}
        {unfit.map((limit) => (
          <Line key={limit.code} level="no">
            {limitText(limit)}
          </Line>
        ))}
        {untitled && <Line level="note">{t("channel.title")}</Line>}
      </Box>
      {kept.length > 0 && (
        <Box
          component="ul"
          aria-label={t("channel.limits")}
          sx={{ display: "flex", flexWrap: "wrap", columnGap: 2, rowGap: 0.5, listStyle: "none", m: 0, p: 0, fontSize: "0.75rem", color: "text.secondary" }}
        >
          {kept.map((limit) => (
            <Line key={limit.code} level="fits">
              {limitText(limit)}
            </Line>
          ))}
        </Box>
      )}
    </>
  );
}

function Line({ level, children }: { level: keyof typeof ICONS; children: ReactNode }) {
  const Icon = ICONS[level];
  return (
    <Box component="li" data-standing={level} sx={{ display: "flex", gap: 0.75, alignItems: "center", overflowWrap: "anywhere" }}>
      <Icon aria-hidden sx={{ fontSize: 17, color: COLOURS[level], flexShrink: 0 }} />
      <span>{children}</span>
    </Box>
  );
}

function useObstacleText(): (obstacle: Obstacle) => string {
  const { t } = useTranslation("asset");
  const { t: page, i18n } = useTranslation();
  const format = useFormat();
  const reasonText = useReasonText();
  const nameOf = (profile: string) => (i18n.exists(`profile.${profile}`) ? page(`profile.${profile as "hls"}`) : profile);
  return ({ code, detail, level, at, profile }) => {
    const name = nameOf(profile ?? "");
    switch (code) {
      case "channel-off":
      case "channel-down":
      case "asset-gone":
      case "asset-not-ready":
      case "rendition-missing":
      case "rendition-failed":
      case "no-rendition":
      case "settings":
        return t(`channel.obstacle.${code}`, { name, when: at ? format.moment(at) : "" });
      default:
        return level === "later" && at ? t("channel.early", { when: format.moment(at) }) : reasonText("rights", { code, text: detail });
    }
  };
}

/** `Title: 34 (up to 100 characters)`. */
function useLimitText(): (limit: Limit) => string {
  const { t, i18n } = useTranslation("asset");
  const { t: page } = useTranslation();
  const format = useFormat();
  const amount = (known: Quantity): string => {
    if (known.unit === "text") return known.value;
    if (known.unit === "bytes") return format.bytes(known.value);
    return known.unit === "seconds" ? clock(known.value) : t("channel.characters", { count: known.value });
  };
  return ({ code, found, least, most, allowed, fits, detail }) => {
    const known = i18n.exists(`channel.limit.${code}`, { ns: "asset" });
    if (!known) return detail ?? code;
    const word = (one: string) => (code === "kind" ? page(`kind.${one as "video"}`) : one);
    const [has, from, to] = [quantity(code, found), quantity(code, least), quantity(code, most)];
    const range = [
      from && to && code !== "title" && t("channel.range.between", { least: amount(from), most: amount(to) }),
      from && !to && code !== "title" && t("channel.range.least", { least: amount(from) }),
      to && (!from || code === "title") && t("channel.range.most", { most: amount(to) }),
      !fits && allowed.length > 0 && t("channel.range.only", { allowed: allowed.map(word).join(", ") }),
    ].filter(Boolean);
    const value = has === null ? t("channel.unknown") : code === "title" && found === 0 ? t("channel.noTitle") : has.unit === "text" ? word(has.value) : amount(has);
    const name = t(`channel.limit.${code as "size"}`);
    if (code === "segments" || code === "thumbnail") return name;
    return range.length > 0 ? `${name}: ${value} (${range.join(", ")})` : `${name}: ${value}`;
  };
}
