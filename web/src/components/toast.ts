/** What was just done, said in passing: one at a time, the newest. The page that did it may be gone by then. */
export interface Toast {
  /** Told apart from the one before, which may say the same. */
  id: number;
  text: string;
  /** How it is taken back. */
  undo?: { label: string; act: () => void };
}

let shown: Toast | null = null;
let count = 0;
const listeners = new Set<() => void>();

function show(toast: Toast | null): void {
  shown = toast;
  for (const listener of listeners) listener();
}

export const say = (text: string, undo?: Toast["undo"]): void => show({ id: ++count, text, ...(undo && { undo }) });

/** Only this one: a newer one stays. */
export const unsay = (id: number): void => {
  if (shown?.id === id) show(null);
};

export const readToast = (): Toast | null => shown;

export function subscribeToast(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
