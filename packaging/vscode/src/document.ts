/**
 * What was done to one document since it was last as the disk has it, and which accepted suggestions are still in it.
 *
 * An undo that takes out exactly what an acceptance put in, at the place where it is now, is the end of that acceptance.
 * Places and lengths are kept, never text. Pure; no import of the editor.
 */

import { ContentChange, Edit, measure, Size } from "./edits";

const MAX_ACCEPTED = 200;

/** A part of a save: what one origin and provider did. */
export interface Part extends Size {
  readonly origin: string;
  readonly provider: string;
  readonly nextEdit: boolean;
}

/** What was done to a document: `whole` if nothing is missing; `reloadedAt` is when it was read from disk again, or 0. */
export interface Done {
  readonly parts: Part[];
  readonly startedAt: number;
  readonly reloadedAt: number;
  readonly whole: boolean;
}

/** An acceptance that was undone, or that a redo brought back. */
export interface Turn {
  readonly edit: Edit;
  readonly undone: boolean;
  readonly size: Size;
}

/** An accepted text: where it is and how long it is now, how it came in, and the part that counts it. */
interface Accepted {
  offset: number;
  length: number;
  readonly size: Size;
  readonly edit: Edit;
  part: Part | undefined;
}

export class DocumentEdits {
  private parts = new Map<string, Part>();
  private accepted: Accepted[] = [];
  private undone: Accepted[] = [];
  private startedAt = 0;
  private reloadedAt = 0;

  /** `whole`: all edits since the document was as on disk are known. */
  constructor(private whole: boolean) {}

  /** Takes an event; returns the acceptances that it ended or brought back. */
  add(edit: Edit, changes: readonly ContentChange[], now: number): Turn[] {
    if (edit.origin === "reloaded") {
      this.settle();
      this.reloadedAt = now;
      this.accepted = [];
      this.undone = [];
      return [];
    }
    this.startedAt ||= now;
    // The editor gives the changes from the end of the document to its beginning: none moves one that follows.
    return changes.flatMap((change) => this.change(edit, change) ?? []);
  }

  /** The document is as on disk: returns what was done until now, and begins anew. */
  settle(): Done {
    const parts = [...this.parts.values()].filter((part) => part.inserted || part.removed);
    const done = { parts, startedAt: this.startedAt, reloadedAt: this.reloadedAt, whole: this.whole };
    this.parts = new Map();
    for (const one of [...this.accepted, ...this.undone]) {
      one.part = undefined;
    }
    this.startedAt = 0;
    this.reloadedAt = 0;
    this.whole = true;
    return done;
  }

  private change(edit: Edit, change: ContentChange): Turn | undefined {
    const size = measure([change]);
    const undo = edit.origin === "undone";
    const from = undo ? this.accepted : edit.origin === "redone" ? this.undone : [];
    const length = undo ? size.removed : size.inserted;
    const one = from.findLast(
      (each) => each.offset === change.rangeOffset && each.length === length && each.size.inserted === length,
    );
    if (one !== undefined) {
      from.splice(from.indexOf(one), 1);
    }
    this.accepted = moved(this.accepted, change);
    this.undone = moved(this.undone, change);
    if (one === undefined) {
      const part = this.count(edit, size);
      if (edit.origin === "accepted" && size.inserted) {
        this.accepted.push({ offset: change.rangeOffset, length: size.inserted, size, edit, part });
        this.accepted = this.accepted.slice(-MAX_ACCEPTED);
      }
      return undefined;
    }
    if (undo) {
      if (one.part !== undefined) {
        add(one.part, one.size, -1);
      } else {
        this.count(edit, size);
      }
      this.undone = [...this.undone, one].slice(-MAX_ACCEPTED);
    } else {
      one.part = this.count(one.edit, size);
      this.accepted = [...this.accepted, one].slice(-MAX_ACCEPTED);
    }
    return { edit: one.edit, undone: undo, size: one.size };
  }

  private count(edit: Edit, size: Size): Part {
    const { origin, provider, nextEdit } = edit;
    const key = [origin, provider, nextEdit].join("\n");
    let part = this.parts.get(key);
    if (part === undefined) {
      part = { origin, provider, nextEdit, inserted: 0, removed: 0, linesInserted: 0, linesRemoved: 0 };
      this.parts.set(key, part);
    }
    add(part, size, 1);
    return part;
  }
}

/** Places after a change: one that the change cuts into is no longer what was accepted. */
function moved(all: Accepted[], change: ContentChange): Accepted[] {
  const end = change.rangeOffset + change.rangeLength;
  const by = change.text.length - change.rangeLength;
  return all.filter((one) => {
    if (end <= one.offset) {
      one.offset += by;
    } else if (change.rangeOffset >= one.offset && end <= one.offset + one.length) {
      one.length += change.rangeOffset === one.offset + one.length ? 0 : by;
    } else {
      return change.rangeOffset >= one.offset + one.length;
    }
    return true;
  });
}

function add(part: Size, size: Size, sign: 1 | -1): void {
  part.inserted += sign * size.inserted;
  part.removed += sign * size.removed;
  part.linesInserted += sign * size.linesInserted;
  part.linesRemoved += sign * size.linesRemoved;
}
