/** Kinds of jobs that have a name in the page's language; others are shown as the API says them. */
export const JOB_KINDS = ["transcode", "speech", "ondemand", "frames", "objects", "ocr", "embed", "names", "speakers", "pictures"] as const;

export const knownKind = (kind: string): (typeof JOB_KINDS)[number] | undefined => JOB_KINDS.find((one) => one === kind);
