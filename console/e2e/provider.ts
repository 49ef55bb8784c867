// Starts and stops a real identity provider: serve_provider.mjs, in a process of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { resolve } from "node:path";

import type { Page } from "playwright-core";

export type People = Record<string, { name: string; email?: string; email_verified?: boolean; groups: string[] }>;

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === "object" ? done(address.port) : failed(new Error("no port"))));
    });
  });
}

export class IdentityProvider {
  private process: ChildProcess | undefined;
  readonly issuer: string;

  constructor(
    private readonly port: number,
    private readonly redirectUri: string,
    private readonly secret: string,
  ) {
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** Starts it with these people and a new key. */
  async start(people: People, key: string): Promise<void> {
    const words = [resolve(import.meta.dirname, "serve_provider.mjs"), String(this.port), this.redirectUri, this.secret, key, JSON.stringify(people)];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    let said = "";
    await new Promise<void>((done, failed) => {
      const hear = (bytes: Buffer) => {
        said += bytes.toString();
        if (said.includes("serves")) done();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("exit", (code) => failed(new Error(`the provider ended with ${code}:\n${said}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null) return;
    child.removeAllListeners("exit");
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  }
}

/** Signs in at the provider's own pages, and agrees to what it asks. */
export async function enterAtProvider(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("any password");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}
