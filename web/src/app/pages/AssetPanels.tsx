import Box from "@mui/material/Box";
import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Loading } from "~/components/Loading";
import { useKeepAsset, type Versioned } from "~/features/asset/api/useAsset";
import { Jobs } from "~/features/asset/components/Jobs";
import { MetadataForm } from "~/features/asset/components/MetadataForm";
import { Renditions } from "~/features/asset/components/Renditions";
import { Technical } from "~/features/asset/components/Technical";
import { Uses } from "~/features/asset/components/Uses";

// what only some people open, when they open it
const History = lazy(() => import("~/features/asset/components/History").then((module) => ({ default: module.History })));
const Publications = lazy(() => import("~/features/publish/Publications").then((module) => ({ default: module.Publications })));
const RelatedPanel = lazy(() => import("~/features/related/RelatedPanel").then((module) => ({ default: module.RelatedPanel })));
const TagsPanel = lazy(() => import("~/features/seen/TagsPanel").then((module) => ({ default: module.TagsPanel })));

const PANELS = ["metadata", "history", "tags", "related", "renditions", "publications", "technical", "jobs"] as const;
type Panel = (typeof PANELS)[number];

/** What machines have found may have grown when another of their jobs is over. */
export const seenVersion = ({ jobs }: Asset): string =>
  jobs
    .filter(({ state }) => state === "done")
    .map(({ id }) => id)
    .sort()
    .join();

/** Everything about an asset that is not its picture or sound. */
export function AssetPanels({ known }: { known: Versioned }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation("asset");
  const [panel, setPanel] = useState<Panel>("metadata");
  const keep = useKeepAsset(known.asset.id);
  const { asset } = known;
  const nameOf = (name: Panel) => (name === "history" || name === "tags" || name === "related" ? own(`panel.${name}`) : t(`asset.panel.${name}`));
  return (
    <Box sx={{ maxWidth: 960, px: 2, pb: 4 }}>
      <Uses asset={asset} />
      <Tabs value={panel} onChange={(_, chosen: Panel) => setPanel(chosen)} aria-label={t("asset.panels")} variant="scrollable" scrollButtons="auto">
        {PANELS.map((name) => (
          <Tab key={name} value={name} label={nameOf(name)} id={`tab-${name}`} aria-controls={`panel-${name}`} />
        ))}
      </Tabs>
      {PANELS.map((name) => (
        <Box key={name} role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}`} hidden={name !== panel} sx={{ pt: 2 }}>
          {/* the form stays where it is: something in it may not be saved yet */}
          {name === "metadata" && <MetadataForm known={known} onSaved={keep} />}
          <Suspense fallback={<Loading />}>
            {name === panel && name === "history" && <History asset={asset} />}
            {name === panel && name === "tags" && <TagsPanel asset={asset} version={seenVersion(asset)} />}
            {name === panel && name === "related" && <RelatedPanel asset={asset} />}
            {name === panel && name === "renditions" && <Renditions asset={asset} />}
            {name === panel && name === "publications" && <Publications asset={asset} />}
            {name === panel && name === "technical" && <Technical asset={asset} />}
            {name === panel && name === "jobs" && <Jobs asset={asset} />}
          </Suspense>
        </Box>
      ))}
    </Box>
  );
}
