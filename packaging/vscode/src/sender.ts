/**
 * Sends reports and totals, and never has anybody wait for it.
 *
 * Reports wait in a bounded queue while nobody receives them, and what is too old to be of use is dropped and counted.
 * One request at a time; after a failure the next attempt waits, twice as long each time up to a minute. No import of
 * the editor.
 */

import * as http from "node:http";
import * as https from "node:https";
import { logs, metrics, Attributes, Report } from "./otlp";
import { Totals } from "./totals";

export const MAX_WAITING = 1000;
export const MAX_AGE_MILLISECONDS = 120_000;
const MAX_A_REQUEST = 200;
const SOON_MILLISECONDS = 50;
const TIMEOUT_MILLISECONDS = 5000;
const METRICS_MILLISECONDS = 10_000;
const MAX_PAUSE_MILLISECONDS = 60_000;

export interface Target {
  readonly endpoint: string;
  readonly headers: { readonly [name: string]: string };
}

export class Sender {
  /** How the last attempt ended: "" well or not tried, else the reason. */
  trouble = "";
  /** Whether anything was received since the last failure. */
  receiving = false;
  private waiting: Report[] = [];
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Infinity;
  private pause = 0;
  private busy = false;
  private stopped = false;
  private metricsAt = 0;
  private readonly startedAt = Date.now();

  constructor(
    private readonly target: () => Target,
    private readonly resource: Attributes,
    private readonly version: string,
    private readonly totals: Totals,
    private readonly changed: () => void = () => {},
  ) {}

  /** Takes a report. */
  put(report: Report): void {
    if (!this.target().endpoint) {
      return;
    }
    this.waiting.push(report);
    if (this.waiting.length > MAX_WAITING) {
      this.totals.dropped(this.waiting.length - MAX_WAITING);
      this.waiting = this.waiting.slice(-MAX_WAITING);
    }
    this.wake(Math.max(SOON_MILLISECONDS, this.pause));
  }

  /** The totals have changed. */
  touched(): void {
    if (this.target().endpoint) {
      this.wake(Math.max(METRICS_MILLISECONDS, this.pause));
    }
  }

  /** Tries at once, also after a failure. */
  async flush(): Promise<void> {
    await this.send(true);
  }

  /** Sends what waits, once, and nothing more afterwards. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.send(true);
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private wake(milliseconds: number): void {
    const at = Date.now() + milliseconds;
    if (this.stopped || this.busy || at >= this.dueAt) {
      return;
    }
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => void this.send(false), milliseconds);
    this.timer.unref?.();
  }

  private async send(all: boolean): Promise<void> {
    this.dueAt = Infinity;
    const { endpoint, headers } = this.target();
    if (this.busy || this.stopped || !endpoint) {
      return;
    }
    this.busy = true;
    try {
      await this.requests(endpoint, headers, all);
      this.pause = 0;
      this.shown("", true);
    } catch (error) {
      this.pause = Math.min(MAX_PAUSE_MILLISECONDS, Math.max(1000, this.pause * 2));
      this.shown(error instanceof Error ? error.message : String(error), false);
    } finally {
      this.busy = false;
    }
    if (this.waiting.length) {
      this.wake(Math.max(SOON_MILLISECONDS, this.pause));
    }
  }

  private async requests(endpoint: string, headers: Target["headers"], all: boolean): Promise<void> {
    this.forgetOld();
    while (this.waiting.length) {
      const batch = this.waiting.slice(0, MAX_A_REQUEST);
      await post(`${endpoint}/v1/logs`, headers, logs(this.resource, this.version, batch));
      this.waiting = this.waiting.filter((report) => !batch.includes(report));
    }
    const now = Date.now();
    const counters = this.totals.all();
    if (counters.length && (all || now - this.metricsAt >= METRICS_MILLISECONDS)) {
      this.metricsAt = now;
      await post(`${endpoint}/v1/metrics`, headers, metrics(this.resource, this.version, counters, this.startedAt, now));
    }
  }

  private forgetOld(): void {
    const oldest = Date.now() - MAX_AGE_MILLISECONDS;
    const young = this.waiting.filter((report) => report.at >= oldest);
    this.totals.dropped(this.waiting.length - young.length);
    this.waiting = young;
  }

  private shown(trouble: string, receiving: boolean): void {
    if (trouble !== this.trouble || receiving !== this.receiving) {
      this.trouble = trouble;
      this.receiving = receiving;
      this.changed();
    }
  }
}

function post(url: string, headers: Target["headers"], body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const module = url.startsWith("https:") ? https : http;
    const length = Buffer.byteLength(body);
    const request = module.request(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "content-length": length },
      timeout: TIMEOUT_MILLISECONDS,
      agent: false,
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        // What is refused for what it is will be refused again: it is done with.
        if (status < 300 || status === 400 || status === 413) {
          resolve();
        } else {
          reject(new Error(`HTTP ${status}`));
        }
      });
      response.on("error", reject);
    });
    request.end(body);
  });
}
