/** OTLP as JSON: counters as metrics, reports as log records. Pure; no import of the editor. */

import { Counter } from "./totals";

export const SCOPE = "obsd.vscode";

export type Value = string | number | boolean;

export interface Attributes {
  readonly [key: string]: Value;
}

/** A log record: `at` in milliseconds. */
export interface Report {
  readonly name: string;
  readonly at: number;
  readonly attributes: Attributes;
}

/** Returns the body for `/v1/metrics`: cumulative sums since `startedAt`; times in milliseconds. */
export function metrics(resource: Attributes, version: string, counters: readonly Counter[], startedAt: number, now: number): string {
  const byName = new Map<string, Counter[]>();
  for (const counter of counters) {
    byName.set(counter.name, [...(byName.get(counter.name) ?? []), counter]);
  }
  const all = [...byName].map(([name, same]) => ({
    name,
    unit: same[0]?.unit ?? "1",
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: same.map((counter) => ({
        attributes: keyValues(counter.attributes),
        startTimeUnixNano: nanoseconds(startedAt),
        timeUnixNano: nanoseconds(now),
        asInt: String(counter.value),
      })),
    },
  }));
  const scopeMetrics = [{ scope: { name: SCOPE, version }, metrics: all }];
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes: keyValues(resource) }, scopeMetrics }] });
}

/** Returns the body for `/v1/logs`. */
export function logs(resource: Attributes, version: string, reports: readonly Report[]): string {
  const logRecords = reports.map((report) => ({
    timeUnixNano: nanoseconds(report.at),
    observedTimeUnixNano: nanoseconds(report.at),
    severityNumber: 9,
    eventName: report.name,
    attributes: keyValues({ "event.name": report.name, ...report.attributes }),
  }));
  const scopeLogs = [{ scope: { name: SCOPE, version }, logRecords }];
  return JSON.stringify({ resourceLogs: [{ resource: { attributes: keyValues(resource) }, scopeLogs }] });
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Value): object {
  if (typeof value === "string") {
    return { stringValue: value };
  }
  if (typeof value === "boolean") {
    return { boolValue: value };
  }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanoseconds(milliseconds: number): string {
  return (BigInt(Math.round(milliseconds * 1000)) * 1000n).toString();
}
