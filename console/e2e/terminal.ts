// The command line of somebody with a home of their own.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary } from "./platform";

export type Ended = { code: number | null; out: string; err: string };

export class Terminal {
  private readonly home = mkdtempSync(join(tmpdir(), "assent-home-"));

  constructor(private readonly url: string) {}

  /** Runs a command to its end. */
  run(...words: string[]): Promise<Ended> {
    return this.start(words).ended;
  }

  /** `assent login` that waits for a browser: the address that it prints, and how it ends. */
  async login(...words: string[]): Promise<Login> {
    const { child, ended, said } = this.start(["login", ...words]);
    const printed = new Promise<{ page: string; check: string }>((resolve) => {
      const look = () => {
        const page = /^(https?:\S+)$/m.exec(said())?.[1];
        const check = /must show ([0-9A-F]{4}-[0-9A-F]{4})/.exec(said())?.[1];
        if (page && check) resolve({ page, check });
      };
      child.stderr?.on("data", look);
    });
    const early = ended.then(({ code, err }) => {
      throw new Error(`login ended with ${code}: ${err}`);
    });
    return { ...(await Promise.race([printed, early])), ended, paste: (code) => child.stdin?.end(`${code}\n`), stop: () => child.kill() };
  }

  forget(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  private start(words: string[]): { child: ChildProcess; ended: Promise<Ended>; said: () => string } {
    const env = { PATH: process.env["PATH"], HOME: this.home, ASSENT_SERVER: this.url };
    const child = spawn(binary, words, { stdio: ["pipe", "pipe", "pipe"], env });
    let [out, err] = ["", ""];
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
    const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
    return { child, ended, said: () => err };
  }
}

export type Login = { page: string; check: string; ended: Promise<Ended>; paste: (code: string) => void; stop: () => void };
