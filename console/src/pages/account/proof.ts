// The command that proves that somebody has an SSH key.
import { quoted } from "../../plan/commands";

/** Signs the line `assent key ACCOUNT`, in a namespace of its own, and prints the signature. */
export function proofCommand(account: string, file = "~/.ssh/id_ed25519"): string {
  return `echo ${quoted(`assent key ${account}`)} | ssh-keygen -Y sign -n assent.key -f ${file}`;
}
