// Fixed file names and no timestamps: the committed bundle changes only when the sources do.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2023",
    sourcemap: false,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // The page's module also exports the fold, which the tests run against the server's own.
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: "assets/panel.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: (asset) =>
          asset.names[0]?.endsWith(".css") ? "assets/panel.css" : "assets/[name][extname]",
      },
    },
  },
});
