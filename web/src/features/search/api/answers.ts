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
  partial: boolean;
}
