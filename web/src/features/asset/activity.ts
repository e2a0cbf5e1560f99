/**
 * What has happened to an asset, from several lists that are each newest first and perhaps not read to their end. Pure.
 *
 * Nothing older than the end of a list that has more is shown: what is missing would stand in between.
 */
import type { Asset, Correction, Edit, Job, Publication } from "~/api/client";

interface Moment {
  key: string;
  at: string;
  /** Null: the platform itself. */
  who: string | null;
}

export type Happening = Moment &
  (
    | { what: "arrival" }
    | { what: "edit"; edit: Edit }
    | { what: "correction"; correction: Correction }
    | { what: "job"; job: Job }
    | { what: "publication" | "withdrawal"; publication: Publication }
  );

export interface Part {
  happenings: Happening[];
  more: boolean;
}

export const editsOf = (edits: readonly Edit[]): Happening[] =>
  edits.map((edit) => ({ key: `edit-${edit.id}`, at: edit.at, who: edit.who, what: "edit", edit }));

export const correctionsOf = (corrections: readonly Correction[]): Happening[] =>
  corrections.map((correction) => ({ key: `line-${correction.id}`, at: correction.at, who: correction.author, what: "correction", correction }));

/** Jobs count when they are over; those that run have a tab of their own. */
export const jobsOf = (jobs: readonly Job[]): Happening[] =>
  jobs.flatMap((job) => (job.finished_at === null ? [] : [{ key: `job-${job.id}`, at: job.finished_at, who: null, what: "job" as const, job }]));

export const publicationsOf = (publications: readonly Publication[]): Happening[] =>
  publications.flatMap((publication) => [
    { key: `asked-${publication.id}`, at: publication.created_at, who: publication.requested_by, what: "publication" as const, publication },
    ...(publication.withdrawn_at === null ? [] : [{ key: `gone-${publication.id}`, at: publication.withdrawn_at, who: null, what: "withdrawal" as const, publication }]),
  ]);

export const arrivalOf = ({ id, created_at: at, owner }: Asset): Happening => ({ key: `arrival-${id}`, at, who: owner, what: "arrival" });

const time = ({ at }: Happening): number => Date.parse(at);

export function together(parts: readonly Part[]): Happening[] {
  const horizons = parts.map(({ happenings, more }) => {
    const last = happenings.at(-1);
    return more && last ? time(last) : -Infinity;
  });
  const horizon = Math.max(-Infinity, ...horizons);
  return parts
    .flatMap(({ happenings }) => happenings)
    .filter((happening) => time(happening) >= horizon)
    .sort((a, b) => time(b) - time(a));
}

/** `user:<name>` as people say it. */
export const personOf = (principal: string): string => principal.replace(/^(user|client):/, "");
