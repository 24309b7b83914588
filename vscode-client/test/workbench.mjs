// Drives a real VS Code workbench in a browser as a person does: keys and clicks go in,
// what the page shows is read back, files are read from disk.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { install } from "./install.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const failures = join(here, "failures");
export const root = join(here, "..", "..");
export const fakeServer = join(root, "nvim-client", "test", "fake_server.py");

/** Milliseconds that a condition is waited for; a loaded two-core machine is slow. */
export const PATIENCE = Number(process.env.GREENFILL_PATIENCE ?? 60_000);

/** Waits until fn() gives something true, and returns that. */
export async function until(what, fn, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await fn();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const settings = {
  "chat.disableAIFeatures": true,
  "editor.autoClosingBrackets": "never", // what is typed is what stands there
  "editor.autoClosingQuotes": "never",
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "telemetry.telemetryLevel": "off",
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "window.menuBarVisibility": "hidden",
};

/** A code-server with the packaged extension in it, and a browser. */
export class Workbench {
  /** trustAll: whether to switch workspace trust off; machine: settings of the machine that the server runs on. */
  static async start({ trustAll = true, machine = {} } = {}) {
    const self = new Workbench();
    const { node, entry, browser } = install();
    self.home = mkdtempSync(join(tmpdir(), "greenfill-vscode-"));
    const user = join(self.home, "user");
    const extensions = join(self.home, "extensions");
    write(join(user, "User", "settings.json"), JSON.stringify(settings));
    // What is a matter of the machine, as paths are, VS Code reads from here alone when it is served from there.
    write(join(user, "Machine", "settings.json"), JSON.stringify(machine));
    const options = ["--user-data-dir", user, "--extensions-dir", extensions, "--config", join(self.home, "config.yaml")];
    const surroundings = {
      ...process.env,
      XDG_STATE_HOME: join(self.home, "state"),
      XDG_RUNTIME_DIR: self.home, // holds the lock by which servers wait for each other
    };
    execFileSync(node, [entry, ...options, "--install-extension", join(root, "vscode-client", "dist", "greenfill.vsix")], {
      env: surroundings,
      stdio: "ignore",
    });
    // A window that is gone takes its extensions with it, at once.
    const quiet = ["--reconnection-grace-time", "1", "--auth", "none", "--disable-telemetry", "--disable-update-check"];
    const trust = trustAll ? ["--disable-workspace-trust"] : [];
    self.server = spawn(node, [entry, ...options, ...quiet, ...trust, "--bind-addr", "127.0.0.1:0"], { env: surroundings });
    self.log = "";
    self.server.stdout.on("data", (data) => (self.log += data));
    self.server.stderr.on("data", (data) => (self.log += data));
    const address = await until("code-server listens", () => self.log.match(/listening on (http:\S+)/));
    self.address = address[1];
    self.browser = await puppeteer.launch({
      executablePath: browser,
      headless: true,
      userDataDir: join(self.home, "browser"),
      defaultViewport: { width: 1000, height: 620, deviceScaleFactor: 1 },
      protocolTimeout: 4 * PATIENCE,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
      ],
    });
    return self;
  }

  /** Opens a new folder with these files; settings are the folder's own. */
  async open(files, settings = {}) {
    const folder = mkdtempSync(join(this.home, "project-"));
    write(join(folder, ".vscode", "settings.json"), JSON.stringify(settings));
    for (const [name, text] of Object.entries(files)) {
      write(join(folder, name), text);
    }
    const page = await this.browser.newPage();
    page.on("dialog", (dialog) => dialog.accept()); // leaving unsaved text
    await page.goto(`${this.address}?folder=${folder}`);
    await page.waitForSelector(".monaco-workbench .explorer-folders-view .monaco-list-row", { timeout: PATIENCE });
    return new Window(this, page, folder);
  }

  /** The processes of the language server that run below this workbench. */
  servers(mark) {
    return descendants(this.server.pid).filter((pid) => commandLine(pid).includes(mark));
  }

  async stop() {
    await this.browser?.close();
    const pids = [this.server.pid, ...descendants(this.server.pid)];
    this.server.kill("SIGTERM");
    try {
      await until("all processes of the workbench end", () => !pids.some(isAlive), 20_000);
    } finally {
      pids.filter(isAlive).forEach((pid) => process.kill(pid, "SIGKILL"));
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}

/** One open folder. */
export class Window {
  constructor(workbench, page, folder) {
    Object.assign(this, { workbench, page, folder });
  }

  /** Opens a file from the explorer and puts the cursor into it. */
  async file(name) {
    const row = `.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`;
    await until(`the explorer shows ${name}`, async () => {
      const inView = (row) => {
        const [inner, outer] = [row, row.closest(".explorer-folders-view")].map((element) => element.getBoundingClientRect());
        return outer.top <= inner.top && inner.bottom <= outer.bottom;
      };
      if (await this.page.$eval(row, inView).catch(() => false)) return true; // rows far off are not there at all
      await this.page.hover(".explorer-folders-view");
      await this.page.mouse.wheel({ deltaY: 100 });
      return false;
    });
    await this.page.click(row, { count: 2 });
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: PATIENCE });
    await this.page.waitForSelector(".editor-instance .view-line", { timeout: PATIENCE });
    await this.focus();
  }

  async focus() {
    await this.page.waitForSelector(".editor-group-container.active .monaco-editor .view-lines", { timeout: PATIENCE });
    await this.page.click(".editor-group-container.active .monaco-editor .view-lines");
    await until("the editor has the focus", () => this.page.$(".editor-group-container.active .monaco-editor.focused"));
  }

  /** Presses one chord, such as "Control+Home". */
  async press(chord) {
    const keys = chord.split("+");
    const last = keys.pop();
    for (const key of keys) await this.page.keyboard.down(key);
    await this.page.keyboard.press(last);
    for (const key of keys.reverse()) await this.page.keyboard.up(key);
  }

  async type(text) {
    for (const part of text.split(/(\n)/)) {
      await (part === "\n" ? this.press("Enter") : this.page.keyboard.type(part));
    }
  }

  /** Closes the active editor, whose file is saved. */
  async closeFile(name) {
    const tab = `.tab[data-resource-name="${name}"]`;
    await this.page.waitForSelector(`${tab}:not(.dirty)`, { timeout: PATIENCE });
    await this.page.click(`${tab} .tab-actions a`);
    await this.page.waitForSelector(tab, { hidden: true, timeout: PATIENCE });
  }

  /** Puts the cursor at the end of a line, counted from 1. */
  async goto(line) {
    await this.press("Control+Home");
    for (let i = 1; i < line; i++) await this.press("ArrowDown");
    await this.press("End");
  }

  /** The ghost text on the screen, line by line. It is drawn in pieces, one for each colour. */
  ghost() {
    return this.page.evaluate(() => {
      const lines = [];
      for (const line of document.querySelectorAll(".monaco-editor .view-line")) {
        const whole = line.closest(".suggest-preview-text");
        const pieces = whole ? [line] : [...line.querySelectorAll("[class*=ghost-text-decoration]")];
        const text = pieces.map((piece) => piece.textContent).join("");
        if (text) lines.push({ top: line.getBoundingClientRect().top, text });
      }
      lines.sort((a, b) => a.top - b.top);
      return lines.map(({ text }) => text.replace(/\u00a0/g, " ")).join("\n");
    });
  }

  /** All that the page shows. */
  async screen() {
    const text = await this.page.evaluate(() => document.body.innerText);
    return text.replace(/\u00a0/g, " ");
  }

  /** The texts that decorations put behind lines; the page draws them by style sheets. */
  labels() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".monaco-editor .view-line span")]
        .map((span) => getComputedStyle(span, "::after").content)
        .filter((content) => /^".+"$/.test(content))
        .map((content) => content.slice(1, -1).replace(/\u00a0/g, " ")),
    );
  }

  sees(text, patience) {
    return until(`the page shows ${JSON.stringify(text)}`, async () => (await this.screen()).includes(text), patience);
  }

  seesGhost(text, patience) {
    return until(`ghost text holds ${JSON.stringify(text)}`, async () => (await this.ghost()).includes(text), patience);
  }

  /** Types until ghost text with this text is shown: a server that has just started may not be asked yet. */
  ghostAfterTyping(text, patience) {
    return until(`ghost text holds ${JSON.stringify(text)}`, async () => {
      await this.type("#");
      await this.press("Backspace");
      return this.seesGhost(text, 5000).catch(() => false);
    }, patience);
  }

  seesNoGhost() {
    return until("no ghost text is shown", async () => (await this.ghost()) === "");
  }

  /** The text of the status bar item. */
  status() {
    return this.page.evaluate(() => document.querySelector('.statusbar-item[id*="greenfill"]')?.innerText.trim() ?? "");
  }

  seesStatus(text, patience) {
    return until(`the status bar shows ${text}`, async () => (await this.status()).includes(text), patience);
  }

  /** Clicks the code lens of that title until happened() is true: lenses move while they are redrawn. */
  async lens(title, happened) {
    let clicked = false;
    await until(`a click on the lens "${title}" has its effect`, async () => {
      if (clicked && (await happened())) {
        return true;
      }
      for (const link of await this.page.$$(".codelens-decoration a")) {
        if ((await link.evaluate((a) => a.innerText).catch(() => "")).includes(title)) {
          clicked = await link.click().then(() => true, () => clicked); // or it is gone by now
          return until("it happens", happened, 5000).then(() => true, () => false);
        }
      }
      return false;
    });
  }

  /** Runs a command by its name in the palette. */
  async command(title) {
    await this.press("F1");
    await this.page.waitForSelector(".quick-input-widget input", { visible: true, timeout: PATIENCE });
    await this.page.keyboard.type(title);
    await this.pick(title);
  }

  /**
   * Takes the entry with this text from an open list once it has the focus. The list is
   * drawn before its entries come from the extension: a key pressed then takes nothing.
   */
  async pick(text) {
    await until(`the list offers ${text}`, () =>
      this.page.evaluate(
        (wanted) => document.querySelector(".quick-input-list .monaco-list-row.focused")?.innerText.includes(wanted),
        text,
      ),
    );
    await this.press("Enter");
  }

  /** Saves until the file on disk satisfies fn; returns its text. */
  async saved(name, fn) {
    const path = join(this.folder, name);
    let text;
    const ok = async () => {
      await this.press("Control+s");
      text = readFileSync(path, "utf8");
      return fn(text);
    };
    await until(`${name} on disk is as expected`, ok).catch((error) => {
      throw new Error(`${error.message}; it is:\n${text}`);
    });
    return text;
  }

  /** The error messages that are shown as popups. */
  errors() {
    return errorsOn(this.page);
  }

  async screenshot(path) {
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
  }

  /** Leaves the workbench as a closed tab does, and asserts that it showed no error. */
  async close() {
    const errors = await this.errors();
    await this.page.goto("about:blank");
    await this.page.close();
    assert.deepEqual(errors, []);
  }
}

