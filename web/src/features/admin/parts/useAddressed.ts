import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import { addressed, changedAddress } from "./addressed";

/** Filters that are part of the address: it can be shared, and the back button takes a change back. Empty is what is absent. */
export function useAddressed<Name extends string>(names: readonly Name[]): [Record<Name, string>, (changes: Partial<Record<Name, string>>) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback((changes: Partial<Record<Name, string>>) => void navigate({ to: ".", search: (before: Record<string, unknown>) => changedAddress(before, changes) }), [navigate]);
  return [addressed(search, names), change];
}
