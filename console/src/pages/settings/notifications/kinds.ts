// Where notifications can go, in words.
import { IconBrandSlack, IconBrandTeams, IconMail, IconWebhook, type Icon } from "@tabler/icons-react";

import type { Schemas } from "../../../api/client";

export type Channel = Schemas["Channel"];
export type Kind = Channel["target"]["type"];

export const kinds: Record<Kind, { word: string; about: string; icon: Icon }> = {
  slack: { word: "Slack", about: "An incoming webhook of a Slack app.", icon: IconBrandSlack },
  teams: { word: "Microsoft Teams", about: "A workflow that posts what a webhook receives.", icon: IconBrandTeams },
  webhook: { word: "Webhook", about: "Signed JSON, for a receiver of your own.", icon: IconWebhook },
  email: { word: "E-mail", about: "Plain text, through your mail server.", icon: IconMail },
};

export const kindOrder: readonly Kind[] = ["slack", "teams", "webhook", "email"];

/** Where a channel leads, as far as it is shown. */
export function whereTo(target: Channel["target"]): string {
  return target.type === "email" ? target.to.join(", ") : target.url;
}

/** How a channel does, in one word for its mark and one line below it. */
export type Health = { state: "off" | "refused" | "failing" | "waiting" | "fine" | "new"; word: string };

export function health({ enabled, status }: Channel): Health {
  if (!enabled) return { state: "off", word: "Off" };
  if (status.refused) return { state: "refused", word: "Refused" };
  if (status.failures > 0) return { state: "failing", word: "Failing" };
  if (status.waiting > 0) return { state: "waiting", word: `${status.waiting.toLocaleString("en")} waiting` };
  return status.last_sent ? { state: "fine", word: "Arrives" } : { state: "new", word: "Nothing sent yet" };
}
