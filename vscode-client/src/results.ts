/**
 * What the server said last about each spec. Two uses: the verified label beside the hole,
 * since ghost text itself can carry none, and asking again when a body has come that no
 * request waits for.
 */
import * as vscode from "vscode";
import type { Results } from "./protocol";

export class ResultsView implements vscode.Disposable {
  private readonly known = new Map<string, Map<string, Results>>(); // by URI and spec
  private readonly label = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), margin: "0 0 0 2em" },
  });
  private readonly subscriptions = [
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.show(textEditor)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => this.showIn(document.uri.toString())),
    vscode.workspace.onDidCloseTextDocument((document) => this.known.delete(document.uri.toString())),
  ];

  /** waiting(uri) says how many inline requests wait for an answer about a document. */
  constructor(private readonly waiting: (uri: string) => number) {}

  /** Takes news about a spec. */
  update(results: Results): void {
    const uri = vscode.Uri.parse(results.uri).toString();
    const specs = this.known.get(uri) ?? new Map<string, Results>();
    const before = specs.get(results.spec);
    this.known.set(uri, specs.set(results.spec, results));
    this.showIn(uri);
    const had = before?.key === results.key ? before.completions : 0;
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== uri || !holds(results, editor) || this.waiting(uri) > 0) {
      return;
    }
    if (results.completions > 0 && had === 0) {
      void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    }
  }

  private showIn(uri: string): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.toString() === uri) {
        this.show(editor);
      }
    }
  }

  /** Writes the label at the end of the line above the cursor, if that stands in a hole. */
  private show(editor: vscode.TextEditor): void {
    const { document } = editor;
    const results = [...(this.known.get(document.uri.toString())?.values() ?? [])].find(
      (r) => r.completions > 0 && holds(r, editor),
    );
    const line = document.lineAt(Math.max(editor.selection.active.line - 1, 0));
    const after = { contentText: results?.message ?? "" };
    editor.setDecorations(this.label, results ? [{ range: line.range, renderOptions: { after } }] : []);
  }

  /** Forgets everything, when the server has ended. */
  clear(): void {
    this.known.clear();
    vscode.window.visibleTextEditors.forEach((editor) => editor.setDecorations(this.label, []));
  }

  dispose(): void {
    this.label.dispose();
    this.subscriptions.forEach((subscription) => subscription.dispose());
  }
}

/** Whether the cursor stands where a body would go: in the hole, or on the empty lines behind it. */
function holds({ hole }: Results, { document, selection }: vscode.TextEditor): boolean {
  const line = selection.active.line;
  for (let i = hole.end.line + 1; i <= line; i++) {
    if (!document.lineAt(i).isEmptyOrWhitespace) {
      return false;
    }
  }
  return line >= hole.start.line;
}
