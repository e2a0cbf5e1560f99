/** What the search service answers: a service of its own, which the API's description does not have. `functions/search/answers.py` */
import type { AssetSummary } from "~/api/client";
import type { Piece } from "~/components/Marked";

export interface Passage {
  number: number;
  start_ms: number;
  end_ms: number;
  at_s: number;
  text: Piece[];
}

interface Found {
  asset_id: string;
  name: string;
  title: string;
  kind: AssetSummary["kind"];
  project_id: string;
  created_at: string;
  duration_s: number | null;
  language: string | null;
  score: number;
  why: { engine: string; field: string }[];
  /** Codes of what limits its use now: `rights-embargo`, `rights-expired`, … An index of another age has none. */
  rights_flags?: string[];
}

export interface Hit extends Found {
  status: AssetSummary["status"];
  highlights: Record<string, Piece[]>;
  passages: Passage[];
}

interface Neighbour {
  number: number;
  start_ms: number;
  end_ms: number;
  text: string;
}

export interface SegmentHit extends Found, Passage {
  speaker: string | null;
  previous: Neighbour | null;
  next: Neighbour | null;
}

export interface Bucket {
  value: string;
  count: number;
}

export interface Answer<T> {
  /** The words that were asked for: the page's own, not the service's. */
  asked: string;
  hits: T[];
  total: number;
  facets?: Record<string, Bucket[]>;
  partial: boolean;
  typos: boolean;
  ignored: string[];
  index: "ready" | "empty";
  took_ms: number;
  next: string | null;
}

export interface Suggestions {
  assets: Pick<Found, "asset_id" | "name" | "title" | "kind" | "project_id">[];
  tags: string[];
  people: string[];
  words: string[];
  /** One's own queries that begin so. */
  past?: string[];
  partial: boolean;
}

/** `functions/search/own_routes.py` */
export interface SavedSearch {
  id: string;
  name: string;
  parameters: Record<string, string[]>;
  notify: boolean;
  version: number;
  created_at: string;
  updated_at: string;
}

/** Something new that a saved search matched. */
export interface Match {
  search_id: string;
  name: string;
  asset_id: string;
  project_id: string;
  at: string;
}

export interface Listed<T> {
  items: T[];
  next: string | null;
}
