/** Files that were let go over another page than the one for uploads: they wait here until it takes them. */
const NONE: readonly File[] = [];
let waiting = NONE;
const listeners = new Set<() => void>();

function change(files: readonly File[]): void {
  waiting = files;
  for (const listener of listeners) listener();
}

export const leaveFiles = (files: readonly File[]): void => change([...waiting, ...files]);

export const readArrivals = (): readonly File[] => waiting;

export function takeArrivals(): readonly File[] {
  const taken = waiting;
  if (taken.length > 0) change(NONE);
  return taken;
}

export function subscribeArrivals(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
