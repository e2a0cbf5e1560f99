import Box from "@mui/material/Box";
import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useKeepAsset, type Versioned } from "~/features/asset/api/useAsset";
import { Jobs } from "~/features/asset/components/Jobs";
import { MetadataForm } from "~/features/asset/components/MetadataForm";
import { Renditions } from "~/features/asset/components/Renditions";
import { Technical } from "~/features/asset/components/Technical";
import { Publications } from "~/features/publish/Publications";

const PANELS = ["metadata", "renditions", "publications", "technical", "jobs"] as const;
type Panel = (typeof PANELS)[number];

/** Everything about an asset that is not its picture or sound. */
export function AssetPanels({ known }: { known: Versioned }) {
  const { t } = useTranslation();
  const [panel, setPanel] = useState<Panel>("metadata");
  const keep = useKeepAsset(known.asset.id);
  return (
    <Box sx={{ maxWidth: 960, px: 2, pb: 4 }}>
      <Tabs value={panel} onChange={(_, chosen: Panel) => setPanel(chosen)} aria-label={t("asset.panels")} variant="scrollable" scrollButtons="auto">
        {PANELS.map((name) => (
          <Tab key={name} value={name} label={t(`asset.panel.${name}`)} id={`tab-${name}`} aria-controls={`panel-${name}`} />
        ))}
      </Tabs>
      {PANELS.map((name) => (
        <Box key={name} role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}`} hidden={name !== panel} sx={{ pt: 2 }}>
          {/* the form stays where it is: something in it may not be saved yet */}
          {name === "metadata" && <MetadataForm known={known} onSaved={keep} />}
          {name === panel && name === "renditions" && <Renditions asset={known.asset} />}
          {name === panel && name === "publications" && <Publications asset={known.asset} />}
          {name === panel && name === "technical" && <Technical asset={known.asset} />}
          {name === panel && name === "jobs" && <Jobs asset={known.asset} />}
        </Box>
      ))}
    </Box>
  );
}
