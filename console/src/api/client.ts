// Calls the API, typed by its OpenAPI document: a change of the API that the console does not follow fails the type check.
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A problem as the platform told it (RFC 9457), or `unreachable` when no answer came. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: Schemas["Code"] | "unreachable";
  readonly status: number;
  readonly title: string;
  readonly requestId: string | undefined;
  readonly fields: readonly Schemas["FieldProblem"][];
  readonly retryAfterS: number | undefined;

  constructor(problem: Pick<Schemas["Problem"], "title" | "detail"> & Partial<Schemas["Problem"]>, code: ApiProblem["code"]) {
    super(problem.detail || problem.title);
    this.code = code;
    this.title = problem.title;
    this.status = problem.status ?? 0;
    this.requestId = problem.request_id ?? undefined;
    this.fields = problem.fields ?? [];
    this.retryAfterS = problem.retry_after_s ?? undefined;
  }

  /** What is wrong with one field, by its JSON pointer. */
  field(pointer: string): string | undefined {
    return this.fields.find((field) => field.pointer === pointer)?.detail;
  }
}

export function isProblem(error: unknown, ...codes: ApiProblem["code"][]): error is ApiProblem {
  return error instanceof ApiProblem && (codes.length === 0 || codes.includes(error.code));
}

let csrfToken: string | undefined;

/** Remembers the token of the session, which goes with everything but GET. */
export function setCsrfToken(token: string | null | undefined): void {
  csrfToken = token ?? undefined;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken !== undefined) request.headers.set("X-Csrf-Token", csrfToken);
    return request;
  },
  onError() {
    return new ApiProblem({ title: "The platform does not answer", detail: "The platform does not answer. Is it running, and are you online?" }, "unreachable");
  },
};

/** An answer that takes longer than this will not come. */
const ANSWER_MS = 30_000;

export const api = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS)]) }),
});
api.use(guard);

/** The answer of a call, or its problem as an exception. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  const problem = error as Schemas["Problem"] | undefined;
  if (problem !== undefined && typeof problem === "object" && typeof problem.code === "string") throw new ApiProblem(problem, problem.code);
  const detail = `The answer was ${response.status} ${response.statusText} and no problem document. Something between this page and the platform may have answered.`;
  throw new ApiProblem({ title: "An unexpected answer", detail, status: response.status }, "unreachable");
}

/** The header that makes a change fail when the thing has changed since it was read. */
export function ifMatch(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}
