const units = ["bytes", "KiB", "MiB", "GiB"] as const;

/** `0 bytes`, `43 MiB`: as people read sizes. */
export function bytes(count: number): string {
  let at = 0;
  let size = count;
  while (size >= 1_024 && at < units.length - 1) {
    size /= 1_024;
    at += 1;
  }
  const unit = units[at] ?? "bytes";
  return `${at === 0 || size >= 10 ? Math.round(size) : size.toFixed(1)} ${unit === "bytes" && count === 1 ? "byte" : unit}`;
}
