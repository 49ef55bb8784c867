// How a sender is told about a way in, for each format that is taken.
import type { Schemas } from "../../../api/client";

type Format = Schemas["AlertFormat"];

export const formats: Record<Format, { word: string; about: string; secret: string }> = {
  alertmanager: { word: "Alertmanager", about: "Its webhook, version 4. Labels such as namespace, pod and deployment say what an alert is about.", secret: "Bearer token" },
  pagerduty: { word: "PagerDuty", about: "Its webhook, version 3. Triggered, reopened and resolved incidents are taken.", secret: "Secret of the signature" },
  generic: { word: "Anything else", about: "A small JSON document, with a bearer token or a signature.", secret: "Bearer token, or key of the signature" },
};

export const formatOrder: readonly Format[] = ["alertmanager", "pagerduty", "generic"];

/** A text for YAML between double quotes. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

export type Instruction = { what: string; text: string };

export function instructions(format: Format, url: string, secret: string): Instruction[] {
  if (format === "alertmanager")
    return [
      {
        what: "A receiver in alertmanager.yml, and a route that leads to it:",
        text: [
          "receivers:",
          "  - name: assent",
          "    webhook_configs:",
          `      - url: ${quoted(url)}`,
          "        send_resolved: true",
          "        http_config:",
          "          authorization:",
          "            type: Bearer",
          `            credentials: ${quoted(secret)}`,
          "route:",
          "  routes:",
          "    - receiver: assent",
          "      continue: true",
        ].join("\n"),
      },
    ];
  if (format === "pagerduty")
    return [
      { what: "In PagerDuty, under Integrations, Generic Webhooks (v3), add a subscription with this URL:", text: url },
      { what: "And with this secret, so that PagerDuty signs what it sends:", text: secret },
    ];
  return [
    {
      what: "With a bearer token. Set resolved to true when it is over, with the same title, object and starts_at:",
      text: [
        `curl -X POST ${url} \\`,
        `  -H 'Authorization: Bearer ${secret}' \\`,
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"title": "checkout is slow", "severity": "critical", "object": "Deployment/shop/checkout", "starts_at": "2026-01-31T12:00:00Z", "resolved": false}'`,
      ].join("\n"),
    },
    { what: "Or signed, without the token in the request. The header is HMAC-SHA256 of the body under the same secret:", text: "X-Assent-Signature: v1=<hexadecimal digits>" },
  ];
}
