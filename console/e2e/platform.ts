// The real binary, started in a folder of its own on a free port of loopback.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const target = process.env["CARGO_TARGET_DIR"] ?? resolve(import.meta.dirname, "../../target");
export const binary = process.env["ASSENT_BIN"] ?? join(target, "debug/assent");

export const PASSWORD = "three walruses hum";

type Json = Record<string, unknown>;

export class Platform {
  readonly url: string;
  /** What stands behind `#` in the link for the first owner. */
  readonly setUpToken: string;
  private readonly process: ChildProcess;
  private readonly folder: string;

  private constructor(url: string, setUpToken: string, process: ChildProcess, folder: string) {
    this.url = url;
    this.setUpToken = setUpToken;
    this.process = process;
    this.folder = folder;
  }

  /** An empty platform. */
  static up(): Promise<Platform> {
    const folder = mkdtempSync(join(tmpdir(), "assent-e2e-"));
    return Platform.start(["up", "--data-dir", join(folder, "data"), "--listen", "127.0.0.1:0"], folder);
  }

  /** An empty platform that listens there, with more of a configuration file. */
  static configured(port: number, configuration: string): Promise<Platform> {
    const folder = mkdtempSync(join(tmpdir(), "assent-e2e-"));
    const file = join(folder, "assent.yaml");
    writeFileSync(file, configuration);
    return Platform.start(["up", "--config", file, "--data-dir", join(folder, "data"), "--listen", `127.0.0.1:${port}`], folder);
  }

  /** A platform with a played cluster in which everything has happened already. */
  static demo(): Promise<Platform> {
    return Platform.start(["demo", "--from", "8", "--listen", "127.0.0.1:0"], mkdtempSync(join(tmpdir(), "assent-e2e-")));
  }

  private static start(words: string[], folder: string): Promise<Platform> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: cargo build --package assent`);
    const child = spawn(binary, words, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder } });
    return new Promise((resolve, reject) => {
      let said = "";
      const hear = (bytes: Buffer) => {
        said += bytes.toString();
        const url = /Assent serves (\S+)/.exec(said)?.[1];
        const token = /set-up#(\S+)/.exec(said)?.[1];
        if (url && token) resolve(new Platform(url, token, child, folder));
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("exit", (code) => reject(new Error(`assent ended with ${code}:\n${said}`)));
    });
  }

  /** Makes the first owner by the API. */
  async own(email = "ada@example.com", name = "Ada"): Promise<Session> {
    return Session.open(this.url, "/api/v1/set-up", { token: this.setUpToken, email, name, password: PASSWORD });
  }

  async stop(): Promise<void> {
    this.process.removeAllListeners("exit");
    const ended = new Promise((done) => this.process.once("exit", done));
    if (this.process.exitCode === null && this.process.kill("SIGKILL")) await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Stops answering without ending, as a machine does that hangs. */
  freeze(): void {
    this.process.kill("SIGSTOP");
  }

  thaw(): void {
    this.process.kill("SIGCONT");
  }
}

/** A signed-in caller of the API. */
export class Session {
  private constructor(
    readonly url: string,
    readonly cookie: string,
    private readonly csrf: string,
  ) {}

  static async open(url: string, path: string, body: Json): Promise<Session> {
    const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json", origin: url }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const { csrf_token } = (await answer.json()) as { csrf_token: string };
    return new Session(url, cookie, csrf_token);
  }

  static signIn(url: string, email = "ada@example.com"): Promise<Session> {
    return Session.open(url, "/api/v1/sign-in", { email, password: PASSWORD });
  }

  async call<T = Json>(method: string, path: string, body?: Json): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { cookie: this.cookie, origin: this.url, "x-csrf-token": this.csrf, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : {}) as T;
  }
}
