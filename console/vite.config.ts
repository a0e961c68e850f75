import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

/** What xterm.js does to the page's styles that the content security policy refuses: see `src/terminal/sheets.ts`. */
function stylesByScript(): Plugin {
  const places: [RegExp, string, number][] = [
    [/[\w.]+\.createElement\("style"\)/g, "locumSheet()", 3],
    [/(\w+)\.setAttribute\("style",/g, "locumStyle($1,", 1],
  ];
  const sheets = fileURLToPath(new URL("src/terminal/sheets.ts", import.meta.url));
  return {
    name: "styles-by-script",
    transform(code, id) {
      if (!id.endsWith("@xterm/xterm/lib/xterm.mjs")) return null;
      let made = `import { sheet as locumSheet, setStyle as locumStyle } from ${JSON.stringify(sheets)};\n${code}`;
      for (const [found, instead, times] of places) {
        const there = made.match(found)?.length ?? 0;
        if (there !== times) this.error(`xterm.js has ${there} places like ${found}, not ${times}: look at them`);
        made = made.replace(found, instead);
      }
      return { code: made, map: null };
    },
  };
}

export default defineConfig({
  plugins: [react(), stylesByScript(), packed()],
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    // The content security policy lets nothing be loaded from inside of the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
