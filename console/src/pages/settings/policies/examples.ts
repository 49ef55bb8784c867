// Texts to begin with. They are those of the documentation, and fit the schema.

export const examples: readonly { title: string; text: string }[] = [
  {
    title: "Forbid something everywhere",
    text: `// Nobody shares reports that touch the payment namespaces.
forbid (principal, action == Action::"incident.share", resource)
when { resource.namespaces.containsAny(["payment", "payment-eu"]) };
`,
  },
  {
    title: "Permit a role something more",
    text: `// Operators of this tenant read the ledger too.
permit (
  principal in Role::"operator",
  action == Action::"ledger.read",
  resource
);
`,
  },
  {
    title: "Keep production for people",
    text: `// Machines work on no incident of production.
@description("Machines only read what happens in production.")
forbid (principal is Key, action in Action::"working", resource in Criticality::"prod");
`,
  },
];
