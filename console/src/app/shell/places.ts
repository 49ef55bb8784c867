import { IconAffiliate, IconAlertTriangle, IconChecklist, IconHome2, IconNotebook, IconSettings, type Icon } from "@tabler/icons-react";

type Place = { to: "/" | "/incidents" | "/actions" | "/topology" | "/ledger" | "/settings"; label: string; icon: Icon; key: string };

/** Where one can go, with the key that goes there after `g`. */
export const places: readonly Place[] = [
  { to: "/", label: "Overview", icon: IconHome2, key: "o" },
  { to: "/incidents", label: "Incidents", icon: IconAlertTriangle, key: "i" },
  { to: "/actions", label: "Actions", icon: IconChecklist, key: "a" },
  { to: "/topology", label: "Topology", icon: IconAffiliate, key: "t" },
  { to: "/ledger", label: "Ledger", icon: IconNotebook, key: "l" },
  { to: "/settings", label: "Settings", icon: IconSettings, key: "s" },
];
