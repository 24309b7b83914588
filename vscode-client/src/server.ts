/**
 * The server's life: started once, started again after a longer wait each time it dies,
 * stopped with the extension. Each start has a LanguageClient of its own, so that a failed
 * start leaves nothing behind.
 */
import * as vscode from "vscode";
import { CloseAction, ErrorAction, InlineCompletionRequest, LanguageClient, State } from "vscode-languageclient/node";
import type { LanguageClientOptions } from "vscode-languageclient/node";
import { trustChanged } from "./protocol";
import { complainAboutBinary, findBinary, serverSettings } from "./settings";

/** Milliseconds before the nth restart in a row. */
const DELAYS = [500, 1000, 2000, 4000, 8000];
/** A server that ran for so long did not crash at start. */
const STEADY = 60_000;

export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("Greenfill", { log: true });
  /** By document URI, how many inline requests the server has not answered yet. */
  readonly pending = new Map<string, number>();
  private client: LanguageClient | undefined;
  private started = 0;
  private crashes = 0;
  private timer: NodeJS.Timeout | undefined;

  /** onStart is called with each client before it starts, to add its handlers. */
  constructor(
    private readonly onStart: (client: LanguageClient) => void,
    private readonly onStop: () => void,
  ) {}

  /** The client, if its server is ready for requests. */
  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }


  async start(): Promise<void> {
    const command = findBinary();
    if (!command) {
      void complainAboutBinary();
      return;
    }
    const run = { command, args: ["lsp"] };
    const client = new LanguageClient("greenfill", "Greenfill", { run, debug: run }, this.options());
    this.client = client;
    this.started = Date.now();
    client.onDidChangeState(({ newState }) => {
      void vscode.commands.executeCommand("setContext", "greenfill.running", newState === State.Running);
      if (newState === State.Stopped && this.client === client) {
        this.ended(client);
      }
    });
    this.onStart(client);
    try {
      await client.start();
    } catch (error) {
      this.log.error(`the server did not start: ${error}`);
      if (this.client === client) {
        this.ended(client);
      }
    }
  }

  /** Stops the server for good; start() begins anew. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    this.onStop();
    // A server that does not answer is killed by the client after this time.
    await client?.dispose(2000).catch(() => undefined);
  }

  async restart(): Promise<void> {
    this.crashes = 0;
    await this.stop();
    await this.start();
  }

  dispose(): void {
    void this.stop();
    this.log.dispose();
  }

  /** The server has died by itself. */
  private ended(client: LanguageClient): void {
    this.client = undefined;
    this.onStop();
    void client.dispose().catch(() => undefined);
    this.crashes = Date.now() - this.started > STEADY ? 1 : this.crashes + 1;
    const delay = DELAYS[this.crashes - 1];
    if (delay !== undefined) {
      this.timer = setTimeout(() => void this.start(), delay);
      return;
    }
    const again = "Restart";
    const log = "Show Log";
    void vscode.window
      .showErrorMessage(`The Greenfill server ended ${this.crashes} times in a row.`, again, log)
      .then((choice) => (choice === again ? this.restart() : choice === log ? this.log.show() : undefined));
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ language: "python", scheme })),
      initializationOptions: {
        trusted: vscode.workspace.isTrusted,
        notifications: true,
        clientCommands: ["greenfill.showCandidates", "greenfill.showDoctor"],
        settings: serverSettings(),
      },
      outputChannel: this.log,
      // What the server says is in its log and its status; a popup is for what it asks to show.
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      middleware: {
        workspace: {
          configuration: (params) =>
            params.items.map(({ scopeUri }) => serverSettings(scopeUri ? vscode.Uri.parse(scopeUri) : undefined)),
        },
        // VS Code itself asks whether a workspace is trusted, and tells grantTrust.
        executeCommand: (command, args, next) =>
          command === "greenfill.trust" && !vscode.workspace.isTrusted
            ? vscode.commands.executeCommand("workbench.trust.manage")
            : next(command, args),
        provideInlineCompletionItems: (document, position, context, token) =>
          this.inlineCompletions(document, position, context, token),
      },
    };
  }

  /** As the client's own feature asks, and with the version that the position belongs to. */
  private async inlineCompletions(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined> {
    const client = this.running;
    if (!client) {
      return null;
    }
    const params = client.code2ProtocolConverter.asInlineCompletionParams(document, position, context);
    const textDocument = { ...params.textDocument, version: document.version };
    const uri = document.uri.toString();
    this.pending.set(uri, (this.pending.get(uri) ?? 0) + 1);
    try {
      const result = await client.sendRequest(InlineCompletionRequest.type, { ...params, textDocument }, token);
      return token.isCancellationRequested ? null : await client.protocol2CodeConverter.asInlineCompletionResult(result, token);
    } catch (error) {
      return client.handleFailedRequest(InlineCompletionRequest.type, token, error, null);
    } finally {
      this.pending.set(uri, (this.pending.get(uri) ?? 1) - 1);
    }
  }

  /** Tells a running server that the user trusts the workspace now. */
  grantTrust(): void {
    void this.running?.sendNotification(trustChanged, { trusted: true });
  }
}
