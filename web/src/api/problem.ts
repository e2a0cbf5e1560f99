/** What is wrong with one field: a sentence, mostly a code, and the limit that was passed. */
export interface FieldFault {
  field: string;
  detail: string;
  code?: string;
  limit?: string;
}

/** What the API says when it refuses (RFC 9457): a code to decide by, a text for people, the field at fault. */
export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  field?: string | null;
  errors?: FieldFault[] | null;
  /** Of rights that do not allow it: each that stands in the way. */
  reasons?: { code: string; detail: string }[] | null;
  [more: string]: unknown;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: ProblemBody;
  readonly requestId: string | null;

  constructor(status: number, body: ProblemBody, requestId: string | null = null) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = body.title ?? "unknown";
    this.body = body;
    this.requestId = requestId;
  }
}

/** Whether asking again may help: the network, an overload, a restart; never what the caller has to change. */
export function isPassing(fault: unknown): boolean {
  if (fault instanceof ApiProblem) return fault.status >= 500 || fault.status === 429 || fault.status === 408;
  return fault instanceof TypeError; // what fetch throws when there was no answer
}

export const isProblem = (fault: unknown, status: number): fault is ApiProblem =>
  fault instanceof ApiProblem && fault.status === status;

/** The problem of an answer that is not one of success; bodies that are not JSON (a proxy's page) are left out. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const known = typeof body === "object" && body !== null ? (body as ProblemBody) : {};
  return new ApiProblem(response.status, known, response.headers.get("x-request-id"));
}
