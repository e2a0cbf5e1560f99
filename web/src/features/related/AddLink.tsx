import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import NativeSelect from "@mui/material/NativeSelect";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import { assetIn } from "./reference";
import { LINK_KINDS, useLinking, type LinkKind } from "./useRelated";

/** Say that this asset is derived from another one, part of it, or has to do with it. */
export function AddLink({ id }: { id: string }) {
  const { t } = useTranslation("asset");
  const { link } = useLinking(id);
  const [kind, setKind] = useState<LinkKind>("derived-from");
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        const other = assetIn(text);
        setWrong(other === null);
        if (other !== null) link.mutate({ kind, asset_id: other }, { onSuccess: () => setText("") });
      }}
      sx={{ display: "grid", gap: 1 }}
    >
      <Box sx={{ display: "flex", gap: 1.5, alignItems: "flex-start", flexWrap: "wrap" }}>
        <NativeSelect value={kind} onChange={(event) => setKind(LINK_KINDS.find((known) => known === event.target.value) ?? "related")} inputProps={{ "aria-label": t("related.kind") }} sx={{ mt: 0.75 }}>
          {LINK_KINDS.map((name) => (
            <option key={name} value={name}>
              {t(`related.out.${name}`)}
            </option>
          ))}
        </NativeSelect>
        <TextField
          label={t("related.which")}
          value={text}
          error={wrong}
          helperText={wrong ? t("related.invalid") : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
          sx={{ flex: 1, minWidth: 200, maxWidth: 480 }}
          slotProps={{ htmlInput: { maxLength: 500 } }}
        />
        <Button type="submit" variant="outlined" disabled={link.isPending || text.trim() === ""} sx={{ mt: 0.5 }}>
          {t("related.link")}
        </Button>
      </Box>
      {link.isError && <Fault fault={link.error} />}
    </Box>
  );
}
