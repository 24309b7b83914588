/** Greenfill in VS Code: finds the binary, starts it, shows its state. The server thinks. */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Panel } from "./panel";
import { resultsChanged, statusChanged } from "./protocol";
import { ResultsView } from "./results";
import { Server } from "./server";
import { StatusItem } from "./status";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const status = new StatusItem();
  const panel = new Panel();
  const results = new ResultsView((uri) => server?.pending.get(uri) ?? 0);
  server = new Server(
    (client) => {
      client.onNotification(statusChanged, (params) => status.update(params));
      client.onNotification(resultsChanged, (params) => results.update(params));
    },
    () => {
      status.update(undefined);
      results.clear();
    },
  );
  context.subscriptions.push(
    status,
    panel,
    results,
    ...registerCommands(server, panel, () => status.menu()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server?.grantTrust()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("greenfill.path")) {
        void server?.restart();
      }
    }),
  );
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
  server = undefined;
}
