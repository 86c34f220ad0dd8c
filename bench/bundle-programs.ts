import { build } from "esbuild";

/** Bundles programs in the same way as the product's own, one file each. */
export async function bundlePrograms(entryPoints: string[], outdir: string): Promise<void> {
  await build({
    entryPoints,
    outdir,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: true,
    packages: "external",
    logLevel: "warning",
  });
}
