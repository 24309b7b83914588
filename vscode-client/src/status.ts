/** The status bar item: what the server does now, and a menu of what can be done about it. */
import * as vscode from "vscode";
import type { State, Status } from "./protocol";

const looks: Record<State, { icon: string; word: string; warning?: true }> = {
  ready: { icon: "check", word: "" },
  loading: { icon: "loading~spin", word: "loading" },
  sampling: { icon: "loading~spin", word: "sampling" },
  verifying: { icon: "beaker", word: "verifying" },
  paused: { icon: "debug-pause", word: "paused" },
  deferred: { icon: "clock", word: "waiting" },
  noSandbox: { icon: "shield", word: "no sandbox", warning: true },
  noModel: { icon: "cloud-download", word: "no model", warning: true },
  untrusted: { icon: "workspace-untrusted", word: "untrusted" },
  error: { icon: "error", word: "error", warning: true },
};

const reasons: Record<string, string> = { battery: "on battery", load: "machine busy", otherServer: "another editor samples" };

/** What the item shows. */
export function describe(status: Status | undefined): { text: string; tooltip: string; warning: boolean } {
  if (!status) {
    return { text: "$(circle-slash) Greenfill", tooltip: "The Greenfill server does not run", warning: false };
  }
  const look = looks[status.state] ?? looks.error;
  const share = status.state === "loading" ? `${status.done ?? 0}%` : `${status.done}/${status.total}`;
  const progress = status.done !== undefined && status.total !== undefined ? ` ${share}` : "";
  const reason = status.reason ? `, ${reasons[status.reason] ?? status.reason}` : "";
  return {
    text: `$(${look.icon}) Greenfill${look.word ? `: ${look.word}${progress}${reason}` : ""}`,
    tooltip: status.model ? `${status.message}\n${status.model}` : status.message,
    warning: look.warning === true,
  };
}

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("greenfill.status", vscode.StatusBarAlignment.Right, 100);
  private status: Status | undefined;

  constructor() {
    this.item.name = "Greenfill";
    this.item.command = "greenfill.menu";
    this.update(undefined);
    this.item.show();
  }

  /** Takes the server's newest state; undefined when no server runs. */
  update(status: Status | undefined): void {
    this.status = status;
    const { text, tooltip, warning } = describe(status);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  /** Shows the menu: first what the server offers in its state, then what can always be done. */
  async menu(): Promise<void> {
    type Item = vscode.QuickPickItem & { run?: () => Thenable<unknown> };
    const run = (command: string, ...args: unknown[]) => () => vscode.commands.executeCommand(command, ...args);
    const items: Item[] = (this.status?.actions ?? []).map((action) => ({
      label: action.title,
      run: run(action.command, ...(action.arguments ?? [])),
    }));
    items.push({ label: "", kind: vscode.QuickPickItemKind.Separator });
    if (this.status) {
      const paused = this.status.state === "paused";
      items.push(
        { label: "$(sparkle) Complete here", run: run("greenfill.completeHere") },
        { label: "$(add) More samples", run: run("greenfill.moreHere") },
        { label: "$(list-unordered) Show all candidates", run: run("greenfill.showCandidates") },
        paused
          ? { label: "$(debug-start) Resume", run: run("greenfill.resumeSampling") }
          : { label: "$(debug-pause) Pause", run: run("greenfill.pauseSampling") },
        { label: "$(cloud-download) Pull a model", run: run("greenfill.pullModel") },
        { label: "$(pulse) Doctor", run: run("greenfill.showDoctor") },
      );
    }
    items.push(
      { label: "$(output) Show log", run: run("greenfill.showLog") },
      { label: "$(debug-restart) Restart server", run: run("greenfill.restartServer") },
    );
    const { tooltip } = describe(this.status);
    const choice = await vscode.window.showQuickPick(items, { title: "Greenfill", placeHolder: tooltip.replace("\n", " · ") });
    await choice?.run?.();
  }

  dispose(): void {
    this.item.dispose();
  }
}
