/**
 * The commands of the palette and the menu. Each finds out where the user is and passes it
 * on; the server's own commands (greenfill.complete, …) are registered by the language client.
 */
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { LanguageClient } from "vscode-languageclient/node";
import { candidatesText, doctorText } from "./panel";
import type { Panel } from "./panel";
import { candidatesOf, doctorReport } from "./protocol";
import type { Model, Results, SpecReference } from "./protocol";
import type { Server } from "./server";

export function registerCommands(server: Server, panel: Panel, menu: () => Promise<void>): vscode.Disposable[] {
  /** A command that needs the server; its failure is shown once. */
  const withClient = (name: string, run: (client: LanguageClient, ...args: never[]) => Promise<void>) =>
    vscode.commands.registerCommand(name, async (...args: never[]) => {
      const client = server.running;
      if (!client) {
        void vscode.window.showWarningMessage("The Greenfill server does not run.");
        return;
      }
      try {
        await run(client, ...args);
      } catch (error) {
        void vscode.window.showErrorMessage(`Greenfill: ${error instanceof Error ? error.message : error}`);
      }
    });

  /** A server command for the function at the cursor; its outcome goes to the status bar. */
  const atCursor = (name: string, command: string, extra: object = {}) =>
    withClient(name, async (client) => {
      const reference = here(client);
      if (!reference) {
        return;
      }
      const results = await execute<Results | string | null>(client, command, { ...reference, ...extra });
      if (results === null) {
        void vscode.window.showInformationMessage("No unwritten function with checks stands here.");
      } else if (typeof results === "object") {
        vscode.window.setStatusBarMessage(`Greenfill: ${results.message}`, 10_000);
      }
    });

  return [
    atCursor("greenfill.completeHere", "greenfill.complete", { apply: true }),
    atCursor("greenfill.moreHere", "greenfill.more"),
    atCursor("greenfill.explainHere", "greenfill.explain"),
    withClient("greenfill.showCandidates", (client, reference?: SpecReference) => showCandidates(client, panel, reference)),
    withClient("greenfill.checkFile", async (client) => {
      const reference = here(client);
      await (reference && execute(client, "greenfill.checkDocument", { uri: reference.uri }));
    }),
    withClient("greenfill.pauseSampling", (client) => execute(client, "greenfill.pause")),
    withClient("greenfill.resumeSampling", (client) => execute(client, "greenfill.resume")),
    withClient("greenfill.pullModel", pullModel),
    withClient("greenfill.showDoctor", async (client) =>
      panel.show("doctor", doctorText(await client.sendRequest(doctorReport, {}))),
    ),
    vscode.commands.registerCommand("greenfill.menu", menu),
    vscode.commands.registerCommand("greenfill.showLog", () => server.log.show()),
    vscode.commands.registerCommand("greenfill.restartServer", () => server.restart()),
  ];
}

function execute<T>(client: LanguageClient, command: string, ...args: object[]): Promise<T> {
  return client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
}

/** The function at the cursor. */
function here(client: LanguageClient): SpecReference | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "python") {
    void vscode.window.showInformationMessage("Put the cursor into a Python function first.");
    return undefined;
  }
  return {
    uri: client.code2ProtocolConverter.asUri(editor.document.uri),
    position: client.code2ProtocolConverter.asPosition(editor.selection.active),
  };
}

/** Shows all bodies beside the editor, and the verified ones in a list to insert one from. */
async function showCandidates(client: LanguageClient, panel: Panel, reference = here(client)): Promise<void> {
  if (!reference) {
    return;
  }
  const result = await client.sendRequest(candidatesOf, reference);
  if (!result) {
    void vscode.window.showInformationMessage("No unwritten function with checks stands here.");
    return;
  }
  await panel.show(`${result.spec}.py`, candidatesText(result));
  const verified = result.candidates.filter((candidate) => candidate.verified);
  if (verified.length === 0) {
    return;
  }
  const choice = await vscode.window.showQuickPick(
    verified.map(({ id, label, text }) => ({ id, label, detail: text.trim().split(/\s*\n\s*/).join(" ⏎ ") })),
    { title: `Greenfill: ${result.spec}`, placeHolder: "Insert a body that passed", matchOnDetail: true },
  );
  if (choice) {
    await execute(client, "greenfill.apply", { uri: result.uri, spec: result.spec, id: choice.id });
  }
}

/** Lets the user choose a model; the server shows the progress. */
async function pullModel(client: LanguageClient): Promise<void> {
  const models = await execute<Model[]>(client, "greenfill.model.list");
  const choice = await vscode.window.showQuickPick(
    models.map((model) => ({
      label: model.name,
      description: `${Math.round(model.bytes / 1e6)} MB${model.recommended ? ", recommended" : ""}`,
      detail: model.installed ? "installed" : "",
    })),
    { title: "Greenfill: pull a model", placeHolder: "It is fetched once; completing needs no network" },
  );
  if (choice) {
    const model = await execute<Model>(client, "greenfill.model.pull", { name: choice.label });
    void vscode.window.showInformationMessage(`Model ${model.name} is installed.`);
  }
}
