/**
 * What an edit is: from the editor's own words for it to an origin and a provider.
 *
 * Owns the words. Nothing is guessed from the size or the speed of an edit: where the editor does not say, the origin is
 * `unknown`. Texts are measured and dropped. Pure; no import of the editor.
 */

/** How it is known: `exact` is the editor's word on each edit, `basic` its stable interface, which has undo and redo. */
export type How = "exact" | "basic";

export type Origin =
  | "typed"
  | "pasted"
  | "completed"
  | "command"
  | "formatted"
  | "accepted"
  | "applied"
  | "extension"
  | "undone"
  | "redone"
  | "reloaded"
  | "unknown";

export interface DetailedReason {
  readonly source: string;
  readonly metadata: { readonly [key: string]: unknown };
}

/** A change of a document, in the form in which the editor reports it. */
export interface ContentChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
  readonly range: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
}

export interface ChangeEvent {
  readonly contentChanges: readonly ContentChange[];
  /** 1: undo, 2: redo. */
  readonly reason?: number | undefined;
  readonly detailedReason?: DetailedReason | undefined;
}

/** `provider` is the id of the extension that the editor names, or ""; `suggestion` its id of the suggestion. */
export interface Edit {
  readonly how: How;
  readonly origin: Origin;
  readonly provider: string;
  readonly nextEdit: boolean;
  readonly partial: boolean;
  readonly suggestion: string;
}

/** Characters are UTF-16 code units, as the editor counts them; lines are line breaks. */
export interface Size {
  inserted: number;
  removed: number;
  linesInserted: number;
  linesRemoved: number;
}

const UNDO = 1;
const REDO = 2;
const MAX_PROVIDER = 100;

const CURSOR: { readonly [kind: string]: Origin } = {
  type: "typed",
  compositionType: "typed",
  compositionEnd: "typed",
  cut: "typed",
  paste: "pasted",
  executeCommand: "command",
  executeCommands: "command",
};

const SOURCES: { readonly [source: string]: Origin } = {
  inlineCompletionAccept: "accepted",
  inlineCompletionPartialAccept: "accepted",
  "Chat.applyEdits": "applied",
  "inlineChat.applyEdits": "applied",
  "Chat.undoEdits": "undone",
  "Chat.reset": "undone",
  suggest: "completed",
  rename: "command",
  codeAction: "command",
  reloadFromDisk: "reloaded",
};

/** Names that the editor has for edits whose source it calls unknown. */
const NAMES: { readonly [name: string]: Origin } = {
  MainThreadTextEditor: "extension",
  formatEditsCommand: "formatted",
  insertFinalNewLine: "formatted",
  trimTrailingWhitespace: "formatted",
};
const COMMANDS = "editor.action.";

/** Returns what an event is. `exact`: the editor gives this extension its detailed reasons. */
export function classify(event: ChangeEvent): Edit {
  const how: How = "detailedReason" in event ? "exact" : "basic";
  if (event.reason === UNDO || event.reason === REDO) {
    return edit(how, event.reason === UNDO ? "undone" : "redone");
  }
  const reason = event.detailedReason;
  if (reason === undefined) {
    return edit(how, "unknown");
  }
  const words = reason.metadata ?? {};
  return {
    how,
    origin: origin(reason.source, words),
    provider: named(words["$extensionId"]) || named(words["$harness"]),
    nextEdit: words["$nes"] === true,
    partial: reason.source === "inlineCompletionPartialAccept",
    suggestion: named(words["$$requestUuid"]) || named(words["$$correlationId"]),
  };
}

/** Returns how much an event inserted and removed. */
export function measure(changes: readonly ContentChange[]): Size {
  const size = { inserted: 0, removed: 0, linesInserted: 0, linesRemoved: 0 };
  for (const change of changes) {
    size.inserted += change.text.length;
    size.removed += change.rangeLength;
    size.linesInserted += lineBreaks(change.text);
    size.linesRemoved += change.range.end.line - change.range.start.line;
  }
  return size;
}

function origin(source: string, words: { readonly [key: string]: unknown }): Origin {
  const own = (table: { readonly [word: string]: Origin }, word: unknown): Origin | undefined =>
    typeof word === "string" && Object.hasOwn(table, word) ? table[word] : undefined;
  if (source === "cursor") {
    return own(CURSOR, words["kind"]) ?? "unknown";
  }
  if (source === "unknown") {
    const name = named(words["name"]);
    return own(NAMES, name) ?? (name.startsWith(COMMANDS) ? "command" : "unknown");
  }
  return own(SOURCES, source) ?? "unknown";
}

function edit(how: How, word: Origin): Edit {
  return { how, origin: word, provider: "", nextEdit: false, partial: false, suggestion: "" };
}

function named(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_PROVIDER) : "";
}

function lineBreaks(text: string): number {
  let found = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    found += 1;
  }
  return found;
}
