import assert from "node:assert/strict";
import * as http from "node:http";
import { AddressInfo } from "node:net";
import { test } from "node:test";
import { Sender } from "../src/sender";
import { Totals } from "../src/totals";

interface Got {
  readonly url: string | undefined;
  readonly body: { [key: string]: unknown };
}

async function receiver(status: () => number): Promise<{ endpoint: string; got: Got[]; close: () => void }> {
  const got: Got[] = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push({ url: request.url, body: JSON.parse(body) });
      response.writeHead(status()).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, got, close: () => server.close() };
}

function sender(endpoint: string, totals = new Totals()): Sender {
  return new Sender(() => ({ endpoint, headers: {} }), { "service.name": "test" }, "1", totals);
}

const report = { name: "obsd.editor.saved", at: Date.now(), attributes: { path: "/a", started: 1.5, count: 2, whole: true } };

test("reports go out as OTLP logs, totals as metrics", async () => {
  const server = await receiver(() => 200);
  const totals = new Totals();
  totals.suggestions("a.b", false, "accepted", 3);
  const sending = sender(server.endpoint, totals);
  sending.put(report);
  await sending.stop();
  server.close();
  assert.deepEqual(server.got.map((one) => one.url), ["/v1/logs", "/v1/metrics"]);
  const text = JSON.stringify(server.got[0]?.body);
  assert.ok(text.includes('{"key":"path","value":{"stringValue":"/a"}}'));
  assert.ok(text.includes('{"key":"started","value":{"doubleValue":1.5}},{"key":"count","value":{"intValue":"2"}},{"key":"whole","value":{"boolValue":true}}'));
  assert.ok(JSON.stringify(server.got[1]?.body).includes('"asInt":"3"'));
});

test("what failed is sent again, and nothing is sent twice", async () => {
  let status = 503;
  const server = await receiver(() => status);
  const sending = sender(server.endpoint);
  sending.put(report);
  await sending.flush();
  assert.equal(sending.trouble, "HTTP 503");
  status = 200;
  await sending.flush();
  await sending.flush();
  sending.stop();
  server.close();
  assert.equal(server.got.length, 2);
  assert.equal(sending.trouble, "");
});

test("nobody receives: nothing is thrown, and old reports are dropped and counted", async () => {
  const totals = new Totals();
  const sending = sender("http://127.0.0.1:1", totals);
  sending.put({ ...report, at: Date.now() - 600_000 });
  for (let at = 0; at < 1001; at++) {
    sending.put(report);
  }
  await sending.stop();
  assert.notEqual(sending.trouble, "");
  assert.equal(totals.all()[0]?.value, 2);
});

test("without an address nothing is kept", async () => {
  const totals = new Totals();
  const sending = sender("", totals);
  sending.put(report);
  await sending.stop();
  assert.deepEqual([totals.all(), sending.trouble], [[], ""]);
});
