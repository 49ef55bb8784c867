// A passkey's device in software, which says yes whenever it is asked; and a count of how often a page asked it to sign.
import type { BrowserContext, Page } from "playwright-core";

export async function giveAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const client = await context.newCDPSession(page);
  await client.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  await client.send("WebAuthn.addVirtualAuthenticator", { options });
}

/** The challenges that pages of this context asked a passkey to sign, as they come. */
export async function heardChallenges(context: BrowserContext): Promise<string[]> {
  const heard: string[] = [];
  await context.exposeFunction("assentChallenge", (challenge: string) => heard.push(challenge));
  await context.addInitScript(() => {
    // An empty page has none.
    const own = navigator.credentials as CredentialsContainer | undefined;
    if (!own) return;
    const get = own.get.bind(own);
    own.get = async (options) => {
      const challenge = options?.publicKey?.challenge;
      if (challenge) await (window as unknown as { assentChallenge: (text: string) => Promise<void> }).assentChallenge(btoa(String.fromCharCode(...new Uint8Array(challenge as ArrayBuffer))));
      return get(options);
    };
  });
  return heard;
}

/** Adds a passkey to the account that is signed in. */
export async function addPasskey(page: Page): Promise<void> {
  await page.goto("/account");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("table", { name: "Passkeys" }).waitFor();
}
