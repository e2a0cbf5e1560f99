import { useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

import { Arrival } from "~/features/auth/SignIn";

export function Callback() {
  const router = useRouter();
  const onArrive = useCallback((path: string) => router.history.replace(path), [router]);
  return <Arrival onArrive={onArrive} />;
}
