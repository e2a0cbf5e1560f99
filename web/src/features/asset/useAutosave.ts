/**
 * A form that saves itself: a moment after the last change, one save at a time.
 *
 * What the server says meanwhile (somebody else's edit, by 412 or by a look) is merged field by field; only a field that both sides changed
 * differently stops the saving, until the person has chosen.
 */
import { useCallback, useEffect, useReducer, useRef } from "react";

import { isProblem, isPassing } from "~/api/problem";

import { saveAsset, type Versioned } from "./api/useAsset";
import { changedFields, draftOf, merge, toEdit, type Draft, type Field } from "./draft";

const STILL_MS = 700;
const MAX_ATTEMPTS = 6;
const LONGEST_PAUSE_MS = 20_000;

export type SaveState = "saved" | "waiting" | "saving" | "retrying" | "failed" | "conflict";

export interface Conflict {
  fields: Field[];
  theirs: Draft;
}

interface State {
  base: Draft;
  mine: Draft;
  etag: string;
  save: SaveState;
  fault: unknown;
  conflict: Conflict | null;
  undo: Draft[];
  /** What is saved next is a step back, not one to come back to. */
  undoing: boolean;
  attempts: number;
}

type Step =
  | { type: "edit"; field: Field; value: string | string[] }
  | { type: "undo" }
  | { type: "saving" }
  | { type: "saved"; sent: Draft; now: Versioned }
  | { type: "theirs"; theirs: Draft; etag: string }
  | { type: "choose"; field: Field; side: "mine" | "theirs" }
  | { type: "failed"; fault: unknown }
  | { type: "again" };

const MAX_UNDO = 50;

function reduce(state: State, step: Step): State {
  switch (step.type) {
    case "edit":
      return { ...state, mine: { ...state.mine, [step.field]: step.value }, save: state.conflict ? "conflict" : "waiting", undoing: false, attempts: 0 };
    case "undo": {
      const before = state.undo.at(-1);
      return before ? { ...state, mine: before, undo: state.undo.slice(0, -1), undoing: true, save: "waiting", attempts: 0 } : state;
    }
    case "saving":
      return { ...state, save: "saving" };
    case "saved": {
      const base = draftOf(step.now.asset);
      // what was typed while the save was under way stays
      const { draft } = merge(step.sent, state.mine, base);
      const clean = changedFields(base, draft).length === 0;
      const undo = state.undoing ? state.undo : [...state.undo, state.base].slice(-MAX_UNDO);
      return { ...state, undoing: false, base, mine: draft, etag: step.now.etag, save: clean ? "saved" : "waiting", fault: null, attempts: 0, undo };
    }
    case "theirs": {
      const { draft, conflicts } = merge(state.base, state.mine, step.theirs);
      if (conflicts.length > 0) return { ...state, mine: draft, etag: step.etag, save: "conflict", conflict: { fields: conflicts, theirs: step.theirs } };
      const clean = changedFields(step.theirs, draft).length === 0;
      return { ...state, base: step.theirs, mine: draft, etag: step.etag, save: clean ? "saved" : "waiting" };
    }
    case "choose": {
      if (!state.conflict) return state;
      const fields = state.conflict.fields.filter((field) => field !== step.field);
      const { theirs } = state.conflict;
      const mine = step.side === "theirs" ? { ...state.mine, [step.field]: theirs[step.field] } : state.mine;
      if (fields.length > 0) return { ...state, mine, conflict: { fields, theirs } };
      const clean = changedFields(theirs, mine).length === 0;
      return { ...state, base: theirs, mine, conflict: null, save: clean ? "saved" : "waiting", attempts: 0 };
    }
    case "failed": {
      const again = isPassing(step.fault) && state.attempts + 1 < MAX_ATTEMPTS;
      return { ...state, save: again ? "retrying" : "failed", fault: step.fault, attempts: state.attempts + 1 };
    }
    case "again":
      return { ...state, save: "waiting", attempts: 0 };
  }
}

const begin = ({ asset, etag }: Versioned): State => {
  const draft = draftOf(asset);
  return { base: draft, mine: draft, etag, save: "saved", fault: null, conflict: null, undo: [], undoing: false, attempts: 0 };
};

export function useAutosave(known: Versioned, onSaved: (saved: Versioned) => void) {
  const [state, dispatch] = useReducer(reduce, known, begin);
  const latest = useRef(state);
  const told = useRef(onSaved);
  useEffect(() => {
    latest.current = state;
    told.current = onSaved;
  });
  const { id, version } = known.asset;

  // a look at the server has found another version
  const seen = useRef(version);
  useEffect(() => {
    if (version === seen.current) return;
    seen.current = version;
    if (known.etag !== latest.current.etag && latest.current.save !== "saving") dispatch({ type: "theirs", theirs: draftOf(known.asset), etag: known.etag });
  }, [known, version]);

  const save = useCallback(async () => {
    const { base, mine, etag } = latest.current;
    const edit = toEdit(base, mine);
    dispatch({ type: "saving" });
    try {
      const now = await saveAsset(id, etag, edit);
      seen.current = now.asset.version;
      dispatch({ type: "saved", sent: mine, now });
      told.current(now);
    } catch (fault) {
      if (isProblem(fault, 412)) {
        const current = fault.body.current as Parameters<typeof draftOf>[0] & { version: number };
        seen.current = current.version;
        dispatch({ type: "theirs", theirs: draftOf(current), etag: `"${current.version}"` });
      } else dispatch({ type: "failed", fault });
    }
  }, [id]);

  useEffect(() => {
    if (state.save !== "waiting" && state.save !== "retrying") return;
    const pause = state.save === "waiting" ? STILL_MS : Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** state.attempts);
    const timer = setTimeout(() => void save(), pause);
    return () => clearTimeout(timer);
  }, [state.save, state.mine, state.attempts, save]);

  // leaving for another page of ours saves at once; leaving Acervo with something unsaved asks
  useEffect(
    () => () => {
      if (latest.current.save === "waiting") void save();
    },
    [save],
  );
  const unsaved = state.save !== "saved";
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);

  return {
    ...state,
    edit: useCallback((field: Field, value: string | string[]) => dispatch({ type: "edit", field, value }), []),
    undoLast: useCallback(() => dispatch({ type: "undo" }), []),
    choose: useCallback((field: Field, side: "mine" | "theirs") => dispatch({ type: "choose", field, side }), []),
    again: useCallback(() => dispatch({ type: "again" }), []),
  };
}
