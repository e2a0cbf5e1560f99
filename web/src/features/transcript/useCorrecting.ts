/** Putting a line right, and naming voices: what is saved is shown at once, everywhere it is shown. */
import { useMutation, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";

import { api, unwrap, type Segment } from "~/api/client";
import { everyPage } from "~/api/everyPage";

import { withLine, type Said } from "./pages";

const MOST_PAGES = 5;

export interface LineDraft {
  number: number;
  /** Of the line as it was read. */
  version: string;
  text: string;
  speaker: string;
  /** Who spoke before: a voice that nobody renames stays a voice, and follows the name that it is given. */
  speakerBefore: string;
}

export function useCorrecting(id: string) {
  const client = useQueryClient();
  const everywhere = () =>
    Promise.all([["search"], ["corrections", id], ["speakers", id], ["asset", id], ["text", id, "captions"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  const show = (number: number, line: Segment | null) =>
    client.setQueriesData<InfiniteData<Said, string | null>>({ queryKey: ["transcript", id] }, (data) => data && withLine(data, number, line));

  /** 412 says what the line is now, 404 that it is gone. */
  const correct = useMutation({
    mutationFn: ({ number, version, text, speaker, speakerBefore }: LineDraft) =>
      unwrap(
        api.PATCH("/api/v1/assets/{id}/transcript/{line}", {
          params: { path: { id, line: number }, header: { "If-Match": `"${version}"` } },
          body: { text: text.trim(), ...(speaker.trim() !== speakerBefore && { speaker: speaker.trim() || null }) },
        }),
      ),
    onSuccess: ({ line }, { number }) => {
      show(number, line);
      void everywhere();
    },
  });
  const undo = useMutation({
    mutationFn: (correction: number) =>
      unwrap(api.POST("/api/v1/assets/{id}/transcript/corrections/{edit}/undo", { params: { path: { id, edit: correction } } })),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["transcript", id] });
      void everywhere();
    },
  });
  const nameVoice = useMutation({
    mutationFn: ({ voice, name }: { voice: string; name: string }) =>
      unwrap(api.PUT("/api/v1/assets/{id}/transcript/speakers", { params: { path: { id } }, body: { voice, name: name.trim() || null } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["transcript", id] });
      void everywhere();
    },
  });
  return { correct, undo, nameVoice, show };
}

export const useSpeakers = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ["speakers", id],
    queryFn: ({ signal }) =>
      everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/transcript/speakers", { params: { path: { id }, query: { limit: 200, ...cursor } }, signal })), MOST_PAGES),
    enabled,
  });
