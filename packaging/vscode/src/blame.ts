/** Who wrote each line, at the end of the line. Off until it is asked for; owns the decorations. */

import * as vscode from "vscode";
import { runs } from "./answers";
import { Obsctl } from "./obsctl";

const MAX_LINES = 20_000;

export class Blame implements vscode.Disposable {
  private shown = false;
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 3em", color: new vscode.ThemeColor("editorCodeLens.foreground") },
  });
  private readonly listening: vscode.Disposable[] = [];

  constructor(private readonly obsctl: Obsctl) {}

  async toggle(): Promise<void> {
    this.shown = !this.shown;
    if (!this.shown) {
      this.listening.splice(0).forEach((one) => one.dispose());
      vscode.window.visibleTextEditors.forEach((editor) => editor.setDecorations(this.decoration, []));
      return;
    }
    this.listening.push(
      vscode.window.onDidChangeActiveTextEditor((editor) => void this.decorate(editor)),
      vscode.workspace.onDidSaveTextDocument(() => void this.decorate(vscode.window.activeTextEditor)),
      vscode.workspace.onDidChangeTextDocument((event) => this.clear(event)),
    );
    await this.decorate(vscode.window.activeTextEditor);
    if (this.obsctl.trouble) {
      void vscode.window.showWarningMessage(this.obsctl.trouble);
    }
  }

  dispose(): void {
    this.listening.splice(0).forEach((one) => one.dispose());
    this.decoration.dispose();
  }

  /** What is not saved is not known: after an edit nothing is shown until the next save. */
  private clear(event: vscode.TextDocumentChangeEvent): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (event.contentChanges.length && editor.document === event.document) {
        editor.setDecorations(this.decoration, []);
      }
    }
  }

  private async decorate(editor: vscode.TextEditor | undefined): Promise<void> {
    const document = editor?.document;
    if (editor === undefined || document?.uri.scheme !== "file" || document.isDirty || document.lineCount > MAX_LINES) {
      return;
    }
    const version = document.version;
    const found = runs(await this.obsctl.json(["blame", document.uri.fsPath]));
    if (!this.shown || document.version !== version) {
      return;
    }
    const options = found.flatMap((run) => {
      const lines: vscode.DecorationOptions[] = [];
      for (let line = run.first - 1; line < Math.min(run.last, document.lineCount); line++) {
        const contentText = run.evidence && run.evidence !== "none" ? `${run.author} (${run.evidence})` : run.author;
        lines.push({ range: document.lineAt(line).range, renderOptions: { after: { contentText } } });
      }
      return lines;
    });
    editor.setDecorations(this.decoration, options);
  }
}
