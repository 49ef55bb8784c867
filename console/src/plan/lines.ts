// What differs between two texts, line by line.

export type Line = { mark: "+" | "-" | " "; text: string } | { mark: "…"; count: number };

/** Pairs of lines that are compared at most; beyond, the one text is shown after the other. */
const PAIRS_MAX = 1_000_000;
/** Lines of the same that are shown around what differs. */
const AROUND = 3;

export function lineDiff(before: string, after: string): Line[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  if (a.length * b.length > PAIRS_MAX) return [...a.map((text): Line => ({ mark: "-", text })), ...b.map((text): Line => ({ mark: "+", text }))];
  // The length of the longest common part of what follows each pair of places.
  const width = b.length + 1;
  const same = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      same[i * width + j] = a[i] === b[j] ? (same[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(same[(i + 1) * width + j] ?? 0, same[i * width + j + 1] ?? 0);
  const lines: { mark: "+" | "-" | " "; text: string }[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      lines.push({ mark: " ", text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || (same[(i + 1) * width + j] ?? 0) >= (same[i * width + j + 1] ?? 0))) {
      lines.push({ mark: "-", text: left });
      i += 1;
    } else {
      lines.push({ mark: "+", text: right ?? "" });
      j += 1;
    }
  }
  return folded(lines);
}

/** Leaves out long runs of the same, and says how long they are. */
function folded(lines: readonly { mark: "+" | "-" | " "; text: string }[]): Line[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ mark }) => mark !== " "));
  const shown: Line[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    // One line alone takes no more room than its count.
    const alone = !near[at] && near[at - 1] !== false && near[at + 1] !== false;
    if (near[at] || alone) shown.push(line);
    else if (last?.mark === "…") last.count += 1;
    else shown.push({ mark: "…", count: 1 });
  }
  return shown;
}
