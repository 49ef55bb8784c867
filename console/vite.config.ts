import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the pages with a platform behind them: `assent up` or `assent demo` on its usual address.
const platform = process.env["ASSENT_URL"] ?? "http://127.0.0.1:8473";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Our content security policy allows no `data:` script or style, and no inline preload helper.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/api": { target: platform, changeOrigin: true, headers: { origin: platform } } },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
