// How many plans wait for the caller's vote, beside the way to them.
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { toVoteQuery } from "../../api/plans";
import { allowedSomewhere } from "../../api/rights";
import { useMe } from "../../api/session";

export function ToVote() {
  const me = useMe();
  const { data } = useQuery({ ...toVoteQuery, enabled: me.account != null && allowedSomewhere(me.grants, "plan.vote") });
  if (!data || data.count === 0) return null;
  return (
    <Badge size="sm" ms={4} circle={data.count < 10 && !data.more} tt="none">
      <span className="only-read">, </span>
      {data.count}
      {data.more && "+"}
      <span className="only-read"> for your vote</span>
    </Badge>
  );
}
