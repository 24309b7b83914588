/** Read-only text beside the editor: the candidates of a function, the doctor's report. */
import * as vscode from "vscode";
import type { Candidate, Candidates, Doctor } from "./protocol";

const SCHEME = "greenfill";

export class Panel implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  /** Opens or refills the text of that name. */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}

/** All bodies with their verdicts, as a Python text to read. */
export function candidatesText(result: Candidates): string {
  const parts = result.candidates.map((candidate) => {
    const why = candidate.verified ? "" : `#   ${reason(candidate)}\n`;
    return `# ${candidate.label}\n${why}${candidate.text}\n`;
  });
  return [`# ${result.spec}: ${result.message}\n`, ...parts].join("\n");
}

/** Why a body did not pass, in one line. */
export function reason({ verdict }: Candidate): string {
  const where = verdict.source ? [`line ${verdict.line}: ${verdict.source}`] : [];
  const what =
    verdict.actual !== undefined && verdict.expected !== undefined
      ? [`got ${verdict.actual}, expected ${verdict.expected}`]
      : verdict.message
        ? [verdict.message]
        : [];
  return [...where, ...what].join("; ").replace(/\n/g, " ") || verdict.status;
}

const marks = { ok: "✓", warning: "!", failure: "✗" };

export function doctorText(report: Doctor): string {
  return report.findings
    .map(({ name, state, message, advice }) => `${marks[state] ?? "?"} ${name}: ${message}\n${advice ? `    ${advice}\n` : ""}`)
    .join("");
}
