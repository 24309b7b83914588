// End to end: a real workbench, the real server, the real 0.5B model, real Python.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Workbench, descendants, isAlive, keepingScreens, root, until, write } from "./workbench.mjs";

const FULL = process.env.GREENFILL_FULL === "1";
// GREENFILL_SCREENS=1 renews the pictures of the README.
const screens = join(root, "vscode-client", process.env.GREENFILL_SCREENS === "1" ? "images" : "test/screens");
const JOB = 4 * PATIENCE; // loading the model and sampling, on a loaded machine

const ADD = `def add(a, b):
    """Add two numbers."""


assert add(1, 2) == 3
assert add(5, 7) == 12
`;

const DIGITS = `def digit_sum(n):
    """Sum the decimal digits of n."""


assert digit_sum(0) == 0
assert digit_sum(1234) == 10
assert digit_sum(-15) == 6
`;

// Many bodies pass: there is something to choose from.
const GREET = `def greet(name):
    """Return a friendly greeting for a name."""


assert "Ann" in greet("Ann")
`;

/** Settings for a machine that runs tests, which is busy. */
const settings = {
  "greenfill.model": "qwen2.5-coder-0.5b",
  "greenfill.samples": 8,
  "greenfill.maxLoad": 0,
  "greenfill.onBattery": "sample",
};

let workbench;
let count = 0;

/** Opens a folder with these files, and the first of them, with a server of its own. */
async function open(files, more = {}) {
  const folder = join(workbench.home, `server-${count++}`);
  const script = join(folder, "greenfill");
  // The log's name in the command line tells this window's server from another's.
  write(script, `#!/bin/sh\nexec ${process.env.GREENFILL} "$@" --log ${folder}/log\n`, 0o755);
  const window = await workbench.open(files, { ...settings, "greenfill.path": script, ...more });
  window.servers = () => workbench.servers(`--log ${folder}/log`);
  await window.file(Object.keys(files)[0]);
  return window;
}

/** As open, with the cursor in the empty body of the first file and its ghost text shown. */
async function openWithGhost(files, more) {
  const window = await open(files, more);
  await window.sees("complete from", JOB);
  await window.goto(3);
  await window.type("    "); // VS Code asks when something is typed
  await until("ghost text is shown", () => window.ghost(), JOB);
  return window;
}

function python(window, name) {
  execFileSync("python3", [name], { cwd: window.folder, timeout: 60_000 });
}

