/** How far uploads are, for the top bar: small, so that the bar need not load the uploader. */
export interface UploadProgress {
  open: number;
  share: number;
  failed: number;
}

let state: UploadProgress = { open: 0, share: 0, failed: 0 };
const listeners = new Set<() => void>();

export function tellProgress(now: UploadProgress): void {
  if (now.open === state.open && now.failed === state.failed && Math.round(now.share * 200) === Math.round(state.share * 200)) return;
  state = now;
  for (const listener of listeners) listener();
}

export const subscribeProgress = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const readProgress = (): UploadProgress => state;
