// The client alone, in a real workbench, against the scripted server.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PATIENCE, Workbench, fakeServer, isAlive, keepingScreens, until, write } from "./workbench.mjs";

const ADD = 'def add(a, b):\n    """Add two numbers."""\n\n\nassert add(1, 2) == 3\n';

let workbench;
before(async () => {
  workbench = await Workbench.start();
});
after(() => workbench?.stop());

let count = 0;

/** Opens a folder whose server is the scripted one with this environment; more: settings of the folder. */
async function open(text = ADD, env = {}, more = {}) {
  const folder = join(workbench.home, `fake-${count++}`);
  const log = join(folder, "messages.jsonl");
  const variables = Object.entries({ FAKE_LOG: log, ...env }).map(([name, value]) => `${name}=${value}`);
  const script = join(folder, "server");
  // The folder in the command line tells this window's servers from another's.
  write(script, `#!/bin/sh\nexport ${variables.join(" ")}\nexec python3 ${fakeServer} ${folder} "$@"\n`, 0o755);
  const window = await workbench.open({ "a.py": text }, { "greenfill.path": script, ...more });
  window.servers = () => workbench.servers(folder);
  window.said = (method) =>
    (existsSync(log) ? readFileSync(log, "utf8") : "")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((message) => message.method === method)
      .map((message) => message.params);
  window.ran = (command) => window.said("workspace/executeCommand").filter((params) => params.command === command);
  await window.file("a.py");
  return window;
}

/** As open, with the cursor in the empty body and its ghost text shown. */
async function openWithGhost(env) {
  const window = await open(ADD, env);
  await window.sees("candidates"); // the lens: the server answers
  await window.goto(3);
  await window.type("    "); // VS Code asks when something is typed, not when the cursor moves
  await window.seesGhost("return a + b");
  return window;
}

const check = (name, body) => test(name, () => keepingScreens(name, workbench, body));

check("ghost text appears with its label, Tab accepts it, the server hears of it", async () => {
  const window = await openWithGhost();
  await until("the label is shown", async () => (await window.labels()).includes("✓ 2/2 asserts · 7 of 16 samples"));
  await window.press("Tab");
  await window.saved("a.py", (text) => text === ADD.replace('"""\n\n', '"""\n    return a + b\n'));
  await until("the server hears of it", () => window.ran("greenfill.accept").length === 1);
  const [asked] = window.said("textDocument/inlineCompletion").slice(-1);
  assert.equal(typeof asked.textDocument.version, "number", "the request names the document's version");
  const options = window.said("initialize")[0].initializationOptions;
  assert.equal(options.trusted, true);
  assert.equal(options.notifications, true);
  assert.equal(options.settings.idleDelay, 400);
  assert.equal("path" in options.settings, false, "the client's own settings stay here");
  await window.close();
});

check("Alt+] goes through the bodies", async () => {
  const window = await openWithGhost();
  await window.press("Alt+]");
  await window.seesGhost("return b + a");
  await window.press("Alt+]");
  await window.seesGhost("total += b");
  await window.press("Tab");
  await window.saved("a.py", (text) => text.includes("    total = a\n    total += b\n    return total\n"));
  await window.close();
});

check("a key pressed while a job runs ends the request", async () => {
  const window = await open(ADD, { FAKE_DELAY: 60000 });
  await window.sees("candidates");
  await window.goto(3);
  await window.type("    ");
  await window.seesStatus("sampling 5/16");
  await window.type("#");
  await until("the request is cancelled", () => window.said("$/cancelRequest").length > 0);
  assert.equal(await window.ghost(), "");
  await window.close();
});

check("a lens completes a placeholder", async () => {
  const window = await open(ADD.replace('"""\n\n', '"""\n    pass\n'));
  await window.lens("complete", async () => (await window.screen()).includes("insert"));
  await window.lens("insert", async () => (await window.screen()).includes("return a + b"));
  await window.saved("a.py", (text) => text === ADD.replace('"""\n\n', '"""\n    return a + b\n'));
  await window.close();
});

check("the palette completes at the cursor", async () => {
  const window = await open(ADD.replace('"""\n\n', '"""\n    ...\n'));
  await window.sees("candidates");
  await window.goto(3);
  await window.command("Greenfill: Complete Here");
  await window.saved("a.py", (text) => text === ADD.replace('"""\n\n', '"""\n    return a + b\n'));
  await window.close();
});

check("all candidates are shown with their verdicts, a verified one can be inserted", async () => {
  const window = await openWithGhost();
  await window.lens("candidates", async () => (await window.screen()).includes("Greenfill: add"));
  await window.sees("line 5: assert add(1, 2) == 3; got 0, expected 3");
  await window.page.keyboard.type("b + a");
  await window.pick("b + a");
  await until("it is applied", () => window.ran("greenfill.apply")[0]?.arguments[0].id === "2");
  await window.close();
});

check("the menu of the status bar offers what the server offers", async () => {
  const window = await openWithGhost();
  await window.command("Greenfill: Pause");
  await window.seesStatus("paused");
  await window.page.click('.statusbar-item[id*="greenfill"] a');
  await window.pick("Resume"); // the first entry, which is the server's
  await until("it is resumed", () => window.ran("greenfill.resume").length === 1);
  await window.command("Greenfill: Doctor");
  await window.sees("greenfill model pull qwen2.5-coder-0.5b");
  await window.close();
});

for (const [state, text, entry, ran] of [
  ["noModel", "no model", "Fetch a model", "greenfill.model.pull"],
  ["noSandbox", "no sandbox", "What is missing", undefined],
  ["deferred", "waiting, on battery", "Sample anyway", "greenfill.resume"],
]) {
  check(`${state}: the status bar says so, its menu what to do`, async () => {
    const window = await open(ADD, { FAKE_STATUS: state });
    await window.seesStatus(text);
    await window.page.click('.statusbar-item[id*="greenfill"] a');
    await window.pick(entry);
    await (ran
      ? until("the server is told", () => window.ran(ran).length === 1)
      : window.sees("greenfill model pull qwen2.5-coder-0.5b")); // the doctor's advice
    await window.close();
  });
}

check("a server that dies is started again", async () => {
  const window = await openWithGhost();
  const [first] = window.servers();
  process.kill(first, "SIGKILL");
  await until("another one runs", () => window.servers().some((pid) => pid !== first && isAlive(pid)));
  await until("it is initialized", () => window.said("initialized").length === 2);
  await window.ghostAfterTyping("return a + b");
  await window.close();
});

check("a server that cannot start is tried five more times, then the user is asked", async () => {
  const window = await open(ADD, { FAKE_EXIT: 3 });
  await window.sees("ended 6 times in a row", 2 * 60_000);
  await window.page.goto("about:blank");
  await window.page.close();
});

check("a binary that is not there: the popup leads to the setting of this host", async () => {
  const window = await open(ADD, {}, { "greenfill.path": "/not/there" });
  await window.sees("The greenfill binary was not found");
  await window.page.click(".notification-list-item .notification-list-item-buttons-container a");
  await window.page.waitForSelector(".settings-editor .settings-tabs-widget .action-label.checked[aria-label^=Remote]", { timeout: PATIENCE });
  await window.sees("Greenfill: Path");
  await window.close();
});

check("closing the window ends the server", async () => {
  const window = await openWithGhost();
  const servers = window.servers();
  assert.notEqual(servers.length, 0);
  await window.close();
  await until("it has ended", () => !servers.some(isAlive));
});