/** Clock ticks that a process and those below it have used. */
function cpu(pid) {
  return [pid, ...descendants(pid)]
    .map((p) => {
      try {
        const fields = readFileSync(`/proc/${p}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
        return Number(fields[11]) + Number(fields[12]);
      } catch {
        return 0;
      }
    })
    .reduce((a, b) => a + b);
}

/** Waits until a process uses no processor time for half a second. */
function idle(pid) {
  return until("the server is idle", async () => {
    const before = cpu(pid);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return cpu(pid) - before <= 2;
  });
}

/** Milliseconds from the key that asks for ghost text, known already, to its being shown; taken in the page. */
async function timeToGhost(window) {
  await window.type(" "); // one too many: no body fits there
  await window.press("Escape");
  await window.seesNoGhost();
  await window.page.evaluate(() => {
    const shown = () => document.querySelector(".monaco-editor [class*=ghost-text-decoration]");
    globalThis.time = new Promise((resolve) => {
      const key = () => {
        const begun = performance.now();
        const frame = () => (shown() ? resolve(performance.now() - begun) : requestAnimationFrame(frame));
        removeEventListener("keydown", key, true);
        frame();
      };
      addEventListener("keydown", key, true);
    });
  });
  await window.press("Backspace");
  return window.page.evaluate(() => globalThis.time);
}

function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/** Tells whether a text is off the screen to stay: lenses are away for a moment when they are drawn anew. */
const goneFor = (window, text) => async () => {
  for (let i = 0; i < 10; i++) {
    if ((await window.screen()).includes(text)) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
};

const check = (name, body) => test(name, () => keepingScreens(name, workbench, body));

describe("in a trusted workspace", () => {
  before(async () => {
    workbench = await Workbench.start();
  });
  after(() => workbench?.stop());

  check("a spec is typed, its body appears, is accepted, saved, and runs", async () => {
    const window = await open({ "digits.py": "" }, { "greenfill.samples": 16, "editor.autoIndent": "none" });
    await window.seesStatus("Greenfill");
    await window.type(DIGITS);
    await window.sees("complete from", JOB);
    await window.goto(3);
    await window.type("    ");
    await until("ghost text is shown", () => window.ghost(), JOB);
    await until("its label is shown", async () => (await window.labels()).some((label) => label.includes("✓ 3/3 asserts")), JOB);
    await window.sees("more samples", JOB); // all are drawn
    await until("ghost text is shown", () => window.ghost());
    await window.screenshot(join(screens, "ghost-text.png"));
    await window.press("Tab");
    await window.saved("digits.py", (text) => text.includes("return") && text.length > DIGITS.length);
    python(window, "digits.py");
    await window.sees("verified");
    await window.close();
  });

  check("Alt+] goes through bodies that behave differently", async () => {
    const window = await openWithGhost({ "a.py": GREET }, { "greenfill.samples": 16 });
    await window.sees("more samples", JOB);
    const first = await window.ghost();
    await window.press("Alt+]");
    await until("another body is shown", async () => ![first, ""].includes(await window.ghost()));
    await window.press("Tab");
    await window.saved("a.py", (text) => text.includes("return"));
    python(window, "a.py");
    await window.close();
  });

  check("typing ends the job, and the processor is idle", async () => {
    const impossible = ADD.replace("== 12", "== 13");
    const window = await open({ "a.py": impossible }, { "greenfill.samples": 1024, "greenfill.timeLimit": 0 });
    await window.sees("complete from", JOB);
    await window.goto(3);
    await window.type("    ");
    await window.seesStatus("sampling", JOB);
    await window.type("# not now");
    await until("sampling has ended", async () => !(await window.status()).includes("sampling"));
    const [server] = window.servers();
    await window.goto(6);
    await idle(server);
    await window.close();
  });

  check("a placeholder is replaced through its lens", async () => {
    const window = await open({ "a.py": ADD.replace('"""\n\n', '"""\n    pass\n') });
    await window.lens("complete from", goneFor(window, "complete from"));
    await until("the placeholder is replaced", async () => (await window.screen()).includes("return a + b"), JOB);
    await window.saved("a.py", (text) => text.includes("    return a + b\n") && !text.includes("pass"));
    python(window, "a.py");
    await window.close();
  });

  check("a proof of a body is saved by a refactoring, and replays", async () => {
    const window = await openWithGhost({ "a.py": ADD });
    await window.press("Tab");
    await window.sees("verified");
    await window.goto(1);
    await window.press("Control+Shift+r"); // Refactor...
    await window.page.locator("::-p-text(Greenfill: save a proof of add)").click();
    await window.sees("add: its proof is in a.add.proof.json");
    const out = execFileSync(process.env.GREENFILL, ["check", "--proof", "a.add.proof.json", "--resample"], { cwd: window.folder, encoding: "utf8", timeout: 60_000 });
    assert.match(out, /drawn again: the same text/);
    await window.close();
  });

  check("the completion list has the body, and replaces the placeholder", async () => {
    const window = await open({ "a.py": ADD.replace('"""\n\n', '"""\n    ...\n') });
    await window.lens("complete from", goneFor(window, "complete from"));
    await until("the placeholder is replaced", async () => (await window.screen()).includes("return a + b"), JOB);
    await window.focus();
    await window.press("Control+z");
    await window.goto(3);
    await window.press("Control+ ");
    await window.sees("✓ 2/2 asserts");
    await window.press("Escape");
    await window.close();
  });

  check("all candidates are shown with why they did not pass", async () => {
    const window = await openWithGhost({ "digits.py": DIGITS }, { "greenfill.samples": 16 });
    await window.sees("more samples", JOB);
    await window.command("Greenfill: Show All Candidates");
    await window.sees("# digit_sum: ");
    await window.sees("Greenfill: digit_sum");
    await window.press("Escape");
    await window.press("Control+b"); // more room
    await until("the side bar is gone", async () => !(await window.screen()).includes("Outline"));
    await window.screenshot(join(screens, "candidates.png"));
    await window.close();
  });

  check("a killed server comes back and completes", async () => {
    const window = await open({ "a.py": ADD });
    await window.sees("complete from", JOB);
    const [first] = window.servers();
    process.kill(first, "SIGKILL");
    await until("another one runs", () => window.servers().some((pid) => pid !== first && isAlive(pid)));
    await window.goto(3);
    await window.type("    ");
    await window.ghostAfterTyping("return a + b", JOB);
    await window.close();
  });

  check("from a key to ghost text that is known already", async () => {
    const delay = 50; // VS Code's own, between a key and the question
    const window = await openWithGhost({ "a.py": ADD });
    await window.sees("more samples", JOB);
    const medians = [];
    do {
      const times = [];
      for (let round = 0; round < (FULL ? 100 : 20); round++) {
        times.push(await timeToGhost(window));
      }
      times.sort((a, b) => a - b);
      medians.push(times[Math.ceil(times.length / 2) - 1] - delay);
      console.log(`median of ${times.length}: ${medians.at(-1).toFixed(1)} ms beyond the idle delay of ${delay} ms`);
    } while (medians.at(-1) >= 50 && medians.length < 3); // another program's load can only add
    assert.ok(!FULL || Math.min(...medians) < 50, "too slow"); // a figure of the machine, too: judged in the long form
    await window.close();
  });

  check("open, edit, close, again and again", async () => {
    const rounds = FULL ? 100 : 10;
    const files = { "a.py": ADD };
    for (let i = 1; i <= rounds; i++) {
      files[`f${i}.py`] = ADD.replaceAll("add", `add${i}`);
    }
    const window = await openWithGhost(files);
    const [server] = window.servers();
    await window.sees("more samples", JOB);
    await idle(server);
    const before = memory(server);
    const helpers = descendants(server).length;
    for (let i = 1; i <= rounds; i++) {
      await window.file(`f${i}.py`);
      await window.sees("complete from");
      await window.goto(3);
      await window.type("    # x");
      await window.press("Control+s");
      await window.closeFile(`f${i}.py`);
    }
    await idle(server);
    const now = memory(server);
    console.log(`server memory: ${before.toFixed(0)} MB before, ${now.toFixed(0)} MB after ${rounds} rounds`);
    assert.ok(now < before * 1.1 + 30, "the server keeps memory");
    // The sandbox keeps a few interpreters warm; a leak would be one for each round.
    assert.ok(descendants(server).length < helpers + rounds, "processes are left");
    assert.deepEqual(window.servers(), [server]);
    await window.close();
    await until("the server ends with its window", () => !isAlive(server));
  });
});

describe("in an untrusted workspace", () => {
  before(async () => {
    workbench = await Workbench.start({ trustAll: false, machine: { "greenfill.path": process.env.GREENFILL } });
  });
  after(() => workbench?.stop());

  check("nothing runs", async () => {
    // A folder's own setting of the binary is not believed: it would be run.
    const marker = join(workbench.home, "ran");
    const bad = join(workbench.home, "bad");
    write(bad, `#!/bin/sh\ntouch ${marker}\n`, 0o755);
    const window = await workbench.open({ "a.py": ADD }, { ...settings, "greenfill.path": bad });
    await window.file("a.py");
    await window.sees("trust this folder");
    await window.goto(3);
    await window.type("    ");
    await window.seesStatus("untrusted");
    const [server] = workbench.servers(`${process.env.GREENFILL} lsp`);
    await idle(server);
    assert.equal(await window.ghost(), "");
    assert.deepEqual(descendants(server), []);
    assert.equal(existsSync(marker), false);
    await window.close();
  });
});
