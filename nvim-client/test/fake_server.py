#!/usr/bin/env python3
"""A scripted server that speaks PROTOCOL.md, for tests of the clients alone.

It knows bodies for the functions in BODIES and "verifies" none. What real sampling,
running and timing look like is tested with the real server; this one makes states that
are hard to bring about there, and records what the client says:

  FAKE_LOG=FILE     each message received, one JSON object a line
  FAKE_DELAY=MS     time that a job takes (default 150)
  FAKE_STATUS=NAME  the state to report at start (default ready)
  FAKE_EXIT=CODE    end at once with this code
  FAKE_ASK=1        ask for trust by window/showMessageRequest before the first job
"""

import json
import os
import re
import sys
import threading

BODIES = {
    "add": ["return a + b", "return b + a", "total = a\n    total += b\n    return total"],
    "double": ["return 2 * n"],
    "수": ["return n + 1"],
}
DELAY = float(os.environ.get("FAKE_DELAY", "150")) / 1000
SPEC = re.compile(r'^def (\w+)\(.*\):\n    """.*"""\n(    *(pass|\.\.\.|\w[^\n]*)?|)\n', re.M)


class Server:
    def __init__(self):
        self.lock = threading.RLock()
        self.texts, self.versions = {}, {}
        self.pending = {}  # request id -> (uri, timer, answer)
        self.asked = {}  # our own request id -> what to do with the answer
        self.known = set()  # (uri, spec) that were sampled
        self.questions = 0
        self.notifications = False
        self.trusted = None
        self.encoding = "utf-16"
        self.log = open(os.environ["FAKE_LOG"], "a") if "FAKE_LOG" in os.environ else None

    # The wire.

    def read(self):
        length = None
        while True:
            line = sys.stdin.buffer.readline()
            if not line:
                sys.exit(1)
            if line == b"\r\n":
                break
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return json.loads(sys.stdin.buffer.read(length))

    def send(self, message):
        message["jsonrpc"] = "2.0"
        data = json.dumps(message).encode()
        with self.lock:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
            sys.stdout.buffer.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def ask(self, method, params, then=lambda result: None):
        self.questions += 1
        number = "fake-%d" % self.questions
        self.asked[number] = then
        self.send({"id": number, "method": method, "params": params})

    def serve(self):
        while True:
            message = self.read()
            if self.log:
                self.log.write(json.dumps(message) + "\n")
                self.log.flush()
            with self.lock:
                self.handle(message)

    def handle(self, message):
        method, params = message.get("method"), message.get("params") or {}
        if method is None:
            self.asked.pop(message["id"])(message.get("result"))
            return
        name = "on_" + re.sub(r"\W", "_", method)
        handler = getattr(self, name, None)
        if "id" not in message:
            if handler:
                handler(params)
        elif handler is None:
            self.send({"id": message["id"], "error": {"code": -32601, "message": "no method " + method}})
        else:
            answer = handler(params, message["id"])
            if answer is not LATER:
                self.send({"id": message["id"], "result": answer})

    # Life.

    def on_initialize(self, params, _):
        options = params.get("initializationOptions") or {}
        self.notifications = options.get("notifications", False)
        self.trusted = options.get("trusted")
        offered = params["capabilities"].get("general", {}).get("positionEncodings", ["utf-16"])
        self.encoding = offered[0]
        return {
            "capabilities": {
                "positionEncoding": self.encoding,
                "textDocumentSync": {"openClose": True, "change": 1, "save": True},
                "inlineCompletionProvider": True,
                "completionProvider": {},
                "codeLensProvider": {},
                "executeCommandProvider": {"commands": ["greenfill." + c for c in COMMANDS]},
                "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
                "experimental": {"greenfill": {"protocol": 1, "version": "fake"}},
            }
        }

    def on_initialized(self, _):
        state = os.environ.get("FAKE_STATUS", "ready")
        self.status(state, **TROUBLES.get(state, {"message": "waiting"}))

    def on_shutdown(self, _, __):
        return None

    def on_exit(self, _):
        os._exit(0)

    def status(self, state, message, **more):
        if self.notifications:
            self.notify("greenfill/status", {"state": state, "message": message, "model": "fake", **more})

    # Documents.

    def on_textDocument_didOpen(self, params):
        document = params["textDocument"]
        self.texts[document["uri"]] = document["text"]
        self.versions[document["uri"]] = document["version"]

    def on_textDocument_didChange(self, params):
        uri = params["textDocument"]["uri"]
        self.texts[uri] = params["contentChanges"][-1]["text"]
        self.versions[uri] = params["textDocument"]["version"]

    def on_textDocument_didClose(self, params):
        self.texts.pop(params["textDocument"]["uri"], None)

    def specs(self, uri):
        """(name, first line, hole's line, what stands in the hole) of each known function."""
        text = self.texts.get(uri, "")
        for match in SPEC.finditer(text):
            if match[1] in BODIES and "assert " + match[1] in text:
                yield match[1], text.count("\n", 0, match.start()), text.count("\n", 0, match.start(2)), match[2]

    def spec_of(self, reference):
        for spec in self.specs(reference["uri"]):
            line = reference.get("position", {}).get("line")
            if reference.get("spec") == spec[0] or (line is not None and spec[1] <= line <= spec[2]):
                return spec
        return None

    def hole_range(self, spec):
        return {"start": {"line": spec[2], "character": 0}, "end": {"line": spec[2], "character": len(spec[3])}}

    def results(self, uri, spec, state):
        done = (uri, spec[0]) in self.known
        return {
            "uri": uri,
            "version": self.versions[uri],
            "spec": spec[0],
            "key": spec[0],
            "range": {"start": {"line": spec[1], "character": 0}, "end": self.hole_range(spec)["end"]},
            "hole": self.hole_range(spec),
            "state": state,
            "samples": 16 if done else 0,
            "planned": 16,
            "passed": 7 if done else 0,
            "completions": len(BODIES[spec[0]]) if done else 0,
            "checks": 2,
            "message": "✓ 2/2 asserts · 7 of 16 samples" if done else "not sampled yet",
        }

    # Jobs.

    def start(self, uri, spec, then):
        """Runs a job, at once when its outcome is known; then() runs with the lock held."""

        def end():
            with self.lock:
                self.known.add((uri, spec[0]))
                self.status("ready", "waiting")
                if self.notifications:
                    self.notify("greenfill/results", self.results(uri, spec, "done"))
                    self.ask("workspace/codeLens/refresh", None)
                then()

        if (uri, spec[0]) in self.known:
            then()
            return None
        self.status("sampling", spec[0] + ": 5 of 16 samples", uri=uri, spec=spec[0], done=5, total=16)
        timer = threading.Timer(DELAY, end)
        timer.daemon = True
        timer.start()
        return timer

    def drop(self, number, answer):
        """Ends a pending request with an answer."""
        if number in self.pending:
            _, timer = self.pending.pop(number)
            if timer:
                timer.cancel()
                self.status("ready", "waiting")
            self.send({"id": number, **answer})

    def on___cancelRequest(self, params):
        self.drop(params["id"], {"error": {"code": -32800, "message": "cancelled"}})

    def on_textDocument_inlineCompletion(self, params, number):
        document = params["textDocument"]
        uri = document["uri"]
        for other, (pending_uri, _) in list(self.pending.items()):
            if pending_uri == uri:
                self.drop(other, {"result": {"items": []}})
        line = params["position"]["line"]
        spec = next((s for s in self.specs(uri) if s[2] == line), None)
        if spec is None or self.trusted is False or document.get("version", self.versions[uri]) < self.versions[uri]:
            return {"items": []}
        typed = spec[3].strip()
        self.pending[number] = (uri, None)

        def answer():
            if number in self.pending:
                self.pending.pop(number)
                self.send({"id": number, "result": {"items": self.items(uri, spec, typed)}})

        def go(choice=True):
            if not choice or (isinstance(choice, dict) and choice["title"] != "Trust"):
                self.drop(number, {"result": {"items": []}})
                return
            self.trusted = True
            timer = self.start(uri, spec, answer) if number in self.pending else None
            if timer:
                self.pending[number] = (uri, timer)

        if self.trusted is None and "FAKE_ASK" in os.environ:
            actions = [{"title": "Trust"}, {"title": "Don't trust"}]
            self.ask("window/showMessageRequest", {"type": 3, "message": "May code of this folder run?", "actions": actions}, go)
        else:
            go()
        return LATER

    def items(self, uri, spec, typed):
        column = len(spec[3]) - len(typed)
        return [
            {
                "insertText": ("" if spec[3] else "    ") + body,
                "range": {
                    "start": {"line": spec[2], "character": column},
                    "end": {"line": spec[2], "character": len(spec[3])},
                },
                "command": {
                    "title": "✓ 2/2 asserts · %d of 16 samples" % (7 - i),
                    "command": "greenfill.accept",
                    "arguments": [{"uri": uri, "spec": spec[0], "key": spec[0], "id": str(i + 1)}],
                },
            }
            for i, body in enumerate(BODIES[spec[0]])
            if body.startswith(typed)
        ]

    def on_textDocument_completion(self, params, _):
        return {"isIncomplete": False, "items": []}

    def on_textDocument_codeLens(self, params, _):
        uri = params["textDocument"]["uri"]
        lenses = []
        for spec in self.specs(uri):
            where = {"start": {"line": spec[1], "character": 0}, "end": {"line": spec[1], "character": 3}}
            reference = {"uri": uri, "spec": spec[0]}
            done = (uri, spec[0]) in self.known
            for title, command in [
                ("✓ insert" if done else "complete", "greenfill.apply" if done else "greenfill.complete"),
                ("candidates", "greenfill.showCandidates"),
            ]:
                lenses.append({"range": where, "command": {"title": title, "command": command, "arguments": [reference]}})
        return lenses

    # Requests and commands of our own.

    def on_greenfill_candidates(self, params, _):
        spec = self.spec_of(params)
        if spec is None:
            return None
        verdict = {"status": "passed", "passed": 2, "total": 2, "milliseconds": 1.5}
        bodies = [
            {"id": str(i + 1), "text": body, "label": "✓ 2/2 asserts", "samples": 7 - i, "verified": True, "verdict": verdict}
            for i, body in enumerate(BODIES[spec[0]])
        ]
        bodies.append(
            {
                "id": "9",
                "text": "return 0",
                "label": "✗ 1/2 asserts",
                "samples": 3,
                "verified": False,
                "verdict": {
                    "status": "assertFailed",
                    "passed": 1,
                    "total": 2,
                    "line": 5,
                    "source": "assert add(1, 2) == 3",
                    "actual": "0",
                    "expected": "3",
                    "milliseconds": 1,
                },
            }
        )
        return {**self.results(params["uri"], spec, "done"), "elapsed": 5120, "candidates": bodies}

    def on_greenfill_doctor(self, _, __):
        return {
            "ok": False,
            "findings": [
                {"name": "sandbox", "state": "ok", "message": "confines"},
                {
                    "name": "model",
                    "state": "failure",
                    "message": "no model installed",
                    "advice": "greenfill model pull qwen2.5-coder-0.5b",
                },
            ],
        }

    def on_greenfill_trust(self, params):
        self.trusted = params["trusted"]

    def on_workspace_executeCommand(self, params, number):
        name = params["command"].split(".", 1)[1]
        argument = (params.get("arguments") or [{}])[0]
        if name == "crash":
            os._exit(9)
        if name == "pause":
            self.status("paused", "paused", actions=[{"title": "Resume", "command": "greenfill.resume"}])
        elif name == "resume":
            self.status("ready", "waiting")
        elif name == "trust":
            self.trusted = argument.get("trusted", True)
        elif name == "model.list":
            return [{"name": "qwen2.5-coder-0.5b", "file": "f", "bytes": 1, "installed": True, "recommended": True}]
        elif name == "model.pull":
            return {"name": argument.get("name", "qwen2.5-coder-0.5b"), "file": "f", "bytes": 1, "installed": True}
        elif name in ("complete", "more", "apply", "explain"):
            return self.on_job(name, argument, number)
        return None

    def on_job(self, name, argument, number):
        spec = self.spec_of(argument)
        if spec is None:
            return None
        if name == "explain":
            self.notify("window/showMessage", {"type": 3, "message": "nothing was sampled yet"})
            return "nothing was sampled yet"
        uri = argument["uri"]

        def end():
            if name == "apply" or argument.get("apply"):
                body = "    " + BODIES[spec[0]][int(argument.get("id", "1")) - 1]
                edit = {"range": self.hole_range(spec), "newText": body}
                document = {"uri": uri, "version": self.versions[uri]}
                self.ask("workspace/applyEdit", {"edit": {"documentChanges": [{"textDocument": document, "edits": [edit]}]}})
            self.send({"id": number, "result": self.results(uri, spec, "done")})

        self.start(uri, spec, end)
        return LATER


LATER = object()
# What the server says in these states.
TROUBLES = {
    "noModel": {
        "message": "no model is installed",
        "actions": [{"title": "Fetch a model", "command": "greenfill.model.pull"}],
    },
    "noSandbox": {
        "message": "this machine cannot confine Python",
        "actions": [{"title": "What is missing", "command": "greenfill.showDoctor"}],
    },
    "deferred": {
        "message": "on battery: automatic sampling waits",
        "reason": "battery",
        "actions": [{"title": "Sample anyway", "command": "greenfill.resume"}],
    },
}
COMMANDS = (
    "complete more apply accept cancel explain pause resume trust check checkDocument checkWorkspace "
    "model.list model.pull restart crash"
).split()

if __name__ == "__main__":
    if "FAKE_EXIT" in os.environ:
        sys.exit(int(os.environ["FAKE_EXIT"]))
    Server().serve()
