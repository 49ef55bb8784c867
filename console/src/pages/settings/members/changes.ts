import { readMember } from "../../../api/admin";
import { ApiProblem, answer, api, ifMatch, type Schemas } from "../../../api/client";
import { sameGrants } from "../grants";

type Member = Schemas["Member"];

/** Whether what is decided about a member is still as it was seen. Signing in changes a member too, and is nobody's decision. */
export function isMemberAsSeen(seen: Member, now: Member): boolean {
  return seen.name === now.name && (seen.state === "disabled") === (now.state === "disabled") && sameGrants(seen.grants, now.grants);
}

/** Changes a member as they were seen: not if somebody else has decided something about them since. */
export async function changeMember(seen: Member, body: Schemas["UpdateMember"]): Promise<Member> {
  const { value: now, version } = await readMember(seen.id);
  if (!isMemberAsSeen(seen, now)) throw new ApiProblem({ title: "It has changed since you read it", detail: "Somebody else changed this member meanwhile. Look at what it is now, then try again." }, "stale");
  return answer(api.PATCH("/api/v1/members/{account}", { params: { path: { account: seen.id }, ...(version !== undefined && { header: ifMatch(version) }) }, body }));
}
