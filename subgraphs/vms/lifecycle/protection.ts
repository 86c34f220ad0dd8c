import type { VmAction } from "./lifecycle.ts";

/** Returns why the protection of a VM forbids an action; undefined when it does not. */
export const whyProtected = (action: VmAction, isProtected: boolean): string | undefined =>
  isProtected && action === "delete"
    ? "The VM is protected against deletion: remove the protection with unprotectVm."
    : undefined;
