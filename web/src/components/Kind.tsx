import AudioIcon from "@mui/icons-material/GraphicEq";
import ImageIcon from "@mui/icons-material/ImageOutlined";
import FileIcon from "@mui/icons-material/InsertDriveFileOutlined";
import VideoIcon from "@mui/icons-material/MovieOutlined";

import type { AssetSummary } from "~/api/client";

const ICONS = { video: VideoIcon, audio: AudioIcon, image: ImageIcon } as const;

/** Decoration: what kind it is stands beside it as text, or is said by its container. */
export function KindIcon({ kind, size = 18 }: { kind: AssetSummary["kind"]; size?: number }) {
  const Icon = kind ? ICONS[kind] : FileIcon;
  return <Icon aria-hidden sx={{ fontSize: size, flexShrink: 0 }} />;
}
