import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { database as sqlite, reader, spans, Stats } from "../src/stats";

const FIRST = { startTime: 1000, typedCharacters: 10, aiCharacters: 5, acceptedInlineSuggestions: 1, chatEditCount: 0 };
const NOTHING = { typed_characters: 0, ai_characters: 0, accepted_suggestions: 0, chat_edits: 0 };

function stored(...sessions: object[]): string {
  return JSON.stringify({ sessions });
}

test("what was counted before is not counted, and each span once", () => {
  let text: string | undefined = stored(FIRST);
  const stats = new Stats(() => text);
  assert.equal(stats.take(), undefined);
  assert.equal(stats.there, true);
  assert.deepEqual(stats.take(), NOTHING);
  const grown = { ...FIRST, typedCharacters: 13, acceptedInlineSuggestions: 3 };
  text = stored(grown, { ...FIRST, startTime: 400_000, aiCharacters: 7, chatEditCount: 2 });
  assert.deepEqual(stats.take(), { typed_characters: 13, ai_characters: 7, accepted_suggestions: 3, chat_edits: 2 });
  text = undefined; // for a moment it cannot be read
  assert.equal(stats.take(), undefined);
  text = stored({ ...FIRST, startTime: 400_000, aiCharacters: 9, chatEditCount: 2 });
  assert.deepEqual(stats.take(), { ...NOTHING, ai_characters: 2 });
});

test("what is not understood is not guessed", () => {
  for (const text of ["", "{", "null", "[]", '{"sessions":{}}', stored({}), stored({ ...FIRST, aiCharacters: "5" })]) {
    assert.equal(spans(text), undefined, text);
  }
  assert.equal(spans(stored({ ...FIRST, typedCharacters: -1 })), undefined);
  assert.equal(spans(stored(...Array.from({ length: 2000 }, () => FIRST))), undefined);
  const { acceptedInlineSuggestions: _, chatEditCount: __, ...old } = FIRST;
  assert.equal(spans(stored(old))?.get(1000)?.accepted_suggestions, 0);
});

test("one that cannot be read says nothing", () => {
  const stats = new Stats(() => {
    throw new Error("database is locked");
  });
  assert.equal(stats.take(), undefined);
  assert.equal(stats.there, false);
  assert.equal(reader(undefined), undefined);
});

test("it is read from where the editor keeps a workspace's state", { skip: !sqlite() && "this Node has no node:sqlite" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "obsd-stats-"));
  mkdirSync(join(folder, "obsd.obsd-vscode"));
  const database = new (sqlite()!.DatabaseSync)(join(folder, "state.vscdb"));
  database.exec("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)");
  const read = reader(join(folder, "obsd.obsd-vscode"));
  assert.ok(read);
  assert.equal(read(), undefined);
  database.prepare("INSERT INTO ItemTable VALUES (?, ?)").run("aiStats", Buffer.from(stored(FIRST)));
  const stats = new Stats(read);
  stats.take();
  database.prepare("INSERT INTO ItemTable VALUES (?, ?)").run("aiStats", stored({ ...FIRST, aiCharacters: 25 }));
  assert.deepEqual(stats.take(), { ...NOTHING, ai_characters: 20 });
  database.exec("BEGIN EXCLUSIVE");
  assert.equal(stats.take(), undefined, "while the editor writes, it is not waited for");
  database.exec("COMMIT");
  database.close();
});
