import SearchIcon from "@mui/icons-material/Search";
import ClearIcon from "@mui/icons-material/Close";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import InputBase from "@mui/material/InputBase";
import Paper from "@mui/material/Paper";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { KindIcon } from "~/components/Kind";
import { isTyping } from "~/components/shortcuts";

import { useSuggestions } from "../api/useSuggestions";
import { finishWord, optionsOf, withoutLastWord, type Option } from "../options";
import { MAX_QUERY } from "../searchParams";
import { useDebounced } from "../useDebounced";

const SETTLED_MS = 120;

interface Props {
  /** What is searched for now. */
  query: string;
  /** Typed: `committed` when the person pressed Enter or took a suggestion. */
  onQuery: (query: string, committed: boolean) => void;
  onFilter: (filter: "tag" | "person", value: string, query: string) => void;
  onAsset: (id: string) => void;
  /** Down, with nothing suggested: on to the results. */
  onLeave: () => void;
}

/** One box for everything: answers while typing, and a list of suggestions (the combobox pattern of ARIA 1.2). */
export function SearchBox({ query, onQuery, onFilter, onAsset, onLeave }: Props) {
  const { t } = useTranslation();
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(query);
  const [known, setKnown] = useState(query);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  if (query !== known) {
    // the address has changed: by ourselves, by the back button, by a filter
    setKnown(query);
    if (query !== text.trim()) setText(query);
  }
  const settled = useDebounced(text, SETTLED_MS);
  const { data } = useSuggestions(settled.trim(), open);
  const options = open && text.trim() ? optionsOf(data) : [];

  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);

  const sent = useRef(query);
  useEffect(() => {
    const wanted = settled.trim();
    if (!open || wanted === sent.current) return;
    sent.current = wanted;
    onQuery(wanted, false);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only what was typed sends; a new handler does not
  }, [settled]);

  const send = (value: string, committed: boolean) => {
    sent.current = value.trim();
    onQuery(value.trim(), committed);
  };

  const close = () => {
    setOpen(false);
    setActive(-1);
  };

  const take = (option: Option) => {
    close();
    if (option.group === "assets") { onAsset(option.asset.asset_id); return; }
    if (option.group === "words" || option.group === "past") {
      const whole = option.group === "past" ? option.value : finishWord(text, option.value);
      setText(whole);
      send(whole, true); return;
    }
    const rest = withoutLastWord(text);
    setText(rest);
    sent.current = rest;
    onFilter(option.group === "people" ? "person" : "tag", option.value, rest);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (options.length === 0 || (event.key === "ArrowDown" && active === options.length - 1)) {
        close();
        if (event.key === "ArrowDown") onLeave();
        return;
      }
      setActive(Math.max(-1, active + (event.key === "ArrowDown" ? 1 : -1)));
    } else if (event.key === "Enter") {
      const option = options[active];
      if (option) { take(option); return; }
      close();
      send(text, true);
    } else if (event.key === "Escape") {
      if (options.length > 0) close();
      else setText("");
    }
  };

  return (
    <Box
      role="search"
      sx={{ position: "relative", width: "100%", maxWidth: 760 }}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close()}
    >
      <InputBase
        inputRef={input}
        value={text}
        placeholder={t("search.box.placeholder")}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          setActive(-1);
        }}
        onKeyDown={onKeyDown}
        startAdornment={<SearchIcon aria-hidden sx={{ fontSize: 20, mx: 1, color: "text.secondary" }} />}
        endAdornment={
          text ? (
            <IconButton
              aria-label={t("search.box.clear")}
              onClick={() => {
                setText("");
                send("", true);
                input.current?.focus();
              }}
            >
              <ClearIcon fontSize="small" />
            </IconButton>
          ) : (
            <Box
              component="kbd"
              aria-hidden
              sx={{ mr: 1, px: 0.75, border: 1, borderColor: "divider", borderRadius: 0.75, color: "text.secondary", font: "inherit", fontSize: "0.75rem" }}
            >
              /
            </Box>
          )
        }
        inputProps={{
          "aria-label": t("search.box.label"),
          role: "combobox",
          "aria-expanded": options.length > 0,
          "aria-controls": listId,
          "aria-autocomplete": "list",
          ...(active >= 0 && { "aria-activedescendant": `${listId}-${active}` }),
          maxLength: MAX_QUERY,
          autoComplete: "off",
          spellCheck: false,
          type: "text",
          enterKeyHint: "search",
        }}
        sx={{
          width: "100%",
          height: 36,
          bgcolor: "background.default",
          border: 1,
          borderColor: "divider",
          borderRadius: 1,
          "&.Mui-focused": { borderColor: "primary.main", boxShadow: "0 0 0 1px var(--mui-palette-primary-main)" },
          "& input:focus-visible": { outline: "none" },
        }}
      />
      <Paper
        elevation={6}
        id={listId}
        role="listbox"
        aria-label={t("search.box.suggestions")}
        hidden={options.length === 0}
        sx={{ position: "absolute", zIndex: 10, top: 42, insetInline: 0, py: 0.5, border: 1, borderColor: "divider", maxHeight: "70vh", overflowY: "auto" }}
      >
        {options.map((option, index) => (
          <Box
            key={`${option.group}:${option.group === "assets" ? option.asset.asset_id : option.value}`}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(option)}
            sx={{
              display: "flex",
              alignItems: "center",
              gap: 1,
              px: 1.5,
              py: 0.6,
              cursor: "pointer",
              bgcolor: index === active ? "action.selected" : undefined,
              "&:hover": { bgcolor: "action.hover" },
            }}
          >
            {option.group === "assets" ? <KindIcon kind={option.asset.kind} /> : <SearchIcon aria-hidden sx={{ fontSize: 18 }} />}
            <Box component="span" sx={{ flex: 1, minWidth: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
              {option.value}
            </Box>
            <Box component="span" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
              {t(`search.box.group.${option.group}`)}
            </Box>
          </Box>
        ))}
      </Paper>
    </Box>
  );
}
