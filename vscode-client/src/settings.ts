/** What the user configured: where the binary is, and what the server is told. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

const SECTION = "greenfill";

/** The server's settings: all of the section but what only the client needs. */
export function serverSettings(scope?: vscode.ConfigurationScope): Record<string, unknown> {
  const { path: _, ...settings } = vscode.workspace.getConfiguration(SECTION, scope) as unknown as Record<string, unknown>;
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => typeof value !== "function"));
}

/** The binary's full path, or undefined when it is not there. */
export function findBinary(): string | undefined {
  const configured = vscode.workspace.getConfiguration(SECTION).get("path", "");
  const wanted = configured.replace(/^~(?=\/|\\|$)/, os.homedir()) || "greenfill";
  const names = process.platform === "win32" && !path.extname(wanted) ? [`${wanted}.exe`] : [wanted];
  const folders = /[\\/]/.test(wanted) ? [""] : (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Asks for the binary that findBinary did not find. */
export async function complainAboutBinary(): Promise<void> {
  const open = "Open Settings";
  const choice = await vscode.window.showErrorMessage(
    "The greenfill binary was not found. Put it on PATH, or set greenfill.path.",
    open,
  );
  if (choice === open) {
    // On a remote host the path is one of that host, and is read from its settings alone.
    const settings = vscode.env.remoteName ? "openRemoteSettings" : "openSettings";
    await vscode.commands.executeCommand(`workbench.action.${settings}`, { query: `${SECTION}.path` });
  }
}
