// Before any import of a TypeScript source. From Node 24.12 on, Node itself removes the types, in half the time that tsx takes to load the product. Earlier
// versions cannot do it, or report at each start that it is experimental.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  const { register } = await import("tsx/esm/api");
  register();
}
export {};
