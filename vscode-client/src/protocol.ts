/** The part of PROTOCOL.md that this client speaks: the server's own messages and their types. */
import { NotificationType, RequestType } from "vscode-languageclient/node";
import type { Command, Position, Range } from "vscode-languageclient/node";

export type State =
  | "ready"
  | "loading"
  | "sampling"
  | "verifying"
  | "paused"
  | "deferred"
  | "noSandbox"
  | "noModel"
  | "untrusted"
  | "error";

export interface Status {
  state: State;
  message: string;
  model?: string;
  spec?: string;
  done?: number;
  total?: number;
  /** Why it waits, with deferred. */
  reason?: string;
  actions?: Command[];
}

/** A spec by name or by any position inside its function; spec wins. */
export interface SpecReference {
  uri: string;
  spec?: string;
  position?: Position;
}

export interface Results {
  uri: string;
  version: number;
  spec: string;
  key: string;
  range: Range;
  hole: Range;
  state: string;
  completions: number;
  message: string;
}

export interface Verdict {
  status: string;
  line?: number;
  source?: string;
  actual?: string;
  expected?: string;
  message?: string;
}

export interface Candidate {
  id: string;
  text: string;
  label: string;
  verified: boolean;
  verdict: Verdict;
}

export interface Candidates extends Results {
  candidates: Candidate[];
}

export interface Doctor {
  ok: boolean;
  findings: { name: string; state: "ok" | "warning" | "failure"; message: string; advice?: string }[];
}

export interface Model {
  name: string;
  bytes: number;
  installed: boolean;
  recommended: boolean;
}

export const statusChanged = new NotificationType<Status>("greenfill/status");
export const resultsChanged = new NotificationType<Results>("greenfill/results");
export const trustChanged = new NotificationType<{ trusted: boolean }>("greenfill/trust");
export const candidatesOf = new RequestType<SpecReference, Candidates | null, void>("greenfill/candidates");
export const doctorReport = new RequestType<object, Doctor, void>("greenfill/doctor");
