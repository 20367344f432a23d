/** Upper bounds of the buckets of a histogram, in seconds. */
const bounds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Histogram {
  /** Observations below each bound, not cumulative; the last one: above all bounds. */
  readonly counts: number[];
  sum: number;
}

type Labels = Readonly<Record<string, string | number>>;

/** Numbers about a server, as a text that Prometheus reads (exposition format 0.0.4). */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #seconds = new Map<string, Histogram>();
  readonly #gauges: () => Readonly<Record<string, readonly [help: string, value: number]>>;

  /** @param gauges values of the moment, by their name without `hmsa_` */
  constructor(gauges: () => Readonly<Record<string, readonly [help: string, value: number]>>) {
    this.#gauges = gauges;
  }

  /** Counts an answer. @param route the address as it is declared, so that the number of series is bounded */
  countRequest(method: string, route: string, status: number, seconds: number): void {
    const key = labelText({ method, route, status });
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    this.#observe('hmsa_http_request_duration_seconds', { route }, seconds);
  }

  /** Counts how long a part of the work took. */
  countStage(stage: string, seconds: number): void {
    this.#observe('hmsa_segment_stage_seconds', { stage }, seconds);
  }

  #observe(name: string, labels: Labels, seconds: number): void {
    const key = `${name} ${labelText(labels)}`;
    const known = this.#seconds.get(key) ?? { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
    this.#seconds.set(key, known);
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    known.counts[bucket < 0 ? bounds.length : bucket]!++;
    known.sum += seconds;
  }

  text(): string {
    const lines = head(
      'hmsa_http_requests_total',
      'counter',
      'Answered requests; status 499: the client went away.',
    );
    for (const [labels, count] of this.#requests) lines.push(`hmsa_http_requests_total{${labels}} ${count}`);
    lines.push(
      ...this.#histogram(
        'hmsa_http_request_duration_seconds',
        'From the headers of a request to its answer.',
      ),
      ...this.#histogram('hmsa_segment_stage_seconds', 'Parts of the work on an image.'),
    );
    for (const [name, [help, value]] of Object.entries(this.#gauges()))
      lines.push(...head(`hmsa_${name}`, 'gauge', help), `hmsa_${name} ${value}`);
    return `${lines.join('\n')}\n`;
  }

  #histogram(name: string, help: string): string[] {
    const lines = head(name, 'histogram', help);
    for (const [key, { counts, sum }] of this.#seconds) {
      if (!key.startsWith(`${name} `)) continue;
      const labels = key.slice(name.length + 1);
      let total = 0;
      for (const [i, count] of counts.entries()) {
        total += count;
        lines.push(`${name}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${total}`);
      }
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${total}`);
    }
    return lines;
  }
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${String(value).replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
    )
    .join(',');
}
