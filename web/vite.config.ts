import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { META_POLICY } from "./policy.ts";

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
    },
  ],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0, // a data: URL would need a hole in the policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    manifest: true,
  },
  server: { proxy: { "/api": platform, "/oidc": platform } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
