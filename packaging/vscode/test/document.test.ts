import assert from "node:assert/strict";
import { test } from "node:test";
import { DocumentEdits } from "../src/document";
import { ChangeEvent, classify } from "../src/edits";
import { accepted, change, exact, REDO, turn, typed, UNDO } from "./changes";

function done(events: ChangeEvent[], edits = new DocumentEdits(true)): { [origin: string]: [number, number] } {
  events.forEach((event, at) => edits.add(classify(event), event.contentChanges, at + 1));
  return Object.fromEntries(edits.settle().parts.map((part) => [part.origin, [part.inserted, part.removed]]));
}

test("parts by origin and provider, since the document was as on disk", () => {
  const edits = new DocumentEdits(true);
  assert.deepEqual(done([typed(0, "ab"), typed(2, "c"), accepted(3, "defg", "1")], edits), {
    typed: [3, 0],
    accepted: [4, 0],
  });
  assert.deepEqual(done([typed(7, "h")], edits), { typed: [1, 0] });
});

test("an acceptance that is undone before the save is no part of it", () => {
  assert.deepEqual(done([typed(0, "ab"), accepted(2, "cdef", "1"), turn(UNDO, change(2, 4, ""))]), { typed: [2, 0] });
});

test("it is found where it moved to, and after what was typed into it was undone", () => {
  const events = [
    accepted(5, "cdef", "1"),
    typed(0, "xx"),
    typed(8, "y"),
    turn(UNDO, change(8, 1, "")),
    turn(UNDO, change(7, 4, "")),
  ];
  assert.deepEqual(done(events), { typed: [3, 0], undone: [0, 1] });
});

test("an undo of another length or place is not the acceptance's", () => {
  assert.deepEqual(done([accepted(2, "cdef", "1"), turn(UNDO, change(2, 3, ""))]), { accepted: [4, 0], undone: [0, 3] });
  assert.deepEqual(done([accepted(2, "cdef", "1"), turn(UNDO, change(1, 4, ""))]), { accepted: [4, 0], undone: [0, 4] });
});

test("a redo brings an acceptance back", () => {
  const events = [accepted(2, "cdef", "1"), turn(UNDO, change(2, 4, "")), turn(REDO, change(2, 0, "cdef"))];
  assert.deepEqual(done(events), { accepted: [4, 0] });
});

test("undone after the save, it is an undo, and still the end of the acceptance", () => {
  const edits = new DocumentEdits(true);
  done([accepted(2, "cdef", "1")], edits);
  const undo = turn(UNDO, change(2, 4, ""));
  const turns = edits.add(classify(undo), undo.contentChanges, 9);
  assert.deepEqual(turns.map((one) => [one.undone, one.size.inserted, one.edit.provider]), [[true, 4, "test.provider"]]);
  assert.deepEqual(edits.settle().parts.map((part) => [part.origin, part.removed]), [["undone", 4]]);
});

test("a suggestion that replaced text is undone with what it replaced", () => {
  const replaced = exact("inlineCompletionAccept", { $extensionId: "a.b" }, change(0, 2, "longer"));
  assert.deepEqual(done([replaced, turn(UNDO, change(0, 6, "ab"))]), {});
});

test("several cursors: one event, each place", () => {
  const event = exact("cursor", { kind: "type" }, change(9, 0, "x"), change(4, 2, "x"), change(0, 0, "x"));
  assert.deepEqual(done([event]), { typed: [3, 2] });
});

test("what is read from the disk anew is nobody's edit, and the end of what was before", () => {
  assert.deepEqual(done([typed(0, "abc"), exact("reloadFromDisk", {}, change(0, 3, "other"))]), {});
});

test("a document that had unsaved edits before is not whole until it is saved", () => {
  const edits = new DocumentEdits(false);
  edits.add(classify(typed(0, "a")), [change(0, 0, "a")], 5);
  assert.deepEqual([edits.settle().whole, edits.settle().whole], [false, true]);
});
