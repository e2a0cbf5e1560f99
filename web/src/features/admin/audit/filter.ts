/** What is looked for in the audit log, as the form, the address and the API have it. Pure. */
import { fromLocal, toLocal } from "~/format/moments";

import { oneOf } from "../parts/addressed";

/** Empty is anything. Times as `datetime-local` fields have them. */
export interface AuditFilter {
  who: string;
  what: string;
  asset: string;
  project: string;
  result: "" | "done" | "denied";
  since: string;
  until: string;
}

export const NAMES = ["who", "what", "asset", "project", "result", "since", "until"] as const;
type Addressed = Record<(typeof NAMES)[number], string>;

export const ofAddress = (said: Addressed): AuditFilter => ({ ...said, result: oneOf(said.result, ["done", "denied"]) ?? "", since: toLocal(said.since), until: toLocal(said.until) });

/** Moments are the same for whoever opens the address, wherever they are. */
export const toAddress = (filter: AuditFilter): Addressed => ({ ...filter, since: fromLocal(filter.since), until: fromLocal(filter.until) });

/** As the API has it. */
export const auditQuery = ({ who, what, asset, project, result, since, until }: AuditFilter) => ({
  ...(who && { who }),
  ...(what && { what }),
  ...(asset && { asset_id: asset }),
  ...(project && { project }),
  ...(result && { result }),
  ...(since && { since: fromLocal(since) }),
  ...(until && { until: fromLocal(until) }),
});
