import { expect, test } from "vitest";

import { readToast, say, subscribeToast, unsay } from "./toast";

test("the newest is shown, and what closes an older one leaves it alone", () => {
  let told = 0;
  const leave = subscribeToast(() => told++);
  say("uno");
  const first = readToast();
  say("uno", { label: "Deshacer", act: () => undefined });
  expect(readToast()?.id).not.toBe(first?.id);
  unsay(first?.id ?? 0);
  expect(readToast()?.undo?.label).toBe("Deshacer");
  unsay(readToast()?.id ?? 0);
  expect(readToast()).toBeNull();
  expect(told).toBe(3);
  leave();
});
