import { useEffect, useRef, useState } from "react";

/** A value once it has stood still; one that changes after it had stood still counts at once. */
export function useDebounced<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  const changed = useRef(-Infinity);
  useEffect(() => {
    const now = performance.now();
    const wait = now - changed.current < ms ? ms : 0;
    changed.current = now;
    const timer = setTimeout(() => setSettled(value), wait);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
