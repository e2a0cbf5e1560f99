import Chip from "@mui/material/Chip";
import Box from "@mui/material/Box";
import TextField from "@mui/material/TextField";
import { useId, useState, type ClipboardEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  values: string[];
  disabled: boolean;
  onChange: (values: string[]) => void;
}

const MAX = 1_000;

/** Several short names: Enter or a comma adds one, Backspace in the empty box takes the last one back. */
export function Names({ label, values, disabled, onChange }: Props) {
  const { t } = useTranslation();
  const hint = useId();
  const [text, setText] = useState("");
  const add = (more: string) => {
    const names = more
      .split(/[,;\n]/)
      .map((name) => name.trim().slice(0, MAX))
      .filter((name) => name && !values.includes(name));
    setText("");
    if (names.length > 0) onChange([...values, ...new Set(names)]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add(text);
    } else if (event.key === "Backspace" && text === "" && values.length > 0) onChange(values.slice(0, -1));
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData.getData("text");
    if (!/[,;\n]/.test(pasted)) return;
    event.preventDefault();
    add(text + pasted);
  };
  return (
    <Box>
      <TextField
        label={label}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={() => add(text)}
        slotProps={{
          htmlInput: { "aria-describedby": hint },
          input: {
            sx: { flexWrap: "wrap", gap: 0.5, py: 0.5, "& input": { flex: 1, minWidth: 80, py: 0.5 } },
            startAdornment: values.map((name) => (
              <Chip
                key={name}
                label={name}
                {...(!disabled && { onDelete: () => onChange(values.filter((other) => other !== name)) })}
                aria-label={t("names.remove", { name })}
              />
            )),
          },
        }}
      />
      <Box component="span" id={hint} sx={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>
        {t("names.hint")}
      </Box>
    </Box>
  );
}
