/**
 * The editor's own statistics of edits by AI (`editor.aiStats.enabled`), where it keeps them on disk.
 *
 * Owns what they mean: sums of spans of five minutes, of a whole workspace, by no document and no provider. What was
 * counted before this window began is not counted. No import of the editor; times are milliseconds.
 */

import { join } from "node:path";

export const KEY = "aiStats";
const MAX_SPANS = 1000;
const MAX_COUNT = 1 << 24;

/** What the editor counts, by its names, and by those of the reports. */
const MEASURES = {
  typedCharacters: "typed_characters",
  aiCharacters: "ai_characters",
  acceptedInlineSuggestions: "accepted_suggestions",
  chatEditCount: "chat_edits",
} as const;

export type Measure = (typeof MEASURES)[keyof typeof MEASURES];
export type Counts = { [measure in Measure]: number };

type Spans = ReadonlyMap<number, Counts>;

/** Returns the spans in a stored value by their start, or undefined where it is none that is understood. */
export function spans(text: string): Spans | undefined {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return undefined;
  }
  const all = (stored as { sessions?: unknown } | null)?.sessions;
  if (!Array.isArray(all) || all.length > MAX_SPANS) {
    return undefined;
  }
  const found = new Map<number, Counts>();
  for (const one of all as { [name: string]: unknown }[]) {
    const counts = one && counted(one);
    const start = one?.["startTime"];
    if (!counts || typeof start !== "number") {
      return undefined;
    }
    found.set(start, counts);
  }
  return found;
}

export class Stats {
  private known: Spans | undefined;

  /** `read` returns the stored value; undefined: there is none, or it cannot be read now. It may throw. */
  constructor(private readonly read: () => string | undefined) {}

  /** Whether the editor's statistics were ever read. */
  get there(): boolean {
    return this.known !== undefined;
  }

  /** Returns what was counted since the last call that could read; undefined: nothing is known, as after the first. */
  take(): Counts | undefined {
    let text: string | undefined;
    try {
      text = this.read();
    } catch {
      return undefined; // it is being written, or this editor's Node reads no such file
    }
    const now = text === undefined ? undefined : spans(text);
    if (now === undefined) {
      return undefined;
    }
    const before = this.known;
    this.known = now;
    return before && difference(before, now);
  }
}

/**
 * Returns a function for `Stats` that reads the statistics of a workspace, given the folder that the editor gives an
 * extension in it; undefined where the editor has no such folder, or no way to read a database.
 */
export function reader(storage: string | undefined): (() => string | undefined) | undefined {
  const sqlite = database();
  if (storage === undefined || sqlite === undefined) {
    return undefined;
  }
  return () => {
    const opened = new sqlite.DatabaseSync(join(storage, "..", "state.vscdb"), { readOnly: true });
    try {
      const row = opened.prepare("SELECT CAST(value AS TEXT) AS value FROM ItemTable WHERE key = ?").get(KEY);
      return typeof row?.["value"] === "string" ? row["value"] : undefined;
    } finally {
      opened.close();
    }
  };
}

interface Sqlite {
  readonly DatabaseSync: new (path: string, options?: { readOnly: boolean }) => {
    exec(statements: string): void;
    prepare(statement: string): {
      get(...values: string[]): { [column: string]: unknown } | undefined;
      run(...values: (string | Uint8Array)[]): unknown;
    };
    close(): void;
  };
}

/** Returns Node's reader of SQLite files, or undefined where this Node has none. */
export function database(): Sqlite | undefined {
  try {
    return require("node:sqlite") as Sqlite;
  } catch {
    return undefined;
  }
}

function counted(one: { [name: string]: unknown }): Counts | undefined {
  const found: Partial<Counts> = {};
  for (const [theirs, ours] of Object.entries(MEASURES)) {
    const value = one[theirs] ?? 0; // older ones lack the last two
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > MAX_COUNT) {
      return undefined;
    }
    found[ours] = value;
  }
  return found as Counts;
}

function difference(before: Spans, now: Spans): Counts {
  const sums: Counts = { typed_characters: 0, ai_characters: 0, accepted_suggestions: 0, chat_edits: 0 };
  for (const [start, counts] of now) {
    for (const measure of Object.values(MEASURES)) {
      sums[measure] += Math.max(0, counts[measure] - (before.get(start)?.[measure] ?? 0));
    }
  }
  return sums;
}
