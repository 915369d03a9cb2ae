/**
 * The totals of a window: characters, lines and edits by origin and provider, and suggestions by outcome.
 *
 * Bounded: providers beyond `MAX_PROVIDERS` are counted together as `other`. Pure; no import of the editor.
 */

import { Edit, Size } from "./edits";
import { Counts } from "./stats";

export const MAX_PROVIDERS = 50;

export type Outcome = "shown" | "accepted" | "rejected" | "undone";

/** A counter of a window, as OTLP has it. */
export interface Counter {
  readonly name: string;
  readonly unit: string;
  readonly attributes: { readonly [key: string]: string | boolean };
  value: number;
}

export class Totals {
  private readonly counters = new Map<string, Counter>();
  private readonly providers = new Set<string>();

  /** Counts an edit. */
  edit(edit: Edit, size: Size): void {
    const words = {
      origin: edit.origin,
      provider: this.provider(edit.provider),
      next_edit: edit.nextEdit,
      how: edit.how,
    };
    this.count("obsd.editor.edits", "{edit}", words, 1);
    for (const [direction, characters, lines] of [
      ["inserted", size.inserted, size.linesInserted],
      ["removed", size.removed, size.linesRemoved],
    ] as const) {
      this.count("obsd.editor.characters", "{character}", { ...words, direction }, characters);
      this.count("obsd.editor.lines", "{line}", { ...words, direction }, lines);
    }
  }

  /** Counts suggestions of a provider. */
  suggestions(provider: string, nextEdit: boolean, outcome: Outcome, count: number): void {
    const words = { provider: this.provider(provider), next_edit: nextEdit, outcome };
    this.count("obsd.editor.suggestions", "{suggestion}", words, count);
  }

  /** Counts what the editor's own statistics have. */
  stats(counts: Counts): void {
    for (const [measure, amount] of Object.entries(counts)) {
      this.count("obsd.editor.stats", "1", { measure, how: "stats" }, amount);
    }
  }

  /** Counts reports that could not be sent and are lost. */
  dropped(count: number): void {
    this.count("obsd.editor.dropped_reports", "{report}", {}, count);
  }

  all(): readonly Counter[] {
    return [...this.counters.values()];
  }

  private provider(name: string): string {
    if (!this.providers.has(name) && name !== "") {
      if (this.providers.size >= MAX_PROVIDERS) {
        return "other";
      }
      this.providers.add(name);
    }
    return name;
  }

  private count(name: string, unit: string, attributes: Counter["attributes"], amount: number): void {
    if (!amount) {
      return;
    }
    const key = name + JSON.stringify(attributes);
    const counter = this.counters.get(key);
    if (counter === undefined) {
      this.counters.set(key, { name, unit, attributes, value: amount });
    } else {
      counter.value += amount;
    }
  }
}
