/**
 * From the editor's events to totals and reports.
 *
 * Owns the documents that have edits. Reports have paths, counts, times and a hash of what was saved, never text. No
 * import of the editor; times are milliseconds.
 */

import { createHash } from "node:crypto";
import { DocumentEdits } from "./document";
import { ChangeEvent, classify, Edit, How, measure, Size } from "./edits";
import { Attributes, Report } from "./otlp";
import { Counts } from "./stats";
import { Suggestions } from "./suggestions";
import { Outcome, Totals } from "./totals";

export const MAX_HASHED_CHARACTERS = 2 << 20;
const MAX_DOCUMENTS = 1000;
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);

interface Known {
  readonly edits: DocumentEdits;
  how: How;
}

export class Recorder {
  /** How edits are known, by the last of them; undefined before the first. */
  how: How | undefined;
  private readonly documents = new Map<string, Known>();
  private readonly suggestions = new Suggestions();
  private sequence = 0;

  constructor(
    readonly totals: Totals,
    private readonly window: string,
    private readonly put: (report: Report) => void,
    private readonly touched: () => void,
  ) {}

  /** A document has unsaved edits that were not seen. */
  unsaved(path: string): void {
    this.document(path, false);
  }

  /** A document was changed. */
  changed(path: string, event: ChangeEvent, now: number): void {
    if (!event.contentChanges.length) {
      return;
    }
    const edit = classify(event);
    this.how = edit.how;
    const known = this.document(path, true);
    if (edit.how === "basic") {
      known.how = "basic";
    }
    this.totals.edit(edit, measure(event.contentChanges));
    const turns = known.edits.add(edit, event.contentChanges, now);
    if (edit.origin === "accepted") {
      this.outcome(path, edit, "accepted", this.suggestions.acceptances(edit), measure(event.contentChanges), now);
    }
    for (const turn of turns) {
      this.outcome(path, turn.edit, turn.undone ? "undone" : "accepted", turn.undone ? 1 : 0, turn.size, now);
    }
    this.touched();
  }

  /** A document was saved; `content` is the hash of what was saved, or "" where that is not known. */
  saved(path: string, content: string, now: number): void {
    const known = this.documents.get(path);
    if (known === undefined) {
      return;
    }
    const done = known.edits.settle();
    const how = known.how;
    known.how = "exact";
    if (!done.parts.length) {
      return;
    }
    this.report("obsd.editor.saved", now, {
      path,
      content,
      started: (done.startedAt || now) / 1000,
      how,
      whole: done.whole,
      reloaded: done.reloadedAt / 1000,
      changes: JSON.stringify(
        done.parts.map((part) => ({
          origin: part.origin,
          provider: part.provider,
          next_edit: part.nextEdit,
          inserted: part.inserted,
          removed: part.removed,
          lines_inserted: part.linesInserted,
          lines_removed: part.linesRemoved,
        })),
      ),
    });
  }

  /** A document was closed: what was not saved is gone. */
  closed(path: string): void {
    this.documents.delete(path);
  }

  /** A provider says itself what became of a suggestion of its own. */
  declared(provider: string, outcome: "shown" | "rejected", characters: number, lines: number, now: number): void {
    const size = { inserted: characters, removed: 0, linesInserted: lines, linesRemoved: 0 };
    const edit = { how: "exact", origin: "accepted", provider, nextEdit: false, partial: false, suggestion: "" } as const;
    this.outcome("", edit, outcome, 1, size, now);
    this.touched();
  }

  /** The editor's own statistics of a folder grew by that much; what is exact has it already. */
  counted(folder: string, counts: Counts, now: number): void {
    if (this.how !== "basic") {
      return;
    }
    this.totals.stats(counts);
    const accepted = counts.accepted_suggestions;
    if (accepted) {
      // Of how many lines, and of which provider, they do not say.
      this.report("obsd.editor.suggestion", now, {
        path: folder,
        provider: "",
        how: "stats",
        outcome: "accepted",
        count: accepted,
      });
    }
    this.touched();
  }

  private outcome(path: string, edit: Edit, outcome: Outcome, count: number, size: Size, now: number): void {
    this.totals.suggestions(edit.provider, edit.nextEdit, outcome, count);
    this.report("obsd.editor.suggestion", now, {
      path,
      provider: edit.provider,
      next_edit: edit.nextEdit,
      outcome,
      count,
      characters: size.inserted,
      lines: size.linesInserted,
    });
  }

  private report(name: string, at: number, attributes: Attributes): void {
    this.sequence += 1;
    this.put({ name, at, attributes: { id: `${this.window}:${this.sequence}`, ...attributes } });
  }

  private document(path: string, whole: boolean): Known {
    let known = this.documents.get(path);
    if (known === undefined) {
      known = { edits: new DocumentEdits(whole), how: "exact" };
      this.documents.set(path, known);
      for (const oldest of this.documents.keys()) {
        if (this.documents.size <= MAX_DOCUMENTS) {
          break;
        }
        this.documents.delete(oldest);
      }
    }
    return known;
  }
}

/** Returns git's id of a text as UTF-8, or "" where it is too long to be hashed in between. */
export function blobId(text: string, bom: boolean): string {
  if (text.length > MAX_HASHED_CHARACTERS) {
    return "";
  }
  const bytes = Buffer.concat([bom ? UTF8_BOM : Buffer.alloc(0), Buffer.from(text, "utf8")]);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
