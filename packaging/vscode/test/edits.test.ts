import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, measure } from "../src/edits";
import { change, exact, REDO, turn, UNDO } from "./changes";

const CASES: [string, object, string][] = [
  ["cursor", { kind: "type" }, "typed"],
  ["cursor", { kind: "compositionType" }, "typed"],
  ["cursor", { kind: "compositionEnd" }, "typed"],
  ["cursor", { kind: "cut" }, "typed"],
  ["cursor", { kind: "paste" }, "pasted"],
  ["cursor", { kind: "executeCommands" }, "command"],
  ["cursor", { kind: "something new" }, "unknown"],
  ["cursor", {}, "unknown"],
  ["suggest", { $extensionId: "a.b" }, "completed"],
  ["inlineCompletionAccept", {}, "accepted"],
  ["inlineCompletionPartialAccept", {}, "accepted"],
  ["Chat.applyEdits", {}, "applied"],
  ["inlineChat.applyEdits", {}, "applied"],
  ["Chat.undoEdits", {}, "undone"],
  ["reloadFromDisk", {}, "reloaded"],
  ["unknown", { name: "MainThreadTextEditor" }, "extension"],
  ["unknown", { name: "formatEditsCommand" }, "formatted"],
  ["unknown", { name: "editor.action.transformToLowercase" }, "command"],
  ["unknown", { name: "toString" }, "unknown"],
  ["unknown", {}, "unknown"],
  ["snippet", {}, "unknown"],
  ["constructor", {}, "unknown"],
  ["not yet invented", {}, "unknown"],
];

for (const [source, words, origin] of CASES) {
  test(`${source} ${JSON.stringify(words)} is ${origin}`, () => {
    assert.equal(classify(exact(source, words)).origin, origin);
    assert.equal(classify(exact(source, words)).how, "exact");
  });
}

test("an acceptance has its provider, whether it is a next edit, and its id", () => {
  const words = { $extensionId: "GitHub.copilot", $nes: true, $$requestUuid: "r1" };
  const found = classify(exact("inlineCompletionPartialAccept", words));
  assert.deepEqual(found, {
    how: "exact",
    origin: "accepted",
    provider: "GitHub.copilot",
    nextEdit: true,
    partial: true,
    suggestion: "r1",
  });
});

test("without detailed reasons undo and redo are known, and nothing else", () => {
  assert.equal(classify({ contentChanges: [], reason: UNDO }).origin, "undone");
  assert.equal(classify({ contentChanges: [], reason: REDO }).origin, "redone");
  const big = classify({ contentChanges: [change(0, 0, "x".repeat(5000))] });
  assert.deepEqual([big.origin, big.how, big.provider], ["unknown", "basic", ""]);
});

test("an undo is one, whatever the editor calls its source", () => {
  assert.equal(classify(turn(UNDO)).origin, "undone");
  assert.equal(classify(turn(REDO)).how, "exact");
});

test("metadata of other types are no names", () => {
  const found = classify(exact("inlineCompletionAccept", { $extensionId: { a: 1 }, $$requestUuid: 7, $nes: "yes" }));
  assert.deepEqual([found.provider, found.suggestion, found.nextEdit], ["", "", false]);
  assert.equal(classify(exact("suggest", { $extensionId: "x".repeat(500) })).provider.length, 100);
});

test("characters are UTF-16 units, lines are line breaks", () => {
  const size = measure([change(10, 7, "a\r\nb\n😀", 2), change(0, 0, "x")]);
  assert.deepEqual(size, { inserted: 8, removed: 7, linesInserted: 2, linesRemoved: 2 });
});
