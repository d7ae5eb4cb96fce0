// Fixed file names and no timestamps: the committed bundle changes only when the sources do.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2023",
    sourcemap: false,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // The module is an entry of its own so that it keeps its exports: pages that embed the
      // element import it, and the tests run its fold against the server's.
      input: { page: "index.html", panel: "src/main.ts", capture: "src/capture.ts" },
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: (asset) =>
          asset.names[0]?.endsWith(".css") ? "assets/panel.css" : "assets/[name][extname]",
      },
    },
  },
});