function errorsOn(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".notification-list-item")]
      .filter((item) => item.querySelector(".codicon-error"))
      .map((item) => item.innerText),
  );
}

/** Runs a test body; if it fails, prints popups, and keeps a picture of each open window and the server's log. */
export async function keepingScreens(name, workbench, body) {
  try {
    await body();
  } catch (error) {
    const file = join(failures, name.replace(/[^\w.]+/g, "-"));
    for (const [i, page] of (await workbench.browser.pages()).entries()) {
      if (page.url().startsWith(workbench.address)) {
        mkdirSync(failures, { recursive: true });
        await page.screenshot({ path: `${file}-${i}.png` }).catch(() => undefined);
        console.log("the page's popups:", await errorsOn(page).catch(String));
        await page.goto("about:blank").catch(() => undefined);
        await page.close().catch(() => undefined);
      }
    }
    write(`${file}.log`, workbench.log + extensionLogs(workbench));
    throw error;
  }
}

/** What the extension wrote to its output channel. */
function extensionLogs(workbench) {
  const logs = join(workbench.home, "user", "logs");
  const files = existsSync(logs) ? readdirSync(logs, { recursive: true }).filter((f) => /greenfill/i.test(f) && f.endsWith(".log")) : [];
  return files.map((f) => `\n== ${f}\n${readFileSync(join(logs, f), "utf8")}`).join("");
}

export function write(path, text, mode) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** The processes below one, all generations. */
export function descendants(pid) {
  let children = [];
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      children.push(...readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number));
    }
  } catch {
    return []; // it has ended
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Whether a process runs; one that ended and was not yet collected does not. */
export function isAlive(pid) {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
