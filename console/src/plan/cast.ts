// One word on a plan, from the question to the answer: ask what is to be signed, check it, have the passkey sign it, send it.
import { answer, api, type Schemas } from "../api/client";
import { bytes, text } from "../api/webauthn";
import { challengeToSign, NotSigned } from "./check";
import type { Word } from "./statement";

type Plan = Schemas["Plan"];

/** The caller has no passkey here that could sign. */
export class NoPasskey extends Error {
  override readonly name = "NoPasskey";
}

type Asked = { plan: Plan; word: Word; reason?: string | undefined; voter: string; tenant: string };

export async function castVote({ plan, word, reason, voter, tenant }: Asked): Promise<Plan> {
  const params = { params: { path: { plan: plan.summary.id } } };
  const because = reason === undefined ? {} : { reason };
  const ballot = await answer(api.POST("/api/v1/plans/{plan}/ballot", { ...params, body: { word, ...because } }));
  if (!plan.statement) throw new NotSigned("Nobody is asked about this plan.");
  const challenge = await challengeToSign({ bytes: plan.bytes, digest: plan.digest, statement: plan.statement, ballot, word, reason, voter, tenant, cluster: plan.summary.cluster, nowMs: Date.now() });
  if (ballot.passkeys.length === 0) throw new NoPasskey("You have no passkey here.");
  const proof = await signed(challenge, ballot);
  return answer(api.POST("/api/v1/plans/{plan}/votes", { ...params, body: { round: ballot.round, word, ...because, proof } }));
}

async function signed(challenge: string, { rp_id, passkeys }: Schemas["BallotToSign"]): Promise<Schemas["VoteProof"]> {
  const credential = await navigator.credentials.get({
    publicKey: { challenge: bytes(challenge), rpId: rp_id, userVerification: "required", allowCredentials: passkeys.map((id) => ({ type: "public-key", id: bytes(id) })) },
  });
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAssertionResponse)) throw new NoPasskey("The browser gave no passkey.");
  const { clientDataJSON, authenticatorData, signature } = credential.response;
  return { by: "passkey", credential_id: text(credential.rawId), client_data: text(clientDataJSON), authenticator_data: text(authenticatorData), signature: text(signature) };
}
