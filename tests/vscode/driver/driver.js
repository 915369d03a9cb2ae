/**
 * The test's hands in the editor: an inline completion provider, and an HTTP server on the loopback interface that does
 * one thing after the other. Only for tests.
 */

const http = require("node:http");
const vscode = require("vscode");

let suggestion;
let ended = [];
let shown = 0;

const provider = {
  provideInlineCompletionItems() {
    if (!suggestion) {
      return { items: [] };
    }
    const { text, line, from, to } = suggestion;
    return { items: [new vscode.InlineCompletionItem(text, new vscode.Range(line, from, line, to))] };
  },
  handleDidShowCompletionItem() {
    shown += 1;
  },
  handleEndOfLifetime(_item, reason) {
    ended.push(reason.kind);
  },
};

const MEMORY = "obsd-test-memory";

/** Files that are on no disk. */
const memory = {
  files: new Map(),
  changes: new vscode.EventEmitter(),
  get onDidChangeFile() {
    return this.changes.event;
  },
  watch: () => new vscode.Disposable(() => {}),
  stat(uri) {
    const file = this.files.get(uri.path);
    if (!file) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    return { type: vscode.FileType.File, ctime: 0, mtime: Date.now(), size: file.length };
  },
  readFile(uri) {
    return this.files.get(uri.path) ?? Buffer.alloc(0);
  },
  writeFile(uri, content) {
    this.files.set(uri.path, Buffer.from(content));
  },
  readDirectory: () => [],
  createDirectory() {},
  delete() {},
  rename() {},
};

/** A notebook of one cell, whose text is the file's. */
const notebooks = {
  deserializeNotebook(content) {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, Buffer.from(content).toString(), "plaintext");
    return new vscode.NotebookData([cell]);
  },
  serializeNotebook(data) {
    return Buffer.from(data.cells[0].value);
  },
};

const editor = () => vscode.window.activeTextEditor;

const ACTS = {
  async open({ path }) {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(path), { preview: false });
  },
  async text() {
    return editor().document.getText();
  },
  async dirty() {
    return editor().document.isDirty;
  },
  async save() {
    return editor().document.save();
  },
  async select({ places }) {
    editor().selections = places.map((place) => new vscode.Selection(...place));
  },
  async run({ command, args }) {
    await vscode.commands.executeCommand(command, ...(args ?? []));
  },
  async edit({ line, character, text }) {
    return editor().edit((builder) => builder.insert(new vscode.Position(line, character), text));
  },
  async applyEdit({ path, line, character, text }) {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(vscode.Uri.file(path), new vscode.Position(line, character), text);
    return vscode.workspace.applyEdit(edit);
  },
  async untitled() {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: "" }));
  },
  async openMemory({ name, text }) {
    const uri = vscode.Uri.parse(`${MEMORY}:/${name}`);
    memory.files.set(uri.path, Buffer.from(text));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  },
  async memory({ name }) {
    return memory.files.get(`/${name}`)?.toString() ?? null;
  },
  async diff({ path, text }) {
    const left = vscode.Uri.parse(`${MEMORY}:/before`);
    memory.files.set(left.path, Buffer.from(text));
    await vscode.commands.executeCommand("vscode.diff", left, vscode.Uri.file(path), "diff", { preview: false });
  },
  async opened() {
    return editor() ? editor().document.uri.toString() : null;
  },
  async openNotebook({ path }) {
    const document = await vscode.workspace.openNotebookDocument(vscode.Uri.file(path));
    await vscode.window.showNotebookDocument(document);
  },
  async editCell({ text }) {
    const edit = new vscode.WorkspaceEdit();
    const cell = vscode.window.activeNotebookEditor.notebook.cellAt(0).document;
    edit.insert(cell.uri, new vscode.Position(0, 0), text);
    return vscode.workspace.applyEdit(edit);
  },
  async saveNotebook() {
    return vscode.window.activeNotebookEditor.notebook.save();
  },
  async suggest(given) {
    suggestion = given.text ? given : undefined;
    shown = 0;
  },
  async showing() {
    return shown > 0;
  },
  async fates() {
    const found = { ended, shown };
    ended = [];
    shown = 0;
    return found;
  },
  async setting({ name, value }) {
    await vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
  },
  async declare({ provider, outcome, characters, lines }) {
    const extension = vscode.extensions.getExtension("obsd.obsd-vscode");
    (await extension.activate()).suggestion(provider, outcome, characters, lines);
  },
  async flush() {
    await (await vscode.extensions.getExtension("obsd.obsd-vscode").activate()).flush();
  },
  async describe() {
    return vscode.extensions.all.filter((one) => one.id.includes("obsd")).map((one) => [one.id, one.isActive]);
  },
};

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider(MEMORY, memory, { isCaseSensitive: true }),
    vscode.workspace.registerNotebookSerializer("obsd-test-notebook", notebooks),
    vscode.languages.registerInlineCompletionItemProvider({ scheme: "file" }, provider),
    vscode.languages.registerDocumentFormattingEditProvider({ scheme: "file", language: "plaintext" }, {
      provideDocumentFormattingEdits: (document) => {
        const end = document.lineAt(document.lineCount - 1).range.end;
        return [vscode.TextEdit.insert(end, "\nformatted")];
      },
    }),
  );
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", async () => {
      try {
        const { act, ...words } = JSON.parse(body);
        const value = await ACTS[act](words);
        response.end(JSON.stringify({ value: value ?? null }));
      } catch (error) {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: String(error && error.stack) }));
      }
    });
  });
  // Each window has a driver of its own, at the first of the addresses that no other has.
  const ports = process.env.OBSD_TEST_DRIVER_PORTS.split(",").map(Number);
  const listen = () => server.listen(ports.shift(), "127.0.0.1");
  server.on("error", () => ports.length && listen());
  listen();
  context.subscriptions.push({ dispose: () => server.close() });
};
