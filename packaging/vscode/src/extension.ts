/**
 * The extension: passes the editor's events on, and shows what obsd says.
 *
 * Owns the wiring to the editor, and nothing else. Only files on disk are reported: no untitled, virtual or notebook
 * document, no diff.
 */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { Blame } from "./blame";
import { Obsctl } from "./obsctl";
import { blobId, Recorder } from "./recorder";
import { Sender, Target } from "./sender";
import { reader, Stats } from "./stats";
import { StatusBar } from "./status";
import { Totals } from "./totals";

/** What other extensions may say of suggestions of their own: the editor tells nobody else. */
export interface Api {
  readonly version: 1;
  suggestion(provider: string, outcome: "shown" | "rejected", characters: number, lines: number): void;
  /** Has everything sent that waits. */
  flush(): Promise<void>;
}

const STATS_MILLISECONDS = 60_000;

let sender: Sender | undefined;
let takeStats = (): void => {};

export function activate(context: vscode.ExtensionContext): Api {
  const version = String(context.extension.packageJSON.version);
  const window = randomBytes(6).toString("hex");
  const totals = new Totals();
  const resource = {
    "service.name": "obsd-vscode",
    "service.version": version,
    "service.instance.id": window,
    "obsd.editor": vscode.env.appName,
    "obsd.editor.version": vscode.version,
  };
  const sending = new Sender(target, resource, version, totals, () => status.changed());
  const recorder = new Recorder(totals, window, (report) => sending.put(report), () => sending.touched());
  const obsctl = new Obsctl(() => setting("obsctl", "obsctl"));
  const status = new StatusBar(obsctl, sending, recorder, () => setting("statusBar", true));
  const blame = new Blame(obsctl);
  context.subscriptions.push(statistics(context, recorder, status));
  sender = sending;
  context.subscriptions.push(...events(recorder), ...commands(obsctl, blame, status), status, blame);
  return {
    version: 1,
    suggestion: (provider, outcome, characters, lines) => {
      if (typeof provider === "string" && (outcome === "shown" || outcome === "rejected")) {
        recorder.declared(provider.slice(0, 100), outcome, count(characters), count(lines), Date.now());
      }
    },
    flush: () => sending.flush(),
  };
}

export async function deactivate(): Promise<void> {
  takeStats();
  await sender?.stop();
}

/** Where edits are not exact: has the editor's own statistics counted, if the user wants the editor to keep them. */
function statistics(context: vscode.ExtensionContext, recorder: Recorder, status: StatusBar): vscode.Disposable {
  const read = reader(context.storageUri?.scheme === "file" ? context.storageUri.fsPath : undefined);
  if (read === undefined) {
    return { dispose: () => {} };
  }
  const stats = new Stats(read);
  takeStats = () => {
    const counts = vscode.workspace.getConfiguration("editor").get("aiStats.enabled") === true && stats.take();
    const folders = vscode.workspace.workspaceFolders ?? [];
    // They are of the whole workspace: of several folders it is not known which.
    const folder = folders.length === 1 && folders[0]?.uri.scheme === "file" ? folders[0].uri.fsPath : "";
    if (counts) {
      recorder.counted(folder, counts, Date.now());
    }
    status.statistics = stats.there;
  };
  takeStats();
  const timer = setInterval(takeStats, STATS_MILLISECONDS);
  return { dispose: () => clearInterval(timer) };
}

function events(recorder: Recorder): vscode.Disposable[] {
  for (const document of vscode.workspace.textDocuments) {
    if (onDisk(document) && document.isDirty) {
      recorder.unsaved(document.uri.fsPath);
    }
  }
  const workspace = vscode.workspace;
  return [
    workspace.onDidOpenTextDocument((document) => {
      if (onDisk(document) && document.isDirty) {
        recorder.unsaved(document.uri.fsPath);
      }
    }),
    workspace.onDidChangeTextDocument((event) => {
      if (onDisk(event.document)) {
        recorder.changed(event.document.uri.fsPath, event, Date.now());
      }
    }),
    workspace.onDidSaveTextDocument((document) => {
      if (onDisk(document)) {
        recorder.saved(document.uri.fsPath, content(document), Date.now());
      }
    }),
    workspace.onDidCloseTextDocument((document) => {
      if (onDisk(document)) {
        recorder.closed(document.uri.fsPath);
      }
    }),
  ];
}

function commands(obsctl: Obsctl, blame: Blame, status: StatusBar): vscode.Disposable[] {
  const register = vscode.commands.registerCommand;
  return [
    register("obsd.openPage", async () => {
      const answer = await obsctl.run(["open"]);
      if (answer === undefined) {
        void vscode.window.showWarningMessage(obsctl.trouble || "obsctl open failed");
      }
    }),
    register("obsd.toggleBlame", () => blame.toggle()),
    register("obsd.showState", () => void vscode.window.showInformationMessage(status.describe())),
  ];
}

function onDisk(document: vscode.TextDocument): boolean {
  return document.uri.scheme === "file";
}

/** The hash of what a document has, if it is saved as UTF-8. */
function content(document: vscode.TextDocument): string {
  const encoding: unknown = (document as { encoding?: unknown }).encoding;
  return encoding === "utf8" || encoding === "utf8bom" ? blobId(document.getText(), encoding === "utf8bom") : "";
}

function target(): Target {
  const endpoint = setting("endpoint", "").replace(/\/+$/, "");
  return { endpoint: /^https?:\/\//.test(endpoint) ? endpoint : "", headers: setting("headers", {}) };
}

function setting<T>(name: string, otherwise: T): T {
  return vscode.workspace.getConfiguration("obsd").get<T>(name, otherwise);
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
