/**
 * What the page may load and talk to, in one place: nothing from elsewhere, no inline script, no inline style.
 *
 * The page carries META_POLICY itself. The build leaves SERVED_POLICY in `.vite/policy.txt` for servers, which send it as a header: the same
 * with `frame-ancestors` (which a <meta> cannot say) and with holes for the object store's own address and the issuer's, instead of OBJECT_STORES.
 * The gateway of one machine fills them in (knative/local/page.py), and NGINX in a cluster (knative/web).
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { WAVEFORM_PX } from "./src/features/player/waveformStyle.ts";

/** MUI's style engine makes an empty <style> and fills it by CSSOM: this is the digest of nothing. */
const EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Where presigned URLs may lead when the page does not know its object store: TLS, or this very machine. */
const OBJECT_STORES = "https: http://localhost:* http://127.0.0.1:*";

/** Wavesurfer puts one style sheet into its shadow root; its text follows from its version and the waveform's height. */
function waveformStyle(): string {
  const source = readFileSync(new URL("node_modules/wavesurfer.js/dist/wavesurfer.esm.js", import.meta.url), "utf8");
  const [, template] = /<style\$\{[^>]*\}>((?:(?!<\/style>)[\s\S])*)<\/style>/.exec(source) ?? [];
  if (!template) throw new Error("policy.ts: this Wavesurfer has its style elsewhere");
  const text = template.replaceAll("\\n", "\n").replace(/\$\{[^}]*\}/g, String(WAVEFORM_PX));
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const directives = (stores: string, issuer = ""): Record<string, string> => ({
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": `'self' ${EMPTY_STYLE} ${waveformStyle()}`,
  "font-src": "'self'",
  "img-src": `'self' blob: ${stores}`,
  "media-src": `'self' blob: ${stores}`,
  "connect-src": `'self' ${stores}${issuer}`,
  "worker-src": "'self'",
  "manifest-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'self'",
});

const text = (parts: Record<string, string>): string =>
  Object.entries(parts)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");

export const META_POLICY = text(directives(OBJECT_STORES));

/** Of the issuer, what is below its address: it may have a path. */
export const SERVED_POLICY = text({ ...directives("${OBJECT_STORE}", " ${OIDC_ISSUER}/"), "frame-ancestors": "'none'" });
