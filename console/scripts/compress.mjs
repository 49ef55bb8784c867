// Puts a .br and a .gz beside every file of dist/ that gets smaller by it, so that the platform only ever sends bytes that are ready.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = new URL("../dist/", import.meta.url).pathname;
const compressible = /\.(css|html|js|json|map|svg|txt)$/;

for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  // The page gets its nonce when it is sent, so it cannot be packed before.
  if (!entry.isFile() || !compressible.test(entry.name) || entry.name === "index.html") continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  const packed = {
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gz: gzipSync(bytes, { level: 9 }),
  };
  for (const [ending, smaller] of Object.entries(packed)) {
    if (smaller.length < bytes.length) writeFileSync(`${path}.${ending}`, smaller);
  }
}
