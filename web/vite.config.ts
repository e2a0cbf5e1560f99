import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { META_POLICY, SERVED_POLICY } from "./policy.ts";

/** A platform to develop against: its gateway serves the API and the identity provider. */
const platform = process.env.ACERVO_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [
    react(),
    {
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [
        { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: META_POLICY }, injectTo: "head-prepend" },
      ],
      generateBundle() {
        this.emitFile({ type: "asset", fileName: ".vite/policy.txt", source: `${SERVED_POLICY}\n` });
      },
    },
  ],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0, // a data: URL would need a hole in the policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    manifest: true,
    // what the first page needs is one file (dozens of small ones compress worse), but for the entry, which waits before it draws
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"], test: /[\\/](node_modules|src)[\\/](?!main\.tsx)/ }] } } },
  },
  server: { proxy: { "/api": platform, "/oidc": platform } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
