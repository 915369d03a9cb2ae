import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Report } from "../src/otlp";
import { blobId, Recorder } from "../src/recorder";
import { MAX_PROVIDERS, Totals } from "../src/totals";
import { accepted, change, exact, turn, typed, UNDO } from "./changes";

function recording(): { recorder: Recorder; reports: Report[] } {
  const reports: Report[] = [];
  return { recorder: new Recorder(new Totals(), "w", (report) => reports.push(report), () => {}), reports };
}

function total(recorder: Recorder, name: string, words: object): number {
  return recorder.totals
    .all()
    .filter((one) => one.name === name && Object.entries(words).every(([key, value]) => one.attributes[key] === value))
    .reduce((sum, one) => sum + one.value, 0);
}

test("a save has all parts, the hash and the times", () => {
  const { recorder, reports } = recording();
  recorder.changed("/a.py", typed(0, "ab"), 1000);
  recorder.saved("/a.py", "c0", 3000);
  recorder.saved("/a.py", "c0", 4000);
  assert.deepEqual(reports, [
    {
      name: "obsd.editor.saved",
      at: 3000,
      attributes: {
        id: "w:1",
        path: "/a.py",
        content: "c0",
        started: 1,
        how: "exact",
        whole: true,
        reloaded: 0,
        changes: JSON.stringify([
          { origin: "typed", provider: "", next_edit: false, inserted: 2, removed: 0, lines_inserted: 0, lines_removed: 0 },
        ]),
      },
    },
  ]);
});

test("one edit that is not exact makes the save basic, and the next one is exact again", () => {
  const { recorder, reports } = recording();
  recorder.changed("/a", typed(0, "ab"), 1);
  recorder.changed("/a", { contentChanges: [change(0, 0, "x")] }, 2);
  recorder.saved("/a", "", 3);
  recorder.changed("/a", typed(0, "ab"), 4);
  recorder.saved("/a", "", 5);
  assert.deepEqual(reports.map((report) => report.attributes["how"]), ["basic", "exact"]);
});

test("a suggestion taken word by word is accepted once, with all of its characters", () => {
  const { recorder, reports } = recording();
  for (const [offset, word] of [[0, "one "], [4, "two"]] as const) {
    const words = { $extensionId: "a.b", $$requestUuid: "r", type: "word" };
    recorder.changed("/a", exact("inlineCompletionPartialAccept", words, change(offset, 0, word)), 1);
  }
  assert.equal(total(recorder, "obsd.editor.suggestions", { outcome: "accepted", provider: "a.b" }), 1);
  assert.deepEqual(reports.map((one) => [one.attributes["count"], one.attributes["characters"]]), [[1, 4], [0, 3]]);
});

test("an undone acceptance is said to be", () => {
  const { recorder, reports } = recording();
  recorder.changed("/a", accepted(0, "a\nb", "r"), 1);
  recorder.changed("/a", turn(UNDO, change(0, 3, "")), 2);
  assert.deepEqual(reports.map((one) => [one.attributes["outcome"], one.attributes["lines"]]), [["accepted", 1], ["undone", 1]]);
});

test("other extensions say what was shown and rejected of their own", () => {
  const { recorder } = recording();
  recorder.declared("a.b", "shown", 10, 1, 1);
  recorder.declared("a.b", "rejected", 10, 1, 2);
  assert.equal(total(recorder, "obsd.editor.suggestions", { outcome: "rejected" }), 1);
  assert.equal(total(recorder, "obsd.editor.characters", {}), 0);
});

test("no text is in any report or total", () => {
  const { recorder, reports } = recording();
  const secret = "s3cr3t-of-mine";
  recorder.changed("/a", typed(0, secret), 1);
  recorder.changed("/a", accepted(0, secret, "r"), 1);
  recorder.changed("/a", exact("rename", { $$$oldName: secret, $$$newName: secret }, change(0, 0, secret)), 2);
  recorder.saved("/a", blobId(secret, false), 3);
  assert.equal(JSON.stringify([reports, recorder.totals.all()]).includes(secret), false);
});

test("providers are bounded", () => {
  const { recorder } = recording();
  for (let at = 0; at < MAX_PROVIDERS + 5; at++) {
    recorder.changed("/a", accepted(0, "x", `r${at}`, `p.${at}`), 1);
  }
  assert.equal(total(recorder, "obsd.editor.suggestions", { provider: "other" }), 5);
});

test("the hash is git's", () => {
  const text = "zwölf\r\n😀\n";
  const git = execFileSync("git", ["hash-object", "--stdin", "--no-filters"], { input: text, cwd: "/" });
  assert.equal(blobId(text, false), git.toString().trim());
  assert.equal(blobId("x".repeat(3 << 20), false), "");
});

test("the editor's statistics count where edits are not exact, without lines that nobody knows", () => {
  const counts = { typed_characters: 3, ai_characters: 20, accepted_suggestions: 2, chat_edits: 0 };
  const { recorder, reports } = recording();
  recorder.counted("/w", counts, 1);
  recorder.changed("/a", typed(0, "ab"), 1);
  recorder.counted("/w", counts, 2);
  assert.equal(total(recorder, "obsd.editor.stats", {}), 0);
  recorder.changed("/a", { contentChanges: [change(0, 0, "x")] }, 3);
  recorder.counted("/w", counts, 4);
  recorder.counted("/w", { ...counts, accepted_suggestions: 0 }, 5);
  assert.equal(total(recorder, "obsd.editor.stats", { measure: "ai_characters" }), 40);
  assert.deepEqual(reports.map((one) => one.attributes), [
    { id: "w:1", path: "/w", provider: "", how: "stats", outcome: "accepted", count: 2 },
  ]);
});
