// An identity provider of the OpenID Foundation's certified library, on loopback, with people that are given to it. Anybody's password is right.
//
//   node serve_provider.mjs PORT REDIRECT_URI CLIENT_SECRET KEY_NAME '{"ada":{"name":"Ada","groups":["sre"]}}'
//
// Each start makes a key of its own, so starting it again with another name is a provider that has rotated its keys.
import { generateKeyPairSync } from "node:crypto";

import Provider from "oidc-provider";

const [port, redirectUri, secret, kid, people] = process.argv.slice(2);
const known = JSON.parse(people);
const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "assent", client_secret: secret, redirect_uris: [redirectUri], id_token_signed_response_alg: "ES256" }],
  jwks: { keys: [key] },
  cookies: { keys: [kid] },
  scopes: ["openid", "profile", "email", "groups"],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  // Claims stand in the ID token, and not at the userinfo endpoint alone.
  conformIdTokenClaims: false,
  enabledJWA: { idTokenSigningAlgValues: ["ES256", "RS256"] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, id) => (known[id] ? { accountId: id, claims: () => ({ sub: id, ...known[id] }) } : undefined),
});
const server = provider.listen(Number(port), "127.0.0.1", () => console.log("serves"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
