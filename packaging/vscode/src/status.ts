/** The status bar: who wrote this file, the agents' share of today, and how obsd is. Owns when obsctl is asked. */

import * as vscode from "vscode";
import { fileShares, runs, todayShare, warnings } from "./answers";
import { Obsctl } from "./obsctl";
import { Recorder } from "./recorder";
import { Sender } from "./sender";

const QUIET_MILLISECONDS = 700;
const DAY_MILLISECONDS = 60_000;

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("obsd.state", vscode.StatusBarAlignment.Right, 90);
  private readonly listening: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private file = "";
  private day = "";
  private state = "";
  private dayAt = 0;
  /** Whether the editor's own statistics are read. */
  statistics = false;

  constructor(
    private readonly obsctl: Obsctl,
    private readonly sender: Sender,
    private readonly recorder: Recorder,
    private readonly wanted: () => boolean,
  ) {
    this.item.command = "obsd.showState";
    this.item.name = "obsd";
    this.listening = [
      this.item,
      vscode.window.onDidChangeActiveTextEditor(() => this.ask()),
      vscode.workspace.onDidSaveTextDocument(() => this.ask()),
    ];
    this.changed();
    this.ask();
  }

  /** Shows what is known now. */
  changed(): void {
    if (!this.wanted()) {
      this.item.hide();
      return;
    }
    this.item.text = `$(edit) ${this.file || "obsd"}`;
    this.item.tooltip = this.describe();
    this.item.show();
  }

  /** Everything in words. */
  describe(): string {
    const how = this.recorder.how;
    const known =
      how === "exact"
        ? "each edit is known by the editor's own word (exact)"
        : how === "basic" && this.statistics
          ? "sums are known by the editor's statistics (stats), of each edit only undo and redo"
          : how === "basic"
            ? "only undo and redo are known (basic): `obsctl agents setup vscode` shows what makes it exact"
            : "no edit so far";
    const sent = this.sender.trouble ? `nothing is received: ${this.sender.trouble}` : "";
    return [this.state, this.file, this.day, known, sent].filter(Boolean).join("; ");
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listening.forEach((one) => one.dispose());
  }

  private ask(): void {
    clearTimeout(this.timer);
    if (this.wanted()) {
      this.timer = setTimeout(() => void this.refresh(), QUIET_MILLISECONDS);
    }
  }

  private async refresh(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const path = document?.uri.scheme === "file" ? document.uri.fsPath : "";
    this.file = path ? fileShares(runs(await this.obsctl.json(["blame", path]))) : "";
    if (Date.now() - this.dayAt > DAY_MILLISECONDS) {
      this.dayAt = Date.now();
      const found = warnings(await this.obsctl.json(["status"]));
      this.state = found === undefined ? "obsd does not answer" : `obsd runs${found ? `, ${found} warnings` : ""}`;
      this.day = found === undefined ? "" : todayShare(await this.obsctl.json(["today"]));
    }
    this.changed();
  }
}
