import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import type { Group, Reason } from "./reasons";
import { useReason } from "./useReason";

interface Props extends Reason {
  groups: Group | readonly Group[];
  /** In one line: what the English sentence says more is only there for who points at it. */
  line?: boolean;
}

/** A reason in the person's language, with the service's own sentence below it where that says more. */
export function Why({ groups, line = false, ...reason }: Props) {
  const english = useTranslation().i18n.language === "en";
  const told = useReason()(groups, reason);
  if (!told) return null;
  const foreign = told.english && !english;
  if (line) {
    return (
      <span {...(foreign && { lang: "en" })} {...(told.detail && { title: told.detail })}>
        {told.text}
      </span>
    );
  }
  return (
    <>
      <span {...(foreign && { lang: "en" })}>{told.text}</span>
      {told.detail && (
        <Box component="span" lang="en" sx={{ display: "block", fontSize: "0.75rem", overflowWrap: "anywhere" }}>
          {told.detail}
        </Box>
      )}
    </>
  );
}
