import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const BUILT = "../src/locum/console/built";

/** Each text beside itself once more, compressed, so that the server compresses nothing. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    closeBundle() {
      const names = readdirSync(BUILT, { recursive: true, encoding: "utf8" });
      for (const name of names.filter((one) => /\.(js|css|svg|html)$/.test(one))) {
        const plain = readFileSync(join(BUILT, name));
        writeFileSync(join(BUILT, `${name}.gz`), gzipSync(plain, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), packed()],
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    // The content security policy lets nothing be loaded from inside of the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
