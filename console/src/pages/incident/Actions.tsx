// What can be done with an incident: what is wanted most stands open, the rest is one step away.
import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconBell, IconBellOff, IconBraces, IconCircleOff, IconDots, IconDownload, IconPrinter, IconRefresh, IconShare, IconUserMinus, IconUserPlus } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { download } from "../../parts/download";
import { markdown } from "../../report/markdown";
import type { IncidentActs } from "./acts";

export type Dialog = "mute" | "dismiss" | "rerun" | "share";
type Props = { incident: Schemas["Incident"]; acts: IncidentActs; account: string | undefined; works: boolean; open: (dialog: Dialog) => void };

export function Actions({ incident, acts, account, works, open }: Props) {
  const { summary } = incident;
  const mine = summary.assignee != null && summary.assignee === account;
  const dismissed = summary.state === "dismissed" || summary.state === "resolved";
  const muted = summary.state === "muted";
  return (
    <>
      {works && account && (
        <Button
          variant="default"
          leftSection={mine ? <IconUserMinus size={17} aria-hidden /> : <IconUserPlus size={17} aria-hidden />}
          onClick={() => void acts.assign([summary], mine ? null : account, "you")}
        >
          {mine ? "Give back" : "Take it"}
        </Button>
      )}
      {works && !dismissed && (
        <Button variant="default" leftSection={muted ? <IconBell size={17} aria-hidden /> : <IconBellOff size={17} aria-hidden />} onClick={() => (muted ? void acts.unmute([summary]) : open("mute"))}>
          {muted ? "Unmute" : "Mute"}
        </Button>
      )}
      {works && dismissed && (
        <Button variant="default" leftSection={<IconArrowBackUp size={17} aria-hidden />} onClick={() => void acts.reopen([summary])}>
          Reopen
        </Button>
      )}
      <Button variant="default" leftSection={<IconShare size={17} aria-hidden />} onClick={() => open("share")} visibleFrom="sm">
        Share
      </Button>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Tooltip label="More">
            <ActionIcon variant="default" size={36} aria-label="More that can be done">
              <IconDots size={18} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {works && (
            <>
              {!dismissed && (
                <Menu.Item leftSection={<IconCircleOff size={16} />} onClick={() => open("dismiss")}>
                  Dismiss…
                </Menu.Item>
              )}
              <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => open("rerun")} disabled={dismissed}>
                Explain again…
              </Menu.Item>
              <Menu.Divider />
            </>
          )}
          <Menu.Item leftSection={<IconShare size={16} />} onClick={() => open("share")} hiddenFrom="sm">
            Share…
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => download(`${summary.id}.md`, markdown(summary, incident.report, `${location.origin}/incidents/${summary.id}`), "text/markdown")}>
            Export as Markdown
          </Menu.Item>
          <Menu.Item leftSection={<IconBraces size={16} />} onClick={() => download(`${summary.id}.json`, `${JSON.stringify(incident, null, 2)}\n`, "application/json")}>
            Export as JSON
          </Menu.Item>
          <Menu.Item leftSection={<IconPrinter size={16} />} onClick={() => setTimeout(() => window.print(), 200)}>
            Print
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
