import assert from "node:assert/strict";
import { test } from "node:test";
import { fileShares, runs, todayShare, warnings } from "../src/answers";

test("who wrote a file, by its lines", () => {
  const answer = {
    runs: [
      { first: 1, last: 6, origin: "change", agent: "codex", evidence: "record" },
      { first: 7, last: 8, origin: "before", agent: "unknown", evidence: null },
      { first: 9, last: 10, origin: "change", agent: null, evidence: null },
    ],
  };
  assert.equal(fileShares(runs(answer)), "codex 60 %, before obsd 20 %, not known yet 20 %");
});

test("answers of another form are no answers", () => {
  for (const answer of [undefined, {}, { runs: 7 }, { runs: [{}, { first: 0, last: 1 }, { first: 5, last: 2 }] }]) {
    assert.deepEqual([runs(answer), fileShares(runs(answer))], [[], ""]);
  }
  assert.deepEqual([todayShare({}), todayShare({ total: { floor: null } }), warnings({})], ["", "", undefined]);
});

test("the share of today, and the state", () => {
  assert.equal(todayShare({ total: { floor: 0.25, ceiling: 0.5 } }), "agents today: 25 to 50 %");
  assert.equal(todayShare({ total: { floor: 0.25, ceiling: 0.25 } }), "agents today: 25 %");
  assert.equal(warnings({ warnings: [{}] }), 1);
});
