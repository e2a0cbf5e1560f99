/**
 * Uploads: Uppy sends the parts straight to the object store, the API opens, signs, lists, completes and aborts.
 *
 * There is one uploader for the whole page, which goes on while people work elsewhere in it. Golden Retriever keeps files and states, so that a
 * reload goes on where it was: the parts that have arrived are asked of the store.
 */
import Uppy, { type UppyFile } from "@uppy/core";
import AwsS3, { type AwsS3Part } from "@uppy/aws-s3";
import GoldenRetriever, { type GoldenRetrieverOptions } from "@uppy/golden-retriever";

import { api, unwrap } from "~/api/client";
import { ApiProblem, isProblem } from "~/api/problem";

import { partSize } from "./parts";
import { tellProgress } from "./progress";
import { PartSigner } from "./signer";

export interface FileMeta {
  [more: string]: unknown;
  name: string;
  projectId: string;
  /** Makes the opening of this upload the same one when it is sent again. */
  nonce: string;
  assetId?: string;
  /** The code of the refusal that it failed with; its sentence is Uppy's `error`. */
  refused?: string | undefined;
  keywords?: string[];
}
export interface Done {
  [more: string]: unknown;
}
export type UploadFile = UppyFile<FileMeta, Done>;

const PARALLEL_PARTS = 6;
const RETRY_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000];
/** Files that survive a reload by themselves; larger ones are asked for again, and go on where they were. */
const KEPT = { maxFileSize: 2_000_000_000, maxTotalSize: 8_000_000_000 };
const FORGET_MS = 6 * 24 * 3600_000; // the store drops an unfinished upload after a week

function makeUploader(): Uppy<FileMeta, Done> {
  const uppy = new Uppy<FileMeta, Done>({ id: "acervo", autoProceed: true, allowMultipleUploadBatches: true });
  const signers = new Map<string, PartSigner>();
  // what Uppy hands over may be a file as it was before it was opened, or one that it has removed already
  const assets = new Map<string, string>();
  const known = (file: UploadFile): string | undefined => assets.get(file.id) ?? file.meta.assetId;
  const idOf = (file: UploadFile): string => {
    const assetId = known(file);
    if (!assetId) throw new Error("this upload was never opened");
    return assetId;
  };
  // the types of the plug-in forget the limits that its store takes
  const limits = KEPT as NonNullable<GoldenRetrieverOptions["indexedDB"]>;
  uppy.use(GoldenRetriever<FileMeta, Done>, { expires: FORGET_MS, indexedDB: limits });
  uppy.use(AwsS3<FileMeta, Done>, {
    limit: PARALLEL_PARTS,
    retryDelays: RETRY_MS,
    shouldUseMultipart: true,
    getChunkSize: ({ size }) => partSize(size),
    createMultipartUpload: async (file) => {
      const { meta, size } = file;
      const opened = await unwrap(
        api.POST("/api/v1/assets/upload/init", {
          params: { header: { "Idempotency-Key": meta.nonce } },
          body: {
            project_id: meta.projectId,
            name: file.name,
            size_bytes: size ?? 0,
            ...(/^[\w.+-]+\/[\w.+-]+$/.test(file.type) && { mime_type: file.type }),
            ...(meta.keywords && meta.keywords.length > 0 && { metadata: { keywords: meta.keywords } }),
          },
        }),
      );
      if (opened.part_size_bytes !== partSize(size ?? 0)) throw new Error("the page is older than the API: load it again");
      assets.set(file.id, opened.asset_id);
      uppy.setFileMeta(file.id, { ...meta, assetId: opened.asset_id });
      return { uploadId: opened.upload_id, key: opened.key };
    },
    signPart: async (file, { partNumber }) => {
      const assetId = idOf(file);
      const size = file.size ?? 0;
      const signer = signers.get(assetId) ?? new PartSigner(assetId, Math.max(1, Math.ceil(size / partSize(size))));
      signers.set(assetId, signer);
      return { url: await signer.url(partNumber) };
    },
    listParts: async (file) => {
      const parts: AwsS3Part[] = [];
      const asset_id = idOf(file);
      for (let cursor: string | null = null, page = 0; page < 11; page++) {
        const query: { asset_id: string; cursor?: string } = { asset_id, ...(cursor !== null && { cursor }) };
        const answer: Awaited<ReturnType<typeof fetchParts>> = await fetchParts(query);
        parts.push(...answer.items.map((part) => ({ PartNumber: part.part_number, ETag: part.etag, Size: part.size_bytes })));
        cursor = answer.next_cursor;
        if (cursor === null) break;
      }
      return parts;
    },
    completeMultipartUpload: async (file) => {
      const asset_id = idOf(file);
      await unwrap(api.POST("/api/v1/assets/upload/complete", { body: { asset_id } })); // no list: what the store has counts
      signers.delete(asset_id);
      return {};
    },
    abortMultipartUpload: async (file) => {
      const assetId = known(file);
      if (!assetId) return;
      assets.delete(file.id);
      signers.delete(assetId);
      await unwrap(api.POST("/api/v1/assets/upload/abort", { body: { asset_id: assetId } })).catch((fault: unknown) => {
        if (!isProblem(fault, 409) && !isProblem(fault, 404)) throw fault; // it is over, or gone
      });
    },
  });
  uppy.on("upload-error", (file, fault) => {
    if (file) uppy.setFileMeta(file.id, { ...file.meta, refused: fault instanceof ApiProblem ? fault.code : undefined });
  });
  uppy.on("restored", () => {
    if (uppy.getFiles().every((file) => !file.isGhost)) uppy.emit("restore-confirmed");
  });
  uppy.on("state-update", () => {
    const files = uppy.getFiles();
    const open = files.filter((file) => !file.progress.uploadComplete);
    tellProgress({
      open: open.length,
      share: share(files),
      failed: files.filter((file) => file.error).length,
    });
  });
  window.addEventListener("beforeunload", (event) => {
    if (uppy.getFiles().some((file) => file.progress.uploadStarted && !file.progress.uploadComplete && !file.error)) event.preventDefault();
  });
  return uppy;
}

const fetchParts = (query: { asset_id: string; cursor?: string }) => unwrap(api.GET("/api/v1/assets/upload/parts", { params: { query } }));

/** Bytes that have arrived, of all that were chosen. */
export function share(files: readonly UploadFile[]): number {
  const total = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const sent = files.reduce((sum, file) => sum + (file.progress.uploadComplete ? (file.size ?? 0) : (file.progress.bytesUploaded || 0)), 0);
  return total > 0 ? Math.min(1, sent / total) : 0;
}

export const uploader = makeUploader();

/** Put files in the queue; the ones that a reload has lost are recognised and go on. */
export function addFiles(files: readonly File[], projectId: string, keywords: string[]): void {
  const waiting = uploader.getFiles().some((file) => file.isGhost);
  uploader.addFiles(
    files
      .filter((file) => file.size > 0)
      .map((file) => ({
        name: file.name,
        type: file.type,
        data: file,
        source: "page",
        meta: {
          name: file.name,
          relativePath: file.webkitRelativePath || file.name,
          projectId,
          nonce: crypto.randomUUID(),
          ...(keywords.length > 0 && { keywords }),
        },
      })),
  );
  if (waiting && uploader.getFiles().every((file) => !file.isGhost)) uploader.emit("restore-confirmed");
}
