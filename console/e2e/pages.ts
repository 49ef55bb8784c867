// Every page of the console, for what must hold on all of them.
export const inside = [
  "/",
  "/incidents",
  "/actions",
  "/actions?view=all",
  "/topology?view=graph",
  "/topology?view=tree",
  "/topology?view=table",
  "/ledger",
  "/ledger/0",
  "/connect",
  "/account",
  "/settings/clusters",
  "/settings/environments",
  "/settings/members",
  "/settings/keys",
  "/settings/policies",
  "/settings/redaction",
  "/settings/alerts",
  "/settings/notifications",
  "/settings/tenant",
  `/command-line?challenge=${"E".repeat(43)}&host=laptop&loopback=v4&port=40000&state=${"E".repeat(43)}`,
  `/command-line?challenge=${"E".repeat(43)}&host=laptop`,
  "/command-line",
] as const;

export const outside = ["/sign-in", "/set-up#tnt_0.acc_0.secret", "/shared#tnt_0.shr_0.secret"] as const;
