/** Events in the form in which the editor gives them. */

import { ChangeEvent, ContentChange } from "../src/edits";

export const UNDO = 1;
export const REDO = 2;

export function change(rangeOffset: number, rangeLength: number, text: string, lines = 0): ContentChange {
  return { rangeOffset, rangeLength, text, range: { start: { line: 0 }, end: { line: lines } } };
}

export function exact(source: string, words: object, ...contentChanges: ContentChange[]): ChangeEvent {
  return { contentChanges, reason: undefined, detailedReason: { source, metadata: { source, ...words } } };
}

export function typed(offset: number, text: string): ChangeEvent {
  return exact("cursor", { kind: "type" }, change(offset, 0, text));
}

export function accepted(offset: number, text: string, id: string, provider = "test.provider"): ChangeEvent {
  return exact("inlineCompletionAccept", { $extensionId: provider, $$requestUuid: id }, change(offset, 0, text));
}

export function turn(reason: number, ...contentChanges: ContentChange[]): ChangeEvent {
  return { contentChanges, reason, detailedReason: { source: "applyEdits", metadata: {} } };
}
