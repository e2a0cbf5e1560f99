/** Filters as part of an address. Pure. */
const LONGEST = 300;

/** What an address says of each name; empty where it says nothing (or what nobody writes by hand). */
export const addressed = <Name extends string>(search: Record<string, unknown>, names: readonly Name[]): Record<Name, string> =>
  Object.fromEntries(names.map((name) => [name, typeof search[name] === "string" ? search[name].slice(0, LONGEST) : ""])) as Record<Name, string>;

/** The address after a change: what is empty is left out, what belongs to others stays. */
export const changedAddress = (search: Record<string, unknown>, changes: Readonly<Record<string, string | undefined>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...search, ...changes }).filter(([, value]) => value !== "" && value !== undefined));

/** One of a list, or what is taken when the address names something else. */
export const oneOf = <T extends string>(value: string, known: readonly T[]): T | null => known.find((one) => one === value) ?? null;
