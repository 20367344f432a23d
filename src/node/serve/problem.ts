import { STATUS_CODES } from 'node:http';
import { type ErrorParts, HmsaError } from '../../base/errors/index.js';

/** An error that is answered with a status and perhaps headers, such as `Retry-After`. */
export class Problem extends HmsaError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, parts: ErrorParts, headers: Readonly<Record<string, string>> = {}) {
    super(parts);
    this.status = status;
    this.headers = headers;
  }
}

/** The same error with a status. Errors of the status they already have are kept. */
export function asProblem(status: number, error: unknown): unknown {
  if (!(error instanceof HmsaError) || error instanceof Problem) return error;
  const { operation, expected, received, remedy } = error;
  const parts = { operation, expected, received: received, cause: error };
  return new Problem(status, { ...parts, ...(remedy !== undefined && { remedy: inQueryWords(remedy) }) });
}

/** Remedies name options of the command line, `--max-side`. Here they are parameters, `maxSide`. */
function inQueryWords(text: string): string {
  return text.replace(/--([a-z]+(?:-[a-z]+)*)/g, (_, name: string) =>
    name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

/** What an error of the server itself tells its client. The error is reported to the server's owner. */
const ownFault = {
  operation: 'hmsa serve',
  expected: 'to answer this request',
  received: 'an error of the server',
  remedy: 'Its log says more.',
};

/** The fields of RFC 9457, and the parts of an {@link HmsaError}. */
interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly operation: string;
  readonly expected: string;
  readonly received: string;
  readonly remedy?: string | undefined;
}

function problemBody(error: unknown): ProblemBody {
  const problem = error instanceof Problem ? error : new Problem(500, ownFault);
  const { status, message, operation, expected, received, remedy } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail: message, operation, expected, received, remedy };
}

/** The answer to a request that failed. */
export function problemResponse(error: unknown): Response {
  const body = problemBody(error);
  const headers = error instanceof Problem ? error.headers : {};
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  });
}
