import NativeSelect from "@mui/material/NativeSelect";

interface Props {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

/** One of a few, in a row of filters. */
export function Choice({ label, value, options, onChange }: Props) {
  return (
    <NativeSelect value={value} onChange={(event) => onChange(event.target.value)} inputProps={{ "aria-label": label }} sx={{ fontSize: "0.8125rem", maxWidth: 240, flexShrink: 0 }}>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </NativeSelect>
  );
}
