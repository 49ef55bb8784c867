// What a plan does, in a few words out of its own parameters.
import { actionTitle, type Action } from "./actions";
import { isObject, seen, shown, type Json } from "./json";

const LONG_CHARS = 60;

function words(value: Json | undefined): string {
  const text = typeof value === "string" ? seen(value) : value === undefined ? "" : shown(value);
  return text.length > LONG_CHARS ? `${text.slice(0, LONG_CHARS)}…` : text;
}

/** The one value of what says what it is: `{"number": 80}` is 80. */
function inner(value: Json | undefined): string {
  return isObject(value) ? words(Object.values(value)[0]) : words(value);
}

export function titleOf({ word, parameters: of }: Action): string {
  switch (word) {
    case "roll_back":
      return `Roll back to revision ${words(of["to_revision"])}`;
    case "restart":
      return "Restart";
    case "scale":
      return `Scale to ${words(of["replicas"])} replicas`;
    case "set_image":
      return `Set the image of ${words(of["container"])} to ${words(of["image"])}`;
    case "set_resources": {
      const amounts = [of["request"] !== undefined && `request ${words(of["request"])}`, of["limit"] !== undefined && `limit ${words(of["limit"])}`].filter(Boolean);
      return `Set the ${words(of["compute"])} of ${words(of["container"])}: ${amounts.join(", ")}`;
    }
    case "set_env":
      return `Set ${words(of["name"])} of ${words(of["container"])} to ${words(of["value"])}`;
    case "set_config_key":
      return `Set the key ${words(of["key"])} to ${words(of["value"])}`;
    case "fix_selector":
      return `Correct the selector: ${words(of["key"])} is ${words(of["value"])}`;
    case "fix_port":
      return `Correct a port to ${inner(of["port"])}`;
    case "adjust_autoscaler": {
      const bounds = [of["min"] !== undefined && `at least ${words(of["min"])}`, of["max"] !== undefined && `at most ${words(of["max"])}`].filter(Boolean);
      return `Let the autoscaler have ${bounds.join(", ")} replicas`;
    }
    case "adjust_budget":
      return isObject(of["bound"]) && "max_unavailable" in of["bound"] ? `Let no more than ${inner(of["bound"])} pods go at once` : `Keep at least ${inner(of["bound"])} pods`;
    case "cordon":
    case "uncordon":
    case "delete_pod":
    case "suspend":
    case "resume":
    case "custom_patch":
      return actionTitle(word);
  }
}
