import { useEffect } from "react";

/** The window's title: what a tab and a screen reader say first. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Acervo` : "Acervo";
  }, [title]);
}
